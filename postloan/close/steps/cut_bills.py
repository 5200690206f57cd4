"""
Cut the bills of the accounts whose bill day it is, and carry on what is left of those whose due date is over.

A bill becomes a demand of the loan; every other step sees an instalment. The cost grows with the accounts whose day it
is, at a month end with all accounts that have work. Rule: docs/rules/revolving.md.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import polars as pl

from postloan.close.bill_account import AccountAtNight, Row
from postloan.close.night import ACCOUNTS, BILLS, INSTALMENTS, PLANS, Night, Schema, shaped
from postloan.kernel.bills import Move


def cut_bills(night: Night) -> Night:
    """Return the night with the bills of the day cut, carried on and, at month end, their interest accrued."""
    today = _accounts_of_the_day(night)
    if today.is_empty():
        return night
    worked = [_worked(night, at_night) for at_night in _gathered(night, today)]
    return _with_work(night, worked)


def _accounts_of_the_day(night: Night) -> pl.DataFrame:
    if night.accounts.is_empty() or night.is_month_end:
        return night.accounts
    over = night.bills.filter(pl.col("due_date") <= night.business_date, pl.col("carried_minor").is_null())
    is_due = pl.col("loan_id").is_in(over["loan_id"].unique().implode())
    return night.accounts.filter((pl.col("next_bill_date") <= night.business_date) | is_due)


def _gathered(night: Night, today: pl.DataFrame) -> Iterable[AccountAtNight]:
    """Yield each account with its rows."""
    ids = today["loan_id"].implode()
    of_today = pl.col("loan_id").is_in(ids)
    loans = {row["loan_id"]: row for row in night.loans.filter(of_today).to_dicts()}
    frames = (night.bills, night.instalments, night.moves, night.purchases)
    bills, demands, moves, purchases = (_by_loan(frame.filter(of_today)) for frame in frames)
    for account in today.to_dicts():
        loan_id = account["loan_id"]
        terms = night.terms[loans[loan_id]["product_version_id"]]
        assert terms.bill is not None, f"loan {loan_id} has an account and no terms of a bill"
        yield AccountAtNight(
            terms=terms,
            rules=terms.bill,
            loan=loans[loan_id],
            account=account,
            bills=bills.get(loan_id, []),
            demands=demands.get(loan_id, []),
            moves=[
                Move(row["value_date"], row["principal_minor"], row["total_minor"]) for row in moves.get(loan_id, [])
            ],
            purchases=purchases.get(loan_id, []),
        )


def _by_loan(frame: pl.DataFrame) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = {}
    for row in frame.to_dicts():
        rows.setdefault(row["loan_id"], []).append(row)
    return rows


def _worked(night: Night, account: AccountAtNight) -> AccountAtNight:
    account.work(business_date=night.business_date, is_month_end=night.is_month_end)
    return account


def _with_work(night: Night, worked: list[AccountAtNight]) -> Night:
    demands = _replaced(night.instalments, INSTALMENTS, [row for each in worked for row in each.demands])
    night = replace(
        night,
        loans=_with_loans(night.loans, [each.loan for each in worked]),
        accounts=_replaced(night.accounts, ACCOUNTS, [each.account for each in worked]).sort("loan_id"),
        bills=_replaced(night.bills, BILLS, [row for each in worked for row in each.bills]).sort("loan_id", "bill_no"),
        instalments=demands.sort("loan_id", "due_date", "instalment_no"),
        plans=pl.concat([night.plans, shaped(pl.DataFrame(_plans(worked), schema=PLANS), PLANS)]),
        moves=night.moves.filter(
            ~pl.col("loan_id").is_in([each.loan["loan_id"] for each in worked if each.was_cut]),
        ),
    )
    for kind, debit, credit, rows in _postings(worked):
        night = night.with_postings(kind=kind, debit=debit, credit=credit, rows=rows, amount="amount_minor")
    return night


def _plans(worked: list[AccountAtNight]) -> list[Row]:
    return [plan for each in worked for plan in each.plans]


def _postings(worked: list[AccountAtNight]) -> Iterable[tuple[str, Any, Any, pl.DataFrame]]:
    """Yield the postings by kind and accounts, so that each is one frame."""
    groups: dict[tuple[str, Any, Any], list[Row]] = {}
    for each in worked:
        for kind, debit, credit, amount_minor, instalment_no in each.posted:
            row = {
                "loan_id": each.loan["loan_id"],
                "currency": each.loan["currency"],
                "instalment_no": instalment_no,
                "amount_minor": amount_minor,
            }
            groups.setdefault((kind, debit, credit), []).append(row)
    schema = {"loan_id": pl.Int64, "currency": pl.String, "instalment_no": pl.Int16, "amount_minor": pl.Int64}
    for (kind, debit, credit), rows in groups.items():
        yield kind, debit, credit, pl.DataFrame(rows, schema=schema)


_LOAN_CHANGES = {
    "schedule_version_no": pl.Int16,
    "next_instalment_no": pl.Int16,
    "accrued_interest_minor": pl.Int64,
}


def _with_loans(loans: pl.DataFrame, changed: list[Row]) -> pl.DataFrame:
    schema = {"loan_id": pl.Int64, **_LOAN_CHANGES}
    rows = pl.DataFrame([{name: loan[name] for name in schema} for loan in changed], schema=schema)
    return loans.update(rows, on="loan_id", how="left")


_BLANK = {
    "kind": "regular",
    "original_due_date": None,
    "interest_off_book_minor": 0,
    "fee_off_book_minor": 0,
    "penalty_off_book_minor": 0,
}
"""What a demand of a bill has like any demand of a plan."""


def _replaced(frame: pl.DataFrame, schema: Schema, rows: list[Row]) -> pl.DataFrame:
    """Return the frame with all rows of the loans worked on in place of those it had."""
    blank = {name: value for name, value in _BLANK.items() if name in schema}
    made = shaped(pl.DataFrame([blank | row for row in rows], schema=dict(schema)), schema)
    return pl.concat([frame.filter(~pl.col("loan_id").is_in(made["loan_id"].unique().implode())), made])
