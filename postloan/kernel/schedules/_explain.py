"""
Why is this row 12.34? Every figure of a row as steps that a page can show and anyone can recompute.

A step is a formula over named values, a rounding, and the result. The formulas are arithmetic in
whole numbers and fractions (and `min`), so `Step.recompute` can work each out again; a test does
so for every row of random schedules.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from postloan.kernel.daycounts import UNITS_OF_YEAR, DayCount, Period, Share
from postloan.kernel.money import Rounding, divide_to_multiple
from postloan.kernel.rates import PPM
from postloan.kernel.schedules._periods import TimedRow, lay_out
from postloan.kernel.schedules._rows import FeePart, Schedule, ScheduleRow
from postloan.kernel.schedules._terms import FeeSpread, InterestMethod, ScheduleTerms

Value: TypeAlias = int | Fraction


STEP_KEYS = frozenset(
    {
        "days", "share", "share_interest_free",
        "flat_interest", "interest_accrued", "interest_accrued_remainder", "interest_free", "interest_due",
        "instalment", "instalment_agreed", "smoothing_share", "instalment_smoothed",
        "principal", "principal_last", "principal_grace", "principal_at_the_end",
        "principal_part", "principal_part_remainder", "remainder", "down_payment",
        "fee", "fee_remainder", "total", "balance_after",
    }
)  # fmt: skip


class NoSuchRow(ValueError):
    """The schedule has no row of that number."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One line of an explanation.

    `key`, one of `STEP_KEYS`, names what is worked out (a page translates it), `subject` of which
    fee; `formula` says how, over the names in `values`; amounts are minor units. `rounding` is None where the formula is exact; `multiple`
    is what the result is rounded to, in minor units.
    """

    key: str
    formula: str
    values: Mapping[str, Value]
    result: Value
    rounding: Rounding | None = None
    multiple: int = 1
    subject: str = ""

    def exact(self) -> Fraction:
        """Return what the formula gives before rounding."""
        return Fraction(_evaluate(ast.parse(self.formula, mode="eval").body, self.values))

    def recompute(self) -> Value:
        """Work the step out again from its formula and values."""
        exact = self.exact()
        if self.rounding is None:
            return exact
        for multiple in (self.multiple, 1):
            rounded = divide_to_multiple(
                numerator=exact.numerator, denominator=exact.denominator, multiple=multiple, rounding=self.rounding
            )
            if rounded:
                return rounded
        return 0


def explain_row(*, terms: ScheduleTerms, schedule: Schedule, instalment_no: int) -> list[Step]:
    """
    Return the steps from the terms to every figure of one row: time, interest, principal, fees, total, balance.

    Raises:
        NoSuchRow: if there is no row of that number.
    """
    row = next((row for row in schedule.rows if row.instalment_no == instalment_no), None)
    if row is None:
        raise NoSuchRow(instalment_no)
    if row.is_down_payment:
        return [*_down_payment(terms, row), *_totals(row)]
    timed = _timed(terms, schedule, row)
    return [
        *_time(terms, row, timed),
        *_interest(terms, schedule, row),
        *_principal(terms, schedule, row),
        *(replace(_fee(terms, schedule, part), subject=part.fee.name) for part in row.fees),
        *_totals(row),
    ]


def _timed(terms: ScheduleTerms, schedule: Schedule, row: ScheduleRow) -> TimedRow:
    """Return the row in time, its number counted without the down payment."""
    number = _place(schedule, row)
    return lay_out(terms=terms, count=terms.instalments or number)[number - 1]


def _place(schedule: Schedule, row: ScheduleRow) -> int:
    return row.instalment_no - schedule.rows[0].is_down_payment


# --- time --------------------------------------------------------------------------------------


def _time(terms: ScheduleTerms, row: ScheduleRow, timed: TimedRow) -> list[Step]:
    days = Step(
        "days",
        "due_day - from_day",
        {"due_day": row.due_date.toordinal(), "from_day": row.from_date.toordinal()},
        row.days,
    )
    if row.share.numerator == 0 and timed.period.days:
        return [days, Step("share_interest_free", "0", {}, Fraction(0))]
    formula, values = _share_formula(terms, timed.period, row.share)
    return [days, Step("share", formula, values, Fraction(*row.share))]


def _share_formula(terms: ScheduleTerms, period: Period, share: Share) -> tuple[str, dict[str, Value]]:
    """Say how the row's part of the rate's period came about."""
    if terms.rate.per == "day":
        return "days", {"days": period.days}
    if terms.rate.per == "month":
        if period.unit != "month":
            return "days / 30", {"days": period.days}
        return _with_broken("months", {"months": period.every}, period)
    if terms.day_count is DayCount.SAME_AS_PERIOD:
        units = UNITS_OF_YEAR[period.unit]
        return _with_broken("periods / periods_a_year", {"periods": period.every, "periods_a_year": units}, period)
    if terms.day_count.value.startswith("30_"):
        # undo the scaling of a broken row to show the regular one
        scale = 1 if period.nominal_days is None else period.days
        under = share.denominator // (period.nominal_days or 1)
        regular = {"days_by_period": share.numerator // scale if scale else 0, "days_of_year": under}
        return _with_broken("days_by_period / days_of_year", regular, period)
    if share.denominator == 365 * 366:
        in_leap = next(n for n in range(period.days + 1) if (period.days - n) * 366 + n * 365 == share.numerator)
        return (
            "days_in_common_years / 365 + days_in_leap_years / 366",
            {"days_in_common_years": period.days - in_leap, "days_in_leap_years": in_leap},
        )
    return "days / days_of_year", {"days": share.numerator, "days_of_year": share.denominator}


def _with_broken(formula: str, values: Mapping[str, Value], period: Period) -> tuple[str, dict[str, Value]]:
    if period.nominal_days is None:
        return formula, {**values}
    return f"{formula} * days / regular_days", {**values, "days": period.days, "regular_days": period.nominal_days}


# --- interest ----------------------------------------------------------------------------------


def _interest(terms: ScheduleTerms, schedule: Schedule, row: ScheduleRow) -> list[Step]:
    steps = (
        _flat_interest(terms, schedule, row)
        if schedule.flat_interest_minor is not None
        else [_declining_interest(terms, row)]
    )
    steps.append(
        Step(
            "interest_due",
            "accrued + carried_in - carried_out - capitalised",
            {
                "accrued": row.accrued_minor,
                "carried_in": row.carried_in_minor,
                "carried_out": row.carried_out_minor,
                "capitalised": row.capitalised_minor,
            },
            row.interest_minor,
        )
    )
    return steps


def _declining_interest(terms: ScheduleTerms, row: ScheduleRow) -> Step:
    values: dict[str, Value] = {"balance": row.opening_minor}
    if terms.factor_digits is not None:
        values["factor"] = Fraction(*row.factor)
        formula = "balance * factor"
    else:
        values |= {"rate_ppm": terms.rate.ppm, "share": Fraction(*row.share)}
        formula = f"balance * rate_ppm / {PPM} * share"
    return Step("interest_accrued", formula, values, row.accrued_minor, terms.interest_rounding)


def _flat_interest(terms: ScheduleTerms, schedule: Schedule, row: ScheduleRow) -> list[Step]:
    assert schedule.flat_interest_minor is not None
    opening = schedule.rows[0].balance_minor if schedule.rows[0].is_down_payment else terms.principal_minor
    if terms.interest_method is InterestMethod.FLAT_BY_DAYS:
        values: dict[str, Value] = {"principal": opening, "factor": Fraction(*row.factor)}
        return [Step("interest_accrued", "principal * factor", values, row.accrued_minor, terms.interest_rounding)]
    factor = sum((Fraction(*each.factor) for each in schedule.rows), Fraction(0))
    whole = Step(
        "flat_interest",
        "principal * factor_of_the_term",
        {"principal": opening, "factor_of_the_term": factor},
        schedule.flat_interest_minor,
        terms.interest_rounding,
    )
    parts = [each.accrued_minor for each in schedule.rows if not each.is_down_payment]
    parts = parts[terms.interest_free_rows :]
    if _place(schedule, row) <= terms.interest_free_rows or not parts:
        return [whole, Step("interest_free", "0", {}, 0)]
    return [whole, _part("interest_accrued", schedule.flat_interest_minor, parts, row.accrued_minor, terms)]


def _part(key: str, amount: int, parts: list[int], part: int, terms: ScheduleTerms) -> Step:
    """Show a part of an equal split: the quotient if it is the regular one, else what is left over."""
    regular = Step(key, "amount / rows", {"amount": amount, "rows": len(parts)}, part, terms.interest_rounding)
    if regular.recompute() == part:
        return regular
    others = sum(parts) - part
    return Step(f"{key}_remainder", "amount - other_rows", {"amount": amount, "other_rows": others}, part)


# --- principal ---------------------------------------------------------------------------------


def _principal(terms: ScheduleTerms, schedule: Schedule, row: ScheduleRow) -> list[Step]:
    if row is schedule.rows[-1]:
        rest = Step("principal_last", "balance", {"balance": row.opening_minor}, row.principal_minor)
        return [*_instalment(terms, schedule), rest, _remainder(row)]
    if _place(schedule, row) <= terms.principal_grace:
        return [Step("principal_grace", "0", {}, row.principal_minor)]
    if schedule.instalment_minor is None:
        return [_planned_principal(terms, schedule, row)]
    return [*_instalment(terms, schedule), _rest_of_instalment(schedule, row)]


def _remainder(row: ScheduleRow) -> Step:
    return Step("remainder", "remainder", {"remainder": row.remainder_minor}, row.remainder_minor)


def _rest_of_instalment(schedule: Schedule, row: ScheduleRow) -> Step:
    assert schedule.instalment_minor is not None
    # interest that the instalment has room for: demanded now, or deferred by the grace
    inside = row.interest_minor - row.released_minor + row.deferred_minor
    values: dict[str, Value] = {
        "instalment": schedule.instalment_minor,
        "remainder": row.remainder_minor,
        "interest": inside,
        "balance": row.opening_minor,
    }
    return Step("principal", "min(max(instalment + remainder, 0) - interest, balance)", values, row.principal_minor)


def _instalment(terms: ScheduleTerms, schedule: Schedule) -> list[Step]:
    if schedule.instalment_minor is None:
        return []
    if schedule.flat_interest_minor is not None:
        return [_flat_instalment(terms, schedule, schedule.flat_interest_minor, schedule.instalment_minor)]
    if schedule.annuity is None or schedule.first_instalment_minor is None:
        return [Step("instalment_agreed", "agreed", {"agreed": schedule.instalment_minor}, schedule.instalment_minor)]
    lent = schedule.principal_minor
    if schedule.rows[0].is_down_payment:
        lent -= schedule.rows[0].principal_minor
    exact = schedule.annuity
    steps = [
        Step(
            "instalment",
            "(principal * growth - balloon) / annuity",
            {"principal": lent, "growth": exact.growth, "balloon": terms.balloon_minor, "annuity": exact.annuity},
            schedule.first_instalment_minor,
            terms.instalment_rounding,
            terms.instalment_multiple_minor,
        )
    ]
    for move in schedule.smoothing:
        share = Step(
            "smoothing_share",
            "difference / rows",
            {"difference": move.difference_minor, "rows": move.rows},
            move.share_minor,
            terms.instalment_rounding,
        )
        moved = Step(
            "instalment_smoothed",
            "instalment + share",
            {"instalment": move.from_minor, "share": move.share_minor},
            move.to_minor,
            terms.instalment_rounding,
            terms.instalment_multiple_minor,
        )
        steps += [share, moved]
    return steps


def _flat_instalment(terms: ScheduleTerms, schedule: Schedule, interest: int, instalment: int) -> Step:
    rows = [row for row in schedule.rows if not row.is_down_payment]
    charged = len(rows) - terms.interest_free_rows
    formula = "principal / rows"
    values: dict[str, Value] = {
        "principal": rows[0].opening_minor - terms.balloon_minor,
        "rows": len(rows) - terms.principal_grace,
    }
    if charged > 0:
        formula += " + interest / charged_rows"
        values |= {"interest": interest, "charged_rows": charged}
    rounding, multiple = terms.instalment_rounding, terms.instalment_multiple_minor
    return Step("instalment", formula, values, instalment, rounding, multiple)


def _planned_principal(terms: ScheduleTerms, schedule: Schedule, row: ScheduleRow) -> Step:
    if schedule.regular_principal_minor is None:
        return Step("principal_at_the_end", "0", {}, row.principal_minor)
    parts = [each.principal_minor for each in schedule.rows if not each.is_down_payment][terms.principal_grace :]
    amount = sum(parts) - terms.balloon_minor
    if row.principal_minor == schedule.regular_principal_minor:
        return Step(
            "principal_part",
            "amount / rows",
            {"amount": amount, "rows": len(parts)},
            row.principal_minor,
            terms.instalment_rounding,
            terms.instalment_multiple_minor,
        )
    values: dict[str, Value] = {"regular": schedule.regular_principal_minor, "remainder": row.remainder_minor}
    return Step("principal_part_remainder", "regular + remainder", values, row.principal_minor)


def _down_payment(terms: ScheduleTerms, row: ScheduleRow) -> list[Step]:
    values: dict[str, Value] = {"principal": terms.principal_minor, "share_ppm": terms.down_payment_ppm}
    rounding, multiple = terms.instalment_rounding, terms.instalment_multiple_minor
    formula = f"principal * share_ppm / {PPM}"
    return [Step("down_payment", formula, values, row.principal_minor, rounding, multiple)]


# --- fees, totals ------------------------------------------------------------------------------


def _fee(terms: ScheduleTerms, schedule: Schedule, part: FeePart) -> Step:
    fee = part.fee
    values: dict[str, Value] = {"amount": fee.amount_minor or 0}
    formula, rounding = "amount", None
    if fee.ppm is not None:
        values, rounding = {"principal": terms.principal_minor, "share_ppm": fee.ppm}, terms.interest_rounding
        formula = f"principal * share_ppm / {PPM}"
    if fee.spread is FeeSpread.FIRST_ROW and not part.amount_minor:
        return Step("fee", "0", {}, 0)
    if fee.spread is not FeeSpread.SPLIT:
        return Step("fee", formula, values, part.amount_minor, rounding)
    whole = Step("fee", formula, values, 0, rounding).recompute()
    assert isinstance(whole, int) or whole.denominator == 1
    same_fee = [each.amount_minor for row in schedule.rows for each in row.fees if each.fee is fee]
    return _part("fee", int(whole), same_fee, part.amount_minor, terms)


def _totals(row: ScheduleRow) -> list[Step]:
    return [
        Step(
            "total",
            "principal + interest + fees",
            {"principal": row.principal_minor, "interest": row.interest_minor, "fees": row.fee_minor},
            row.total_minor,
        ),
        Step(
            "balance_after",
            "balance + capitalised - principal",
            {"balance": row.opening_minor, "capitalised": row.capitalised_minor, "principal": row.principal_minor},
            row.balance_minor,
        ),
    ]


# --- working a formula out ---------------------------------------------------------------------

_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., Fraction]] = {"min": min, "max": max}


def _evaluate(node: ast.expr, values: Mapping[str, Value]) -> Fraction:
    """Evaluate the arithmetic of a formula in exact fractions; anything else in it is a mistake of ours."""
    match node:
        case ast.Constant(value=int() as number):
            return Fraction(number)
        case ast.Name(id=name):
            return Fraction(values[name])
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_evaluate(each, values) for each in args))
    raise AssertionError(ast.dump(node))
