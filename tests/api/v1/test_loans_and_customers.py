"""Loans, receipts and customers over HTTP say what the pages say."""

import pytest

from postloan.ground.access.roles import Role
from postloan.ground.audit.models import AuditRecord


def test_a_loan_tells_its_terms_standing_and_plan(call_as, small_book):
    caller = call_as(Role.FINANCE)
    loan = small_book.late

    told = caller.get(f"/loans/{loan.pk}").json()

    assert told["principal_outstanding_minor"] == loan.principal_outstanding_minor
    assert told["standing"]["principal_outstanding_minor"] == loan.principal_outstanding_minor
    assert told["standing"]["days_past_due"] > 0
    assert len(told["schedule"]) == loan.instalments
    demanded = [row for row in told["schedule"] if row["demanded"]]
    assert demanded
    assert all(row["due_minor"]["principal"] == row["principal_minor"] for row in demanded)


def test_every_figure_of_a_loan_can_be_explained(call_as, small_book):
    caller = call_as(Role.AGENT)
    loan_id = small_book.late.pk

    figures = caller.get(f"/loans/{loan_id}").json()["figures"]

    assert figures
    for figure in figures:
        told = caller.get(f"/loans/{loan_id}/explanations/{figure}")
        assert told.status_code == 200, figure
        assert told.json()["figure"] == figure


def test_a_receipt_is_posted_and_tells_what_it_paid(call_as, small_book):
    caller = call_as(Role.FINANCE)
    loan = small_book.late
    body = {
        "bank_account": "main",
        "bank_reference": "R1",
        "loan_id": loan.pk,
        "amount_minor": 500,
        "currency": loan.currency,
        "value_date": "2018-06-30",
    }

    told = caller.post("/receipts", body).json()

    assert told["amount_minor"] == 500 == told["allocated_minor"] + told["unapplied_minor"]
    assert sum(part["amount_minor"] for part in told["allocations"]) == told["allocated_minor"]
    assert caller.get(f"/loans/{loan.pk}/receipts").json()[0] == told


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"loan_id": 10**9}, 404, "/problems/unknown-loan"),
        ({"currency": "XXX"}, 422, "/problems/currency-differs"),
        ({"value_date": "2999-01-01"}, 422, "/problems/value-date-in-future"),
        ({"amount_minor": 0}, 422, "/problems/input-refused"),
        ({"amount_minor": "much"}, 422, "/problems/input-refused"),
    ],
)
def test_a_bad_receipt_is_refused_by_name(call_as, small_book, change, status, kind):
    caller = call_as(Role.FINANCE)
    loan = small_book.late
    body = {
        "bank_account": "main",
        "bank_reference": "R1",
        "loan_id": loan.pk,
        "amount_minor": 500,
        "currency": loan.currency,
        "value_date": "2018-06-30",
    }

    answer = caller.post("/receipts", body | change)

    assert (answer.status_code, answer.json()["type"]) == (status, kind)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_customer_is_masked_and_reading_in_the_clear_is_recorded(call_as, small_book):
    caller = call_as(Role.AGENT)
    customer = small_book.late.customer

    masked = caller.get(f"/customers/{customer.pk}").json()
    clear = caller.post(f"/customers/{customer.pk}/reveal", {"purpose": "to call back"}).json()

    assert "*" in masked["emails"][0]
    assert "@" in clear["emails"][0] and "*" not in clear["emails"][0]
    record = AuditRecord.objects.get(action="reveal_customer")
    assert record.purpose == "to call back"
    assert record.by.startswith("caller-agent via ")


def test_a_customer_is_found_by_address_without_the_address_in_the_url(call_as, small_book):
    caller = call_as(Role.AGENT)
    customer = small_book.late.customer
    address = caller.post(f"/customers/{customer.pk}/reveal", {"purpose": "to find them"}).json()["emails"][0]

    found = caller.post("/customers/find", {"text": address}).json()

    assert [each["customer_id"] for each in found] == [customer.pk]


@pytest.mark.parametrize("path", ["/loans/999999", "/customers/999999", "/loans/1/explanations/nothing"])
def test_what_is_not_there_is_a_problem(call_as, small_book, path):
    answer = call_as(Role.FINANCE).get(path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
