"""What a schedule is: rows that carry the parts of their own explanation."""

from dataclasses import dataclass
from datetime import date

from postloan.kernel.daycounts import Share
from postloan.kernel.schedules._annuity import Annuity
from postloan.kernel.schedules._terms import Fee, ScheduleTerms


@dataclass(frozen=True, slots=True)
class FeePart:
    """One fee in one row; `remainder_minor` is what it holds more (or less) than the regular rows."""

    fee: Fee
    amount_minor: int
    regular_minor: int

    @property
    def remainder_minor(self) -> int:
        """What rounding left to this row."""
        return self.amount_minor - self.regular_minor


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """
    One instalment and the figures it was worked out from.

    `accrued_minor` is the interest of the row's own days on `opening_minor`; `interest_minor` is
    what is demanded: accrued + carried in - carried out - capitalised. `deferred_minor` is the part of
    this row's interest that the grace puts off, `released_minor` what was put off before and is
    asked now, on top of the instalment. `share` is the length of
    the row in periods of the rate, `factor` the rate times that share. `remainder_minor` is how much
    the row differs from the regular one through rounding.
    """

    instalment_no: int
    from_date: date
    due_date: date
    opening_minor: int
    principal_minor: int
    interest_minor: int
    balance_minor: int
    share: Share
    factor: Share
    accrued_minor: int = 0
    carried_in_minor: int = 0
    carried_out_minor: int = 0
    deferred_minor: int = 0
    released_minor: int = 0
    capitalised_minor: int = 0
    remainder_minor: int = 0
    fees: tuple[FeePart, ...] = ()
    is_down_payment: bool = False

    @property
    def days(self) -> int:
        """Calendar days of the row, from_date inclusive to due_date exclusive."""
        return (self.due_date - self.from_date).days

    @property
    def fee_minor(self) -> int:
        """All fees of the row."""
        return sum(part.amount_minor for part in self.fees)

    @property
    def total_minor(self) -> int:
        """What the customer is asked for on the due date."""
        return self.principal_minor + self.interest_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class Smoothing:
    """One move of the instalment: the last row was off by `difference_minor`, shared over `rows`."""

    from_minor: int
    difference_minor: int
    rows: int
    share_minor: int
    to_minor: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    A schedule and how its regular figures came about.

    `instalment_minor` is the equal instalment where there is one, `first_instalment_minor` what it
    was before smoothing, `regular_principal_minor` the equal part of principal where that is what
    is equal, `flat_interest_minor` the flat interest of the whole term.
    """

    rows: tuple[ScheduleRow, ...]
    instalment_minor: int | None = None
    first_instalment_minor: int | None = None
    annuity: Annuity | None = None
    smoothing: tuple[Smoothing, ...] = ()
    regular_principal_minor: int | None = None
    flat_interest_minor: int | None = None

    @property
    def principal_minor(self) -> int:
        """All principal demanded: what was lent, and interest that was capitalised."""
        return sum(row.principal_minor for row in self.rows)

    @property
    def interest_minor(self) -> int:
        """All interest demanded."""
        return sum(row.interest_minor for row in self.rows)

    @property
    def fee_minor(self) -> int:
        """All fees demanded."""
        return sum(row.fee_minor for row in self.rows)

    @property
    def total_minor(self) -> int:
        """Everything the customer is asked for."""
        return self.principal_minor + self.interest_minor + self.fee_minor

    @property
    def due_dates(self) -> tuple[date, ...]:
        """The due date of every row."""
        return tuple(row.due_date for row in self.rows)


def down_payment_row(*, terms: ScheduleTerms, amount_minor: int) -> ScheduleRow:
    """Return row 1 of a loan with a down payment: principal due on the start date."""
    return ScheduleRow(
        instalment_no=1,
        from_date=terms.start_date,
        due_date=terms.start_date,
        opening_minor=terms.principal_minor,
        principal_minor=amount_minor,
        interest_minor=0,
        balance_minor=terms.principal_minor - amount_minor,
        share=Share(0, 1),
        factor=Share(0, 1),
        is_down_payment=True,
    )
