"""Each event, as the contract tells it. Unless said otherwise: 12,000.00 at 12 % over 12 months, 30/360."""

from datetime import date

import pytest

from postloan.kernel import engine as e
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.schedules import Fee, FeeSpread, Method, build_schedule
from tests.kernel.engine.loans import START, receipt, run

# 12,000.00 at 12 %: equal instalments of 1,066.19; the first is 120.00 interest and 946.19 principal
INSTALMENT = 106_619


# --- money ------------------------------------------------------------------------------------------------


def test_a_receipt_on_the_due_date_pays_the_instalment_and_no_days_are_past_due():
    loan = run(receipt(date(2024, 2, 1), INSTALMENT), as_of=date(2024, 2, 1))

    first = e.instalments(loan)[0]
    assert (first.due.principal_minor, first.due.interest_minor) == (94_619, 12_000)
    assert (first.open_minor, first.paid_on) == (0, date(2024, 2, 1))
    assert e.balances(loan).principal_minor == 1_200_000 - 94_619


def test_money_that_comes_early_waits_for_the_due_date_and_is_used_on_it():
    waiting = run(receipt(date(2024, 1, 20), INSTALMENT), as_of=date(2024, 1, 31))
    used = e.look_at(waiting, as_of=date(2024, 2, 1))

    assert e.balances(waiting).held_minor == INSTALMENT
    assert e.balances(used).held_minor == 0
    assert {part.on_date for part in e.allocations(used)} == {date(2024, 2, 1)}


def test_a_part_payment_leaves_the_instalment_past_due_and_pays_interest_before_principal():
    loan = run(receipt(date(2024, 2, 1), 20_000), as_of=date(2024, 2, 11))

    first = e.instalments(loan)[0]
    assert (first.paid.interest_minor, first.paid.principal_minor) == (12_000, 8_000)
    assert e.balances(loan).days_past_due == 10


def test_an_overpayment_is_held_and_can_be_refunded_but_no_more_than_it():
    loan = run(receipt(date(2024, 2, 1), INSTALMENT + 500))
    refund = e.Refund(event_id="back", value_date=date(2024, 2, 2), amount_minor=500)

    after = e.extend(before=loan, events=[refund])

    assert e.balances(after).held_minor == 0
    with pytest.raises(e.EventRefused) as refusal:
        e.extend(before=after, events=[e.Refund(event_id="more", value_date=date(2024, 2, 3), amount_minor=1)])
    assert refusal.value.name == "MoreThanCredit"


def test_a_backdated_receipt_takes_the_penalty_back_and_today_gets_the_difference():
    terms = {"penalty": PenaltyTerms(rate_ppm=500, grace_days=3)}
    before = run(as_of=date(2024, 2, 11), **terms)  # 946.19 for ten days at 0.05 % a day
    assert e.balances(before).due_minor.penalty_minor == 473

    after = e.extend(before=before, events=[receipt(date(2024, 2, 1), INSTALMENT)], as_of=date(2024, 2, 11))
    entry = e.postings_to_book(before=before, after=after, booking_date=date(2024, 2, 11))

    assert e.balances(after).due_minor.total_minor == 0
    assert entry.value_date == date(2024, 2, 11)
    assert dict(entry.legs) == {
        "bank": INSTALMENT,
        "loan_principal": -94_619,
        "interest_receivable": -12_000,
        "penalty_receivable": -473,
        "penalty_income": 473,
    }


def test_a_return_after_the_loan_was_closed_reopens_it_with_its_old_due_dates():
    last = date(2024, 3, 1)
    loan = run(receipt(last, 200_000, "all"), principal=100_000, instalments=2, as_of=last)
    assert e.balances(loan).status == "overpaid"

    returned = e.extend(
        before=loan,
        events=[e.Reversal(event_id="back", value_date=date(2024, 3, 11), of="all", reason="debit_return")],
    )

    found = e.balances(returned)
    assert found.status == "past_due"
    assert (found.past_due_since, found.days_past_due) == (date(2024, 2, 1), 39)
    assert found.held_minor == 0


def test_a_reversal_that_would_take_back_money_already_refunded_is_refused():
    loan = run(
        receipt(date(2024, 2, 1), INSTALMENT + 500, "r1"),
        e.Refund(event_id="out", value_date=date(2024, 2, 2), amount_minor=500),
    )

    with pytest.raises(e.EventRefused) as refusal:
        e.extend(before=loan, events=[e.Reversal(event_id="x", value_date=date(2024, 2, 3), of="r1")])

    assert refusal.value.name == "MoreThanCredit"
    assert refusal.value.event_id == "out"


def test_a_waived_penalty_is_not_raised_again_nor_waived_twice_when_the_receipt_is_reversed():
    waiver = e.Waiver(event_id="w", value_date=date(2024, 2, 10), amount_minor=426, component="penalty")
    terms = {"penalty": PenaltyTerms(rate_ppm=500, grace_days=3)}
    loan = run(waiver, receipt(date(2024, 2, 11), INSTALMENT + 47), as_of=date(2024, 2, 11), **terms)
    assert e.balances(loan).due_minor.total_minor == 0  # ten days are 4.73, of which 4.26 was let off

    back = e.extend(before=loan, events=[e.Reversal(event_id="x", value_date=date(2024, 2, 11), of="r1")])

    first = e.instalments(back)[0]
    assert (first.due.penalty_minor, first.waived.penalty_minor, first.paid.penalty_minor) == (473, 426, 0)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (receipt(date(2024, 2, 1), 0), "AmountNotPositive"),
        (receipt(date(2024, 2, 1), -5), "AmountNotPositive"),
        (receipt(date(2024, 2, 1), 10**16), "AmountTooLarge"),
        (receipt(date(2024, 6, 2), 5), "EventInFuture"),
        (receipt(date(2023, 12, 31), 5), "EventBeforeOpening"),
        (receipt(date(2024, 2, 1), 5, currency="USD"), "UnknownCurrency"),
        (receipt(date(2024, 2, 1), 5, "first"), "EventTwice"),
        (e.Reversal(event_id="x", value_date=date(2024, 2, 1), of="nothing"), "NoSuchEvent"),
        (e.Reversal(event_id="x", value_date=date(2024, 2, 3), of="undo"), "CannotBeReversed"),
        (e.Chargeback(event_id="x", value_date=date(2024, 2, 3), of="nothing", amount_minor=5), "NoSuchEvent"),
        (e.Waiver(event_id="x", value_date=date(2024, 1, 20), amount_minor=5), "MoreThanOpen"),
        (e.Refund(event_id="x", value_date=date(2024, 2, 2), amount_minor=5), "MoreThanCredit"),
        (e.EarlySettlement(event_id="x", value_date=date(2024, 2, 2), amount_minor=5), "LessThanSettlement"),
        (e.PayoutRefund(event_id="x", value_date=date(2024, 2, 2), amount_minor=9_999_999), "MoreThanLent"),
        (e.DueDayChange(event_id="x", value_date=date(2024, 2, 2), due_day=32), "PlanNotPossible"),
        (
            e.PersonalisedPlan(
                event_id="x", value_date=date(2024, 2, 2), instalments=61, first_due_date=date(2024, 3, 2)
            ),
            "PlanNotPossible",
        ),
    ],
)
def test_a_bad_event_is_refused_by_name_and_changes_nothing(event, name):
    loan = run(
        receipt(date(2024, 2, 1), 20_000, "first"),
        receipt(date(2024, 2, 1), 20_000, "second"),
        e.Reversal(event_id="undo", value_date=date(2024, 2, 2), of="second"),
        as_of=date(2024, 6, 1),
    )
    before = e.instalments(loan), e.balances(loan), loan.entries

    with pytest.raises(e.EventRefused) as refusal:
        e.extend(before=loan, events=[event], as_of=date(2024, 6, 1))

    assert refusal.value.name == name
    assert (e.instalments(loan), e.balances(loan), loan.entries) == before


def test_nothing_happens_on_a_loan_that_is_closed():
    loan = run(e.EarlySettlement(event_id="all", value_date=date(2024, 1, 11), amount_minor=1_204_000))

    with pytest.raises(e.EventRefused) as refusal:
        e.extend(before=loan, events=[receipt(date(2024, 1, 12), 5)])

    assert refusal.value.name == "LoanClosed"


# --- paying early -----------------------------------------------------------------------------------------


def test_a_settlement_owes_interest_for_the_days_really_borrowed():
    loan = run(as_of=date(2024, 1, 11))  # 10 of 31 days of January: 120.00 * 10 / 31 = 38.71

    quote = e.settlement_quote(loan, on_date=date(2024, 1, 11))

    assert (quote.principal_minor, quote.interest_minor, quote.to_pay_minor) == (1_200_000, 3_871, 1_203_871)


@pytest.mark.parametrize(("payoff", "interest"), [("to_date", 3_871), ("whole_row", 12_000), ("whole_term", None)])
def test_what_interest_a_settlement_owes_is_the_products_choice(payoff, interest):
    loan = run(as_of=date(2024, 1, 11), payoff=payoff)
    interest = interest or build_schedule(terms=loan.terms.schedule).interest_minor

    assert e.settlement_quote(loan, on_date=date(2024, 1, 11)).interest_minor == interest


def test_the_quoted_amount_on_the_quoted_day_closes_the_loan_and_a_fen_less_does_not():
    loan = run(receipt(date(2024, 2, 1), INSTALMENT), as_of=date(2024, 2, 14), settlement_fee_ppm=20_000)
    quote = e.settlement_quote(loan, on_date=date(2024, 2, 20))
    assert quote.settlement_fee_minor == 22_108  # 2 % of 11,053.81

    def settle(amount):
        settlement = e.EarlySettlement(event_id="s", value_date=date(2024, 2, 20), amount_minor=amount)
        return e.extend(before=loan, events=[settlement])

    closed = settle(quote.to_pay_minor)
    assert e.balances(closed).status == "closed"
    assert e.instalments(closed)[-1].due.total_minor == quote.to_pay_minor
    with pytest.raises(e.EventRefused) as refusal:
        settle(quote.to_pay_minor - 1)
    assert refusal.value.name == "LessThanSettlement"


def test_the_settlement_fee_ends_with_the_row_the_contract_names():
    paid = [receipt(date(2024, month, 1), INSTALMENT, f"r{month}") for month in (2, 3, 4)]
    loan = run(*paid, as_of=date(2024, 4, 1), settlement_fee_ppm=20_000, settlement_fee_free_after=3)

    assert e.settlement_quote(loan, on_date=date(2024, 4, 2)).settlement_fee_minor == 0


def prepay(mode, **terms):
    prepayment = e.Prepayment(event_id="p", value_date=date(2024, 1, 16), amount_minor=600_000, mode=mode)
    return run(prepayment, as_of=date(2024, 1, 16), **terms)


def test_a_prepayment_can_shorten_the_term():
    loan = prepay("shorter_term")

    rows = e.instalments(loan)
    assert rows[0].kind == "prepayment"
    assert rows[0].due.interest_minor == 5_806  # 120.00 * 15 / 31
    assert rows[0].due.principal_minor == 594_194
    assert len(rows) == 1 + 6
    assert {row.due.total_minor for row in rows[1:-1]} == {INSTALMENT}
    assert rows[1].due.interest_minor == 12_000 - 5_806 - 3_067  # 16 days less on 5,941.94


def test_a_prepayment_can_make_the_instalments_smaller():
    rows = e.instalments(prepay("smaller_instalments"))

    assert len(rows) == 1 + 12
    assert len({row.due.total_minor for row in rows[1:-1]}) == 1
    assert rows[1].due.total_minor < INSTALMENT * 0.52
    assert sum(row.due.principal_minor for row in rows) == 1_200_000


def test_a_prepayment_can_pay_the_next_rows_or_the_last_ones_or_wait():
    nexts, lasts, held = (prepay(mode) for mode in ("next_row", "last_row", "hold"))

    assert [row.open_minor == 0 for row in e.instalments(nexts)[:6]] == [True] * 5 + [False]
    assert [row.open_minor == 0 for row in e.instalments(lasts)] == [False] * 6 + [True] * 6
    assert e.balances(held).held_minor == 600_000


def test_what_is_past_due_is_paid_before_a_prepayment():
    prepayment = e.Prepayment(event_id="p", value_date=date(2024, 2, 16), amount_minor=INSTALMENT)
    loan = run(prepayment)

    assert e.instalments(loan)[0].open_minor == 0
    assert len(loan.versions) == 1


# --- relief -----------------------------------------------------------------------------------------------


def test_a_rate_cut_inside_a_row_splits_its_days_with_one_rounding():
    cut = e.RateChange(event_id="c", value_date=date(2024, 1, 11), rate_ppm=60_000)
    loan = run(cut)

    # 12,000.00 * 12 % / 12 * 10/31 + 12,000.00 * 6 % / 12 * 21/31 = 38.71 + 40.65
    first = e.instalments(loan)[0]
    assert first.due.interest_minor == 7_935
    assert len({row.due.total_minor for row in e.instalments(loan)[:-1]}) == 1
    steps = e.explain_instalment(loan, instalment_no=1)
    assert [step.key for step in steps[:3]] == ["stretch", "stretch", "interest_of_days"]


def test_a_new_due_day_is_a_new_seed():
    change = e.DueDayChange(event_id="d", value_date=date(2024, 1, 11), due_day=31)
    loan = run(change)

    dates = [row.due_date for row in e.instalments(loan)]
    assert dates[:4] == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]


def test_a_deferral_moves_the_rows_and_the_time_bears_interest_or_is_free():
    def deferred(interest):
        event = e.Deferral(event_id="d", value_date=date(2024, 1, 11), periods=2, interest=interest)
        return run(event)

    accrues, free = deferred("accrues"), deferred("free")

    assert [row.due_date for row in e.instalments(accrues)][:2] == [date(2024, 4, 1), date(2024, 5, 1)]
    assert len(e.instalments(accrues)) == len(e.instalments(free)) == 12
    assert e.instalments(accrues)[0].due.interest_minor > 30_000
    assert e.instalments(free)[0].due.interest_minor < 13_000


def test_an_extension_adds_rows_and_makes_them_smaller():
    loan = run(e.Extension(event_id="x", value_date=date(2024, 1, 11), more_instalments=12))

    rows = e.instalments(loan)
    assert len(rows) == 24
    assert rows[0].due.total_minor == 56_488  # 12,000.00 over 24 months at 1 % a month


def test_reduced_instalments_are_made_up_for_afterwards():
    loan = run(e.ReducedInstalments(event_id="x", value_date=date(2024, 1, 11), instalment_minor=50_000, rows=3))

    totals = [row.due.total_minor for row in e.instalments(loan)]
    assert totals[:3] == [50_000] * 3
    assert len(set(totals[3:-1])) == 1
    assert totals[3] > INSTALMENT


def test_an_instalment_smaller_than_its_interest_carries_the_rest_forward():
    loan = run(e.ReducedInstalments(event_id="x", value_date=date(2024, 1, 11), instalment_minor=5_000, rows=2))

    rows = e.instalments(loan)
    assert [(row.due.principal_minor, row.due.interest_minor) for row in rows[:2]] == [(0, 5_000), (0, 5_000)]
    assert rows[2].due.interest_minor == 12_000 + 14_000  # its own, and 70.00 twice


def test_reageing_gives_new_dates_and_keeps_the_age_by_the_contract():
    reage = e.Reageing(event_id="x", value_date=date(2024, 3, 11), instalments=6, first_due_date=date(2024, 4, 11))
    loan = run(reage, as_of=date(2024, 3, 11))

    found = e.balances(loan)
    assert (found.days_past_due, found.contractual_days_past_due) == (0, 39)
    assert [version.reason for version in loan.versions] == ["opened", "reageing"]
    assert len(loan.versions[0].rows) == 12
    assert found.principal_minor == 1_200_000
    # two rows of interest and ten days of the third are spread over the new rows, not lost and not compounded
    interest = sum(row.due.interest_minor for row in e.instalments(loan))
    assert interest > 12_000 + 11_054


def test_paying_the_new_plan_pays_the_oldest_arrears_first():
    reage = e.Reageing(event_id="x", value_date=date(2024, 3, 11), instalments=6, first_due_date=date(2024, 4, 11))
    loan = run(reage, as_of=date(2024, 4, 11))
    due = e.instalments(loan)[2].due.total_minor

    paid = e.extend(before=loan, events=[receipt(date(2024, 4, 11), due)])

    assert e.balances(paid).contractual_days_past_due == 0


def test_a_personalised_plan_runs_up_to_sixty_months_at_its_own_rate():
    plan = e.PersonalisedPlan(
        event_id="x", value_date=date(2024, 3, 1), instalments=60, first_due_date=date(2024, 4, 1), rate_ppm=0
    )
    loan = run(plan)

    rows = [row for row in e.instalments(loan) if row.due.total_minor]
    assert len(rows) == 60
    assert sum(row.due.principal_minor for row in rows) == 1_200_000
    assert sum(row.due.interest_minor for row in rows) == 12_000 + 11_054  # what two months had borne


def test_a_pause_bears_no_interest_and_moves_no_date():
    loan = run(e.InterestPause(event_id="x", value_date=date(2024, 1, 11), to_date=date(2024, 2, 1)))

    first = e.instalments(loan)[0]
    assert (first.due_date, first.due.interest_minor) == (date(2024, 2, 1), 3_871)


@pytest.mark.parametrize(
    ("stops", "interest", "penalty"),
    [("interest_and_penalty", 3_871, 0), ("penalty", 12_000, 0), ("nothing", 12_000, 473)],
)
def test_death_stops_what_the_product_says(stops, interest, penalty):
    terms = {"death_stops": stops, "penalty": PenaltyTerms(rate_ppm=500, grace_days=3)}
    loan = run(e.Death(event_id="x", value_date=date(2024, 1, 11)), as_of=date(2024, 2, 11), **terms)

    due = e.balances(loan).due_minor
    assert due.interest_minor == interest
    assert (due.penalty_minor > 0) == (penalty > 0)


# --- books ------------------------------------------------------------------------------------------------


def test_a_charge_off_stops_the_books_not_the_debt_and_what_comes_later_is_a_recovery():
    off = e.ChargeOff(event_id="x", value_date=date(2024, 2, 15))
    loan = run(off, as_of=date(2024, 3, 1))

    found, accounts = e.balances(loan), e.sums(loan.entries)
    assert found.status == "charged_off"
    assert (accounts["loan_principal"], accounts["interest_receivable"]) == (0, 0)
    assert accounts["charge_off_loss"] == 1_200_000 + 12_000 + 5_336  # 14 of 29 days of 110.54
    assert found.due_minor.interest_minor == 12_000 + 11_054  # the second row fell due all the same

    recovered = e.extend(before=loan, events=[receipt(date(2024, 3, 1), 15_000)])
    after = e.sums(recovered.entries)
    assert after["recovery_income"] == -15_000
    assert after["interest_income"] == accounts["interest_income"]
    assert e.instalments(recovered)[0].paid.interest_minor == 12_000


def test_after_a_charge_off_only_money_moves():
    loan = run(e.ChargeOff(event_id="x", value_date=date(2024, 2, 15)))

    with pytest.raises(e.EventRefused) as refusal:
        e.extend(before=loan, events=[e.Extension(event_id="y", value_date=date(2024, 2, 16), more_instalments=2)])

    assert refusal.value.name == "LoanChargedOff"


def test_in_non_accrual_interest_is_income_when_it_is_paid():
    loan = run(e.NonAccrual(event_id="x", value_date=START), receipt(date(2024, 2, 1), 12_000), as_of=date(2024, 2, 1))

    before, after = (e.sums(loan.entries[:count]).get("interest_income", 0) for count in (-1, None))
    assert (before, after) == (0, -12_000)


def test_a_charge_belongs_to_the_row_in_which_it_falls_due_and_after_the_last_to_one_of_its_own():
    def charged(due):
        return run(e.Charge(event_id="c", value_date=START, name="letter", amount_minor=500, due_date=due))

    inside, after = charged(date(2024, 2, 1)), charged(date(2025, 2, 1))

    assert e.instalments(inside)[0].due.fee_minor == 500
    assert (e.instalments(after)[-1].kind, e.instalments(after)[-1].due.fee_minor) == ("charge", 500)


def test_a_late_fee_is_raised_on_its_day_at_what_was_unpaid_then():
    terms = {"late_fee": LateFeeTerms(grace_days=3, share_ppm=50_000)}
    loan = run(receipt(date(2024, 2, 6), INSTALMENT), as_of=date(2024, 2, 6), **terms)

    assert e.instalments(loan)[0].due.penalty_minor == 5_331  # 5 % of 1,066.19 on 5 February
    assert e.balances(loan).due_minor.total_minor == 5_331


# --- pay later --------------------------------------------------------------------------------------------


def test_a_fee_per_period_is_an_instalment_of_its_own_component():
    fees = {"fees": (Fee("service", amount_minor=300, spread=FeeSpread.EACH_ROW),), "method": Method.EQUAL_PRINCIPAL}
    loan = run(rate=0, instalments=3, schedule=fees, as_of=START)

    assert [(row.due.principal_minor, row.due.fee_minor) for row in e.instalments(loan)] == [(400_000, 300)] * 3


@pytest.mark.parametrize("method", [Method.INTEREST_ONLY, Method.BULLET])
def test_bullet_and_interest_only_loans_keep_their_principal_to_the_end(method):
    loan = run(instalments=3, schedule={"method": method}, as_of=START)

    rows = e.instalments(loan)
    assert [row.due.principal_minor for row in rows[:-1]] == [0] * (len(rows) - 1)
    assert (rows[-1].due.principal_minor, sum(row.due.interest_minor for row in rows)) == (1_200_000, 36_000)
