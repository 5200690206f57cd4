"""
Split money received over what a loan owes.

A waterfall is data: the order of the components (penalty, fee, interest, principal), whether money finishes one
instalment before the next (`row_wise`) or one component before the next (`component_wise`), and what may happen to
instalments that are not due yet (`future`). What finds no place stays unapplied: it is the customer's money, and is
kept for the next instalment or refunded, never paid in advance in silence.

The rule and its worked example are in docs/rules/allocation.md. All amounts are whole minor units; nothing here rounds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from postloan.kernel.money import Int64Array

DateArray = npt.NDArray[np.datetime64]

Component = Literal["penalty", "fee", "interest", "principal"]
Style = Literal["row_wise", "component_wise"]
Future = Literal["hold", "next_instalment", "last_instalment"]

COMPONENTS: Final[tuple[Component, ...]] = get_args(Component)
"""The components in the order of the columns of every array in this module."""


class NothingToAllocate(ValueError):
    """The receipt is zero or negative."""


class WaterfallNotPossible(ValueError):
    """The order does not name each component exactly once, or the style or the future rule is unknown."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """
    In which order money pays what is owed; a parameter of a product version.

    `row_wise` finishes the oldest instalment, all components, before the next one. `component_wise` pays the first
    component of every due instalment, oldest first, then the second of every one, and so on. `future` says what
    happens to instalments not yet due: `hold` leaves them alone, `next_instalment` pays them from the nearest on,
    `last_instalment` from the farthest back; both always instalment by instalment, so that no interest of a far
    month is paid before the principal of a near one.

    Raises:
        WaterfallNotPossible: if the order does not name each component exactly once, or a word is unknown.
    """

    order: tuple[Component, ...]
    style: Style = "row_wise"
    future: Future = "hold"

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(COMPONENTS):
            raise WaterfallNotPossible(f"the order must name each of {COMPONENTS} once, not {self.order}")
        if self.style not in get_args(Style):
            raise WaterfallNotPossible(f"unknown style {self.style!r}")
        if self.future not in get_args(Future):
            raise WaterfallNotPossible(f"unknown rule for the future {self.future!r}")


CIVIL_CODE_561: Final = Waterfall(order=("fee", "penalty", "interest", "principal"))
"""China's default where nothing else is agreed: costs, then interest, then principal, the oldest debt first
(Civil Code of the People's Republic of China, Articles 560 and 561)."""


@dataclass(frozen=True, slots=True)
class OpenInstalment:
    """What one instalment still owes, component by component, in minor units."""

    instalment_no: int
    due_date: date
    penalty_minor: int = 0
    fee_minor: int = 0
    interest_minor: int = 0
    principal_minor: int = 0

    def component_minor(self, component: Component) -> int:
        """Return what is open in one component."""
        amount_minor: int = getattr(self, f"{component}_minor")
        return amount_minor

    @property
    def total_minor(self) -> int:
        """Return what is open in all components together."""
        return self.penalty_minor + self.fee_minor + self.interest_minor + self.principal_minor


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a receipt that went to one component of one instalment; negative in a reversal."""

    instalment_no: int
    component: Component
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a receipt went, in the order in which it was paid, and what is left."""

    parts: tuple[Part, ...]
    unapplied_minor: int


def allocate(*, receipt_minor: int, owed: Sequence[OpenInstalment], waterfall: Waterfall, on_date: date) -> Allocation:
    """
    Run `receipt_minor` down the waterfall over `owed`, as things stand on `on_date` (the receipt's value date).

    An instalment is due from its due date on. The order in which `owed` is handed in does not matter.

    >>> owed = [OpenInstalment(1, date(2018, 4, 1), interest_minor=20, principal_minor=80),
    ...         OpenInstalment(2, date(2018, 5, 1), interest_minor=15, principal_minor=85)]
    >>> a = allocate(receipt_minor=110, owed=owed, waterfall=CIVIL_CODE_561, on_date=date(2018, 4, 3))
    >>> [(part.instalment_no, part.component, part.amount_minor) for part in a.parts]
    [(1, 'interest', 20), (1, 'principal', 80)]
    >>> a.unapplied_minor
    10

    Raises:
        NothingToAllocate: if the receipt is not positive.
    """
    if receipt_minor <= 0:
        raise NothingToAllocate(receipt_minor)

    left_minor = receipt_minor
    parts = []
    for instalment, component in _payment_order(owed=owed, waterfall=waterfall, on_date=on_date):
        open_minor = instalment.component_minor(component)
        assert open_minor >= 0, f"instalment {instalment.instalment_no} owes {open_minor} of {component}"
        if part_minor := min(left_minor, open_minor):
            parts.append(Part(instalment.instalment_no, component, part_minor))
            left_minor -= part_minor

    assert left_minor >= 0
    assert left_minor + sum(part.amount_minor for part in parts) == receipt_minor
    return Allocation(parts=tuple(parts), unapplied_minor=left_minor)


def reverse_allocation(*, allocation: Allocation) -> tuple[Part, ...]:
    """Return the parts that undo an allocation, last paid first; `open_after` puts back what was owed."""
    return tuple(replace(part, amount_minor=-part.amount_minor) for part in reversed(allocation.parts))


def open_after(*, owed: Sequence[OpenInstalment], parts: Iterable[Part]) -> tuple[OpenInstalment, ...]:
    """Return what `owed` comes to once `parts` are paid (or, with the parts of a reversal, unpaid again)."""
    paid_minor: dict[tuple[int, Component], int] = {}
    for part in parts:
        key = (part.instalment_no, part.component)
        paid_minor[key] = paid_minor.get(key, 0) + part.amount_minor

    after = tuple(
        replace(
            row,
            penalty_minor=row.penalty_minor - paid_minor.get((row.instalment_no, "penalty"), 0),
            fee_minor=row.fee_minor - paid_minor.get((row.instalment_no, "fee"), 0),
            interest_minor=row.interest_minor - paid_minor.get((row.instalment_no, "interest"), 0),
            principal_minor=row.principal_minor - paid_minor.get((row.instalment_no, "principal"), 0),
        )
        for row in owed
    )
    assert sum(row.total_minor for row in owed) - sum(row.total_minor for row in after) == sum(paid_minor.values())
    return after


@dataclass(frozen=True, slots=True)
class AllocationMany:
    """
    Where the money of many loans went.

    `paid_minor` has a row per instalment and a column per component, in the order of COMPONENTS;
    `unapplied_minor` has an element per loan.
    """

    paid_minor: Int64Array
    unapplied_minor: Int64Array


def allocate_many(
    *,
    available_minor: Int64Array,
    loan_index: Int64Array,
    due_dates: DateArray,
    open_minor: Int64Array,
    waterfall: Waterfall,
    on_date: date,
) -> AllocationMany:
    """
    Run the money of many loans down one waterfall over their instalments; agrees with `allocate` loan by loan.

    `available_minor` has an element per loan and may be zero. The instalments lie flat, sorted by loan, due date and
    number: `loan_index` is the position of the instalment's loan in `available_minor`, `open_minor` has a column per
    component in the order of COMPONENTS.
    """
    assert open_minor.shape == (len(loan_index), len(COMPONENTS)) and len(due_dates) == len(loan_index)
    assert not len(loan_index) or bool((np.diff(loan_index) >= 0).all()), "instalments must be sorted by loan"
    assert bool((open_minor >= 0).all()) and bool((available_minor >= 0).all())

    columns = [COMPONENTS.index(component) for component in waterfall.order]
    is_due = due_dates <= np.datetime64(on_date, "D")
    paid_minor = np.zeros_like(open_minor)
    left_minor = available_minor.astype(np.int64)
    due_minor = np.where(is_due[:, None], open_minor, 0)
    for group in [columns] if waterfall.style == "row_wise" else [[column] for column in columns]:
        left_minor = _run_down(
            open_minor=due_minor, columns=group, loan_index=loan_index, left_minor=left_minor, paid_minor=paid_minor
        )
    if waterfall.future != "hold":
        step = 1 if waterfall.future == "next_instalment" else -1
        left_minor = _run_down(
            open_minor=(open_minor - due_minor)[::step],
            columns=columns,
            loan_index=loan_index[::step],
            left_minor=left_minor,
            paid_minor=paid_minor[::step],
        )
    return AllocationMany(paid_minor=paid_minor, unapplied_minor=left_minor)


def _payment_order(
    *, owed: Sequence[OpenInstalment], waterfall: Waterfall, on_date: date
) -> list[tuple[OpenInstalment, Component]]:
    """Return every (instalment, component) that money may pay, first to be paid first."""
    rows = sorted(owed, key=lambda row: (row.due_date, row.instalment_no))
    due = [row for row in rows if row.due_date <= on_date]
    future = [row for row in rows if row.due_date > on_date]
    if waterfall.style == "row_wise":
        cells = [(row, component) for row in due for component in waterfall.order]
    else:
        cells = [(row, component) for component in waterfall.order for row in due]
    if waterfall.future == "hold":
        return cells
    if waterfall.future == "last_instalment":
        future.reverse()
    return cells + [(row, component) for row in future for component in waterfall.order]


def _run_down(
    *,
    open_minor: Int64Array,
    columns: list[int],
    loan_index: Int64Array,
    left_minor: Int64Array,
    paid_minor: Int64Array,
) -> Int64Array:
    """
    Pay the cells of `open_minor` row by row, within a row by `columns`; add to `paid_minor`, return what is left.

    What lies before a cell in its loan is the running total up to the cell less the running total up to the loan.
    """
    cells_minor = open_minor[:, columns]
    row_minor = cells_minor.sum(axis=1)
    before_row = np.cumsum(row_minor) - row_minor
    is_first = np.ones(len(loan_index), dtype=bool)
    is_first[1:] = loan_index[1:] != loan_index[:-1]
    before_loan = np.zeros_like(left_minor)
    before_loan[loan_index[is_first]] = before_row[is_first]

    reach_minor = (left_minor + before_loan)[loan_index] - before_row
    left_after = left_minor.copy()
    for place, column in enumerate(columns):
        part_minor = np.clip(reach_minor, 0, cells_minor[:, place])
        paid_minor[:, column] += part_minor
        reach_minor -= cells_minor[:, place]
        np.subtract.at(left_after, loan_index, part_minor)
    return left_after
