"""Apply the events that bring, take or demand money: one function for each kind."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from postloan.kernel.daycounts import Share
from postloan.kernel.engine import _events as ev
from postloan.kernel.engine import _refusals as no
from postloan.kernel.engine._books import (
    close_if_paid,
    hold,
    pay_part,
    raise_to,
    take_held,
    waive_part,
)
from postloan.kernel.engine._changes import (
    drop_empty_rows,
    end_running_row,
    rows_to_come,
    settle_rows_to_come,
    take_brought,
    undue_principal,
)
from postloan.kernel.engine._interest import mixed_factor, round_interest
from postloan.kernel.engine._money import Till, receive, use_money
from postloan.kernel.engine._projection import payable_in_advance, project_again, solve_plan
from postloan.kernel.engine._settlement import interest_to_settle, settlement_fee, settlement_of
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PLACE, PRINCIPAL, Held, Row, State
from postloan.kernel.engine._timeline import last_free_date
from postloan.kernel.rates import PPM


def disbursement(state: State, event: ev.Disbursement, strict: bool) -> None:
    state.totals.lent_to_bank += event.amount_minor
    running = state.running
    if running is None:
        raise no.PlanNotPossible(event.event_id, "the plan is over; a new loan is needed")
    day = max(event.value_date, running.from_date)
    opening = running.base_open + sum(amount for _, amount in running.base_moves if amount > 0) + event.amount_minor
    running.base_moves.append((day, event.amount_minor))
    solve_plan(state, opening=opening, from_date=running.from_date)


def receipt(state: State, event: ev.Receipt, strict: bool) -> None:
    state.totals.received += event.amount_minor
    receive(state, event_id=event.event_id, amount=event.amount_minor, on_date=event.value_date, future=event.future)


def prepayment(state: State, event: ev.Prepayment, strict: bool) -> None:
    state.totals.received += event.amount_minor
    mode = event.mode or state.terms.servicing.prepayment
    future = {"next_row": "next_instalment", "last_row": "last_instalment"}.get(mode, "hold")
    if mode in ("hold", "next_row", "last_row"):
        receive(
            state,
            event_id=event.event_id,
            amount=event.amount_minor,
            on_date=event.value_date,
            future=future,  # type: ignore[arg-type]
        )
        return
    left = use_money(state, event_id=event.event_id, amount=event.amount_minor, on_date=event.value_date, future="hold")
    project_again(state)
    if left:
        left = _pay_principal_early(state, event, left, solve=mode == "smaller_instalments")
    hold(state, event_id=event.event_id, value_date=event.value_date, amount=left)


def _pay_principal_early(state: State, event: ev.Prepayment, amount: int, *, solve: bool) -> int:
    """Pay the interest borne so far, the fee, and principal with the rest; return what finds no place."""
    day, early = event.value_date, undue_principal(state)
    if not rows_to_come(state) or early == 0:
        return amount
    if amount <= interest_to_settle(state, day):
        return use_money(state, event_id=event.event_id, amount=amount, on_date=day, future="next_instalment")
    row = end_running_row(state, day, "prepayment")
    fee, principal = _fee_and_principal(state, amount - row.due[INTEREST], early)
    row.planned_fees = (("prepayment", fee),) if fee else ()
    _pay_at_once(state, row, event.event_id, fee=fee, principal=principal, day=day)
    project_again(state)
    if solve:
        running = state.running
        assert running is not None
        solve_plan(state, opening=early - principal, from_date=day)
    project_again(state)
    drop_empty_rows(state)
    return amount - row.due[INTEREST] - fee - principal


def _fee_and_principal(state: State, amount: int, most: int) -> tuple[int, int]:
    """Divide money between principal and the fee on it, so that nothing is left over if that can be."""
    principal = min(most, amount * PPM // (PPM + state.terms.servicing.settlement_fee_ppm))
    while principal > 0 and principal + settlement_fee(state, principal) > amount:
        principal -= max((principal + settlement_fee(state, principal) - amount) // 2, 1)
    return settlement_fee(state, principal), max(principal, 0)


def _pay_at_once(state: State, row: Row, event_id: str, *, fee: int, principal: int, day: date) -> None:
    """Pay a row that stands beside the plan in full; its principal leaves the balance that bears interest."""
    row.due[FEE] += fee
    row.due[PRINCIPAL] += principal
    raise_to(state, row, FEE, row.due[FEE], on_date=day)
    running = state.running
    assert running is not None
    saved = running.over_moves
    running.over_moves = []
    for place in (PENALTY, FEE, INTEREST, PRINCIPAL):
        pay_part(state, row, place, row.open_of(place), event_id=event_id, on_date=day)
    running.over_moves = saved
    if principal:
        running.base_moves.append((max(day, running.from_date), -principal))
    close_if_paid(state, row, day)


def early_settlement(state: State, event: ev.EarlySettlement, strict: bool) -> None:
    wanted = settlement_of(state, event.value_date, with_fee=not event.waive_fee)
    if event.amount_minor < wanted.to_pay_minor:
        if strict:
            raise no.LessThanSettlement(event.event_id, f"{wanted.to_pay_minor} settle the loan on {event.value_date}")
        receipt(state, ev.Receipt(**_money_of(event)), strict)
        return
    state.totals.received += event.amount_minor
    hold(state, event_id=event.event_id, value_date=event.value_date, amount=event.amount_minor)
    held, state.held = state.held, []
    left, before = sum(each.left_minor for each in held), len(state.applied)
    used = use_money(state, event_id=event.event_id, amount=left, on_date=event.value_date, future="hold")
    used = _settle_charges(state, event, used)
    if rows_to_come(state):
        fee = settlement_fee(state, undue_principal(state)) if not event.waive_fee else 0
        used -= _settle_plan(state, event, fee)
    state.held = _share_out(state, before, held)


def _share_out(state: State, before: int, sources: list[Held]) -> list[Held]:
    """Say of each part paid since `before` whose money it was, the oldest first; return what is left of each."""
    parts, state.applied[before:] = state.applied[before:], []
    waiting = list(sources)
    for part in parts:
        left = part.amount_minor
        while left:
            source = waiting[0]
            amount = min(left, source.left_minor)
            state.applied.append(replace(part, event_id=source.event_id, amount_minor=amount))
            source.left_minor -= amount
            left -= amount
            if not source.left_minor:
                waiting.pop(0)
    return waiting


def _money_of(event: Any) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "value_date": event.value_date,
        "sequence": event.sequence,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
    }


def _settle_charges(state: State, event: ev.EarlySettlement, left: int) -> int:
    till = Till(state, event.event_id, left, event.value_date)
    for row in [row for row in state.rows[state.current :] if row.kind == "charge"]:
        for place in (PENALTY, FEE):
            till.pay(row, place, row.open_of(place))
        row.is_closed, row.paid_on = True, event.value_date
    return till.left


def _settle_plan(state: State, event: ev.EarlySettlement, fee: int) -> int:
    """Pay the rest of the plan in one row and return what that took."""
    day, principal = event.value_date, undue_principal(state)
    interest, whole_fees = interest_to_settle(state, day), _whole_term_fees(state)
    brought, off_book = take_brought(state)
    row = end_running_row(state, day, "settlement")
    row.written = [one + other for one, other in zip(row.written, off_book, strict=True)]
    more = interest - brought[INTEREST] - row.due[INTEREST]
    row.brought = brought
    row.due[INTEREST] += more + brought[INTEREST]
    row.due[PENALTY] += brought[PENALTY]
    row.due[FEE] += brought[FEE] + whole_fees
    state.totals.earned_before += more
    raise_to(state, row, INTEREST, row.due[INTEREST], on_date=day)
    row.planned_fees = (("settlement", fee),) if fee else ()
    _pay_at_once(state, row, event.event_id, fee=fee, principal=principal, day=day)
    settle_rows_to_come(state, day)
    return sum(row.paid)


def _whole_term_fees(state: State) -> int:
    if state.terms.servicing.payoff != "whole_term":
        return 0
    return sum(row.open_of(FEE) - min(row.brought_open(FEE), row.brought[FEE]) for row in rows_to_come(state))


def refund(state: State, event: ev.Refund, strict: bool) -> None:
    if event.amount_minor > state.held_minor:
        raise no.MoreThanCredit(event.event_id, f"only {state.held_minor} is held for the customer")
    take_held(state, event.amount_minor)
    state.totals.refunded += event.amount_minor


def merchant_refund(state: State, event: ev.MerchantRefund, strict: bool) -> None:
    state.totals.returned_by_merchant += event.amount_minor
    _take_back(state, event, state.terms.servicing.merchant_refund_to)


def payout_refund(state: State, event: ev.PayoutRefund, strict: bool) -> None:
    if strict and event.amount_minor > state.open_principal:
        raise no.MoreThanLent(event.event_id, f"{state.open_principal} of principal is owed")
    state.totals.returned_payout += event.amount_minor
    _take_back(state, event, "last_instalment")


def _take_back(state: State, event: ev.MerchantRefund | ev.PayoutRefund, to: str) -> None:
    """Use what comes back: what is due, then principal to come (its fees fall away), then a credit balance."""
    day = event.value_date
    left = use_money(state, event_id=event.event_id, amount=event.amount_minor, on_date=day, future="hold")
    project_again(state)
    before = undue_principal(state)
    payables = payable_in_advance(state, day)
    if to == "last_instalment":
        payables.reverse()
    total = sum(payable.principal_minor for payable in payables)
    till = Till(state, event.event_id, min(left, total), day)
    rest = left - till.left
    for payable in payables:
        row = payable.row
        most = row.open_of(PRINCIPAL) if payable is not payables[-1] else total
        total -= till.pay(row, PRINCIPAL, min(most, total))
        if row.paid[PRINCIPAL] and row.open_of(PRINCIPAL) <= 0:
            _empty_row(state, row, day)
    project_again(state)
    hold(state, event_id=event.event_id, value_date=day, amount=rest + till.left)
    wants = event.refund_interest
    if wants if wants is not None else state.terms.servicing.merchant_refund_interest:
        _give_interest_back(state, event.event_id, day, before - undue_principal(state))


def _empty_row(state: State, row: Row, day: date) -> None:
    """Let the fees of a row without principal fall away; close it if it has no interest to ask either."""
    if state.terms.servicing.merchant_refund_fees and not row.paid[FEE]:
        row.planned_fees = tuple(each for each in row.planned_fees if each[0].startswith("penalty:"))
    brought = any(row.brought_open(place) > 0 for place in (PENALTY, FEE, INTEREST))
    if row is not state.running and not brought:
        row.is_closed, row.paid_on = True, day
        row.instalment_minor, row.plan_principal_minor = None, row.paid[PRINCIPAL]
        if row.plan_interest_minor is not None:
            row.plan_interest_minor = row.paid[INTEREST]


def _give_interest_back(state: State, event_id: str, day: date, principal: int) -> None:
    """Give back the interest that principal which is undone has borne since the loan was opened."""
    borne = Fraction(0)
    for row in state.rows:
        if row.bears_interest and row.from_date < day:
            factor = mixed_factor(state, row, from_date=row.from_date, to_date=min(day, row.due_date))
            borne += Fraction(factor.numerator, factor.denominator)
    amount = round_interest(state, borne * principal)
    if amount:
        state.totals.interest_given_back += amount
        receive(state, event_id=event_id, amount=amount, on_date=day)


def chargeback(state: State, event: ev.Chargeback, strict: bool) -> None:
    paid = sum(part.amount_minor for part in state.applied if part.event_id == event.of and not part.is_waiver)
    paid += sum(each.left_minor for each in state.held if each.event_id == event.of)
    if strict and event.amount_minor > paid:
        raise no.MoreThanOpen(event.event_id, f"{event.of} brought {paid}")
    from_held = min(event.amount_minor, state.held_minor)
    take_held(state, from_held)
    state.totals.refunded += from_held
    amount = event.amount_minor - from_held
    state.totals.charged_back += amount
    if amount == 0:
        return
    running = state.running
    if running is not None:
        running.credit_minor += amount
        running.base_moves.append((max(event.value_date, running.from_date), amount))
        if running.is_closed:
            running.is_closed, running.paid_on = False, None
        return
    row = _extra_row(state, event.value_date)
    row.due[PRINCIPAL] += amount
    row.is_due = True
    state.rows.remove(row)
    state.rows.insert(state.current, row)
    state.current += 1


def waiver(state: State, event: ev.Waiver, strict: bool) -> None:
    rows = [row for row in state.rows if row.is_due and event.instalment_no in (None, row.no)]
    components = (event.component,) if event.component else state.terms.servicing.components_of("past_due")
    places = [PLACE[component] for component in components]
    open_minor = sum(row.open_of(place) for row in rows for place in places)
    if strict and event.amount_minor > open_minor:
        raise no.MoreThanOpen(event.event_id, f"{open_minor} is owed and due")
    left = event.amount_minor
    for row in rows:
        for place in places:
            part = min(left, row.open_of(place))
            waive_part(state, row, place, part, event_id=event.event_id, on_date=event.value_date)
            left -= part
        close_if_paid(state, row, event.value_date)


def charge(state: State, event: ev.Charge, strict: bool) -> None:
    day = event.value_date
    rows = [
        row
        for row in state.rows
        if row.kind in ("regular", "charge", "down_payment") and (not row.is_due or row.due_date <= day)
    ]
    row = next((row for row in rows if row.from_date < event.due_date <= row.due_date), None)
    if row is None and rows and event.due_date <= rows[0].from_date:
        row = rows[0]
    if row is None:
        row = _extra_row(state, event.due_date)
    place = PLACE[event.component]
    name = event.name if event.component == "fee" else f"penalty:{event.name}"
    row.planned_fees = (*row.planned_fees, (name, event.amount_minor))
    row.due[place] += event.amount_minor
    if row.is_due:
        raise_to(state, row, place, row.due[place], on_date=event.value_date)
        close_if_paid(state, row, event.value_date)
    else:
        row.is_closed, row.paid_on = False, None


def _extra_row(state: State, due_date: date) -> Row:
    """Add a row after the plan for what falls due later than the plan does."""
    last = max((row.due_date for row in state.rows), default=due_date)
    row = Row(
        no=state.take_side_no(),
        kind="charge",
        from_date=min(last, due_date),
        due_date=due_date,
        original_due_date=due_date,
        last_free_date=last_free_date(state, due_date),
        share=Share(0, 1),
    )
    state.rows.append(row)
    state.rows[state.current :] = sorted(state.rows[state.current :], key=lambda each: (each.due_date, each.no))
    return row
