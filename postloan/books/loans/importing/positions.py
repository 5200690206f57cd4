"""
From the figures of a tape to the plan of each loan and the place where it stands on it.

Every figure comes from the kernel: the contractual schedule from the terms (or
from the tape's own instalment where it differs), the settled rows from
`kernel.takeover`, and the rows that are left cast again from the tape's balance
with the contractual instalment.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from postloan.books.loans.importing.checking import Figures
from postloan.kernel.accrual import row_interest_accrued_many
from postloan.kernel.ageing import bucket_index_many, days_past_due_many
from postloan.kernel.calendars import add_months_many, day_of_month_many
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Int64Array, TooLargeForInt64
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.schedules import ManyTerms, Method, SchedulesMany, build_schedules_many
from postloan.kernel.takeover import fitting_days_many, settled_rows_many

BoolArray = npt.NDArray[np.bool_]
DateArray = npt.NDArray[np.datetime64]
NO_DATE = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Plans:
    """Rows of schedules, a line a loan: after its `rows` rows a line holds NaT and zeros."""

    rows: Int64Array
    due: DateArray
    principal: Int64Array
    interest: Int64Array

    def put(self, chosen: Int64Array, other: "Plans") -> "Plans":
        """Return these plans with those of the loans `chosen` replaced."""
        width = max(self.due.shape[1], other.due.shape[1])
        mine, others = self.widened(width), other.widened(width)
        lines = {name: values.copy() for name, values in vars(mine).items()}
        for name, values in vars(others).items():
            lines[name][chosen] = values
        return Plans(**lines)

    def widened(self, width: int) -> "Plans":
        """Return the plans with lines of `width`."""
        return Plans(
            rows=self.rows,
            due=_widened(self.due, width, NO_DATE),
            principal=_widened(self.principal, width, 0),
            interest=_widened(self.interest, width, 0),
        )

    def cells(self) -> BoolArray:
        """Say which cells of the lines are rows."""
        return np.arange(self.due.shape[1]) < self.rows[:, None]


@dataclass(frozen=True)
class Standing:
    """
    Where each loan stands.

    `contract` is the plan from the beginning, `left` the rows from number `settled + 1` on, with the tape's
    balance; `is_recast` says that those differ from the contract's. The first `raised` rows of
    `left` have been demanded. A loan without activity has no rows left.
    """

    disbursed: DateArray
    instalment: Int64Array
    contract: Plans
    left: Plans
    left_from: DateArray
    settled: Int64Array
    is_recast: BoolArray
    raised: Int64Array
    accrued: Int64Array
    past_due_since: DateArray
    bucket: Int64Array
    next_no: Int64Array
    next_due: DateArray
    differs_from_terms: BoolArray
    fits: BoolArray
    has_fallen_due: BoolArray
    next_due_found: BoolArray


def stand(*, figures: Figures, terms: ProductTerms, as_of: date) -> Standing:
    """Return where every loan stands when `as_of` has closed; rows due the day after are raised already."""
    shared = many_terms(terms=terms)
    figures, contract, instalment, differs = _contracts(figures=figures, shared=shared, as_of=as_of)
    settled, fits, found = _settled(figures=figures, contract=contract, as_of=as_of)
    left, left_from = _left(figures=figures, shared=shared, contract=contract, instalment=instalment, settled=settled)
    tomorrow = np.datetime64(as_of + timedelta(days=1), "D")
    raised = (left.cells() & (left.due <= tomorrow)).sum(axis=1)
    lines = np.arange(len(raised))
    wide = left.widened(left.due.shape[1] + 1)
    next_due = wide.due[lines, raised]
    since = np.where(raised > 0, wide.due[:, 0], NO_DATE)
    days = days_past_due_many(past_due_since=since, business_date=as_of, terms=terms.ageing)
    has_next = raised < left.rows
    return Standing(
        disbursed=figures.disbursed,
        instalment=instalment,
        contract=contract,
        left=left,
        left_from=left_from,
        settled=settled,
        is_recast=figures.is_active & ~_same_tail(contract=contract, left=left, settled=settled),
        raised=raised,
        accrued=_accrued(wide=wide, left_from=left_from, raised=raised, terms=terms, as_of=as_of),
        past_due_since=since,
        bucket=bucket_index_many(days_past_due=days, bands=terms.ageing.bands),
        next_no=np.where(has_next, settled + raised + 1, 0),
        next_due=next_due,
        differs_from_terms=differs,
        fits=fits | ~figures.is_active,
        has_fallen_due=((contract.due <= np.datetime64(as_of, "D")).any(axis=1)) | ~figures.is_active,
        next_due_found=found | ~figures.is_active,
    )


def many_terms(*, terms: ProductTerms) -> ManyTerms:
    """Return the terms of a product as the array form of the schedules takes them."""
    rules = terms.schedule
    return ManyTerms(
        method=Method(rules.method),
        rate_per=terms.rate_per,
        day_count=DayCount(rules.day_count),
        interest_rounding=rules.interest_rounding,
        instalment_rounding=rules.instalment_rounding,
        instalment_multiple_minor=rules.instalment_multiple_minor,
    )


def first_due_dates(*, figures: Figures) -> DateArray:
    """Return the first due date of each loan: the tape's, or a month after the loan was paid out."""
    monthly = add_months_many(
        seed_dates=figures.disbursed, months=1, seed_days=day_of_month_many(dates=figures.disbursed)
    )
    return np.where(np.isnat(figures.first_due), monthly, figures.first_due).astype("datetime64[D]")


def seed_days(*, figures: Figures) -> Int64Array:
    """Return the day of the month on which each loan falls due."""
    seeds = np.where(np.isnat(figures.first_due), figures.disbursed, figures.first_due)
    return day_of_month_many(dates=seeds.astype("datetime64[D]"))


def _contracts(*, figures: Figures, shared: ManyTerms, as_of: date) -> tuple[Figures, Plans, Int64Array, BoolArray]:
    """Return the figures with their days chosen, the plan from the beginning, its instalment, and where the tape's differs."""
    contract, instalment, differs = _contract(figures=figures, shared=shared)
    late = np.flatnonzero(figures.is_spread & (figures.high_days > 0) & figures.is_active & np.isnat(figures.first_due))
    if not len(late):
        return figures, contract, instalment, differs
    moved = _with_fitting_days(figures=figures, contract=contract, late=late, as_of=as_of)
    again, instalment[late], differs[late] = _contract(figures=moved.take(late), shared=shared)
    return moved, contract.put(late, again), instalment, differs


def _contract(*, figures: Figures, shared: ManyTerms) -> tuple[Plans, Int64Array, BoolArray]:
    contract, instalment = _planned(figures=figures, shared=shared, given=None)
    if shared.method is not Method.EQUAL_INSTALMENT:
        instalment = contract.principal[:, 0] + contract.interest[:, 0]
        return contract, instalment, (figures.instalment > 0) & (figures.instalment != instalment)
    differs = (figures.instalment > 0) & (figures.instalment != instalment)
    places = np.flatnonzero(differs)
    if not len(places):
        return contract, instalment, differs
    told = figures.take(places)
    own, _ = _planned(figures=told, shared=shared, given=told.instalment)
    return contract.put(places, own), np.where(differs, figures.instalment, instalment), differs


def _planned(*, figures: Figures, shared: ManyTerms, given: Int64Array | None) -> tuple[Plans, Int64Array]:
    return _built(
        shared=shared,
        columns={
            "principal_minor": figures.principal,
            "rate_ppm": figures.rate_ppm,
            "instalments": figures.instalments,
            "start_date": figures.disbursed,
            "first_due_date": first_due_dates(figures=figures),
            "seed_day": seed_days(figures=figures),
            "instalment_minor": given,
        },
    )


def _built(*, shared: ManyTerms, columns: dict[str, Any]) -> tuple[Plans, Int64Array]:
    """
    Return the plans and instalments of loans given as the columns that `build_schedules_many` takes.

    It refuses columns whose largest principal and largest rate together are too large, even where
    they are of two loans; then the columns are halved until each loan is only measured by itself.
    """
    loans = len(columns["principal_minor"])
    try:
        schedules = build_schedules_many(terms=shared, **columns)
        return _lines(schedules), schedules.instalment_minor.copy()
    except TooLargeForInt64:
        if loans < 2:
            raise
    halves = [
        _built(
            shared=shared,
            columns={name: values if values is None else values[part] for name, values in columns.items()},
        )
        for part in (slice(loans // 2), slice(loans // 2, loans))
    ]
    (first, first_instalment), (second, second_instalment) = halves
    width = max(first.due.shape[1], second.due.shape[1])
    wide, other = first.widened(width), second.widened(width)
    joined = Plans(**{name: np.concatenate((values, getattr(other, name))) for name, values in vars(wide).items()})
    return joined, np.concatenate((first_instalment, second_instalment))


def _with_fitting_days(*, figures: Figures, contract: Plans, late: Int64Array, as_of: date) -> Figures:
    """Choose for late loans whose day is spread a day on which their days past due fit their status."""
    some = figures.take(late)
    planned = planned_balances(principal=figures.principal, plans=contract)[late]
    off = np.abs(planned[:, :-1] - some.balance[:, None])
    off = np.where(contract.cells()[late], off, np.iinfo(np.int64).max)
    months = some.disbursed.astype("datetime64[M]")
    days = fitting_days_many(
        disbursed_month=months,
        spread_days=day_of_month_many(dates=some.disbursed),
        settled=off.argmin(axis=1).astype(np.int64),
        rows=contract.rows[late],
        low_days=some.low_days,
        high_days=some.high_days,
        as_of=as_of,
    )
    disbursed = figures.disbursed.copy()
    disbursed[late] = months.astype("datetime64[D]") + (days - 1)
    return Figures(**(vars(figures) | {"disbursed": disbursed}))


def _settled(*, figures: Figures, contract: Plans, as_of: date) -> tuple[Int64Array, BoolArray, BoolArray]:
    """Return the settled rows, whether the status fits, and whether the tape's next due date is one of the plan's."""
    told = settled_rows_many(
        due_dates=contract.due,
        planned_balances_minor=planned_balances(principal=figures.principal, plans=contract),
        balance_minor=figures.balance,
        low_days=figures.low_days,
        high_days=figures.high_days,
        as_of=as_of,
    )
    has_next = ~np.isnat(figures.next_due)
    before = (contract.due < figures.next_due[:, None]).sum(axis=1)
    found = (contract.due == figures.next_due[:, None]).any(axis=1)
    settled = np.where(has_next, np.minimum(before, contract.rows - 1), told.rows)
    return settled, told.fits | has_next, found | ~has_next


def planned_balances(*, principal: Int64Array, plans: Plans) -> Int64Array:
    """Return the balance of each plan once 0, 1, 2 … of its rows are paid."""
    start = principal[:, None]
    return np.concatenate((start, start - np.cumsum(plans.principal, axis=1)), axis=1)


def _left(
    *, figures: Figures, shared: ManyTerms, contract: Plans, instalment: Int64Array, settled: Int64Array
) -> tuple[Plans, DateArray]:
    """Cast the rows that are left again from the balance; return them and the date their interest begins."""
    lines = np.arange(len(settled))
    begins = np.where(settled > 0, contract.due[lines, np.maximum(settled - 1, 0)], figures.disbursed)
    active = np.flatnonzero(figures.is_active)
    empty = Plans(
        rows=np.zeros(len(lines), dtype=np.int64),
        due=np.full((len(lines), 1), NO_DATE),
        principal=np.zeros((len(lines), 1), dtype=np.int64),
        interest=np.zeros((len(lines), 1), dtype=np.int64),
    )
    if not len(active):
        return empty, begins
    some, done = figures.take(active), settled[active]
    is_bullet = shared.method is Method.BULLET
    has_instalment = shared.method is Method.EQUAL_INSTALMENT
    plans, _ = _built(
        shared=shared,
        columns={
            "principal_minor": some.balance,
            "rate_ppm": some.rate_ppm,
            "instalments": some.instalments if is_bullet else contract.rows[active] - done,
            "start_date": begins[active],
            "first_due_date": first_due_dates(figures=some) if is_bullet else contract.due[active, done],
            "seed_day": seed_days(figures=some),
            # Less than a minor unit a month is asked for as one.
            "instalment_minor": np.maximum(instalment[active], 1) if has_instalment else None,
        },
    )
    return empty.put(active, plans), begins


def _same_tail(*, contract: Plans, left: Plans, settled: Int64Array) -> BoolArray:
    """Say where the rows left are those of the contract, row for row."""
    width = left.due.shape[1]
    wide = contract.widened(contract.due.shape[1] + width)
    spots = settled[:, None] + np.arange(width)
    same = (
        (np.take_along_axis(wide.principal, spots, axis=1) == left.principal)
        & (np.take_along_axis(wide.interest, spots, axis=1) == left.interest)
    ) | ~left.cells()
    whole: BoolArray = same.all(axis=1) & (contract.rows - settled == left.rows)
    return whole


def _accrued(*, wide: Plans, left_from: DateArray, raised: Int64Array, terms: ProductTerms, as_of: date) -> Int64Array:
    """Return the interest of the running row earned when `as_of` has closed; 0 where no row is running."""
    lines = np.arange(len(raised))
    due = wide.due[lines, raised]
    begins = np.where(raised > 0, wide.due[lines, np.maximum(raised - 1, 0)], left_from)
    is_running = ~np.isnat(due)
    accrued = row_interest_accrued_many(
        interest_minor=np.where(is_running, wide.interest[lines, raised], 0),
        from_dates=begins,
        due_dates=np.where(is_running, due, begins),
        to_date=as_of + timedelta(days=1),
        rounding=terms.schedule.interest_rounding,
    )
    return np.where(is_running, accrued, 0)


def _lines(schedules: SchedulesMany) -> Plans:
    rows = np.diff(schedules.offsets)
    width = int(rows.max(initial=1))
    spots = (schedules.loan_index, schedules.instalment_no - 1)

    def line(values: npt.NDArray[Any], filler: object) -> npt.NDArray[Any]:
        lines = np.full((len(rows), width), filler, dtype=values.dtype)
        lines[spots] = values
        return lines

    return Plans(
        rows=rows,
        due=line(schedules.due_date, NO_DATE),
        principal=line(schedules.principal_minor, 0),
        interest=line(schedules.interest_minor, 0),
    )


def _widened(lines: npt.NDArray[Any], width: int, filler: object) -> npt.NDArray[Any]:
    more = width - lines.shape[1]
    if more <= 0:
        return lines
    return np.concatenate((lines, np.full((len(lines), more), filler, dtype=lines.dtype)), axis=1)
