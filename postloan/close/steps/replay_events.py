"""
Take the loans that plan and demands alone do not serve through the engine, one by one.

A loan is among them where an event changed its plan, where overdue principal bears interest, where money pays rows in
advance, or where it was charged off (`Loan.needs_replay`, a column with an index). What the engine says of tomorrow
morning takes the place of the steps that work in columns; ageing, reminders and dates follow as for every loan. A night
pays for this only by the loans it touches. Decision: docs/decisions/0060-the-engine-behind-the-books.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from postloan.books.columns import Columns
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments.servicing import load_history, replay_loan
from postloan.books.payments.servicing.difference import (
    accrued_minor,
    demand_of,
    demanded_rows,
    kinds_of,
    less_posted,
    moved_arrears,
    parts_less,
    wanted_accounts,
    wanted_parts,
)
from postloan.books.payments.servicing.history import History, serves_plainly
from postloan.books.payments.servicing.writing import legs_of
from postloan.close.night import ALLOCATIONS, INSTALMENTS, PARTS, POSTED, POSTINGS, Night, empty, shaped
from postloan.kernel.allocation import COMPONENTS
from postloan.kernel.engine import Replay


@dataclass(frozen=True)
class Replayed:
    """The loans of a partition that go through the engine: their histories, what was posted and paid of them."""

    histories: dict[int, History]
    posted: pl.DataFrame
    parts: pl.DataFrame


def read_replayed(*, columns: Columns, loan_ids: list[int]) -> Replayed:
    """Return what the engine needs of these loans; nothing is asked where there are none."""
    if not loan_ids:
        return Replayed({}, empty(POSTED), empty(PARTS))
    loans = Loan.objects.filter(pk__in=loan_ids).select_related("product_version")
    ids = ", ".join(str(each) for each in loan_ids)
    posted = columns.read(
        f"""
        SELECT loan_id, account_id, sum(amount_minor)::bigint AS amount_minor FROM (
            SELECT loan_id, debit_id AS account_id, amount_minor FROM ledger_posting WHERE loan_id IN ({ids})
            UNION ALL
            SELECT loan_id, credit_id, -amount_minor FROM ledger_posting WHERE loan_id IN ({ids})
        ) leg GROUP BY loan_id, account_id
        """
    )
    parts = columns.read(f"SELECT {', '.join(PARTS)} FROM payments_allocation WHERE loan_id IN ({ids})")
    return Replayed(
        histories={loan.pk: load_history(loan=loan) for loan in loans},
        posted=shaped(posted, POSTED),
        parts=shaped(parts, PARTS),
    )


def replay_events(night: Night) -> Night:
    """Bring the night's replayed loans to tomorrow morning: demands, money held, lateness, interest, postings."""
    wanted = night.loans.filter(pl.col("needs_replay"))
    if wanted.is_empty():
        return night
    made = [_one(night, loan) for loan in wanted.to_dicts()]
    loans = pl.DataFrame([each.loan for each in made], schema=night.loans.schema)
    instalments = pl.DataFrame([row for each in made for row in each.instalments], schema=night.instalments.schema)
    return replace(
        night,
        loans=_with(night.loans, loans).sort("loan_id"),
        instalments=pl.concat(
            [night.instalments.join(loans, on="loan_id", how="anti"), shaped(instalments, INSTALMENTS)]
        ).sort("loan_id", "due_date", "instalment_no"),
        postings=pl.concat(
            [night.postings, pl.DataFrame([row for each in made for row in each.postings], schema=POSTINGS)]
        ),
        allocations=pl.concat(
            [night.allocations, pl.DataFrame([row for each in made for row in each.allocations], schema=ALLOCATIONS)]
        ),
    )


def _with(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.join(rows, on="loan_id", how="anti"), rows])


@dataclass(frozen=True)
class _Made:
    """What one loan comes to."""

    loan: dict[str, Any]
    instalments: list[dict[str, Any]]
    postings: list[dict[str, Any]]
    allocations: list[dict[str, Any]]


def _one(night: Night, row: dict[str, Any]) -> _Made:
    history = night.histories[row["loan_id"]]
    after = replay_loan(history=history, business_date=night.tomorrow)
    is_plain = serves_plainly(loan=history.loan, kinds=kinds_of(history))
    accrued = accrued_minor(after, business_date=night.tomorrow, is_plain=is_plain)
    posted: dict[int, int] = {}
    for each in _mine(night.posted, row["loan_id"]):
        posted[each["account_id"]] = posted.get(each["account_id"], 0) + each["amount_minor"]
    legs = less_posted(
        wanted_accounts(history=history, after=after, accrued=accrued),
        posted,
    )
    return _Made(
        loan=row | _columns(after, accrued) | _closing(night, after, row),
        instalments=_demands(night, history, after, row),
        postings=list(_postings(legs, row)),
        allocations=_allocations(night, history, after, row),
    )


def _columns(after: Replay, accrued: int) -> dict[str, Any]:
    state, interest, principal = after.state, COMPONENTS.index("interest"), COMPONENTS.index("principal")
    running = state.running if state.closed_on is None else None
    since = state.contractual_past_due_since
    return {
        "next_instalment_no": running.no if running else None,
        "next_due_date": running.due_date if running else None,
        "row_from_date": running.from_date if running else None,
        "row_interest_minor": running.due[interest] if running else None,
        "principal_outstanding_minor": state.open_principal,
        "principal_off_book_minor": sum(each.written[principal] for each in state.rows),
        "accrued_interest_minor": accrued,
        **moved_arrears(after),
        "contractual_past_due_since_date": since if since != state.past_due_since else None,
    }


def _closing(night: Night, after: Replay, row: dict[str, Any]) -> dict[str, Any]:
    """Close a loan of which nothing is owed any more, also one that was charged off."""
    if after.state.closed_on is None:
        return {}
    return {"status": Loan.Status.CLOSED.value, "closed_date": row["closed_date"] or night.business_date}


def _demands(night: Night, history: History, after: Replay, row: dict[str, Any]) -> list[dict[str, Any]]:
    known = {
        each["instalment_no"]: Instalment(**each)
        for each in night.instalments.filter(pl.col("loan_id") == row["loan_id"]).to_dicts()
    }
    made = [
        demand_of(
            history.loan,
            each,
            known.get(each.no),
            business_date=night.business_date,
            version_no=row["schedule_version_no"],
            lateness_to=night.business_date,
        )
        for each in demanded_rows(after)
    ]
    return [{name: getattr(each, name) for name in INSTALMENTS} for each in made]


def _postings(legs: dict[int, int], row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for leg in legs_of(by_account=legs, loan_id=row["loan_id"]):
        yield {
            "kind": _kind(leg.debit, leg.credit),
            "currency": row["currency"],
            "debit_id": int(leg.debit),
            "credit_id": int(leg.credit),
            "amount_minor": leg.amount_minor,
            "loan_id": row["loan_id"],
            "instalment_no": None,
        }


def _kind(debit: AccountNo, credit: AccountNo) -> str:
    """Return under which heading of the night a posting goes."""
    accounts = {debit, credit}
    if AccountNo.UNAPPLIED_RECEIPTS in accounts:
        return JournalEntry.Kind.ALLOCATION.value
    if AccountNo.PENALTY_INCOME in accounts:
        return JournalEntry.Kind.PENALTY.value
    if accounts == {AccountNo.ACCRUED_INTEREST, AccountNo.INTEREST_INCOME}:
        return JournalEntry.Kind.ACCRUAL.value
    return JournalEntry.Kind.RAISE_DUE.value


def _allocations(night: Night, history: History, after: Replay, row: dict[str, Any]) -> list[dict[str, Any]]:
    kept: dict[tuple[int, int, str], int] = {}
    for each in _mine(night.parts, row["loan_id"]):
        key = (each["receipt_id"], each["instalment_no"], each["component"])
        kept[key] = kept.get(key, 0) + each["amount_minor"]
    return [
        {
            "receipt_id": receipt,
            "loan_id": row["loan_id"],
            "instalment_no": number,
            "component": component,
            "amount_minor": amount,
        }
        for (receipt, number, component), amount in parts_less(wanted_parts(history, after), kept).items()
    ]


def _mine(frame: pl.DataFrame, loan_id: int) -> list[dict[str, Any]]:
    return frame.filter(pl.col("loan_id") == loan_id).to_dicts()
