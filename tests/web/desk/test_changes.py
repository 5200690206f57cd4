"""Changes of a loan on the desk: seen before they happen, within one's authority or by two people; money posted and undone."""

from datetime import date

import pytest
from django.urls import reverse

from postloan.books.loans.models import LoanEvent
from postloan.books.payments.models import Receipt
from postloan.books.relief.models import ChangeRequest
from postloan.ground.access.roles import Role
from tests.factories import servicing

DEFER = {"key": "k1", "value_date": "2024-01-01", "periods": "2", "interest": "free", "reason": "lost the job"}


@pytest.fixture
def loan(db):
    return servicing.make_loan()


def change_url(loan, kind="deferral"):
    return reverse("desk:change", args=[loan.pk, kind])


def test_a_change_is_seen_before_it_happens(login_as, loan):
    client = login_as(Role.SUPERVISOR)

    seen = client.post(change_url(loan), DEFER)

    page = seen.content.decode()
    assert "Before and after" in page
    assert "Confirm the change" in page
    assert not LoanEvent.objects.exists()


def test_a_confirmed_change_happens_once_however_often_it_is_sent(login_as, loan):
    client = login_as(Role.SUPERVISOR)

    answers = [client.post(change_url(loan), DEFER | {"confirm": "1"}) for _ in range(2)]

    assert [answer.url for answer in answers] == [reverse("desk:loan", args=[loan.pk])] * 2
    assert LoanEvent.objects.count() == 1
    assert "Schedule version 1" in client.get(answers[0].url).content.decode()


def test_beyond_an_agents_authority_a_second_person_decides_on_a_page(login_as, loan):
    asked = login_as(Role.AGENT).post(change_url(loan), DEFER | {"confirm": "1"}, follow=True)
    request = ChangeRequest.objects.get()
    assert "waits for a second person" in asked.content.decode()
    url = reverse("desk:decide_change", args=[request.pk])

    login_as(Role.AGENT).post(url, {"decision": "approve"})
    assert not LoanEvent.objects.exists()
    waiting = login_as(Role.SUPERVISOR).get(reverse("desk:changes"), {"state": "proposed"}).content.decode()
    assert "lost the job" in waiting
    done = login_as(Role.SUPERVISOR).post(url, {"decision": "approve"}, follow=True)

    request.refresh_from_db()
    assert request.state == "done"
    assert "Done" in done.content.decode()


def test_a_change_that_cannot_be_says_why_at_the_form(login_as, loan):
    client = login_as(Role.SUPERVISOR)

    wrong_field = client.post(change_url(loan), DEFER | {"periods": "none"})
    no_plan = client.post(change_url(loan, "due_day_change"), DEFER | {"due_day": "31", "value_date": "2030-01-01"})

    assert (wrong_field.status_code, no_plan.status_code) == (422, 422)
    assert "not open for that day" in no_plan.content.decode()


@pytest.mark.parametrize(
    "kind",
    [
        "waiver", "rate_change", "due_day_change", "deferral", "extension", "reduced_instalments",
        "personalised_plan", "reageing", "reamortisation", "interest_pause", "death", "charge_off",
    ],
)  # fmt: skip
def test_every_kind_of_change_has_its_form(login_as, loan, kind):
    page = login_as(Role.AGENT).get(change_url(loan, kind))

    assert page.status_code == 200
    assert 'name="reason"' in page.content.decode()


def test_a_receipt_posted_to_the_wrong_loan_is_undone(login_as, loan):
    client = login_as(Role.FINANCE)
    new = reverse("desk:new_receipt", args=[loan.pk])
    money = {"bank_reference": "R-1", "value_date": "2024-01-01", "amount_minor": "120.50"}

    posted = client.post(new, money)
    again = client.post(new, money | {"amount_minor": "99.00"})
    receipt = Receipt.objects.get()
    assert receipt.amount_minor == 12_050
    assert posted.url == reverse("desk:receipt", args=[loan.pk, receipt.pk])
    assert "on another receipt already" in again.content.decode()
    undone = client.post(
        reverse("desk:reverse_receipt", args=[loan.pk, receipt.pk]),
        {"value_date": "2024-01-01", "why": "error", "reason": "another customer's money"},
        follow=True,
    )

    receipt.refresh_from_db()
    assert receipt.reversed_date == date(2024, 1, 1)
    assert "owed again" in undone.content.decode()


@pytest.mark.parametrize("amount", ["0", "-5", "1.234", "much", "1e30", "NaN"])
def test_an_amount_that_is_none_is_refused_at_its_field(login_as, loan, amount):
    page = login_as(Role.FINANCE).post(
        reverse("desk:new_receipt", args=[loan.pk]),
        {"bank_reference": "R-1", "value_date": "2024-01-01", "amount_minor": amount},
    )

    assert page.status_code == 422
    assert not Receipt.objects.exists()
