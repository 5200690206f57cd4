"""
Why is this figure of a running loan what it is? Steps that a page can show and anyone can recompute.

The steps are those of `kernel.schedules`: a formula over named values, a rounding, a result. Stretches of days with
one balance and one rate are added exactly and rounded once; what a row demands follows from the plan and from what
was paid.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from postloan.kernel.accrual import row_interest_accrued_minor
from postloan.kernel.engine._interest import Stretch, own_interest, stretches
from postloan.kernel.engine._projection import overdue_until
from postloan.kernel.engine._replay import Replay, finish
from postloan.kernel.engine._settlement import interest_to_settle, settlement_fee, settlement_of
from postloan.kernel.engine._state import FEE, FOR_EVER, INTEREST, PENALTY, PRINCIPAL, Row, State
from postloan.kernel.engine._views import rows_in_order
from postloan.kernel.money import Rounding
from postloan.kernel.rates import PPM
from postloan.kernel.schedules import NoSuchRow, Step

LOAN_STEP_KEYS: Final = frozenset(
    {
        "stretch", "interest_of_days", "interest_planned", "interest_asked", "interest_due", "interest_kept",
        "interest_carried_out", "principal_due", "principal_last", "principal_planned", "principal_kept",
        "fee_due", "fee_kept", "penalty_of_days", "penalty_due", "penalty_kept", "open",
        "settlement_interest", "settlement_fee", "settlement_total",
    }
)  # fmt: skip
"""What a step works out; a page translates it."""


def explain_instalment(loan: Replay, *, instalment_no: int) -> list[Step]:
    """
    Return the steps to every figure of an instalment: interest, principal, fee, penalty, and what is open.

    Raises:
        schedules.NoSuchRow: if there is no instalment of that number.
    """
    rows = rows_in_order(loan.state)
    if not 1 <= instalment_no <= len(rows):
        raise NoSuchRow(instalment_no)
    row = rows[instalment_no - 1]
    steps = _interest(loan.state, row) if row.bears_interest else [_kept(row, INTEREST, "interest_kept")]
    return [*steps, *_principal(row), *_charges(loan.state, row), _open(row)]


# --- interest --------------------------------------------------------------------------------------------


def _interest(state: State, row: Row) -> list[Step]:
    overdue_to = None if row.is_due else overdue_until(state, state.today) if row is state.running else None
    own = _own(state, row, to_date=FOR_EVER, overdue_to=overdue_to)
    asked = Step(
        "interest_asked",
        "max(own + carried_in + brought, 0)",
        {"own": own[-1].result, "carried_in": row.carry_in, "brought": row.brought[INTEREST]},
        max(int(own[-1].result) + row.carry_in + row.brought[INTEREST], 0),
    )
    due = _interest_due(row, int(asked.result))
    carried = Step(
        "interest_carried_out",
        "asked - due",
        {"asked": asked.result, "due": row.due[INTEREST]},
        int(asked.result) - row.due[INTEREST],
    )
    return [*own, asked, due, carried] if due.key == "interest_due" else [*own, asked, due]


def _own(state: State, row: Row, *, to_date: date, overdue_to: date | None) -> list[Step]:
    """Show the interest of the row's own days before a date, less what was demanded of it before."""
    if row.plan_interest_minor is not None:
        return [_own_as_planned(state, row, to_date)]
    parts = stretches(state, row, to_date=to_date, overdue_to=overdue_to)
    steps = [_stretch(part) for part in parts if part.balance_minor]
    names = [f"part_{number}" for number in range(1, len(steps) + 1)]
    values = {name: step.result for name, step in zip(names, steps, strict=True)}
    whole = Step(
        "interest_of_days",
        " + ".join(names) or "0",
        values,
        own_interest(state, row, to_date=to_date, overdue_to=overdue_to) + row.demanded_minor,
        state.terms.schedule.interest_rounding,
    )
    if not row.demanded_minor:
        return [*steps, whole]
    rest = int(whole.result) - row.demanded_minor
    less = {"of_days": whole.result, "demanded_before": row.demanded_minor}
    return [*steps, whole, Step("interest_of_days", "of_days - demanded_before", less, rest)]


def _stretch(part: Stretch) -> Step:
    factor = Fraction(part.factor.numerator, part.factor.denominator)
    share = factor * PPM / part.rate_ppm if part.rate_ppm else Fraction(0)
    values: dict[str, int | Fraction] = {
        "balance": part.balance_minor,
        "rate_ppm": part.rate_ppm,
        "share": share,
        "from_day": part.from_date.toordinal(),
        "to_day": part.to_date.toordinal(),
    }
    return Step("stretch", f"balance * rate_ppm / {PPM} * share", values, part.balance_minor * factor)


def _own_as_planned(state: State, row: Row, to_date: date) -> Step:
    assert row.plan_interest_minor is not None
    days = row.days
    elapsed = min(max((to_date - row.from_date).days, 0), days)
    rounding = state.terms.schedule.interest_rounding
    whole = row_interest_accrued_minor(
        interest_minor=row.plan_interest_minor,
        from_date=row.from_date,
        due_date=row.due_date,
        to_date=to_date,
        rounding=rounding,
    )
    values: dict[str, int | Fraction] = {"planned": row.plan_interest_minor, "demanded_before": row.demanded_minor}
    if to_date >= row.due_date or days == 0:
        rest = row.plan_interest_minor - row.demanded_minor
        return Step("interest_planned", "planned - demanded_before", values, rest)
    timed = {**values, "days": elapsed, "row_days": days}
    formula = "planned * days / row_days - demanded_before"
    return Step("interest_planned", formula, timed, whole - row.demanded_minor, rounding)


def _interest_due(row: Row, asked: int) -> Step:
    """Show how much of what is asked the row demands: all, what the instalment has room for, or what was paid."""
    due = row.due[INTEREST]
    paid = row.paid[INTEREST] + row.waived[INTEREST]
    choices = [Step("interest_due", "asked", {"asked": asked}, due)]
    if row.instalment_minor is not None:
        room = row.instalment_minor + row.credit_minor + row.brought[INTEREST]
        values = {"asked": asked, "room_in_instalment": room, "paid": paid}
        choices.append(Step("interest_due", "max(min(asked, room_in_instalment), paid)", values, due))
    fitting = next((step for step in choices if step.recompute() == due), None)
    return fitting or _kept(row, INTEREST, "interest_kept")


def _kept(row: Row, place: int, key: str) -> Step:
    """Show a figure that is what was paid or let off, and what is open of it."""
    values = {"paid": row.paid[place], "waived": row.waived[place], "open": row.open_of(place)}
    return Step(key, "paid + waived + open", values, row.due[place])


# --- principal, charges, what is open --------------------------------------------------------------------


def _principal(row: Row) -> list[Step]:
    due, paid = row.due[PRINCIPAL], row.paid[PRINCIPAL]
    left = row.base_open + sum(amount for _, amount in row.base_moves) + row.early_principal
    choices: list[Step] = []
    if row.bears_interest and row.instalment_minor is not None:
        room = row.instalment_minor + row.credit_minor + row.brought[INTEREST]
        values = {"instalment": room, "interest": row.due[INTEREST], "left": left, "paid": paid}
        choices.append(Step("principal_due", "max(min(instalment - interest, left), paid, 0)", values, due))
    if row.bears_interest and row.plan_principal_minor is not None:
        values = {"planned": row.plan_principal_minor + row.credit_minor, "left": left, "paid": paid}
        choices.append(Step("principal_planned", "max(min(planned, left), paid)", values, due))
    if row.bears_interest:
        choices.append(Step("principal_last", "max(left, paid)", {"left": left, "paid": paid}, due))
    fitting = next((step for step in choices if step.recompute() == due), None)
    return [fitting or _kept(row, PRINCIPAL, "principal_kept")]


def _charges(state: State, row: Row) -> list[Step]:
    fees = {f"fee_{n}": amount for n, (name, amount) in enumerate(_named(row, "fee"), start=1)}
    fees |= {"brought": row.brought[FEE]} if row.brought[FEE] else {}
    fee = Step("fee_due", " + ".join(fees) or "0", dict(fees), row.due[FEE])
    by_hand = {f"charge_{n}": amount for n, (name, amount) in enumerate(_named(row, "penalty"), start=1)}
    by_hand |= {"brought": row.brought[PENALTY]} if row.brought[PENALTY] else {}
    steps = [fee if fee.recompute() == row.due[FEE] else _kept(row, FEE, "fee_kept")]
    of_days = _penalty_of_days(state, row)
    values = dict(by_hand)
    if of_days is not None:
        steps.append(of_days)
        values["of_days"] = int(of_days.result)
    penalty = Step("penalty_due", " + ".join(values) or "0", dict(values), row.due[PENALTY])
    return [*steps, penalty if penalty.recompute() == row.due[PENALTY] else _kept(row, PENALTY, "penalty_kept")]


def _named(row: Row, kind: str) -> list[tuple[str, int]]:
    return [each for each in row.planned_fees if each[0].startswith("penalty:") == (kind == "penalty")]


def _penalty_of_days(state: State, row: Row) -> Step | None:
    terms = state.terms.servicing.penalty
    if terms is None or not row.counted.minor_days:
        return None
    values = {"minor_days": row.counted.minor_days, "rate_ppm": terms.rate_ppm, "period_days": terms.rate_period_days}
    formula = f"minor_days * rate_ppm / {PPM} / period_days"
    raised = Step("penalty_of_days", formula, values, 0, terms.rounding).recompute()
    return Step("penalty_of_days", formula, values, raised, terms.rounding)


def _open(row: Row) -> Step:
    values = {"due": sum(row.due), "paid": sum(row.paid), "waived": sum(row.waived)}
    return Step("open", "due - paid - waived", values, row.open_minor)


# --- settlement ------------------------------------------------------------------------------------------


def explain_settlement(loan: Replay, *, on_date: date) -> list[Step]:
    """Return the steps to what settles the loan on a day, `as_of` or later."""
    state = loan.state.copy()
    finish(state, on_date)
    quote, running = settlement_of(state, on_date), state.running
    steps: list[Step] = []
    if running is not None and state.terms.servicing.payoff == "to_date":
        steps += _own(state, running, to_date=on_date, overdue_to=overdue_until(state, on_date))
    steps += _settlement_parts(state, on_date)
    total: Sequence[str] = ("principal", "interest", "fee", "penalty")
    values = {name: getattr(quote, f"{name}_minor") for name in total}
    return [*steps, Step("settlement_total", " + ".join(total), values, quote.total_minor)]


def _settlement_parts(state: State, on_date: date) -> list[Step]:
    due = sum(row.open_of(INTEREST) for row in state.rows if row.is_due)
    coming = interest_to_settle(state, on_date)
    early = sum(row.open_of(PRINCIPAL) for row in state.rows[state.current :] if row.bears_interest)
    fee, servicing = settlement_fee(state, early), state.terms.servicing
    steps = [Step("settlement_interest", "due + to_come", {"due": due, "to_come": coming}, due + coming)]
    if fee:
        values = {
            "principal": early,
            "fee_ppm": servicing.settlement_fee_ppm,
            "minimum": servicing.settlement_fee_minimum_minor,
        }
        formula = f"max(principal * fee_ppm / {PPM}, minimum)"
        steps.append(Step("settlement_fee", formula, values, fee, Rounding.HALF_UP))
    return steps
