"""Quotes over HTTP: the same function as `postloan quote`."""

from django.http import HttpRequest
from ninja import Router

from postloan.books.products.packs import find_shipped_product
from postloan.kernel.quoting import Quote, QuotedAccount, RatesAnswer, answer

router = Router(tags=["quotes"])

_SHAPES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/QuoteTerms"},
                        {"$ref": "#/components/schemas/QuoteAccountTerms"},
                        {"$ref": "#/components/schemas/RatesTerms"},
                        {
                            "type": "object",
                            "required": ["product"],
                            "properties": {"product": {"type": "string", "description": "the code of a product"}},
                        },
                    ]
                }
            }
        },
    }
}


@router.post(
    "",
    response=Quote | QuotedAccount | RatesAnswer,
    summary="Quote a loan, a product, an account or cash flows",
    operation_id="create_quote",
    openapi_extra=_SHAPES,
)
def create_quote(request: HttpRequest) -> Quote | QuotedAccount | RatesAnswer:
    """
    Answer by what the object holds.

    The terms of a loan: every row, the totals, the terms as understood. A `product` by its code: the same on its
    terms. An `account`: its bills. `cash_flows`: their annual rates.
    """
    return answer(text=request.body, find_product=find_shipped_product)
