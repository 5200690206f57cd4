"""`postloan loan-event`: a thin door; `check-books --replay` behind it."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from postloan.books.loans.models import LoanEvent
from tests.factories.servicing import close_to, make_loan, pay

pytestmark = pytest.mark.django_db(transaction=True)


def run(loan, told, tmp_path, *words) -> str:
    file, out = tmp_path / "event.json", StringIO()
    file.write_text(json.dumps(told))
    call_command("loan_event", "--loan", str(loan.pk), "--file", str(file), *words, stdout=out)
    return out.getvalue()


def test_a_preview_keeps_nothing_and_the_event_does_what_it_showed(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    loan = make_loan()
    close_to(date(2024, 1, 31))
    receipt = pay(loan, 106_619, date(2024, 2, 1))
    told = {"kind": "reversal", "receipt": receipt.pk, "why": "bounced"}

    shown = run(loan, told, tmp_path, "--preview")
    assert "nothing is kept" in shown
    assert not LoanEvent.objects.exists()

    done = run(loan, told, tmp_path)
    assert LoanEvent.objects.get().kind == "reversal"
    assert [line for line in done.splitlines() if line.startswith("posting")] == [
        line for line in shown.splitlines() if line.startswith("posting")
    ]
    out = StringIO()
    call_command("check_books", "--replay", "0", stdout=out)
    assert "1 loans replayed, 0 figures differ" in out.getvalue()


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"kind": "gift"}, "EventNotUnderstood"),
        ({"kind": "waiver", "key": "W"}, "EventNotUnderstood"),
        ({"kind": "reversal", "receipt": 10**9}, "NotOfThisLoan"),
        ({"kind": "refund", "key": "F", "amount_minor": 1}, "MoreThanCredit"),
        ({"kind": "charge_off"}, "ReasonMissing"),
    ],
)
def test_what_cannot_be_is_refused_by_name(told, name, tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    loan = make_loan()

    with pytest.raises(CommandError, match=name):
        run(loan, told, tmp_path)

    assert not LoanEvent.objects.exists()
