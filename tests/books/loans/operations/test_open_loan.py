"""A contract whose money has left becomes a loan, once, with its plan and its entry, or is refused by name."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.loans import operations
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.payments.ties import get_ties
from postloan.kernel.contracts import Agreed
from postloan.kernel.schedules import TermsRefused
from tests.factories.lines import AT, TODAY, make_product, open_books
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract():
    open_books()
    yield operations.Contract(
        source="postloan",
        external_id="A1",
        customer_id=make_customer().pk,
        product_version=make_product(),
        agreed=Agreed(principal_minor=600_000, rate_ppm=400, instalments=3, start_date=TODAY, seed_day=31),
        grade="B",
    )
    assert all(tie.holds for tie in get_ties())


def opened(contract: operations.Contract) -> Loan:
    return operations.open_loan(contract=contract, by="test", at=AT)


def test_a_loan_is_opened_with_its_plan_and_its_entry(contract):
    loan = opened(contract)

    plan = ScheduleVersion.objects.get(loan=loan)
    # Always the last day of the month; 4 March to 30 April is 57 days: 6,000.00 × 0.04 % × 57 = 136.80.
    assert plan.due_dates == [date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30)]
    assert plan.interest_minor[0] == 13_680
    assert sum(plan.principal_minor) == 600_000
    assert (plan.version_no, plan.reason, plan.row_from_date) == (1, "opened", TODAY)
    assert (loan.rate_ppm, loan.rate_per, loan.grade, loan.instalments) == (400, "day", "B", 3)
    assert (loan.next_instalment_no, loan.next_due_date, loan.next_event_date) == (1, plan.due_dates[0], TODAY)
    entry = JournalEntry.objects.get()
    assert (entry.kind, entry.business_date, entry.source) == ("disbursement", TODAY, f"disbursement:{loan.pk}")
    legs = Posting.objects.values_list("debit_id", "credit_id", "amount_minor", "loan_id")
    assert list(legs) == [(AccountNo.LOAN_PRINCIPAL, AccountNo.BANK, 600_000, loan.pk)]


def test_interest_of_a_rate_a_day_runs_for_the_days_of_the_row(contract):
    plain = replace(contract, agreed=Agreed(600_000, rate_ppm=400, instalments=3, start_date=TODAY))

    loan = opened(plain)

    # 4 March to 4 April is 31 days: 6,000.00 × 0.04 % × 31 = 74.40.
    plan = ScheduleVersion.objects.get(loan=loan)
    assert plan.due_dates == [date(2024, 4, 4), date(2024, 5, 4), date(2024, 6, 4)]
    assert plan.interest_minor[0] == 7_440


def test_the_same_contract_twice_is_one_loan(contract):
    first, again = opened(contract), opened(contract)

    assert first.pk == again.pk
    assert JournalEntry.objects.count() == 1
    with pytest.raises(operations.ContractReused):
        opened(replace(contract, agreed=replace(contract.agreed, principal_minor=600_001)))


def test_money_that_left_before_the_open_day_bears_interest_from_then(contract):
    loan = opened(replace(contract, agreed=replace(contract.agreed, start_date=TODAY - timedelta(days=2))))

    assert loan.disbursed_date == date(2024, 3, 2)
    assert JournalEntry.objects.get().business_date == TODAY


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"customer_id": 0}, operations.BorrowerUnknown),
        ({"agreed": Agreed(600_000, 400, 3, TODAY + timedelta(days=1))}, operations.DisbursedInFuture),
        ({"agreed": Agreed(0, 400, 3, TODAY)}, TermsRefused),
        ({"agreed": Agreed(600_000, 400, 0, TODAY)}, TermsRefused),
        ({"kept_back_minor": 1}, operations.KeptBackFromPayout),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_changes_nothing(contract, change, refusal):
    with pytest.raises(refusal):
        opened(replace(contract, **change))

    assert (Loan.objects.count(), JournalEntry.objects.count()) == (0, 0)


def test_where_the_law_allows_it_a_fee_kept_back_is_owed_and_earned(contract):
    opened(replace(contract, kept_back_minor=12_000, may_keep_back=True))

    legs = set(Posting.objects.values_list("debit_id", "credit_id", "amount_minor"))
    assert legs == {
        (AccountNo.LOAN_PRINCIPAL, AccountNo.BANK, 588_000),
        (AccountNo.LOAN_PRINCIPAL, AccountNo.FEE_INCOME, 12_000),
    }


@pytest.mark.django_db(transaction=True)
def test_one_contract_opened_by_eight_hands_is_one_loan(contract):
    barrier, found = Barrier(8), []

    def hand() -> None:
        barrier.wait()
        try:
            found.append(opened(contract).pk)
        finally:
            connections.close_all()

    hands = [Thread(target=hand) for _ in range(8)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
