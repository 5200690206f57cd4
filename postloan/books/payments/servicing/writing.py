"""Write what a replay changes of a loan's rows, and the one entry of the difference, inside the event's transaction."""

from datetime import datetime

from django.db import connection

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Instalment, Loan, LoanEvent
from postloan.books.payments.models import Allocation, Receipt
from postloan.books.payments.servicing.difference import FIGURES, Difference
from postloan.ground.rows import update_rows


def write_difference(
    *,
    loan: Loan,
    difference: Difference,
    kind: str,
    source: str,
    at: datetime,
    event: LoanEvent | None = None,
    corrects: JournalEntry | None = None,
) -> JournalEntry | None:
    """
    Write the rows of the difference and return its entry, None where nothing is posted.

    Nothing in the past is edited: versions, parts and entries are added. `loan` carries the new columns afterwards.
    """
    assert connection.in_atomic_block, "the rows of an event share its transaction"
    if difference.version is not None:
        difference.version.event = event
        difference.version.save(force_insert=True)
    _write_instalments(loan, difference)
    _write_receipts(loan, difference)
    if difference.changed:
        for name, value in difference.loan.items():
            setattr(loan, name, value)
        loan.save(update_fields=[*difference.loan])
    if not difference.legs:
        return None
    return ledger.write_entry(
        business_date=difference.business_date,
        kind=kind,
        source=source,
        currency=loan.currency,
        legs=legs_of(difference=difference, loan_id=loan.pk),
        at=at,
        corrects=corrects,
    )


def legs_of(*, difference: Difference, loan_id: int) -> list[ledger.Leg]:
    """Return the difference by account as postings: each moves what one account gives to one that takes."""
    giving = [[number, -amount] for number, amount in difference.legs.items() if amount < 0]
    taking = [[number, amount] for number, amount in difference.legs.items() if amount > 0]
    found = []
    while giving and taking:
        part = min(giving[0][1], taking[0][1])
        found.append(ledger.Leg(AccountNo(taking[0][0]), AccountNo(giving[0][0]), part, loan_id=loan_id))
        for side in (giving, taking):
            side[0][1] -= part
            if not side[0][1]:
                side.pop(0)
    return found


def _write_instalments(loan: Loan, difference: Difference) -> None:
    numbers = [row.instalment_no for row in difference.instalments]
    known = set(
        Instalment.objects.filter(loan_id=loan.pk, instalment_no__in=numbers).values_list("instalment_no", flat=True)
    )
    Instalment.objects.bulk_create(row for row in difference.instalments if row.instalment_no not in known)
    update_rows(rows=[row for row in difference.instalments if row.instalment_no in known], fields=FIGURES)
    if difference.gone:
        Instalment.objects.filter(loan_id=loan.pk, instalment_no__in=difference.gone).delete()


def _write_receipts(loan: Loan, difference: Difference) -> None:
    Allocation.objects.bulk_create(
        Allocation(
            receipt_id=receipt,
            loan_id=loan.pk,
            instalment_no=number,
            component=component,
            amount_minor=amount,
            business_date=difference.business_date,
        )
        for (receipt, number, component), amount in difference.parts.items()
    )
    for receipt, columns in difference.receipts.items():
        Receipt.objects.filter(pk=receipt).update(**columns)
