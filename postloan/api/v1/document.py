"""The OpenAPI document: what every endpoint shares, told once and added to each."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from postloan.api.v1.doors import KEY_HEADER, LONGEST_KEY
from postloan.api.v1.problems import Problem

REFUSED = {
    "description": "Refused: `type` names why, `errors` each field at fault.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "Makes a repeat harmless: the same key is answered with the first answer. Kept for seven days.",
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
}


class DocumentedApi(NinjaAPI):
    """An API whose document tells the refusals of every endpoint and where an idempotency key is taken."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the document."""
        document = super().get_openapi_schema(**options)
        told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= told.pop("$defs") | {"Problem": told}
        keyed = self._keyed()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"]["4XX"] = REFUSED
                if operation["operationId"] in keyed:
                    operation.setdefault("parameters", []).append(KEY)
        return document

    def _keyed(self) -> set[str]:
        return {
            str(operation.operation_id)
            for _, router in self._routers
            for path in router.path_operations.values()
            for operation in path.operations
            if getattr(operation.view_func, "takes_idempotency_key", False)
        }
