"""
The limitation clock of a loan, fed by what the house has on record.

Demands are contacts out about the loan that reached the debtor: delivered messages, conversations, letters, visits.
Deductions are debits collected under mandate, performance is money received, agreement is a plan or a promise held.
The law counts what *should* have reached the debtor too; here only what a receipt or a person confirms is counted, so
the clock errs on the early side. docs/rules/limitation.md.
"""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils import timezone

from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.payments.models import DebitOrder, Receipt
from postloan.care.outreach.models import Contact, ContactHold
from postloan.kernel.limitation import LimitationClock, LimitationEvent, LimitationEventKind, limitation_clock

REACHED = ("message_delivered", "conversation", "visited", "connected")
DEMANDING = ("collection", "reminder", "enforcement")
AGREEING = (ContactHold.Kind.ON_PLAN, ContactHold.Kind.PROMISED)


def limitation_of(*, loan_id: int) -> LimitationClock:
    """Return the clock of a loan from its last due date, moved by everything on record. Raises Loan.DoesNotExist."""
    loan = Loan.objects.get(pk=loan_id)
    plan = ScheduleVersion.objects.get(loan_id=loan_id, version_no=loan.schedule_version_no)
    return limitation_clock(last_due_date=plan.due_dates[-1], events=list(_events(loan)))


def _events(loan: Loan) -> Iterator[LimitationEvent]:
    contacts = Contact.objects.filter(
        customer_id=loan.customer_id,
        loan_ids__contains=[loan.pk],
        direction=Contact.Direction.OUT,
        state=Contact.State.USED,
        recipient="debtor",
        purpose__in=DEMANDING,
        outcome__in=REACHED,
    )
    for contact in contacts:
        yield _event(LimitationEventKind.DEMAND, contact.at, f"contact {contact.pk}")
    collected = DebitOrder.objects.filter(loan=loan, state=DebitOrder.State.COLLECTED)
    for order in collected:
        yield LimitationEvent(LimitationEventKind.DEDUCTION, order.collect_date, source=f"debit {order.pk}")
    for receipt in Receipt.objects.filter(loan=loan, reversed_date__isnull=True):
        yield LimitationEvent(LimitationEventKind.PERFORMANCE, receipt.value_date, source=f"receipt {receipt.pk}")
    for hold in ContactHold.objects.filter(customer_id=loan.customer_id, loan_id=loan.pk, kind__in=AGREEING):
        yield _event(LimitationEventKind.AGREEMENT, hold.since_at, f"hold {hold.pk}")


def _event(kind: LimitationEventKind, at: datetime, source: str) -> LimitationEvent:
    return LimitationEvent(kind, _day_of(at), source=source)


def _day_of(at: datetime) -> date:
    return timezone.localtime(at).date()
