"""
The state of one loan at a moment of its replay: rows, money held, and the running totals of its books.

The state is changed only by the functions of this package, copied at checkpoints, and never handed out.
Components are kept in lists in the order of `allocation.COMPONENTS` (penalty, fee, interest, principal).
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeAlias

from postloan.kernel.allocation import COMPONENTS, Component
from postloan.kernel.daycounts import Share
from postloan.kernel.engine.terms import LoanTerms
from postloan.kernel.penalties import NOTHING_COUNTED, OverdueCount

PENALTY, FEE, INTEREST, PRINCIPAL = (COMPONENTS.index(name) for name in ("penalty", "fee", "interest", "principal"))
PLACE: Final[dict[Component, int]] = {component: place for place, component in enumerate(COMPONENTS)}
FOR_EVER: Final = date.max
FIRST_SIDE_NO: Final = 1001
"""The rows of plans are numbered without gaps from 1; rows beside the plan (a prepayment, a charge) from here on."""

RowKind: TypeAlias = Literal["regular", "down_payment", "prepayment", "settlement", "stub", "charge"]
Move: TypeAlias = tuple[date, int]


@dataclass(slots=True)
class Row:
    """
    One instalment while the loan runs.

    The plan is either `instalment_minor` (principal is what interest leaves of it) or `plan_principal_minor`;
    `plan_interest_minor` is set where interest stays as planned. `base_*` is the principal that bears interest in the
    row, `over_*` the overdue principal that goes on bearing some. `brought` is what older rows brought into this one
    (each component; it was earned before). `demanded_minor` is interest of the row asked before its due date.
    """

    no: int
    kind: RowKind
    from_date: date
    due_date: date
    original_due_date: date
    last_free_date: date
    share: Share
    splits_year: bool = False
    instalment_minor: int | None = None
    plan_principal_minor: int | None = None
    plan_interest_minor: int | None = None
    credit_minor: int = 0
    base_open: int = 0
    base_moves: list[Move] = field(default_factory=list)
    over_open: int = 0
    over_moves: list[Move] = field(default_factory=list)
    early_principal: int = 0
    own_minor: int = 0
    demanded_minor: int = 0
    carry_in: int = 0
    carry_out: int = 0
    due: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    paid: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    waived: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    written: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    raised: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    brought: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    planned_fees: tuple[tuple[str, int], ...] = ()
    is_due: bool = False
    is_closed: bool = False
    counted: OverdueCount = NOTHING_COUNTED
    cap_principal: int | None = None
    had_late_fee: bool = False
    paid_on: date | None = None
    paid_early: int = 0
    paid_late: int = 0

    def copy(self) -> "Row":
        """Return a copy that shares nothing that changes."""
        twin = object.__new__(Row)
        for name in Row.__slots__:
            value = getattr(self, name)
            setattr(twin, name, value.copy() if type(value) is list else value)
        return twin

    def open_of(self, place: int) -> int:
        """Return what the customer still owes of one component, on the books or not."""
        return self.due[place] - self.paid[place] - self.waived[place]

    def brought_open(self, place: int) -> int:
        """Return what is demanded of a row that is not due: brought into it or raised by early money, and unpaid."""
        return self.brought[place] + self.raised[place] - self.paid[place] - self.waived[place]

    @property
    def open_minor(self) -> int:
        """Return what the customer still owes of the row."""
        return sum(self.due) - sum(self.paid) - sum(self.waived)

    @property
    def days(self) -> int:
        """Calendar days of the row."""
        return (self.due_date - self.from_date).days

    @property
    def bears_interest(self) -> bool:
        """Say whether the row belongs to the plan (a charge or a prepayment stands beside it)."""
        return self.kind == "regular"


@dataclass(slots=True)
class Held:
    """Money of the customer that is not allocated yet, by the event that brought it."""

    event_id: str
    value_date: date
    left_minor: int


@dataclass(frozen=True, slots=True)
class Applied:
    """A part of money that paid (or, with `is_waiver`, a waiver that let off) one component of one row."""

    event_id: str
    row_no: int
    component: Component
    amount_minor: int
    on_date: date
    is_waiver: bool = False


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A row as a schedule version planned it."""

    instalment_no: int
    from_date: date
    due_date: date
    original_due_date: date
    principal_minor: int
    interest_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True)
class ScheduleVersion:
    """A plan that was in force: why it was made, by which event, from which day."""

    version_no: int
    reason: str
    event_id: str
    from_date: date
    rows: tuple[VersionRow, ...]
    is_superseded: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry: legs by account, minor units, debit positive; the legs sum to zero."""

    value_date: date
    event_id: str
    kind: str
    legs: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Totals:
    """
    What has been posted so far, in minor units; every account is a formula over these (`_ledger.py`).

    Lists have a place per component. `raised` is demanded, `raised_on_book` the part of it that is income or was
    earned; `written` is off the books and unpaid.
    """

    received: int = 0
    refunded: int = 0
    charged_back: int = 0
    lent_to_bank: int = 0
    taken_over: int = 0  # principal another lender had lent
    interest_taken_over: int = 0  # earned before by another lender
    returned_by_merchant: int = 0
    returned_payout: int = 0
    interest_given_back: int = 0
    raised: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    raised_on_book: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    paid: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    waived: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    written: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    earned_before: int = 0  # interest of the rows that are over
    accrued_written: int = 0
    loss: int = 0
    recovered: int = 0
    income_on_payment: int = 0

    def copy(self) -> "Totals":
        """Return a copy that shares nothing that changes."""
        twin = object.__new__(Totals)
        for name in Totals.__slots__:
            value = getattr(self, name)
            setattr(twin, name, value.copy() if type(value) is list else value)
        return twin

    @property
    def lent(self) -> int:
        """All principal that was ever lent, taken over, charged back or paid out again."""
        return self.lent_to_bank + self.taken_over + self.charged_back


@dataclass(slots=True)
class State:
    """A loan at a moment of its replay."""

    terms: LoanTerms
    today: date
    rows: list[Row]
    current: int = 0  # the first row that is not due yet
    rates: list[tuple[date, int]] = field(default_factory=list)
    pauses: list[tuple[date, date]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    versions: list[ScheduleVersion] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    balances: dict[str, int] = field(default_factory=dict)
    arrears_moved: list[tuple[date, int]] = field(default_factory=list)
    opened_on: date = date.min
    closed_on: date | None = None
    charged_off_on: date | None = None
    book_stops_on: date | None = None
    earned_at_stop: int = 0
    died_on: date | None = None
    penalty_stops_on: date | None = None
    next_no: int = 1
    next_side_no: int = FIRST_SIDE_NO
    seed_day: int | None = None
    is_stale: bool = True  # the rows to come are to be worked out again

    def copy(self) -> "State":
        """Return a copy that can be replayed further without touching this one."""
        twin = object.__new__(State)
        for name in State.__slots__:
            value = getattr(self, name)
            if type(value) is list or type(value) is dict:
                value = value.copy()
            setattr(twin, name, value)
        twin.rows = [row.copy() for row in self.rows]
        twin.held = [Held(each.event_id, each.value_date, each.left_minor) for each in self.held]
        twin.totals = self.totals.copy()
        return twin

    def take_side_no(self) -> int:
        """Return the number of a new row beside the plan."""
        self.next_side_no += 1
        return self.next_side_no - 1

    def continue_numbers(self) -> None:
        """Let the next row of a plan follow the last one there is; numbers of rows that fell away are used again."""
        self.next_no = 1 + max((row.no for row in self.rows if row.no < FIRST_SIDE_NO), default=0)

    @property
    def running(self) -> Row | None:
        """The row whose days run now, if the plan is not over."""
        return next((row for row in self.rows[self.current :] if row.bears_interest), None)

    @property
    def held_minor(self) -> int:
        """All money held for the customer."""
        return sum(each.left_minor for each in self.held)

    @property
    def open_principal(self) -> int:
        """Principal the customer owes, due or not."""
        return self.totals.lent - self.totals.paid[PRINCIPAL] - self.totals.waived[PRINCIPAL]

    @property
    def past_due_since(self) -> date | None:
        """The oldest due date with anything unpaid, as the plan in force dates it."""
        return min((row.due_date for row in self.rows if row.is_due and row.open_minor > 0), default=None)

    @property
    def contractual_past_due_since(self) -> date | None:
        """The oldest original due date with anything unpaid: new dates do not cure."""
        dates = [row.original_due_date for row in self.rows if row.is_due and row.open_minor > 0]
        dates += [day for day, left in self.arrears_moved if left > 0]
        return min(dates, default=None)
