"""
Where money goes: past due, due and in advance; within each group by the order of the product.

Money for rows that are not due pays the interest borne so far and then principal; which of the rows, the rule for the
future says. What finds no place is held for the customer.
"""

from collections.abc import Iterable
from datetime import date

from postloan.kernel.allocation import COMPONENTS, Component
from postloan.kernel.engine._books import close_if_paid, hold, pay_part, take_held
from postloan.kernel.engine._projection import Payable, payable_in_advance, payables_nearest_first, project_again
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PLACE, PRINCIPAL, Row, State
from postloan.kernel.engine.terms import Future, Timing
from postloan.kernel.money import Rounding, divide_rounded


def receive(state: State, *, event_id: str, amount: int, on_date: date, future: Future | None = None) -> None:
    """Use money on the day it counts, and hold what is left."""
    rule = future or state.terms.servicing.future
    left = use_money(state, event_id=event_id, amount=amount, on_date=on_date, future=rule)
    hold(state, event_id=event_id, value_date=on_date, amount=left)


def use_money(state: State, *, event_id: str, amount: int, on_date: date, future: Future) -> int:
    """Run money down the groups and return what finds no place."""
    till = Till(state, event_id, amount, on_date)
    servicing = state.terms.servicing
    if servicing.style == "component_wise":
        for timing, component in servicing.all_cells():
            till.pay_group(timing, (component,), future)
    else:
        for timing in servicing.groups():
            till.pay_group(timing, servicing.components_of(timing), future)
    return till.left


def apply_held(state: State, on_date: date) -> None:
    """Let money that is held pay what has fallen due, the oldest money first."""
    for each in list(state.held):
        left = use_money(state, event_id=each.event_id, amount=each.left_minor, on_date=on_date, future="hold")
        used = each.left_minor - left
        if used:
            take_one(state, each.event_id, used)


def take_one(state: State, event_id: str, amount: int) -> None:
    """Take out of what one event brought."""
    for each in state.held:
        if each.event_id == event_id and each.left_minor >= amount:
            each.left_minor -= amount
            break
    else:
        take_held(state, amount)
    state.held = [each for each in state.held if each.left_minor]


class Till:
    """Money of one event on its way into the rows."""

    def __init__(self, state: State, event_id: str, amount: int, on_date: date) -> None:
        self.state, self.event_id, self.left, self.on_date = state, event_id, amount, on_date

    def pay_group(self, timing: Timing, components: Iterable[Component], future: Future) -> None:
        """Pay the rows of one group."""
        if self.left == 0:
            return
        places = [PLACE[component] for component in components]
        if timing == "in_advance":
            if future != "hold":
                self._pay_in_advance(places, future)
            return
        for row in self._due_rows(timing):
            if self.left == 0:
                return
            for place in places:
                self.pay(row, place, row.open_of(place))
            close_if_paid(self.state, row, self.on_date)

    def pay(self, row: Row, place: int, most: int) -> int:
        """Pay a component up to `most`, and return how much that was."""
        part = max(min(self.left, most), 0)
        pay_part(self.state, row, place, part, event_id=self.event_id, on_date=self.on_date)
        self.left -= part
        return part

    def _due_rows(self, timing: Timing) -> list[Row]:
        rows = [row for row in self.state.rows if row.is_due and not row.is_closed]
        wanted = [row for row in rows if (row.due_date < self.on_date) == (timing == "past_due")]
        return sorted(wanted, key=lambda row: (row.due_date, row.no))

    # --- rows that are not due ------------------------------------------------------------------

    def _pay_in_advance(self, places: list[int], future: Future) -> None:
        if future == "next_last_instalment":
            self._pay_rows(payable_in_advance(self.state, self.on_date)[:1], places)
            project_again(self.state)
            future = "last_instalment"
        if self.left == 0:
            return
        if future == "next_instalment":
            self._pay_rows(payables_nearest_first(self.state, self.on_date), places)
            self._pay_charges_to_come(places)
            return
        payables = payable_in_advance(self.state, self.on_date)
        match future:
            case "last_instalment":
                self._pay_from_the_end(payables, places)
            case "reamortise":
                self._pay_evenly(payables, places)
        self._pay_charges_to_come(places)

    def _pay_rows(self, payables: Iterable[Payable], places: list[int]) -> None:
        for payable in payables:
            if self.left == 0:
                return
            self._pay_payable(payable, places, self.left)

    def _pay_payable(self, payable: Payable, places: list[int], most: int) -> int:
        """Pay one row to come up to `most`; it is closed when nothing of it can be paid any more."""
        row, before = payable.row, self.left
        room = {
            PENALTY: row.open_of(PENALTY),
            FEE: row.open_of(FEE),
            INTEREST: payable.interest_minor,
            PRINCIPAL: payable.principal_minor,
        }
        for place in places:
            paid = self.pay(row, place, min(room[place], most - (before - self.left)))
            room[place] -= paid
        if len(places) == len(COMPONENTS):
            self._close_in_advance(row, room)
        elif PRINCIPAL in places and not row.open_of(FEE) and not row.open_of(PENALTY):
            room[INTEREST] = max(payable.interest_minor, 0) if INTEREST not in places else room[INTEREST]
            paid_off = row.paid[INTEREST] >= payable.interest_minor and room[PRINCIPAL] <= 0
            self._close_in_advance(row, {PRINCIPAL: 0 if paid_off else 1})
        return before - self.left

    def _close_in_advance(self, row: Row, room: dict[int, int]) -> None:
        brought = any(row.brought_open(place) > 0 for place in (PENALTY, FEE, INTEREST))
        if all(left <= 0 for left in room.values()) and sum(row.paid) > 0 and not brought:
            row.is_closed, row.paid_on = True, self.on_date
            self.state.is_stale = True

    def _pay_from_the_end(self, payables: list[Payable], places: list[int]) -> None:
        """Pay the farthest row first; interest is owed by the running row alone, so that it is never paid twice."""
        total = sum(payable.principal_minor for payable in payables)
        keeps_plan = self.state.terms.servicing.row_interest == "as_scheduled"
        for payable in reversed(payables):
            if self.left == 0:
                return
            row, before = payable.row, payable.row.paid[PRINCIPAL]
            most = total if payable is payables[0] else min(_planned_most(payable) - before, total)
            owes_interest = keeps_plan or payable is payables[0]
            interest = payable.interest_minor if owes_interest else 0
            self._pay_payable(Payable(row, interest, most), places, self.left)
            total -= row.paid[PRINCIPAL] - before

    def _pay_evenly(self, payables: list[Payable], places: list[int]) -> None:
        waiting = list(payables)
        while self.left and waiting:
            count, before = len(waiting), self.left
            share = divide_rounded(numerator=self.left, denominator=count, rounding=Rounding.HALF_EVEN)
            for payable in list(waiting):
                most = self.left if payable is waiting[-1] else min(max(share, 1), self.left)
                self._pay_payable(payable, places, most)
            project_again(self.state)
            waiting = [each for each in payable_in_advance(self.state, self.on_date) if each.principal_minor > 0]
            if self.left == before:
                return

    def _pay_charges_to_come(self, places: list[int]) -> None:
        for row in self.state.rows[self.state.current :]:
            if row.kind == "charge" and self.left:
                for place in places:
                    self.pay(row, place, row.open_of(place))
                if row.open_minor == 0:
                    row.is_closed, row.paid_on = True, self.on_date


def _planned_most(payable: Payable) -> int:
    """Return the most principal a row to come can take: its instalment, or the principal planned."""
    row = payable.row
    if row.instalment_minor is not None:
        return row.instalment_minor + row.credit_minor - row.paid[INTEREST]
    return (row.plan_principal_minor or 0) + row.credit_minor
