"""
Find the day on which the tape was cut, which the tape does not tell.

    python examples/lending_club/fit_cut_off.py

The month of issue is known, the day is not: each loan is put on its spread day
(1 to 28), exactly as the import does. If every loan that is "Current" had paid
all rows due by a day, the balances planned for that day would be the balances
of the tape. So for each day of 2018 the planned balances are compared with the
tape's: the day that fits the most loans is the cut-off.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from postloan.books.loans.importing.blocks import Block, Job
from postloan.books.loans.importing.checking import Figures, check_block
from postloan.books.loans.importing.mapping import load_mapping
from postloan.books.loans.importing.positions import Standing, planned_balances, stand
from postloan.books.loans.importing.reading import read_rows
from postloan.books.loans.importing.surveying import customer_keys, loan_ids
from postloan.lab.persons import InventedPeople

HERE = Path(__file__).parent
YEAR_END = date(2018, 12, 31)


@dataclass(frozen=True)
class Fit:
    """How well one day fits: shares of the loans, and the mean distance in minor units."""

    day: date
    to_the_cent: float
    within_one_percent: float
    mean_distance_minor: float


def fit_days() -> list[Fit]:
    """Return the fit of every day of 2018 by which all loans of the tape were paid out."""
    figures, standing = _current_loans()
    planned = planned_balances(principal=figures.principal, plans=standing.contract)
    lines = np.arange(len(figures.balance))
    first = standing.disbursed.max().item()
    fits = []
    for offset in range((YEAR_END - first).days + 1):
        day = first + timedelta(days=offset)
        rows_due = (standing.contract.due <= np.datetime64(day, "D")).sum(axis=1)
        distance = np.abs(planned[lines, rows_due] - figures.balance)
        fits.append(
            Fit(
                day=day,
                to_the_cent=float((distance == 0).mean()),
                within_one_percent=float((distance * 100 <= figures.balance).mean()),
                mean_distance_minor=float(distance.mean()),
            )
        )
    return fits


def best_fit(fits: list[Fit]) -> Fit:
    """Return the day that fits the most loans within one per cent; of several, the last: books are cut at a month's end."""
    return max(fits, key=lambda fit: (fit.within_one_percent, fit.to_the_cent, fit.day))


def main() -> None:
    """Print the month ends and the days around the best one."""
    fits = fit_days()
    best = best_fit(fits)
    print("day         to the cent  within 1 %  mean distance")
    for fit in fits:
        is_month_end = (fit.day + timedelta(days=1)).day == 1
        if is_month_end or abs((fit.day - best.day).days) <= 4:
            mark = "  <- best" if fit == best else ""
            print(
                f"{fit.day}  {fit.to_the_cent:10.1%}  {fit.within_one_percent:10.1%}"
                f"  {fit.mean_distance_minor / 100:13,.2f}{mark}"
            )


def _current_loans() -> tuple[Figures, Standing]:
    """Return figures and plans of the loans that are current, read as the import reads them."""
    mapping = load_mapping(file=HERE / "mapping.toml")
    people = InventedPeople(seed=mapping.mapping.people.seed)
    rows = list(read_rows(file=HERE / "tape.csv.gz", mapping=mapping.mapping))
    ids = loan_ids(rows=rows, mapping=mapping.mapping)
    nothing = [False] * len(rows)
    keys = customer_keys(rows=rows, ids=ids, mapping=mapping.mapping, people=people)
    block = Block(rows=rows, duplicates=nothing, loans_known=nothing, customer_keys=keys)
    job = Job(
        mapping=mapping.mapping,
        terms=mapping.terms,
        as_of=YEAR_END,
        people=people,
        dry_run=True,
        keyset_file=Path(),
        at=datetime.now(tz=UTC),
    )
    figures = check_block(job=job, block=block).figures
    figures = figures.take(figures.is_active & (figures.high_days == 0))
    return figures, stand(figures=figures, terms=mapping.terms, as_of=YEAR_END)


if __name__ == "__main__":
    main()
