"""
Prove that the rows of loans are what a replay of their events says, to the minor unit.

Two figures of a row may lag, because a night touches only loans with something to do: the penalty is counted when the
loan is looked at, interest of the running row accrues at month end. Both are carried on by the kernel's own functions
before they are compared, so a wrong count is found and a late one is not called wrong.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import BookSlot
from postloan.books.loans.models import COMPONENTS, Instalment, Loan
from postloan.books.payments.servicing.difference import FIGURES, Difference, compare
from postloan.books.payments.servicing.history import LoanHasNoPlan, load_history, replay_loan
from postloan.kernel.penalties import OverdueCount, PenaltyTerms, count_overdue, penalty_to_raise_minor
from postloan.kernel.product_terms import ProductTerms

_LAGGING = {AccountNo.ACCRUED_INTEREST, AccountNo.INTEREST_INCOME}
_FOR_THE_NIGHT = {"next_event_date", "accrued_interest_minor", "bucket", "contractual_past_due_since_date"}


@dataclass(frozen=True)
class Mismatch:
    """A figure of a loan that a replay gives otherwise."""

    loan_id: int
    figure: str
    in_rows: Any
    by_replay: Any

    def __str__(self) -> str:
        return f"loan {self.loan_id}: {self.figure} is {self.in_rows}, by replay {self.by_replay}"


@dataclass(frozen=True)
class Checked:
    """How many loans were replayed, and what differs."""

    loans: int
    mismatches: tuple[Mismatch, ...]


def check_sample(*, loans: int, seed: int) -> Checked:
    """
    Replay a seeded sample of the loans kept here (all where `loans` is 0) and return what differs.

    Loans set aside wait for a person; accounts that are billed, loans of another core and those taken over closed or
    charged off have no plan here: they are passed over.
    """
    ids = list(Loan.objects.filter(set_aside_at__isnull=True).order_by("pk").values_list("pk", flat=True))
    if loans:
        ids = sorted(Random(seed).sample(ids, min(loans, len(ids))))  # noqa: S311 - a sample, no secret
    open_days = {
        slot: through + timedelta(days=1)
        for slot, through in BookSlot.objects.values_list("slot", "closed_through_date")
    }
    count, found = 0, []
    for start in range(0, len(ids), 500):
        some = Loan.objects.filter(pk__in=ids[start : start + 500]).select_related("product_version").order_by("pk")
        for loan in some:
            if loan.slot not in open_days:
                continue
            try:
                found += check_loan(loan=loan, business_date=open_days[loan.slot])
            except LoanHasNoPlan:
                continue
            count += 1
    return Checked(loans=count, mismatches=tuple(found))


def check_loan(*, loan: Loan, business_date: date) -> list[Mismatch]:
    """Return what differs of one loan whose books are open for `business_date`. Refuses LoanHasNoPlan."""
    history = load_history(loan=loan)
    after = replay_loan(history=history, business_date=business_date)
    return list(_mismatches(loan, compare(history=history, after=after, business_date=business_date), business_date))


def _mismatches(loan: Loan, found: Difference, business_date: date) -> Iterator[Mismatch]:
    for name, (is_now, wanted) in found.changed.items():
        if name not in _FOR_THE_NIGHT:
            yield Mismatch(loan.pk, name, is_now, wanted)
    if found.version is not None:
        yield Mismatch(loan.pk, "plan", loan.schedule_version_no, found.version.due_dates)
    late = yield from _instalments(loan, found, business_date)
    for number in found.gone:
        yield Mismatch(loan.pk, f"instalment {number}", "demanded", "not demanded")
    for (receipt, number, component), amount in found.parts.items():
        yield Mismatch(loan.pk, f"receipt {receipt} for {component} of instalment {number}", "off by", amount)
    for receipt, columns in found.receipts.items():
        yield Mismatch(loan.pk, f"receipt {receipt}", "", columns)
    yield from _legs(loan, found, late, business_date)


def _instalments(loan: Loan, found: Difference, business_date: date) -> Generator[Mismatch, None, int]:
    """Yield demands that differ once their count of lateness is carried on; return what that would raise."""
    known = {row.instalment_no: row for row in Instalment.objects.filter(loan_id=loan.pk)}
    terms, late = loan.terms, 0
    is_off_book = loan.status == Loan.Status.CHARGED_OFF
    for wanted in found.instalments:
        is_now = known.get(wanted.instalment_no)
        if is_now is None:
            yield Mismatch(loan.pk, f"instalment {wanted.instalment_no}", "not demanded", "demanded")
            continue
        before = is_now.penalty_due_minor
        _carry(is_now, terms, through_date=business_date - timedelta(days=1), is_off_book=is_off_book)
        late += 0 if is_off_book else is_now.penalty_due_minor - before
        for name in FIGURES:
            if getattr(is_now, name) != getattr(wanted, name):
                figure = f"{name} of instalment {wanted.instalment_no}"
                yield Mismatch(loan.pk, figure, getattr(is_now, name), getattr(wanted, name))
    return late


def _carry(row: Instalment, terms: ProductTerms, *, through_date: date, is_off_book: bool) -> None:
    """Count an open row's lateness on, as the next night that looks at it will."""
    penalty = terms.penalty
    if penalty is None or row.settled_date is not None:
        return
    count = count_overdue(
        terms=penalty,
        overdue_minor=_overdue(row, penalty),
        last_free_date=terms.last_free_date(due_date=row.due_date),
        on_date=through_date,
        counted=OverdueCount(row.penalty_minor_days, row.penalty_counted_through_date),
    )
    before, now = (
        penalty_to_raise_minor(
            terms=penalty, minor_days=minor_days, raised_minor=0, cap_principal_minor=row.principal_due_minor
        )
        for minor_days in (row.penalty_minor_days, count.minor_days)
    )
    row.penalty_due_minor += now - before
    if is_off_book:
        row.penalty_off_book_minor += now - before
    row.penalty_minor_days, row.penalty_counted_through_date = count.minor_days, count.through_date


def _overdue(row: Instalment, terms: PenaltyTerms) -> int:
    names = ("principal",) if terms.basis == "overdue_principal" else [name for name in COMPONENTS if name != "penalty"]
    return sum(row.open_minor(name) for name in names)


def _legs(loan: Loan, found: Difference, late: int, business_date: date) -> Iterator[Mismatch]:
    legs = dict(found.legs)
    for account, sign in ((AccountNo.PENALTY_RECEIVABLE, 1), (AccountNo.PENALTY_INCOME, -1)):
        legs[account] = legs.get(account, 0) - sign * late
    is_month_begin = business_date.day == 1 and loan.status == Loan.Status.ACTIVE
    for number, amount in sorted(legs.items()):
        if amount and (number not in _LAGGING or is_month_begin or legs.get(AccountNo.ACCRUED_INTEREST, 0) < 0):
            yield Mismatch(loan.pk, f"postings to {AccountNo(number).name.lower()}", "off by", amount)
