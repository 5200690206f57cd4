"""Another core that tells its changes by calls."""

from datetime import date

import pytest

from postloan.ground.access.roles import Role
from postloan.ground.access.scopes import Scope
from tests.factories.books import make_books
from tests.factories.cores import OtherCore, followed

D = date(2018, 6, 30)


@pytest.fixture
def core(tmp_path, db):
    make_books()
    found = OtherCore(tmp_path / "core")
    found.lend("A1", due_dates=[date(2018, 5, 20), date(2018, 7, 20)])
    found.night(D)
    return found


@pytest.fixture
def caller(call_as):
    return call_as(Role.ENGINEER, scopes=[Scope.BOOKS_SYNC])


def told(*rows, as_of="2018-07-01"):
    return {"as_of": as_of, "rows": list(rows)}


RECEIPT = {"ref": "N1", "id": "A1", "amount": 102, "value_date": "2018-07-01"}


def test_a_receipt_pushed_at_noon_cures_the_loan_and_a_repeat_changes_nothing(core, caller):
    first = caller.post("/books/oldcore/receipts", told(RECEIPT))
    again = caller.post("/books/oldcore/receipts", told(RECEIPT))

    assert (first.status_code, first.json()["rows_taken"], first.json()["was_there"]) == (200, 1, False)
    assert (again.json()["rows_taken"], again.json()["was_there"]) == (1, True)
    assert followed("A1").past_due_since_date is None
    assert followed("A1").principal_outstanding_minor == 10_000


def test_one_key_does_a_call_once(core, caller):
    answers = [caller.post("/books/oldcore/receipts", told(RECEIPT), key="k1") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_bad_rows_are_named_by_place_and_column(core, caller):
    answer = caller.post("/books/oldcore/receipts", told(RECEIPT, RECEIPT | {"ref": "N2", "amount": "x"}))

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["rows.1.amount"]
    assert followed("A1").past_due_since_date == date(2018, 5, 20)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/books/nobody/receipts", told(RECEIPT), 404),
        ("/books/oldcore/wishes", told(RECEIPT), 422),
        ("/books/oldcore/receipts", told(RECEIPT, as_of="2019-01-01"), 422),
        ("/books/oldcore/receipts", told(), 422),
        ("/books/oldcore/receipts", told({"ref": "N1"}), 422),
    ],
)
def test_what_cannot_be_is_refused(core, caller, path, body, status):
    assert caller.post(path, body).status_code == status


def test_who_lacks_the_scope_is_refused(core, call_as):
    assert (
        call_as(Role.ENGINEER, scopes=[Scope.LOANS_READ]).post("/books/oldcore/receipts", told(RECEIPT)).status_code
        == 403
    )
