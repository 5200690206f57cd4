"""
The API does what its OpenAPI document says, whatever is thrown at it.

Schemathesis makes calls from the document, good and bad ones: no server error, no answer that the
document does not describe, every refusal a problem document.
"""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from postloan.api.v1.api import api
from postloan.ground.access.roles import Role

schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
schema.app = get_wsgi_application()
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def bearer(call_as, small_book):
    request_started.disconnect(close_old_connections)  # the calls share the test's connection, as with Django's client
    request_finished.disconnect(close_old_connections)
    yield call_as(Role.FINANCE, Role.RISK, Role.SUPERVISOR, Role.ENGINEER, calls_a_minute=10**6).bearer
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_document(case, bearer):
    response = case.call(headers={"Authorization": f"Bearer {bearer}"})

    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
        assert {"type", "title", "status", "errors"} == set(response.json())
