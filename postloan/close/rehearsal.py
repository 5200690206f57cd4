"""The close of one loan on the open day, worked out step by step and written nowhere."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from postloan.books.columns import column_transaction
from postloan.close.night import Night
from postloan.close.partitions import work_out
from postloan.close.passes import Fault
from postloan.close.steps import STEPS
from postloan.close.steps.read import read_loan

FRAMES = ("loans", "instalments", "postings", "allocations", "reminders")


@dataclass(frozen=True)
class StepDone:
    """What one step would do: rows by frame that it adds or changes; empty where it leaves the loan alone."""

    step: str
    rows: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Rehearsal:
    """What the close of `business_date` sees of a loan and would do, or in which step it fails."""

    loan_id: int
    business_date: date
    seen: dict[str, list[dict[str, Any]]]
    steps: list[StepDone] = field(default_factory=list)
    failure: Fault | None = None


def rehearse_loan(*, loan_id: int, business_date: date) -> Rehearsal:
    """Return what the close of an open day would do for one loan, whether its date has come or not."""
    with column_transaction() as columns:
        book = read_loan(columns=columns, loan_id=loan_id, business_date=business_date)
    night = book.night_of(business_date=business_date, plans_contacts=True, everybody=True)
    seen = {name: getattr(night, name).to_dicts() for name in ("loans", "plan", "instalments", "receipts")}
    faults: list[Fault] = []
    work_out(night=night, faults=faults, seconds={})
    if faults:
        return Rehearsal(loan_id=loan_id, business_date=business_date, seen=seen, failure=faults[0])
    done: list[StepDone] = []
    for step in STEPS:
        before, night = night, step(night)
        done.append(StepDone(step=step.__name__, rows=_changes(before, night)))
    return Rehearsal(loan_id=loan_id, business_date=business_date, seen=seen, steps=done)


def _changes(before: Night, after: Night) -> dict[str, list[dict[str, Any]]]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for name in FRAMES:
        old: pl.DataFrame = getattr(before, name)
        new: pl.DataFrame = getattr(after, name)
        rows = new.join(old, on=new.columns, how="anti", nulls_equal=True).to_dicts()
        if rows:
            changes[name] = rows
    return changes
