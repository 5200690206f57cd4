"""The API quotes as the kernel does, and names the field that is wrong."""

import json
import re

import pytest

from postloan.kernel.quoting import quote, take_terms

TERMS = {
    "principal_minor": 1_000_000,
    "rate_ppm": 120_000,
    "rate_per": "year",
    "instalments": 12,
    "start_date": "2024-01-31",
}


def post(client, terms):
    return client.post("/api/v1/quotes", data=json.dumps(terms), content_type="application/json")


def test_the_answer_is_the_kernels_own(client):
    answer = post(client, TERMS)

    assert answer.status_code == 200
    assert answer.json() == quote(terms=take_terms(TERMS)).model_dump(mode="json")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"instalments": "twelve"}, "instalments"),
        ({"principal_minor": -1}, "principal_minor"),
        ({"colour": "red"}, "colour"),
        ({"rate_ppm": None}, "rate_ppm"),
    ],
)
def test_a_wrong_field_is_named_in_a_problem_document(client, change, field):
    answer = post(client, TERMS | change)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_the_openapi_document_describes_the_terms(client):
    schema = client.get("/api/v1/openapi.json").json()

    assert "/api/v1/quotes" in schema["paths"]
    assert "principal_minor" in schema["components"]["schemas"]["QuoteTerms"]["properties"]


def test_the_page_of_the_api_loads_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs").content.decode()

    assert "swagger-ui-bundle.js" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
