"""Purchases, refunds and conversions over HTTP: once, with their scope, refused by name."""

import pytest

from postloan.ground.access.roles import Role
from tests.factories.bills import BILL, make_bill_product
from tests.factories.lines import make_line, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def line():
    make_product(code="in_instalments", rate_per="month", schedule={"method": "equal_principal"})
    make_bill_product(bill=BILL | {"converts_to": "in_instalments"}, conversions=[{"instalments": 3}])
    return make_line(limit_minor=100_000, product_code="monthly_bill")


@pytest.fixture
def merchant(call_as):
    return call_as(Role.FINANCE)


def purchase(line, **change):
    return {"line_id": line.pk, "reference": "m-1", "amount_minor": 60_000, "currency": "CNY"} | change


def test_a_purchase_twice_is_one_and_stands_on_the_open_bill(line, merchant):
    first = merchant.post("/bills/purchases", purchase(line))
    again = merchant.post("/bills/purchases", purchase(line))

    assert (first.status_code, again.json()) == (200, first.json())
    account = merchant.get(f"/bills/accounts/{first.json()['loan_id']}").json()
    assert account["principal_outstanding_minor"] == 60_000
    assert [(bill["bill_no"], bill["bought_minor"], bill["due_date"]) for bill in account["bills"]] == [
        (1, 60_000, None)
    ]


def test_a_purchase_is_given_back_and_another_converted(line, merchant):
    bought = merchant.post("/bills/purchases", purchase(line)).json()

    refund = {"purchase_id": bought["purchase_id"], "reference": "r-1", "amount_minor": 10_000}
    assert merchant.post("/bills/refunds", refund).json()["from_open_bill_minor"] == 10_000
    asked = {
        "loan_id": bought["loan_id"],
        "reference": "c-1",
        "instalments": 3,
        "purchase_id": bought["purchase_id"],
    }
    assert merchant.post("/bills/conversions", asked).json()["amount_minor"] == 50_000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/bills/purchases", {"amount_minor": 100_001}, 409),  # more than the line has
        ("/bills/purchases", {"currency": "USD"}, 422),
        ("/bills/purchases", {"line_id": 99_999}, 404),
        ("/bills/purchases", {"amount_minor": 0}, 422),
    ],
)
def test_refusals_have_their_status_and_change_nothing(line, merchant, path, body, status):
    answer = merchant.post(path, purchase(line, **body))

    assert answer.status_code == status
    assert merchant.post("/bills/purchases", purchase(line)).status_code == 200


def test_without_the_scope_nothing_is_bought(line, call_as):
    assert call_as(Role.AGENT).post("/bills/purchases", purchase(line)).status_code == 403
