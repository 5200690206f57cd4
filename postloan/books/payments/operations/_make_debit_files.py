"""
Make files of the debits whose day has come.

Each file is one transaction: its row with the very bytes, its attempts, and its orders that are with the bank from
now on. While it is made the loans are held, so no payment slips between the last look and the file: a debit leaves
only if the whole of the announced amount is still owed then. What may not leave is dropped with its reason.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from postloan.books.loans.models import Loan
from postloan.books.payments.bank_channel import bank, own_account
from postloan.books.payments.debit_accounts import account_of, holder_of
from postloan.books.payments.debit_amounts import get_amounts_due
from postloan.books.payments.debit_locks import hold_debits, locked_accounts
from postloan.books.payments.debit_models import DebitAttempt, DebitFile, DebitOrder, Mandate
from postloan.books.payments.debit_packs import debit_policies
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.rows import update_rows
from postloan.kernel.calendars import shift_date
from postloan.kernel.debit_policy import DebitPolicy, is_told_in_time
from postloan.outside.bank import port

DEBITS_IN_FILE = 5_000


@dataclass(frozen=True)
class _Group:
    """Orders that may share a file."""

    policy: DebitPolicy
    currency: str
    collect_date: date
    orders: list[DebitOrder]


def make_debit_files(*, on_date: date, by: str, at: datetime, debits_in_file: int = DEBITS_IN_FILE) -> list[DebitFile]:
    """
    Make the files that leave on `on_date`: orders told in time whose collect date is the bank's lead time away or less.

    Returns the new files; none where there is nothing to collect. Killed anywhere and
    repeated it makes each debit once. Refuses what the bank could not read (FileMalformed).
    """
    made: list[DebitFile] = []
    for policy in sorted(debit_policies().values(), key=lambda item: item.code):
        _drop_untold(policy, on_date)
        while (found := _make_file(policy, on_date=on_date, by=by, at=at, limit=debits_in_file)).orders:
            made += found.files
    return made


@dataclass(frozen=True)
class _Found:
    orders: int
    files: list[DebitFile]


@transaction.atomic
def _make_file(policy: DebitPolicy, *, on_date: date, by: str, at: datetime, limit: int) -> _Found:
    hold_debits()
    orders = _locked_orders(policy, on_date, limit)
    if not orders:
        return _Found(0, [])
    collect_dates = _examine(orders, policy, on_date)
    update_rows(rows=orders, fields=["state", "reason"])
    groups: dict[tuple[str, date], list[DebitOrder]] = {}
    for order in orders:
        if order.pk in collect_dates:
            groups.setdefault((order.currency, collect_dates[order.pk]), []).append(order)
    files = [
        _write_file(_Group(policy, currency, collect_date, members), by=by, at=at)
        for (currency, collect_date), members in sorted(groups.items())
    ]
    return _Found(len(orders), files)


def _due(policy: DebitPolicy, on_date: date) -> dict[str, object]:
    return {
        "state": DebitOrder.State.ANNOUNCED,
        "mandate__policy": policy.code,
        "collect_date__lte": on_date + timedelta(days=policy.lead_days),
    }


def _locked_orders(policy: DebitPolicy, on_date: date, limit: int) -> list[DebitOrder]:
    """Return orders that were told and are due to leave, with loans, mandates and orders held in this order."""
    due = DebitOrder.objects.filter(**_due(policy, on_date), told_at__isnull=False)
    wanted = list(due.order_by("collect_date", "pk").values_list("pk", "loan_id", "mandate_id")[:limit])
    # NO KEY UPDATE: receipts wait, rows that refer to the loan do not.
    list(Loan.objects.select_for_update(no_key=True).filter(pk__in={row[1] for row in wanted}).order_by("pk"))
    list(Mandate.objects.select_for_update(no_key=True).filter(pk__in={row[2] for row in wanted}).order_by("pk"))
    orders = DebitOrder.objects.select_for_update(of=("self",)).select_related("mandate__customer", "loan")
    return list(orders.filter(**_due(policy, on_date), pk__in=[row[0] for row in wanted]).order_by("pk"))


def _examine(orders: Sequence[DebitOrder], policy: DebitPolicy, on_date: date) -> dict[int, date]:
    """Drop what may not leave, with its reason; return the collect date of each other order."""
    due = get_amounts_due(rows=[(order.loan_id, order.instalment_no) for order in orders])
    locked = locked_accounts(hashes=[bytes(order.mandate.account_hash) for order in orders])
    earliest = on_date + timedelta(days=policy.lead_days)
    going: dict[int, date] = {}
    for order in orders:
        collect_date = shift_date(
            day=max(order.collect_date, earliest), calendar=policy.calendar, shift=policy.collect_shift
        )
        reason = _why_not(
            order,
            amount_due_minor=due[order.loan_id, order.instalment_no],
            is_locked=bytes(order.mandate.account_hash) in locked,
            collect_date=collect_date,
            policy=policy,
        )
        if reason is None:
            order.state = DebitOrder.State.SENT
            going[order.pk] = collect_date
        else:
            order.state, order.reason = DebitOrder.State.DROPPED, reason
    return going


def _why_not(
    order: DebitOrder, *, amount_due_minor: int, is_locked: bool, collect_date: date, policy: DebitPolicy
) -> DebitOrder.Reason | None:
    """Return why an order is dropped, None if it may leave."""
    assert order.told_at is not None
    days_late = (collect_date - order.collect_date).days
    announce_days = order.mandate.announce_days if order.tries == 0 else policy.retries.announce_days.value
    if order.mandate.state != Mandate.State.ACTIVE:
        return DebitOrder.Reason.MANDATE_ENDED
    if order.loan.status != Loan.Status.ACTIVE:
        return DebitOrder.Reason.LOAN_ENDED
    if amount_due_minor < order.amount_minor:
        return DebitOrder.Reason.PART_PAID if amount_due_minor else DebitOrder.Reason.PAID
    if is_locked:
        return DebitOrder.Reason.ACCOUNT_LOCKED
    if days_late > policy.announcement.days_late_allowed.value:
        return DebitOrder.Reason.DATE_MISSED
    told_date = timezone.localdate(order.told_at)
    if not is_told_in_time(told_date=told_date, collect_date=collect_date, announce_days=announce_days):
        return DebitOrder.Reason.TOLD_LATE
    return None


@transaction.atomic
def _drop_untold(policy: DebitPolicy, on_date: date) -> int:
    """Drop orders that nobody was told of and whose date cannot be met any more; they are announced anew."""
    hold_debits()
    due = _due(policy, on_date - timedelta(days=policy.announcement.days_late_allowed.value + 1))
    untold = DebitOrder.objects.filter(**due, told_at__isnull=True).values_list("pk", flat=True)
    return DebitOrder.objects.filter(pk__in=list(untold)).update(
        state=DebitOrder.State.DROPPED, reason=DebitOrder.Reason.TOLD_LATE
    )


def _write_file(group: _Group, *, by: str, at: datetime) -> DebitFile:
    """Write file, attempts and orders of one group."""
    own, file_pk = own_account(), _next_file_pk()
    attempts = [_attempt(order, file_pk=file_pk, collect_date=group.collect_date, at=at) for order in group.orders]
    told = port.DebitFile(
        file_id=f"PLF{file_pk:010}",
        made_at=at,
        collect_date=group.collect_date,
        currency=group.currency,
        scheme=group.policy.scheme,
        creditor=own.creditor,
        debits=[_debit(order, attempt, group.policy) for order, attempt in zip(group.orders, attempts, strict=True)],
    )
    content = bank().write(file=told)
    file = DebitFile.objects.create(
        pk=file_pk,
        file_id=told.file_id,
        policy=group.policy.code,
        currency=group.currency,
        collect_date=group.collect_date,
        debits=len(attempts),
        total_minor=sum(attempt.amount_minor for attempt in attempts),
        sha256=hashlib.sha256(content).hexdigest(),
        content_encrypted=field_cipher().encrypt(
            value=content.decode("utf-8"), field="debit_file.content", row_id=file_pk
        ),
        made_at=at,
    )
    DebitAttempt.objects.bulk_create(attempts)
    for order in group.orders:
        order.tries += 1
    update_rows(rows=group.orders, fields=["tries"])
    audit.record_act(
        by=by,
        action="make_debit_file",
        subject_kind="debit_file",
        subject_id=file_pk,
        purpose="debit accounts as announced",
        at=at,
        details={"debits": file.debits, "total_minor": file.total_minor, "collect_date": str(group.collect_date)},
    )
    return file


def _attempt(order: DebitOrder, *, file_pk: int, collect_date: date, at: datetime) -> DebitAttempt:
    attempt_no = order.tries + 1
    return DebitAttempt(
        order=order,
        attempt_no=attempt_no,
        file_id=file_pk,
        end_to_end_id=f"PL{order.pk}-{attempt_no}",
        account_hash=order.mandate.account_hash,
        amount_minor=order.amount_minor,
        collect_date=collect_date,
        sent_at=at,
    )


def _debit(order: DebitOrder, attempt: DebitAttempt, policy: DebitPolicy) -> port.Debit:
    label = policy.retries.label
    is_again = attempt.attempt_no > 1 and label is not None
    text = f"Loan {order.loan_id}, instalment {order.instalment_no}"
    return port.Debit(
        end_to_end_id=attempt.end_to_end_id,
        amount_minor=attempt.amount_minor,
        mandate_reference=order.mandate.reference,
        mandate_signed_date=order.mandate.signed_date,
        debtor_name=holder_of(mandate=order.mandate),
        debtor_account=account_of(mandate=order.mandate),
        text=f"{label.value} {text}" if is_again and label else text,
    )


def _next_file_pk() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('payments_debitfile', 'id'))")
        return int(cursor.fetchone()[0])
