"""What a schedule is made from: every choice that moves a cent is a field here, and each is data."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from postloan.kernel.calendars import MonthEnd, add_months
from postloan.kernel.daycounts import DAYS_OF_UNIT, DayCount, Unit
from postloan.kernel.money import Rounding
from postloan.kernel.rates import PPM, Rate

MOST_INSTALMENTS = 1200
LARGEST_MINOR = 10**15
FIRST_YEAR, LAST_YEAR = 1900, 2400
LONGEST_TERM_DAYS = 200 * 366
LONGEST_FIRST_DAYS = 10 * 366


class Method(StrEnum):
    """What stays the same from row to row."""

    EQUAL_INSTALMENT = "equal_instalment"  # principal and interest together
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"  # all principal with the last row
    BULLET = "bullet"  # one payment of principal and simple interest at the end of the term


class InterestMethod(StrEnum):
    """What interest is worked out on."""

    DECLINING = "declining"  # the balance at the start of the row
    FLAT = "flat"  # the first principal over the whole term, divided equally
    FLAT_BY_DAYS = "flat_by_days"  # the first principal over the row's own share of time


class Remainder(StrEnum):
    """Who gets what rounding leaves over."""

    LAST = "last"
    FIRST = "first"
    SMOOTHED = "smoothed"  # the instalment moves a little; what is still left goes to the last row


class FirstPeriod(StrEnum):
    """What a first period of irregular length costs under the rules that count by period."""

    BY_DAYS = "by_days"  # its days over the days of the regular period in its place
    WHOLE = "whole"  # a full period, whatever its length


class DeferredInterest(StrEnum):
    """Where the interest of the rows with interest grace goes."""

    NEXT_ROW = "next_row"  # on top of the first row after the grace
    CAPITALISED = "capitalised"  # becomes principal at the end of the grace and bears interest
    LAST_ROW = "last_row"


class FeeSpread(StrEnum):
    """How an amount meets the rows."""

    EACH_ROW = "each_row"  # the whole amount in every row
    FIRST_ROW = "first_row"  # the whole amount in the first row: a fee on use
    SPLIT = "split"  # divided equally, the remainder named


class TermsRefused(ValueError):
    """These terms make no schedule; `field` names the one to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Fee:
    """
    A fee that falls due with the instalments; no interest runs on it.

    Give `amount_minor`, or `ppm` of the principal (before the down payment). A fee kept back from
    the payout is not one of these: it lowers the principal (Civil Code of China, Article 670).
    """

    name: str
    amount_minor: int | None = None
    ppm: int | None = None
    spread: FeeSpread = FeeSpread.EACH_ROW
    remainder: Remainder = Remainder.LAST


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """
    The terms of one loan, as a product version freezes them.

    `instalments` may be None only where `fixed_instalment_minor` is given: the term then follows
    from the instalment. `instalment_day_count` lets the annuity formula count otherwise than the
    interest of the rows (a lender's "rate / 12"). Grace is counted in rows from the first.
    `factor_digits` rounds each rate factor to so many significant digits, half-even, as a system
    with decimals of fixed precision does; None is exact. `down_payment_ppm` of the principal is
    due on the start date as row 1. `balloon_minor` is principal left for the last row on purpose.
    """

    principal_minor: int
    rate: Rate
    instalments: int | None
    start_date: date
    method: Method = Method.EQUAL_INSTALMENT
    interest_method: InterestMethod = InterestMethod.DECLINING
    # dates
    every: int = 1
    unit: Unit = "month"
    first_due_date: date | None = None
    due_day: int | None = None
    minimum_first_days: int = 1
    seed_day: int | None = None
    month_end: MonthEnd = MonthEnd.SAME_DAY
    first_period: FirstPeriod = FirstPeriod.BY_DAYS
    # time
    day_count: DayCount = DayCount.ACT_365
    instalment_day_count: DayCount | None = None
    first_day_counts: bool = True
    factor_digits: int | None = None
    # rounding
    interest_rounding: Rounding = Rounding.HALF_UP
    instalment_rounding: Rounding = Rounding.HALF_UP
    instalment_multiple_minor: int = 1
    remainder: Remainder = Remainder.LAST
    # relief and extras
    fixed_instalment_minor: int | None = None
    principal_grace: int = 0
    interest_grace: int = 0
    deferred_interest: DeferredInterest = DeferredInterest.NEXT_ROW
    interest_free_rows: int = 0
    balloon_minor: int = 0
    down_payment_ppm: int = 0
    fees: tuple[Fee, ...] = ()


def check_terms(terms: ScheduleTerms) -> None:
    """
    Refuse terms that cannot make a schedule.

    Raises:
        TermsRefused: naming the field.
    """
    _check_amounts(terms)
    _check_dates(terms)
    _check_remainder(terms)
    _check_fixed_instalment(terms)
    _check_grace(terms)
    for fee in terms.fees:
        _check_fee(fee)


def _refuse_if(wrong: bool, field: str, message: str) -> None:
    if wrong:
        raise TermsRefused(field, message)


def _check_amounts(terms: ScheduleTerms) -> None:
    _refuse_if(terms.principal_minor < 1, "principal_minor", "must be positive")
    _refuse_if(terms.principal_minor > LARGEST_MINOR, "principal_minor", f"must be at most {LARGEST_MINOR}")
    _refuse_if(terms.instalment_multiple_minor < 1, "instalment_multiple_minor", "must be at least 1")
    _refuse_if(terms.balloon_minor < 0, "balloon_minor", "must not be negative")
    _refuse_if(terms.balloon_minor > terms.principal_minor, "balloon_minor", "must not exceed the principal")
    _refuse_if(not 0 <= terms.down_payment_ppm < PPM, "down_payment_ppm", "must be from 0 to 999999")
    _refuse_if(
        terms.factor_digits is not None and not 1 <= terms.factor_digits <= 40, "factor_digits", "must be from 1 to 40"
    )


def _check_dates(terms: ScheduleTerms) -> None:
    in_range = FIRST_YEAR <= terms.start_date.year <= LAST_YEAR
    _refuse_if(not in_range, "start_date", f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    _refuse_if(terms.every < 1, "every", "must be at least 1")
    rows = 1
    if terms.instalments is not None:
        rows = terms.instalments
        _refuse_if(not 1 <= rows <= MOST_INSTALMENTS, "instalments", f"must be from 1 to {MOST_INSTALMENTS}")
    term_days = rows * terms.every * DAYS_OF_UNIT[terms.unit]
    _refuse_if(term_days > LONGEST_TERM_DAYS, "every", "makes a term of more than 200 years")
    if terms.first_due_date is not None:
        first_days = (terms.first_due_date - terms.start_date).days
        _refuse_if(first_days > LONGEST_FIRST_DAYS, "first_due_date", "must lie within ten years of start_date")
        _refuse_if(terms.first_due_date <= terms.start_date, "first_due_date", "must lie after start_date")
        _refuse_if(terms.due_day is not None, "due_day", "give either due_day or first_due_date")
    if terms.due_day is not None:
        _refuse_if(not 1 <= terms.due_day <= 31, "due_day", "must be from 1 to 31")
        _refuse_if(terms.unit != "month", "due_day", "needs months as the unit")
        in_range = 1 <= terms.minimum_first_days <= LONGEST_FIRST_DAYS
        _refuse_if(not in_range, "minimum_first_days", f"must be from 1 to {LONGEST_FIRST_DAYS}")
    if terms.seed_day is not None:
        _refuse_if(not 1 <= terms.seed_day <= 31, "seed_day", "must be from 1 to 31")
        _refuse_if(terms.unit != "month", "seed_day", "needs months as the unit")
        if terms.first_due_date is not None:
            seeded = add_months(seed_date=terms.first_due_date, months=0, seed_day=terms.seed_day)
            _refuse_if(seeded != terms.first_due_date, "seed_day", "does not lead to first_due_date")
        clash = terms.due_day is not None and terms.due_day != terms.seed_day
        _refuse_if(clash, "seed_day", "give either due_day or seed_day")


def _check_remainder(terms: ScheduleTerms) -> None:
    fits = terms.method is Method.EQUAL_INSTALMENT and terms.interest_method is InterestMethod.DECLINING
    smoothed = terms.remainder is Remainder.SMOOTHED
    _refuse_if(smoothed and not fits, "remainder", "smoothed needs equal_instalment on declining interest")


def _check_fixed_instalment(terms: ScheduleTerms) -> None:
    fixed = terms.fixed_instalment_minor
    if fixed is None:
        _refuse_if(terms.instalments is None, "instalments", "is needed where no fixed instalment is given")
        return
    _refuse_if(fixed < 1, "fixed_instalment_minor", "must be positive")
    fits = terms.method is Method.EQUAL_INSTALMENT and terms.interest_method is InterestMethod.DECLINING
    _refuse_if(not fits, "fixed_instalment_minor", "needs equal_instalment on declining interest")
    _refuse_if(terms.remainder is not Remainder.LAST, "remainder", "a fixed instalment leaves the rest to the last row")
    open_term = terms.instalments is None
    _refuse_if(open_term and terms.balloon_minor > 0, "balloon_minor", "needs a number of instalments")


def _check_grace(terms: ScheduleTerms) -> None:
    for field in ("principal_grace", "interest_grace", "interest_free_rows"):
        rows: int = getattr(terms, field)
        _refuse_if(rows < 0, field, "must not be negative")
        _refuse_if(rows > 0 and terms.method is Method.BULLET, field, "a bullet loan has one row only")
        too_many = terms.instalments is not None and rows > 0 and rows >= terms.instalments
        _refuse_if(too_many and field != "interest_free_rows", field, "must leave at least one row")

    capitalised = terms.deferred_interest is DeferredInterest.CAPITALISED
    flat = terms.interest_method is not InterestMethod.DECLINING
    _refuse_if(capitalised and flat, "deferred_interest", "flat interest cannot be capitalised")
    _refuse_if(
        capitalised and terms.principal_grace < terms.interest_grace,
        "principal_grace",
        "must not end before interest grace that is capitalised",
    )


def _check_fee(fee: Fee) -> None:
    _refuse_if((fee.amount_minor is None) == (fee.ppm is None), "fees", "give either amount_minor or ppm")
    _refuse_if((fee.amount_minor or 0) < 0 or (fee.ppm or 0) < 0, "fees", "must not be negative")
    _refuse_if(fee.remainder is Remainder.SMOOTHED, "fees", "the remainder of a fee goes to the first or last row")
