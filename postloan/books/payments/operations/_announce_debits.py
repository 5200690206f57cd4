"""
Announce debits: for each instalment that a mandate covers, amount and date as the customer will be told.

Told in time means a number of days ahead that the mandate agrees. The amount is what is to be found for the
instalment now; if a part is paid before the debit, the order is dropped and the rest announced anew. Whoever tells
the customers takes the orders from `debit_queries.get_orders_to_tell` and says so with `record_told`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from postloan.books.loans.models import Loan
from postloan.books.payments.debit_amounts import OpenRow, get_open_rows
from postloan.books.payments.debit_locks import hold_debits, locked_accounts
from postloan.books.payments.debit_models import BankItem, DebitOrder, Mandate
from postloan.books.payments.debit_packs import debit_policy
from postloan.ground.audit import operations as audit
from postloan.kernel.debit_policy import announce_from_date, first_collect_date

MANDATES_AT_ONCE = 500
REST_DAYS = 10  # a collect date lies at most so long after the due date: weekends and holidays


@dataclass(frozen=True)
class _Covered:
    mandate: Mandate
    row: OpenRow
    order_no: int


def announce_debits(*, on_date: date, by: str, at: datetime) -> int:
    """
    Write an order for every instalment whose time to be announced has come by `on_date`; return how many.

    Harmless when repeated. No order is written on a locked account, for what failed for good, or
    for what came back late until its bank item is closed.
    """
    announced, after = 0, 0
    while True:
        with transaction.atomic():
            hold_debits()
            active = Mandate.objects.filter(pk__gt=after, state=Mandate.State.ACTIVE).order_by("pk")
            mandates = list(active[:MANDATES_AT_ONCE])
            if not mandates:
                return announced
            after = mandates[-1].pk
            orders = [_order(covered, on_date=on_date, at=at) for covered in _wanted(mandates, on_date)]
            if orders:
                DebitOrder.objects.bulk_create(orders)
                audit.record_act(
                    by=by,
                    action="announce_debits",
                    subject_kind="debit_order",
                    subject_id=orders[0].pk,
                    at=at,
                    details={"orders": len(orders), "amount_minor": sum(order.amount_minor for order in orders)},
                )
            announced += len(orders)


def _wanted(mandates: Sequence[Mandate], on_date: date) -> Iterator[_Covered]:
    """Yield what is to be announced: covered, open, its time come, and no order in the way."""
    locked = locked_accounts(hashes=[bytes(item.account_hash) for item in mandates])
    covered = _covered_loans([item for item in mandates if bytes(item.account_hash) not in locked])
    horizon = on_date + timedelta(days=max((item.announce_days for item in mandates), default=0) + REST_DAYS)
    rows = get_open_rows(loans=[loan for loan, _ in covered.values()], through_date=horizon)
    earlier = _latest_orders(rows)
    worked = set(
        BankItem.objects.filter(kind=BankItem.Kind.LATE_RETURN, closed_at__isnull=False).values_list(
            "attempt__order_id", flat=True
        )
        if any(order.state == DebitOrder.State.TAKEN_BACK for order in earlier.values())
        else ()
    )
    for row in rows:
        mandate = covered[row.loan_id][1]
        policy = debit_policy(code=mandate.policy)
        if row.due_date < mandate.from_date:
            continue
        if announce_from_date(due_date=row.due_date, announce_days=mandate.announce_days, policy=policy) > on_date:
            continue
        latest = earlier.get((row.loan_id, row.instalment_no))
        if latest is not None and not _may_follow(latest, announce_rest=policy.announce_rest.value, worked=worked):
            continue
        yield _Covered(mandate=mandate, row=row, order_no=1 if latest is None else latest.order_no + 1)


def _may_follow(latest: DebitOrder, *, announce_rest: bool, worked: set[int]) -> bool:
    """Say whether another order may follow this one for the same instalment."""
    match latest.state:
        case DebitOrder.State.DROPPED:
            return announce_rest or latest.reason != DebitOrder.Reason.PART_PAID
        case DebitOrder.State.COLLECTED:
            return announce_rest  # a part was collected, or the money paid something older first
        case DebitOrder.State.TAKEN_BACK:
            return latest.pk in worked
        case _:
            return False


def _covered_loans(mandates: Sequence[Mandate]) -> dict[int, tuple[Loan, Mandate]]:
    """Return the active loans that these mandates cover; a mandate for the loan itself comes before a general one."""
    special = {item.loan_id: item for item in mandates if item.loan_id is not None}
    general = {(item.customer_id, item.currency): item for item in mandates if item.loan_id is None}
    customers = {customer_id for customer_id, _ in general}
    # A loan with a mandate of its own, be it suspended, is not debited through the general one.
    own = set(
        Mandate.objects.filter(customer_id__in=customers, loan__isnull=False)
        .filter(state__in=[Mandate.State.ACTIVE, Mandate.State.SUSPENDED])
        .values_list("loan_id", flat=True)
    )
    found: dict[int, tuple[Loan, Mandate]] = {}
    for loan in Loan.objects.filter(Q(pk__in=special) | Q(customer_id__in=customers), status=Loan.Status.ACTIVE):
        mandate = special.get(loan.pk)
        if mandate is None and loan.pk not in own:
            mandate = general.get((loan.customer_id, loan.currency))
        if mandate is not None:
            found[loan.pk] = (loan, mandate)
    return found


def _latest_orders(rows: Sequence[OpenRow]) -> dict[tuple[int, int], DebitOrder]:
    wanted = {(row.loan_id, row.instalment_no) for row in rows}
    latest: dict[tuple[int, int], DebitOrder] = defaultdict()
    for order in DebitOrder.objects.filter(loan_id__in={loan_id for loan_id, _ in wanted}).order_by("order_no"):
        if (key := (order.loan_id, order.instalment_no)) in wanted:
            latest[key] = order
    return latest


def _order(covered: _Covered, *, on_date: date, at: datetime) -> DebitOrder:
    mandate, row = covered.mandate, covered.row
    return DebitOrder(
        mandate=mandate,
        loan_id=row.loan_id,
        instalment_no=row.instalment_no,
        order_no=covered.order_no,
        currency=mandate.currency,
        amount_minor=row.amount_minor,
        due_date=row.due_date,
        collect_date=first_collect_date(
            due_date=row.due_date,
            told_date=on_date,
            announce_days=mandate.announce_days,
            policy=debit_policy(code=mandate.policy),
        ),
        announced_at=at,
    )
