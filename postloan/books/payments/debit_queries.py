"""Questions about direct debit: mandates as staff may see them, what is to be told, what waits for the bank or a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from postloan.books.loans.models import Loan
from postloan.books.payments.debit_accounts import masked_account_of
from postloan.books.payments.debit_models import (
    BankFile,
    BankItem,
    DebitAttempt,
    DebitFile,
    DebitLock,
    DebitOrder,
    Mandate,
    MandateEvent,
)
from postloan.books.payments.debit_packs import debit_policies


@dataclass(frozen=True)
class MandateView:
    """A mandate as any member of staff may see it: the account masked, the holder left out."""

    mandate: Mandate
    account: str
    is_locked: bool
    events: tuple[MandateEvent, ...]


@dataclass(frozen=True)
class OrderToTell:
    """A debit that a customer is to be told of, by the end of `tell_by_date`: amount, date and the account, masked."""

    order: DebitOrder
    customer_id: int
    account: str
    tell_by_date: date


def get_mandates(*, customer_id: int) -> list[MandateView]:
    """Return the customer's mandates, the latest first, each with what happened to it, oldest first."""
    mandates = Mandate.objects.filter(customer_id=customer_id).prefetch_related("events").order_by("-pk")
    locked = {
        bytes(item)
        for item in DebitLock.objects.filter(
            account_hash__in=[mandate.account_hash for mandate in mandates], released_at__isnull=True
        ).values_list("account_hash", flat=True)
    }
    return [
        MandateView(
            mandate=mandate,
            account=masked_account_of(mandate=mandate),
            is_locked=bytes(mandate.account_hash) in locked,
            events=tuple(sorted(mandate.events.all(), key=lambda event: event.pk)),
        )
        for mandate in mandates
    ]


def get_mandate_of_loan(*, loan: Loan) -> Mandate | None:
    """Return the mandate through which the loan is debited, active or suspended, None without one."""
    live = Mandate.objects.exclude(state=Mandate.State.REVOKED)
    own = live.filter(loan=loan).first()
    return own or live.filter(customer_id=loan.customer_id, loan__isnull=True, currency=loan.currency).first()


def get_orders_to_tell(*, limit: int = 500) -> list[OrderToTell]:
    """Return announced debits that nobody was told of yet, the most pressing first."""
    orders = DebitOrder.objects.filter(state=DebitOrder.State.ANNOUNCED, told_at__isnull=True)
    found = orders.select_related("mandate", "loan").order_by("collect_date", "pk")[:limit]
    return [
        OrderToTell(
            order=order,
            customer_id=order.mandate.customer_id,
            account=masked_account_of(mandate=order.mandate),
            tell_by_date=order.collect_date - timedelta(days=_announce_days(order)),
        )
        for order in found
    ]


def get_orders_of_loan(*, loan_id: int) -> list[DebitOrder]:
    """Return the loan's debits, the latest first, each with its attempts and what came back."""
    orders = DebitOrder.objects.filter(loan_id=loan_id).select_related("mandate")
    return list(orders.prefetch_related("attempts__debit_return", "attempts__file").order_by("-due_date", "-pk"))


def get_debit_files(*, limit: int = 50) -> list[DebitFile]:
    """Return the latest files to the bank."""
    return list(DebitFile.objects.defer("content_encrypted").order_by("-pk")[:limit])


def get_bank_files(*, limit: int = 50) -> list[BankFile]:
    """Return the latest files from the bank."""
    return list(BankFile.objects.defer("content_encrypted").order_by("-pk")[:limit])


def get_unanswered(*, on_date: date) -> list[DebitAttempt]:
    """Return debits that the bank should have answered by now, by each policy's own patience."""
    late = Q(pk__in=())
    for policy in debit_policies().values():
        late |= Q(file__policy=policy.code, collect_date__lt=on_date - timedelta(days=policy.answer_days))
    attempts = DebitAttempt.objects.filter(late, state=DebitAttempt.State.SENT)
    return list(attempts.select_related("order", "file").order_by("collect_date", "pk"))


def find_bank_items(*, is_open: bool = True, kinds: Collection[str] = ()) -> "QuerySet[BankItem]":
    """Return what waits for a person, or was worked, oldest first."""
    items = BankItem.objects.filter(closed_at__isnull=is_open).select_related("attempt__order", "loan", "bank_file")
    if kinds:
        items = items.filter(kind__in=list(kinds))
    return items.order_by("opened_at", "pk")


def get_debit_counts(*, since_at: datetime) -> dict[str, int]:
    """Return how many attempts made since an instant were collected, came back by reason class, or are unanswered."""
    counts: dict[str, int] = {}
    attempts = DebitAttempt.objects.filter(sent_at__gte=since_at).select_related("debit_return")
    for attempt in attempts.iterator():
        is_back = attempt.state == DebitAttempt.State.RETURNED
        name = attempt.debit_return.reason_class if is_back else str(attempt.state)
        counts[name] = counts.get(name, 0) + 1
    return counts


def _announce_days(order: DebitOrder) -> int:
    if order.tries == 0:
        return order.mandate.announce_days
    return debit_policies()[order.mandate.policy].retries.announce_days.value
