"""What holds for every sequence of events, of any kind and in any order of arrival."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from postloan.kernel import engine as e
from postloan.kernel.allocation import COMPONENTS
from postloan.kernel.daycounts import DayCount
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import Method, Remainder, ScheduleTerms

START = date(2024, 1, 31)


@st.composite
def terms(draw):
    schedule = ScheduleTerms(
        principal_minor=draw(st.integers(1, 2_000_000)),
        rate=Rate(draw(st.sampled_from([0, 36_000, 120_000, 240_000])), "year"),
        instalments=draw(st.integers(1, 8)),
        start_date=START,
        method=draw(st.sampled_from(list(Method))),
        day_count=draw(st.sampled_from([DayCount.PERIOD_30_360, DayCount.ACT_365, DayCount.ACT_ACT])),
    )
    smoothed = schedule.method is Method.EQUAL_INSTALMENT and draw(st.booleans())
    if smoothed:
        schedule = dataclasses.replace(schedule, remainder=Remainder.SMOOTHED)
    servicing = e.ServicingTerms(
        order=tuple(draw(st.permutations(COMPONENTS))),
        style=draw(st.sampled_from(["row_wise", "component_wise"])),
        future=draw(
            st.sampled_from(["hold", "next_instalment", "last_instalment", "next_last_instalment", "reamortise"])
        ),
        row_interest=draw(st.sampled_from(["days_borrowed", "as_scheduled"])),
        overdue_interest=draw(st.sampled_from(["none", "to_date", "whole_row"])),
        payoff=draw(st.sampled_from(["to_date", "whole_row", "whole_term"])),
        settlement_fee_ppm=draw(st.sampled_from([0, 20_000])),
        penalty=draw(st.sampled_from([None, PenaltyTerms(rate_ppm=500, grace_days=3)])),
        late_fee=draw(st.sampled_from([None, LateFeeTerms(grace_days=3, minimum_minor=1_500)])),
    )
    return e.LoanTerms(schedule, servicing)


amounts = st.one_of(st.integers(1, 2_000), st.integers(1, 500_000), st.integers(1, 3_000_000))
MODES = st.sampled_from([None, "shorter_term", "smaller_instalments", "next_row", "last_row", "hold"])


@st.composite
def event(draw, event_id, day, known):  # noqa: C901 - one case for each kind
    head = {"event_id": event_id, "value_date": day, "sequence": int(event_id[1:])}
    amount = draw(amounts)
    ahead = day + timedelta(days=draw(st.integers(1, 60)))
    kind = draw(
        st.sampled_from(
            [
                "receipt", "receipt", "receipt", "prepayment", "early_settlement", "refund", "waiver", "charge",
                "merchant_refund", "payout_refund", "disbursement", "rate_change", "due_day_change", "deferral",
                "extension", "reduced", "personalised", "reageing", "reamortisation", "conversion", "pause",
                "death", "non_accrual", "charge_off", "reversal", "reversal", "chargeback",
            ]
        )
    )  # fmt: skip
    match kind:
        case "receipt":
            return e.Receipt(**head, amount_minor=amount)
        case "prepayment":
            return e.Prepayment(**head, amount_minor=amount, mode=draw(MODES))
        case "early_settlement":
            return e.EarlySettlement(**head, amount_minor=draw(st.integers(1, 6_000_000)))
        case "refund":
            return e.Refund(**head, amount_minor=amount)
        case "waiver":
            return e.Waiver(**head, amount_minor=amount, component=draw(st.sampled_from([None, *COMPONENTS])))
        case "charge":
            component = draw(st.sampled_from(["fee", "penalty"]))
            due = day + timedelta(days=draw(st.integers(-40, 300)))
            return e.Charge(**head, name="letter", component=component, amount_minor=amount, due_date=due)
        case "merchant_refund":
            return e.MerchantRefund(**head, amount_minor=amount, refund_interest=draw(st.booleans()))
        case "payout_refund":
            return e.PayoutRefund(**head, amount_minor=amount, refund_interest=draw(st.booleans()))
        case "disbursement":
            return e.Disbursement(**head, amount_minor=amount)
        case "rate_change":
            rate = draw(st.sampled_from([0, 100_000, 180_000]))
            return e.RateChange(**head, rate_ppm=rate, keep=draw(st.sampled_from(["term", "instalment"])))
        case "due_day_change":
            return e.DueDayChange(**head, due_day=draw(st.integers(1, 31)))
        case "deferral":
            interest = draw(st.sampled_from(["accrues", "free"]))
            return e.Deferral(**head, periods=draw(st.integers(1, 3)), interest=interest)
        case "extension":
            more = draw(st.integers(1, 6))
            return e.Extension(**head, more_instalments=more, arrears=draw(st.sampled_from(["keep", "into_plan"])))
        case "reduced":
            return e.ReducedInstalments(**head, instalment_minor=amount, rows=draw(st.integers(1, 5)))
        case "personalised":
            rate = draw(st.sampled_from([None, 0, 60_000]))
            count = draw(st.integers(1, 12))
            return e.PersonalisedPlan(**head, instalments=count, first_due_date=ahead, rate_ppm=rate)
        case "reageing":
            return e.Reageing(**head, instalments=draw(st.integers(1, 6)), first_due_date=ahead)
        case "reamortisation":
            return e.Reamortisation(**head)
        case "conversion":
            fee = draw(st.sampled_from([0, 7_500]))
            return e.Conversion(**head, instalments=draw(st.sampled_from([3, 6])), fee_ppm=fee, rate_ppm=0)
        case "pause":
            return e.InterestPause(**head, to_date=ahead)
        case "death":
            return e.Death(**head)
        case "non_accrual":
            return e.NonAccrual(**head)
        case "charge_off":
            return e.ChargeOff(**head)
        case "reversal":
            return e.Reversal(**head, of=draw(st.sampled_from(known or ["e0"])))
        case "chargeback":
            return e.Chargeback(**head, of=draw(st.sampled_from(known or ["e0"])), amount_minor=amount)


def assert_the_laws(loan):
    state, totals = loan.state, loan.state.totals
    # money in = allocated + held + refunded
    money = totals.received + totals.returned_by_merchant + totals.returned_payout + totals.interest_given_back
    assert money == sum(totals.paid) + state.held_minor + totals.refunded
    # allocations say what the rows say
    views = e.allocations(loan)
    for place, component in enumerate(COMPONENTS):
        for is_waiver, column in ((False, "paid"), (True, "waived")):
            by_part = sum(
                part.amount_minor for part in views if part.component == component and part.is_waiver is is_waiver
            )
            assert by_part == sum(getattr(row, column)[place] for row in state.rows), (component, column)
    # rows are whole
    for row in state.rows:
        for place in range(4):
            assert min(row.due[place], row.paid[place], row.waived[place], row.written[place]) >= 0, row
            assert row.open_of(place) >= 0, (COMPONENTS[place], row)
            if row.is_due:
                assert row.written[place] <= row.open_of(place), row
    # principal demanded is principal lent
    assert sum(row.due[3] for row in state.rows) == totals.lent, [row.due for row in state.rows]
    # the ledger balances and ties to the rows
    accounts = e.sums(loan.entries)
    assert sum(accounts.values()) == 0
    assert all(sum(amount for _, amount in entry.legs) == 0 for entry in loan.entries)
    due = [row for row in state.rows if row.is_due]
    for place, account in ((0, "penalty_receivable"), (1, "fee_receivable"), (2, "interest_receivable")):
        brought = sum(row.brought_open(place) for row in state.rows if not row.is_due)
        not_due_off = sum(row.written[place] for row in state.rows if not row.is_due)
        on_book = sum(row.open_of(place) - row.written[place] for row in due) + brought - not_due_off
        assert accounts.get(account, 0) == on_book, (
            account,
            [(r.due, r.paid, r.brought, r.written) for r in state.rows],
        )
    principal = sum(row.open_of(3) - row.written[3] for row in state.rows)
    assert accounts.get("loan_principal", 0) == principal
    assert accounts.get("unapplied_receipts", 0) == -state.held_minor
    # every figure explains itself
    for number, row in enumerate(e.instalments(loan), start=1):
        steps = e.explain_instalment(loan, instalment_no=number)
        assert all(step.recompute() == step.result and step.key in e.LOAN_STEP_KEYS for step in steps), steps
        last = {step.key.split("_")[0]: step.result for step in steps if not step.key.startswith(("interest_c", "str"))}
        assert last["principal"] == row.due.principal_minor
        assert last["interest"] == row.due.interest_minor
        assert (last["fee"], last["penalty"]) == (row.due.fee_minor, row.due.penalty_minor)
        assert last["open"] == row.open_minor
    if loan.state.closed_on is None:
        steps = e.explain_settlement(loan, on_date=loan.as_of)
        assert all(step.recompute() == step.result for step in steps), steps
        assert steps[-1].result == e.settlement_quote(loan, on_date=loan.as_of).total_minor
    # nobody pays interest that the money has not borne
    found = e.balances(loan)
    if is_exact(loan.terms.servicing):
        assert found.accrued_interest_minor >= 0
    # a closed loan owes nothing, and all interest earned was demanded
    if found.status in ("closed", "overpaid"):
        assert all(row.open_minor == 0 for row in state.rows)
        assert accounts.get("loan_principal", 0) == 0
        assert found.contractual_days_past_due == 0
        if is_exact(loan.terms.servicing):
            assert found.accrued_interest_minor == 0


def is_exact(servicing):
    """Say whether interest is owed to the day, and never for days to come."""
    follows = servicing.row_interest == "days_borrowed" and servicing.payoff == "to_date"
    return follows and servicing.overdue_interest != "whole_row"


class AnyLoan(RuleBasedStateMachine):
    """Any events on any day, late, early and out of order; each law after each of them."""

    @initialize(loan_terms=terms())
    def open(self, loan_terms):
        self.terms = loan_terms
        self.as_of = START
        self.loan = e.replay(terms=loan_terms)
        self.count = 0

    @rule(data=st.data(), back=st.sampled_from([0, 0, 0, 1, 15, 60]), on=st.sampled_from([0, 1, 20, 31, 70]))
    def happen(self, data, back, on):
        self.as_of += timedelta(days=on)
        day = max(self.as_of - timedelta(days=back), START)
        self.count += 1
        known = [each.event_id for each in self.loan.events]
        new = data.draw(event(f"e{self.count}", day, known))
        before = self.loan
        try:
            self.loan = e.extend(before=before, events=[new], as_of=self.as_of)
        except e.EventRefused:
            self.loan = e.extend(before=before, as_of=self.as_of)
            assert self.loan.events == before.events

    @invariant()
    def laws(self):
        if hasattr(self, "loan"):
            assert_the_laws(self.loan)

    def teardown(self):
        if not hasattr(self, "loan"):
            return
        again = e.replay(terms=self.terms, events=self.loan.events, as_of=self.as_of, accepted=True)
        assert same(again) == same(self.loan)


def same(loan):
    return e.instalments(loan), e.allocations(loan), e.balances(loan), e.sums(loan.entries), loan.versions


AnyLoan.TestCase.settings = settings(
    max_examples=50, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyLoan = AnyLoan.TestCase


@pytest.mark.parametrize("future", ["hold", "next_instalment"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_order_of_arrival_of_same_dated_events_does_not_change_totals(future, data):
    loan = data.draw(terms())
    loan = dataclasses.replace(loan, servicing=dataclasses.replace(loan.servicing, future=future))
    days = [START + timedelta(days=each) for each in data.draw(st.lists(st.integers(0, 200), min_size=1, max_size=3))]
    events = [
        e.Receipt(event_id=f"e{number}", value_date=data.draw(st.sampled_from(days)), amount_minor=data.draw(amounts))
        for number in range(data.draw(st.integers(2, 6)))
    ]
    shuffled = data.draw(st.permutations(events))
    arrived = [dataclasses.replace(each, sequence=place) for place, each in enumerate(shuffled)]
    as_of = max(days) + timedelta(days=40)

    try:
        one = e.replay(terms=loan, events=events, as_of=as_of)
    except e.EventRefused:
        return
    other = e.replay(terms=loan, events=arrived, as_of=as_of)

    assert e.balances(one) == e.balances(other)
    assert [(row.due, row.paid) for row in e.instalments(one)] == [(row.due, row.paid) for row in e.instalments(other)]


def test_a_late_event_replays_only_the_tail():
    loan = e.LoanTerms(
        ScheduleTerms(principal_minor=5_000_000, rate=Rate(120_000, "year"), instalments=24, start_date=START)
    )
    receipts = [
        e.Receipt(event_id=f"e{day}", value_date=START + timedelta(days=day), amount_minor=1_000) for day in range(600)
    ]
    before = e.replay(terms=loan, events=receipts)

    late = e.Receipt(event_id="late", value_date=START + timedelta(days=580), amount_minor=1_000)
    after = e.extend(before=before, events=[late])

    assert after.replayed_events <= 20 + 1 + 32
    assert same(after) == same(e.replay(terms=loan, events=[*receipts, late]))
