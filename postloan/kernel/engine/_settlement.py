"""
What it takes to pay a loan off on a day, from the same functions that run the loan.

Unless agreed otherwise interest is owed for the days the money was really borrowed (Civil Code of China, Article
677), and the fees of periods that have not begun to run out are not owed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from postloan.kernel.engine._changes import interest_paid_ahead, rows_to_come, undue_principal
from postloan.kernel.engine._interest import own_interest
from postloan.kernel.engine._projection import overdue_until
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PRINCIPAL, State
from postloan.kernel.money import Rounding, divide_rounded
from postloan.kernel.rates import PPM


@dataclass(frozen=True, slots=True)
class SettlementQuote:
    """
    What settles the loan if it is received with value date `value_date`, in minor units by component.

    `settlement_fee_minor` is a part of `fee_minor`; `held_minor` is money already held and taken off `to_pay_minor`.
    `valid_until` is the moment up to which the quote holds, as the caller set it.
    """

    value_date: date
    principal_minor: int
    interest_minor: int
    fee_minor: int
    penalty_minor: int
    settlement_fee_minor: int
    held_minor: int
    valid_until: datetime | None = None

    @property
    def total_minor(self) -> int:
        """What is owed on the day."""
        return self.principal_minor + self.interest_minor + self.fee_minor + self.penalty_minor

    @property
    def to_pay_minor(self) -> int:
        """What is still to be paid."""
        return max(self.total_minor - self.held_minor, 0)


def settlement_of(state: State, on_date: date, *, with_fee: bool = True) -> SettlementQuote:
    """Return the settlement of a state that has been carried on to `on_date`, lateness charged."""
    due = [row for row in state.rows if row.is_due]
    parts = [sum(row.open_of(place) for row in due) for place in range(4)]
    coming = [row for row in state.rows[state.current :] if row.kind == "charge"]
    for place in (PENALTY, FEE):
        parts[place] += sum(row.open_of(place) for row in coming)
        parts[place] += sum(min(row.brought_open(place), row.brought[place]) for row in rows_to_come(state))
        parts[place] += sum(_fees_of_term(state, place))
    early = undue_principal(state)
    interest = interest_to_settle(state, on_date)
    fee = settlement_fee(state, early) if with_fee else 0
    return SettlementQuote(
        value_date=on_date,
        principal_minor=parts[PRINCIPAL] + early,
        interest_minor=parts[INTEREST] + interest,
        fee_minor=parts[FEE] + fee,
        penalty_minor=parts[PENALTY],
        settlement_fee_minor=fee,
        held_minor=state.held_minor,
    )


def _fees_of_term(state: State, place: int) -> list[int]:
    if state.terms.servicing.payoff != "whole_term":
        return [0]
    return [
        max(row.open_of(place) - min(row.brought_open(place), row.brought[place]), 0) for row in rows_to_come(state)
    ]


def interest_to_settle(state: State, on_date: date) -> int:
    """Return the interest of rows to come that a settlement owes, with what older rows brought into them."""
    rows = rows_to_come(state)
    if not rows:
        return 0
    running = rows[0]
    brought = sum(min(row.brought_open(INTEREST), row.brought[INTEREST]) for row in rows)
    if state.terms.servicing.payoff == "whole_term":
        return sum(max(row.open_of(INTEREST), 0) for row in rows)
    to_date = running.due_date if state.terms.servicing.payoff == "whole_row" else on_date
    own = own_interest(state, running, to_date=to_date, overdue_to=overdue_until(state, on_date))
    paid_of_brought = min(running.paid[INTEREST], running.brought[INTEREST])
    paid = running.paid[INTEREST] + running.waived[INTEREST] - paid_of_brought + interest_paid_ahead(state)
    return max(own + running.carry_in - paid, 0) + brought


def settlement_fee(state: State, early_principal: int) -> int:
    """Return the fee for principal that is paid early."""
    servicing = state.terms.servicing
    gone = sum(1 for row in state.rows if row.is_due and row.kind == "regular")
    free_after = servicing.settlement_fee_free_after
    if early_principal <= 0 or (free_after is not None and gone >= free_after):
        return 0
    share = divide_rounded(
        numerator=early_principal * servicing.settlement_fee_ppm, denominator=PPM, rounding=Rounding.HALF_UP
    )
    return max(share, servicing.settlement_fee_minimum_minor)
