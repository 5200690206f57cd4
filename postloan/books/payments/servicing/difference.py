"""
What the rows of a loan must become so that they say what a replay says: read, compared, not yet written.

Every figure comes from the engine's loan as the books stand on the open day. What differs is put as rows: a new
schedule version, demands, parts of receipts, the loan's own columns, and the legs of one entry dated today.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from postloan.books.ledger.chart import AccountNo
from postloan.books.loans.models import COMPONENTS, Instalment, Loan, ScheduleVersion
from postloan.books.payments.models import Allocation
from postloan.books.payments.servicing.history import (
    History,
    posted_of,
    receipt_id,
    serves_plainly,
)
from postloan.kernel.accrual import row_interest_accrued_minor
from postloan.kernel.ageing import bucket_index, days_past_due
from postloan.kernel.allocation import COMPONENTS as ENGINE_COMPONENTS
from postloan.kernel.engine import PLAN_CHANGES, Replay, Reversal, StateRow, balances, balances_of, sums
from postloan.kernel.penalties import LateFeeTerms, penalty_start_date

PartKey = tuple[int, int, str]  # receipt, instalment no, component


@dataclass(frozen=True)
class Difference:
    """
    The rows to write. `legs` are by account, debit positive, and sum to zero; empty where nothing is to be posted.
    `catch_up` is the part of them that time alone made: lateness and interest not posted yet.

    `instalments` are demands as they are to be; `gone` those no longer demanded. `parts` add to what each receipt
    paid, negative where it is taken back.
    """

    business_date: date
    loan: dict[str, Any]
    version: ScheduleVersion | None
    instalments: tuple[Instalment, ...]
    gone: tuple[int, ...]
    parts: dict[PartKey, int]
    receipts: dict[int, dict[str, Any]]
    legs: dict[int, int]
    catch_up: dict[int, int]
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the rows say it all already."""
        return not (self.changed or self.version or self.instalments or self.gone or self.parts or self.receipts or self.legs)  # fmt: skip


def compare(
    *,
    history: History,
    after: Replay,
    business_date: date,
    reason: str = "replayed",
    before: Replay | None = None,
) -> Difference:
    """
    Return what the rows of the loan lack; `reason` names a new schedule version.

    `before` is the loan without what has just happened: it says what of the postings is due to time alone.
    """
    loan = history.loan
    posted = posted_of(loan=loan)
    is_plain = serves_plainly(loan=loan, kinds=kinds_of(history))
    accrued = accrued_minor(after, business_date=business_date, is_plain=is_plain)
    columns = _loan_columns(history, after, business_date=business_date, accrued=accrued, is_plain=is_plain)
    version = _version(loan, after, business_date=business_date, reason=reason)
    if version is not None:
        columns["schedule_version_no"] = version.version_no
    instalments, gone = _instalments(
        loan, after, business_date=business_date, version_no=columns["schedule_version_no"]
    )
    wanted = wanted_parts(history, after)
    parts = parts_less(wanted, _kept_parts(loan))
    return Difference(
        business_date=business_date,
        loan=columns,
        version=version,
        instalments=instalments,
        gone=gone,
        parts=parts,
        receipts=_receipts(history, after, wanted, business_date),
        legs=less_posted(wanted_accounts(history=history, after=after, accrued=accrued), posted),
        catch_up=_catch_up(history, before, business_date, posted),
        changed={name: (getattr(loan, name), value) for name, value in columns.items() if getattr(loan, name) != value},
    )


def kinds_of(history: History) -> set[str]:
    """Return the kinds of what has happened to a loan and was not taken back."""
    undone = {event.payload["of"] for event in history.loan_events if event.kind == "reversal"}
    return {event.kind for event in history.events if event.event_id not in undone}


def accrued_minor(after: Replay, *, business_date: date, is_plain: bool) -> int:
    """
    Return the interest of the running row earned before the open day and not demanded, as the books carry it.

    A plain row accrues evenly, its known interest over its days (docs/rules/accrual.md), which is how a night accrues
    it; any other by its stretches.
    """
    running = after.state.running
    on_book = balances_of(after.state, business_date)["accrued_interest"]
    if not is_plain or running is None:
        return on_book
    return row_interest_accrued_minor(
        interest_minor=running.due[ENGINE_COMPONENTS.index("interest")],
        from_date=running.from_date,
        due_date=running.due_date,
        to_date=business_date,
        rounding=after.terms.schedule.interest_rounding,
    )


# --- the loan -----------------------------------------------------------------------------------------------


def _loan_columns(
    history: History, after: Replay, *, business_date: date, accrued: int, is_plain: bool
) -> dict[str, Any]:
    loan, state = history.loan, after.state
    found, running = balances(after), state.running
    is_closed = state.closed_on is not None
    status = Loan.Status.CLOSED if is_closed else Loan.Status.ACTIVE
    if state.charged_off_on is not None and not is_closed:
        status = Loan.Status.CHARGED_OFF
    if is_closed:
        running = None
    ageing = after.terms.servicing.ageing
    yesterday = business_date - timedelta(days=1)
    days = days_past_due(past_due_since=found.past_due_since, business_date=yesterday, terms=ageing)
    principal = ENGINE_COMPONENTS.index("principal")
    columns: dict[str, Any] = {
        "status": status.value,
        "schedule_version_no": loan.schedule_version_no,
        "next_instalment_no": running.no if running else None,
        "next_due_date": running.due_date if running else None,
        "principal_outstanding_minor": state.open_principal,
        "principal_off_book_minor": sum(row.written[principal] for row in state.rows),
        "accrued_interest_minor": accrued,
        "past_due_since_date": found.past_due_since,
        "contractual_past_due_since_date": _contractual(after, found.past_due_since),
        **moved_arrears(after),
        "bucket": bucket_index(days_past_due=days, bands=ageing.bands),
        "closed_date": (loan.closed_date or business_date) if is_closed else None,
        "needs_replay": not is_plain,
        "next_event_date": None if is_closed else business_date,
    }
    if columns["next_event_date"] is not None and loan.next_event_date is not None:
        columns["next_event_date"] = min(loan.next_event_date, business_date)
    return columns


def moved_arrears(after: Replay) -> dict[str, int]:
    """Return by column what was demanded once and put into rows that are not due: a receivable, and no demand."""
    standing = {row.no for row in demanded_rows(after)}
    waiting = [row for row in after.state.rows if row.no not in standing]
    places = {name: ENGINE_COMPONENTS.index(name) for name in ("interest", "fee", "penalty")}
    return {
        f"moved_{name}_minor": sum(row.brought_open(place) - row.written[place] for row in waiting)
        for name, place in places.items()
    }


def _contractual(after: Replay, by_plan: date | None) -> date | None:
    """Return since when the contract is past due, where that is not what the plan says."""
    since = after.state.contractual_past_due_since
    return since if since != by_plan else None


def _version(loan: Loan, after: Replay, *, business_date: date, reason: str) -> ScheduleVersion | None:
    """Return a new schedule version where the rows to come are not those of the active one."""
    rows = [] if after.state.closed_on is not None else rows_to_come(after)
    active = ScheduleVersion.objects.get(loan_id=loan.pk, version_no=loan.schedule_version_no)
    first_no = rows[0].no if rows else (loan.next_instalment_no or active.from_instalment_no + len(active.due_dates))
    place = max(first_no - active.from_instalment_no, 0)
    principal, interest, fee = (ENGINE_COMPONENTS.index(name) for name in ("principal", "interest", "fee"))
    wanted = [(row.no, row.due_date, row.due[principal], row.due[interest], row.due[fee]) for row in rows]
    numbers = range(active.from_instalment_no + place, active.from_instalment_no + len(active.due_dates))
    columns = (active.due_dates, active.principal_minor, active.interest_minor, active.fees_by_row)
    kept = list(zip(numbers, *(column[place:] for column in columns), strict=True))
    starts = [active.row_from_date, *active.due_dates]
    is_same_start = not rows or not kept or starts[place] == rows[0].from_date
    if wanted == kept and is_same_start:
        return None
    assert [row.no for row in rows] == list(range(first_no, first_no + len(rows))), [row.no for row in rows]
    return ScheduleVersion(
        loan=loan,
        version_no=loan.schedule_version_no + 1,
        reason=reason,
        business_date=business_date,
        from_instalment_no=first_no,
        row_from_date=rows[0].from_date if rows else business_date,
        due_dates=[row.due_date for row in rows],
        principal_minor=[row.due[principal] for row in rows],
        interest_minor=[row.due[interest] for row in rows],
        fee_minor=[row.due[fee] for row in rows] if any(row.due[fee] for row in rows) else [],
    )


def rows_to_come(after: Replay) -> list[StateRow]:
    """Return the rows of the plan that are not due yet, in the order of their dates."""
    return [row for row in after.state.rows[after.state.current :] if row.bears_interest]


# --- demands ------------------------------------------------------------------------------------------------


def _instalments(
    loan: Loan, after: Replay, *, business_date: date, version_no: int
) -> tuple[tuple[Instalment, ...], tuple[int, ...]]:
    """Return the demands that differ, as they are to be, and the numbers of those no longer demanded."""
    known = {row.instalment_no: row for row in Instalment.objects.filter(loan_id=loan.pk)}
    wanted = {row.no: row for row in demanded_rows(after)}
    found = []
    for number, row in wanted.items():
        old = known.get(number)
        new = demand_of(loan, row, old, business_date=business_date, version_no=version_no)
        if old is None or any(getattr(old, name) != getattr(new, name) for name in FIGURES):
            found.append(new)
    return tuple(found), tuple(number for number in known if number not in wanted)


def demanded_rows(after: Replay) -> list[StateRow]:
    """
    Return the rows that stand as demands: those that have fallen due, and those paid off in advance.

    Once a loan is paid off nothing more falls due: rows of the plan that would have asked for nothing are left out.
    """
    closed = after.state.closed_on
    return [
        row
        for row in after.state.rows
        if (row.is_due and (closed is None or row.due_date <= closed or sum(row.due) > 0))
        or (row.is_closed and sum(row.paid) > 0)
    ]


FIGURES = [
    "due_date",
    *(f"{name}_{what}_minor" for name in COMPONENTS for what in ("due", "paid", "waived")),
    *(f"{name}_off_book_minor" for name in ("interest", "fee", "penalty")),
    "penalty_minor_days",
    "penalty_counted_through_date",
    "settled_date",
    "kind",
    "original_due_date",
]


def demand_of(
    loan: Loan,
    row: StateRow,
    old: Instalment | None,
    *,
    business_date: date,
    version_no: int,
    lateness_to: date | None = None,
) -> Instalment:
    """
    Return a row that is due as a demand; what was known of it stays where the replay does not say otherwise.

    `lateness_to` is the last day of which lateness is charged, the day before `business_date` unless said.
    """
    charged_to = lateness_to or business_date - timedelta(days=1)
    amounts: dict[str, int] = {}
    for name in COMPONENTS:
        place = ENGINE_COMPONENTS.index(name)
        amounts |= {
            f"{name}_due_minor": row.due[place],
            f"{name}_paid_minor": row.paid[place],
            f"{name}_waived_minor": row.waived[place],
        }
        if name != "principal":
            amounts[f"{name}_off_book_minor"] = row.written[place]
    counted = row.counted.through_date
    late_fee = loan.terms.late_fee
    if row.had_late_fee and late_fee is not None and not row.counted.minor_days:
        counted = _charged_through(row, old, late_fee, charged_to)
    settled = old.settled_date if old is not None else None
    return Instalment(
        loan=loan,
        instalment_no=row.no,
        schedule_version_no=old.schedule_version_no if old is not None else version_no,
        due_date=row.due_date,
        **amounts,
        penalty_minor_days=row.counted.minor_days,
        penalty_counted_through_date=counted,
        settled_date=(settled or business_date) if row.open_minor == 0 else None,
        kind=row.kind,
        original_due_date=row.original_due_date if row.original_due_date != row.due_date else None,
    )


def _charged_through(row: StateRow, old: Instalment | None, terms: LateFeeTerms, charged_to: date) -> date:
    """Return a count that has passed the day of the late fee: so the night knows that it was charged."""
    known = old.penalty_counted_through_date if old is not None else None
    starts = penalty_start_date(terms=terms, last_free_date=row.last_free_date)
    return known if known is not None and known >= starts else max(starts, charged_to)


# --- receipts -----------------------------------------------------------------------------------------------


def wanted_parts(history: History, after: Replay) -> dict[PartKey, int]:
    """Return what each receipt pays, by the replay."""
    ids = {receipt_id(receipt): receipt.pk for receipt in history.receipts}
    found: dict[PartKey, int] = {}
    for part in after.state.applied:
        if part.is_waiver or part.event_id not in ids:
            continue
        key = (ids[part.event_id], part.row_no, part.component)
        found[key] = found.get(key, 0) + part.amount_minor
    return found


def _kept_parts(loan: Loan) -> dict[PartKey, int]:
    found: dict[PartKey, int] = {}
    rows = Allocation.objects.filter(loan_id=loan.pk)
    for receipt, number, component, amount in rows.values_list(
        "receipt_id", "instalment_no", "component", "amount_minor"
    ):
        found[receipt, number, component] = found.get((receipt, number, component), 0) + amount
    return found


def parts_less(wanted: Mapping[PartKey, int], kept: Mapping[PartKey, int]) -> dict[PartKey, int]:
    """Return what is to be added to `kept`; what is taken back comes first."""
    keys = sorted({*wanted, *kept})
    moved = {key: wanted.get(key, 0) - kept.get(key, 0) for key in keys}
    ordered = sorted(moved.items(), key=lambda item: (item[1] > 0, item[0]))
    return {key: amount for key, amount in ordered if amount}


def _receipts(
    history: History, after: Replay, parts: Mapping[PartKey, int], business_date: date
) -> dict[int, dict[str, Any]]:
    """Return the columns of receipts that change: what is paid, held, refunded and reversed of each."""
    undone = {event.payload["of"] for event in history.loan_events if event.kind == "reversal"}
    held: dict[str, int] = {}
    for each in after.state.held:
        held[each.event_id] = held.get(each.event_id, 0) + each.left_minor
    found = {}
    for receipt in history.receipts:
        paid = sum(amount for (pk, _, _), amount in parts.items() if pk == receipt.pk)
        left, is_undone = held.get(receipt_id(receipt), 0), receipt_id(receipt) in undone
        columns: dict[str, Any] = {
            "allocated_minor": paid,
            "unapplied_minor": left,
            "refunded_minor": 0 if is_undone else receipt.amount_minor - paid - left,
            "reversed_minor": receipt.amount_minor if is_undone else 0,
            "reversed_date": (receipt.reversed_date or business_date) if is_undone else None,
        }
        if any(getattr(receipt, name) != value for name, value in columns.items()):
            found[receipt.pk] = columns
    return found


# --- the entry ----------------------------------------------------------------------------------------------

_CONTRA = (AccountNo.BANK, AccountNo.TAKEOVER, AccountNo.FEE_INCOME, AccountNo.TRANSFERS_BETWEEN_LOANS)


def wanted_accounts(*, history: History, after: Replay, accrued: int) -> dict[int, int]:
    """
    Return the balance of every account that the loan should have in the ledger, debits less credits.

    How the loan was opened (paid out or taken over, with a charge kept back) is as it was posted. Interest on the way
    is what the books carry as accrued; income follows.
    """
    wanted = {int(AccountNo[name.upper()]): amount for name, amount in sums(after.entries).items()}
    for account, amount in after.entries[0].legs:
        if AccountNo[account.upper()] in _CONTRA:
            wanted[AccountNo[account.upper()]] -= amount
    for number, amount in history.opening.items():
        if number in _CONTRA:
            wanted[number] = wanted.get(number, 0) + amount
    wanted[AccountNo.ACCRUED_INTEREST] = accrued
    # What was earned before a takeover was rounded there: the books keep their opening balances, income the rest.
    wanted[AccountNo.INTEREST_INCOME] = wanted.get(AccountNo.INTEREST_INCOME, 0) - sum(wanted.values())
    return wanted


def less_posted(wanted: Mapping[int, int], posted: Mapping[int, int]) -> dict[int, int]:
    legs = {number: wanted.get(number, 0) - posted.get(number, 0) for number in {*wanted, *posted}}
    assert sum(legs.values()) == 0, legs
    return {number: amount for number, amount in sorted(legs.items()) if amount}


def _catch_up(
    history: History, before: Replay | None, business_date: date, posted: Mapping[int, int]
) -> dict[int, int]:
    if before is None:
        return {}
    undone = {event.of for event in before.events if isinstance(event, Reversal)}
    kinds = {event.kind for event in before.events if event.event_id not in undone}
    is_plain = serves_plainly(loan=history.loan, kinds=kinds)
    accrued = accrued_minor(before, business_date=business_date, is_plain=is_plain)
    return less_posted(wanted_accounts(history=history, after=before, accrued=accrued), posted)


def changes_plan(kind: str) -> bool:
    """Say whether an event of a kind can change the rows to come."""
    return kind in PLAN_CHANGES
