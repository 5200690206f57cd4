"""
Build the schedule of one loan.

Interest of a row is the balance at its start times the row's factor, rounded once. An equal
instalment pays interest first and principal with the rest; interest that does not fit is carried
forward, so principal is never negative. What rounding leaves over goes where `remainder` says.
The rule page, with a worked example, is docs/rules/schedules.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain

from postloan.kernel.daycounts import Share
from postloan.kernel.money import divide_rounded, divide_to_multiple, round_to_multiple
from postloan.kernel.rates import PPM
from postloan.kernel.schedules._annuity import annuity_of, round_instalment
from postloan.kernel.schedules._periods import TimedRow, lay_out, lay_out_endlessly
from postloan.kernel.schedules._rows import FeePart, Schedule, ScheduleRow, Smoothing, down_payment_row
from postloan.kernel.schedules._split import split_equally
from postloan.kernel.schedules._terms import (
    LAST_YEAR,
    MOST_INSTALMENTS,
    DeferredInterest,
    Fee,
    FeeSpread,
    InterestMethod,
    Method,
    Remainder,
    ScheduleTerms,
    TermsRefused,
    check_terms,
)
from postloan.kernel.schedules._walk import Walk

MOST_ROUNDS = 3  # of smoothing, and of fitting the first row


def build_schedule(*, terms: ScheduleTerms) -> Schedule:
    """
    Return the schedule of one loan, every row with the parts of its explanation.

    Principal demanded is the principal lent (plus interest capitalised), to the minor unit; the
    last balance is zero.

    Raises:
        TermsRefused: naming the field, if the terms make no schedule.
    """
    check_terms(terms)
    down_payment = divide_to_multiple(
        numerator=terms.principal_minor * terms.down_payment_ppm,
        denominator=PPM,
        multiple=terms.instalment_multiple_minor,
        rounding=terms.instalment_rounding,
    )
    opening = terms.principal_minor - down_payment
    if opening < 1:
        raise TermsRefused("down_payment_ppm", "must leave something to lend")
    if terms.balloon_minor > opening:
        raise TermsRefused("balloon_minor", "must not exceed what the down payment leaves")
    schedule = _build(terms=terms, opening=opening)
    first = [down_payment_row(terms=terms, amount_minor=down_payment)] if down_payment else []
    rows = _with_fees(terms=terms, rows=schedule.rows)
    numbered = (replace(row, instalment_no=number) for number, row in enumerate(chain(first, rows), start=1))
    whole = replace(schedule, rows=tuple(numbered))
    _assert_whole(terms=terms, schedule=whole)
    return whole


def _build(*, terms: ScheduleTerms, opening: int) -> Schedule:
    if terms.fixed_instalment_minor is not None:
        return _fixed_instalment(terms=terms, opening=opening, instalment=terms.fixed_instalment_minor)
    assert terms.instalments is not None
    timed = lay_out(terms=terms, count=terms.instalments)
    if terms.interest_method is not InterestMethod.DECLINING and terms.method is not Method.BULLET:
        return _flat(terms=terms, opening=opening, timed=timed)
    if terms.method is Method.EQUAL_INSTALMENT:
        return _equal_instalment(terms=terms, opening=opening, timed=timed)
    return _planned_principal(terms=terms, opening=opening, timed=timed)


# --- the rows ---------------------------------------------------------------------------------


def _accrued(*, terms: ScheduleTerms, balance: int, factor: Share) -> int:
    return divide_rounded(
        numerator=balance * factor.numerator, denominator=factor.denominator, rounding=terms.interest_rounding
    )


def _capitalised_minor(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow]) -> int:
    """Return what the interest grace adds to the principal (nothing, unless it is capitalised)."""
    if terms.deferred_interest is not DeferredInterest.CAPITALISED:
        return 0
    in_grace = timed[: terms.interest_grace]
    return sum(_accrued(terms=terms, balance=opening, factor=row.factor) for row in in_grace)


# --- equal instalments ------------------------------------------------------------------------


def _equal_instalment(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow]) -> Schedule:
    exact = annuity_of(
        principal_minor=opening + _capitalised_minor(terms=terms, opening=opening, timed=timed),
        balloon_minor=terms.balloon_minor,
        factors=[row.instalment_factor for row in timed[terms.principal_grace :]],
    )
    first = round_instalment(
        exact=exact, rounding=terms.instalment_rounding, multiple_minor=terms.instalment_multiple_minor
    )
    schedule = Schedule(rows=(), instalment_minor=first, first_instalment_minor=first, annuity=exact)
    match terms.remainder:
        case Remainder.LAST:
            rows = _instalment_rows(terms=terms, opening=opening, timed=timed, instalment=first)
            return _named_remainder(terms=terms, schedule=replace(schedule, rows=rows))
        case Remainder.FIRST:
            return _fit_first_row(terms=terms, opening=opening, timed=timed, schedule=schedule)
        case Remainder.SMOOTHED:
            return _smooth(terms=terms, opening=opening, timed=timed, schedule=schedule)


def _instalment_rows(
    *, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow], instalment: int, first_extra: int = 0
) -> tuple[ScheduleRow, ...]:
    walk = Walk(terms=terms, balance=opening)
    rows = []
    for number, row in enumerate(timed, start=1):
        is_first_paying = number == terms.principal_grace + 1
        rows.append(
            walk.step(
                timed=row,
                number=number,
                accrued=_accrued(terms=terms, balance=walk.balance, factor=row.factor),
                is_last=number == len(timed),
                instalment=max(instalment + (first_extra if is_first_paying else 0), 0),
            )
        )
    return tuple(rows)


def _last_difference(*, terms: ScheduleTerms, rows: Sequence[ScheduleRow], instalment: int) -> int:
    """Return how much the last row asks above the instalment; balloon and deferred interest aside."""
    last = rows[-1]
    return last.principal_minor + last.interest_minor - last.released_minor - terms.balloon_minor - instalment


def _named_remainder(*, terms: ScheduleTerms, schedule: Schedule) -> Schedule:
    """Write into the last row what it takes above the instalment."""
    assert schedule.instalment_minor is not None
    rows = schedule.rows
    remainder = _last_difference(terms=terms, rows=rows, instalment=schedule.instalment_minor)
    return replace(schedule, rows=(*rows[:-1], replace(rows[-1], remainder_minor=remainder)))


def _fit_first_row(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow], schedule: Schedule) -> Schedule:
    """Move the remainder of the last row into the first that pays principal; a fen may stay."""
    assert schedule.instalment_minor is not None
    best: tuple[int, int, tuple[ScheduleRow, ...]] | None = None
    extra = 0
    for _ in range(MOST_ROUNDS + 1):
        rows = _instalment_rows(
            terms=terms, opening=opening, timed=timed, instalment=schedule.instalment_minor, first_extra=extra
        )
        left = _last_difference(terms=terms, rows=rows, instalment=schedule.instalment_minor)
        if best is None or abs(left) < abs(best[0]):
            best = (left, extra, rows)
        if left == 0 or len(timed) - terms.principal_grace < 2:
            break
        extra += left
    assert best is not None
    fitted = list(best[2])
    place = terms.principal_grace
    if place < len(fitted) - 1:
        fitted[place] = replace(fitted[place], remainder_minor=best[1])
    return _named_remainder(terms=terms, schedule=replace(schedule, rows=tuple(fitted)))


def _smooth(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow], schedule: Schedule) -> Schedule:
    """
    Move the instalment while that brings the last row nearer to it (Fineract's rule).

    Only where the last row is off by more than half a minor unit a row; at most three times.
    """
    assert schedule.instalment_minor is not None
    instalment = schedule.instalment_minor
    paying = len(timed) - terms.principal_grace
    rows = _instalment_rows(terms=terms, opening=opening, timed=timed, instalment=instalment)
    steps: list[Smoothing] = []
    for _ in range(MOST_ROUNDS):
        difference = _last_difference(terms=terms, rows=rows, instalment=instalment)
        if paying // 2 == 0 or abs(difference) <= paying // 2:
            break
        move = _move(terms=terms, instalment=instalment, difference=difference, paying=paying)
        moved_rows = _instalment_rows(terms=terms, opening=opening, timed=timed, instalment=move.to_minor)
        moved_difference = _last_difference(terms=terms, rows=moved_rows, instalment=move.to_minor)
        if abs(moved_difference) >= abs(difference):
            break
        steps.append(move)
        instalment, rows = move.to_minor, moved_rows
    smoothed = replace(schedule, rows=rows, instalment_minor=instalment, smoothing=tuple(steps))
    return _named_remainder(terms=terms, schedule=smoothed)


def _move(*, terms: ScheduleTerms, instalment: int, difference: int, paying: int) -> Smoothing:
    share = divide_rounded(numerator=difference, denominator=paying, rounding=terms.instalment_rounding)
    moved = round_to_multiple(
        amount_minor=instalment + share,
        multiple_minor=terms.instalment_multiple_minor,
        rounding=terms.instalment_rounding,
    )
    return Smoothing(instalment, difference, paying, share, moved or instalment + share)


def _fixed_instalment(*, terms: ScheduleTerms, opening: int, instalment: int) -> Schedule:
    """Pay a given instalment until nothing is left, or to a given last row."""
    timed_rows: Iterable[TimedRow] = lay_out_endlessly(terms=terms)
    walk = Walk(terms=terms, balance=opening)
    rows: list[ScheduleRow] = []
    for number, timed in enumerate(timed_rows, start=1):
        if number > MOST_INSTALMENTS or timed.period.to_date.year > LAST_YEAR + 200:
            raise TermsRefused(
                "fixed_instalment_minor", f"does not repay the loan in 200 years and {MOST_INSTALMENTS} rows"
            )
        accrued = _accrued(terms=terms, balance=walk.balance, factor=timed.factor)
        is_paid_off = number > terms.principal_grace and walk.balance + accrued + walk.carried <= instalment
        is_last = number == terms.instalments or (is_paid_off and terms.balloon_minor == 0)
        rows.append(walk.step(timed=timed, number=number, accrued=accrued, is_last=is_last, instalment=instalment))
        if is_last:
            break
    return _named_remainder(terms=terms, schedule=Schedule(rows=tuple(rows), instalment_minor=instalment))


# --- equal principal, interest only, bullet ----------------------------------------------------


def _planned_principal(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow]) -> Schedule:
    lent = opening + _capitalised_minor(terms=terms, opening=opening, timed=timed)
    regular, principals = _principals(terms=terms, lent=lent, count=len(timed))
    walk = Walk(terms=terms, balance=opening)
    rows = []
    for number, (row, principal) in enumerate(zip(timed, principals, strict=True), start=1):
        accrued = _accrued(terms=terms, balance=walk.balance, factor=row.factor)
        made = walk.step(timed=row, number=number, accrued=accrued, is_last=number == len(timed), principal=principal)
        rows.append(_principal_remainder(terms=terms, row=made, regular=regular, is_last=number == len(timed)))
    return Schedule(rows=tuple(rows), regular_principal_minor=regular)


def _principals(*, terms: ScheduleTerms, lent: int, count: int) -> tuple[int | None, tuple[int, ...]]:
    """Return the regular part of principal, if there is one, and the principal of every row."""
    if terms.method in (Method.INTEREST_ONLY, Method.BULLET):
        return None, (*(0 for _ in range(count - 1)), lent)
    split = split_equally(
        amount_minor=lent - terms.balloon_minor,
        rows=count - terms.principal_grace,
        rounding=terms.instalment_rounding,
        remainder=terms.remainder,
        multiple_minor=terms.instalment_multiple_minor,
    )
    parts = [*(0 for _ in range(terms.principal_grace)), *split.parts_minor]
    parts[-1] += terms.balloon_minor
    return split.regular_minor, tuple(parts)


def _principal_remainder(*, terms: ScheduleTerms, row: ScheduleRow, regular: int | None, is_last: bool) -> ScheduleRow:
    if regular is None or row.instalment_no <= terms.principal_grace:
        return row
    balloon = terms.balloon_minor if is_last else 0
    return replace(row, remainder_minor=row.principal_minor - balloon - regular)


# --- flat interest ----------------------------------------------------------------------------


def _flat(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow]) -> Schedule:
    """Divide principal and the interest of the whole term equally, each with its own remainder."""
    interests = _flat_interests(terms=terms, opening=opening, timed=timed)
    total = sum(interests)
    charged = max(len(timed) - terms.interest_free_rows, 0)
    instalment: int | None = None
    regular: int | None = None
    if terms.method is Method.EQUAL_INSTALMENT:
        instalment = _flat_instalment(terms=terms, lent=opening, interest=total, count=len(timed), charged=charged)
        principals = _rest_of_flat(terms=terms, lent=opening, instalment=instalment, interests=interests)
    else:
        regular, principals = _principals(terms=terms, lent=opening, count=len(timed))
    rows = _flat_rows(terms=terms, opening=opening, timed=timed, interests=interests, principals=principals)
    return Schedule(
        rows=tuple(
            _flat_remainder(terms=terms, row=row, instalment=instalment, regular=regular, is_last=row is rows[-1])
            for row in rows
        ),
        instalment_minor=instalment,
        regular_principal_minor=regular,
        flat_interest_minor=total,
    )


def _flat_interests(*, terms: ScheduleTerms, opening: int, timed: Sequence[TimedRow]) -> list[int]:
    """Return the flat interest of every row: an equal part of the whole, or that of its own days."""
    if terms.interest_method is InterestMethod.FLAT_BY_DAYS:
        return [_accrued(terms=terms, balance=opening, factor=row.factor) for row in timed]
    whole = sum((Fraction(*row.factor) for row in timed), Fraction(0))
    total = _accrued(terms=terms, balance=opening, factor=Share(whole.numerator, whole.denominator))
    free = min(terms.interest_free_rows, len(timed))
    if free == len(timed):
        return [0] * free
    split = split_equally(
        amount_minor=total, rows=len(timed) - free, rounding=terms.interest_rounding, remainder=terms.remainder
    )
    return [0] * free + list(split.parts_minor)


def _flat_instalment(*, terms: ScheduleTerms, lent: int, interest: int, count: int, charged: int) -> int:
    exact = Fraction(lent - terms.balloon_minor, count - terms.principal_grace)
    exact += Fraction(interest, charged) if charged else 0
    for multiple in (terms.instalment_multiple_minor, 1):
        rounded = divide_to_multiple(
            numerator=exact.numerator,
            denominator=exact.denominator,
            multiple=multiple,
            rounding=terms.instalment_rounding,
        )
        if rounded:
            return rounded
    return 0


def _rest_of_flat(*, terms: ScheduleTerms, lent: int, instalment: int, interests: Sequence[int]) -> tuple[int, ...]:
    """Return the principal of every row: what the instalment leaves beside the flat interest."""
    grace = terms.principal_grace
    regular = [max(instalment - interest, 0) for interest in interests[grace:]]
    left = lent - terms.balloon_minor
    parts = []
    if terms.remainder is Remainder.FIRST:
        parts.append(max(left - sum(regular[1:]), 0))
        left -= parts[0]
    for part in regular[len(parts) : -1]:
        parts.append(min(part, left))
        left -= parts[-1]
    if len(parts) < len(regular):
        parts.append(left)
    parts[-1] += terms.balloon_minor
    return (*(0 for _ in range(grace)), *parts)


def _flat_rows(
    *,
    terms: ScheduleTerms,
    opening: int,
    timed: Sequence[TimedRow],
    interests: Sequence[int],
    principals: Sequence[int],
) -> list[ScheduleRow]:
    walk = Walk(terms=terms, balance=opening)
    return [
        walk.step(timed=row, number=number, accrued=interest, is_last=number == len(timed), principal=principal)
        for number, (row, interest, principal) in enumerate(zip(timed, interests, principals, strict=True), start=1)
    ]


def _flat_remainder(
    *, terms: ScheduleTerms, row: ScheduleRow, instalment: int | None, regular: int | None, is_last: bool
) -> ScheduleRow:
    if instalment is None:
        return _principal_remainder(terms=terms, row=row, regular=regular, is_last=is_last)
    if row.instalment_no <= terms.principal_grace:
        return row
    balloon = terms.balloon_minor if is_last else 0
    return replace(row, remainder_minor=row.principal_minor + row.accrued_minor - balloon - instalment)


# --- fees, and what always holds --------------------------------------------------------------


def _with_fees(*, terms: ScheduleTerms, rows: Sequence[ScheduleRow]) -> tuple[ScheduleRow, ...]:
    if not terms.fees:
        return tuple(rows)
    columns = [_fee_parts(terms=terms, fee=fee, rows=len(rows)) for fee in terms.fees]
    return tuple(replace(row, fees=parts) for row, parts in zip(rows, zip(*columns, strict=True), strict=True))


def _fee_parts(*, terms: ScheduleTerms, fee: Fee, rows: int) -> list[FeePart]:
    amount = fee.amount_minor
    if amount is None:
        assert fee.ppm is not None
        amount = divide_rounded(
            numerator=terms.principal_minor * fee.ppm, denominator=PPM, rounding=terms.interest_rounding
        )
    if fee.spread is FeeSpread.EACH_ROW:
        return [FeePart(fee, amount, amount)] * rows
    if fee.spread is FeeSpread.FIRST_ROW:
        return [FeePart(fee, amount, amount), *([FeePart(fee, 0, 0)] * (rows - 1))]
    split = split_equally(amount_minor=amount, rows=rows, rounding=terms.interest_rounding, remainder=fee.remainder)
    return [FeePart(fee, part, split.regular_minor) for part in split.parts_minor]


def _assert_whole(*, terms: ScheduleTerms, schedule: Schedule) -> None:
    capitalised = sum(row.capitalised_minor for row in schedule.rows)
    assert schedule.principal_minor == terms.principal_minor + capitalised
    assert schedule.rows[-1].balance_minor == 0
    assert schedule.rows[-1].carried_out_minor == 0
    assert all(row.principal_minor >= 0 and row.interest_minor >= 0 for row in schedule.rows)
    assert sum(row.accrued_minor for row in schedule.rows) == schedule.interest_minor + capitalised
