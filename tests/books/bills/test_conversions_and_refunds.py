"""A bill or a purchase becomes instalments; a merchant gives a purchase back, before its bill, after it, after conversion."""

from datetime import date

import pytest

from postloan.books.bills import operations
from postloan.books.bills.models import Bill, MerchantRefund
from postloan.books.bills.operations import NewConversion, NewMerchantRefund
from postloan.books.ledger.queries import get_trial_balance
from postloan.books.lines.queries import get_available
from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
from postloan.books.loans.operations import Contract, open_loan
from postloan.books.payments.ties import get_ties
from postloan.books.products.operations import publish_product_version
from postloan.books.products.packs import pack_files, read_pack
from postloan.close.run import close_through
from postloan.kernel.contracts import Agreed
from tests.factories.bills import BILL, Walk
from tests.factories.lines import AT, make_product, open_books
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)

# 0.75 % of the principal in every row, no interest.
FEES = [{"name": "instalment fee", "ppm": 7_500}]


@pytest.fixture
def walk(tmp_path, settings) -> Walk:
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_product(
        code="bill_instalments",
        rate_per="month",
        fees=FEES,
        schedule={"method": "equal_principal"},
    )
    walk = Walk(bill=BILL | {"converts_to": "bill_instalments"}, conversions=[{"instalments": 3}, {"instalments": 6}])
    walk.close_before(date(2024, 3, 5))
    return walk


def convert(walk: Walk, *, instalments: int = 3, purchase_id: int | None = None, reference: str = "c-1"):
    asked = NewConversion(walk.loan.pk, reference, instalments, purchase_id)
    return operations.convert_bill(conversion=asked, by="test", at=AT)


def give_back(purchase, amount_minor: int, reference: str = "r-1") -> MerchantRefund:
    refund = NewMerchantRefund(purchase.pk, reference, amount_minor)
    return operations.post_merchant_refund(refund=refund, by="test", at=AT)


def balances() -> dict[str, int]:
    return {row.code: row.balance_minor for row in get_trial_balance() if row.balance_minor}


def available(walk: Walk) -> int:
    return get_available(line_id=walk.line.pk, on_date=date(2024, 3, 25)).available_minor


def test_a_bill_becomes_instalments_with_a_fee_in_each_and_owes_nothing_any_more(walk):
    walk.buy(60_000)
    walk.close_before(date(2024, 3, 25))
    before = available(walk)

    made = convert(walk)

    plan = ScheduleVersion.objects.get(loan=made.new_loan)
    # 600.00 in three: 200.00 each; the fee is 0.75 % of 600.00 = 4.50 in each row. Due with the bills to come.
    assert plan.due_dates == [date(2024, 4, 30), date(2024, 5, 30), date(2024, 6, 30)]
    assert (plan.principal_minor, plan.fee_minor, plan.interest_minor) == ([20_000] * 3, [450] * 3, [0] * 3)
    assert (walk.loan.principal_outstanding_minor, before, available(walk)) == (0, 940_000, 940_000)
    assert balances() == {"loan_principal": 60_000, "merchant_settlement": -60_000}
    walk.close_before(date(2024, 5, 2))
    assert Bill.objects.get(loan=walk.loan, bill_no=1).was_paid_in_full
    assert walk.loan.bucket == 0
    assert Loan.objects.get(pk=made.new_loan.pk).past_due_since_date == date(2024, 4, 30)
    assert all(tie.holds for tie in get_ties())


def test_a_conversion_twice_is_one_and_other_facts_are_refused(walk):
    walk.buy(60_000)
    walk.close_before(date(2024, 3, 25))

    made = convert(walk)

    assert convert(walk).pk == made.pk
    with pytest.raises(operations.ConversionReferenceReused):
        convert(walk, instalments=6)
    with pytest.raises(operations.NothingToConvert):
        convert(walk, reference="c-2")
    with pytest.raises(operations.ConversionNotOffered):
        convert(walk, reference="c-3", instalments=5)


def test_one_purchase_is_converted_before_its_bill_and_never_stands_on_it(walk):
    fridge, lunch = walk.buy(90_000), walk.buy(3_000)

    made = convert(walk, purchase_id=fridge.pk)
    walk.close_before(date(2024, 3, 25))

    assert made.amount_minor == 90_000
    assert Bill.objects.get(loan=walk.loan, bill_no=1).full_minor == lunch.amount_minor
    plan = ScheduleVersion.objects.get(loan=made.new_loan)
    assert plan.due_dates[0] == date(2024, 3, 30)
    assert all(tie.holds for tie in get_ties())


def test_one_purchase_is_converted_after_its_bill_and_the_rest_is_owed(walk):
    fridge = walk.buy(90_000)
    walk.buy(3_000)
    walk.close_before(date(2024, 3, 25))

    convert(walk, purchase_id=fridge.pk)
    walk.pay(3_000, date(2024, 3, 25))
    walk.close_before(date(2024, 4, 1))

    row = Instalment.objects.get(loan=walk.loan)
    assert (row.principal_due_minor, row.principal_paid_minor) == (3_000, 3_000)
    assert Bill.objects.get(loan=walk.loan, bill_no=1).was_paid_in_full


def test_what_is_left_of_a_bill_that_is_over_is_not_converted(walk):
    walk.buy(60_000)
    walk.close_before(date(2024, 3, 31))

    with pytest.raises(operations.ConversionTooLate):
        convert(walk)


def test_a_refund_before_the_bill_is_as_if_never_bought(walk):
    coat = walk.buy(50_000)
    walk.buy(1_000)

    refund = give_back(coat, 50_000)
    walk.close_before(date(2024, 3, 25))

    assert refund.from_open_bill_minor == 50_000
    assert Bill.objects.get(loan=walk.loan, bill_no=1).full_minor == 1_000
    assert balances() == {"loan_principal": 1_000, "merchant_settlement": -1_000}
    assert available(walk) == 999_000


def test_a_refund_after_the_bill_pays_it_and_what_is_over_is_a_credit(walk):
    coat = walk.buy(50_000)
    walk.close_before(date(2024, 3, 25))
    walk.pay(20_000, date(2024, 3, 25))

    refund = give_back(coat, 50_000)

    assert refund.to_account_minor == 50_000
    assert balances() == {
        "bank": 20_000,
        "unapplied_receipts": -20_000,
    }
    walk.close_before(date(2024, 5, 1))
    assert Bill.objects.get(loan=walk.loan, bill_no=1).was_paid_in_full
    assert all(tie.holds for tie in get_ties())


def test_a_refund_after_conversion_takes_the_last_instalments_and_their_fees(walk):
    coat = walk.buy(60_000)
    walk.close_before(date(2024, 3, 25))
    made = convert(walk)

    refund = give_back(coat, 25_000)

    assert refund.to_instalments_minor == 25_000
    loan = Loan.objects.get(pk=made.new_loan.pk)
    plan = ScheduleVersion.objects.get(loan=loan, version_no=loan.schedule_version_no)
    # 250.00 are taken off the third row and 50.00 of the second: given back is paid, and the fee of the row that is
    # gone is gone.
    assert sum(plan.fee_minor) == 900
    assert loan.principal_outstanding_minor == 35_000
    assert balances() == {"loan_principal": 35_000, "merchant_settlement": -35_000}
    assert all(tie.holds for tie in get_ties())


def test_refunds_are_refused_by_name_and_harmless_twice(walk):
    coat = walk.buy(50_000)

    assert give_back(coat, 20_000).pk == give_back(coat, 20_000).pk
    with pytest.raises(operations.MoreThanBought):
        give_back(coat, 30_001, "r-2")
    with pytest.raises(operations.NotARefundAmount):
        give_back(coat, 0, "r-3")
    with pytest.raises(operations.RefundReferenceReused):
        give_back(coat, 10_000)
    assert balances() == {"loan_principal": 30_000, "merchant_settlement": -30_000}


@pytest.fixture
def purchase_loan(tmp_path, settings) -> Loan:
    """1,200.00 bought on 5 March, to be paid after thirty days, by the pack."""
    settings.POSITIONS_DIR = tmp_path / "positions"
    open_books(business_date=date(2024, 3, 5))
    [pack] = [read_pack(file=file) for file in pack_files(name="cn") if file.stem == "pay_later_30_days"]
    version = publish_product_version(code=pack.code, name=pack.name, terms=pack.terms, by="test", at=AT)
    contract = Contract(
        source="postloan",
        external_id="P1",
        customer_id=make_customer().pk,
        product_version=version,
        agreed=Agreed(120_000, 0, 1, start_date=date(2024, 3, 5), every=30, unit="day"),
    )
    return open_loan(contract=contract, by="test", at=AT)


def test_a_purchase_free_for_thirty_days_becomes_instalments_while_they_run(purchase_loan):
    asked = {"loan_id": purchase_loan.pk, "reference": "b-1", "by": "test", "at": AT}

    operations.convert_purchase_loan(instalments=3, **asked)
    again = operations.convert_purchase_loan(instalments=3, **asked)

    purchase_loan.refresh_from_db()
    plan = ScheduleVersion.objects.get(loan=purchase_loan, version_no=purchase_loan.schedule_version_no)
    # 400.00 and 0.6 % of 1,200.00 = 7.20 in every row, the first a month after the change.
    assert plan.due_dates == [date(2024, 4, 5), date(2024, 5, 5), date(2024, 6, 5)]
    assert (plan.principal_minor, plan.fee_minor, plan.interest_minor) == ([40_000] * 3, [720] * 3, [0] * 3)
    assert not again.is_new
    assert all(tie.holds for tie in get_ties())
    close_through(through_date=date(2024, 4, 4), by="test", clock=lambda: AT)
    row = Instalment.objects.get(loan=purchase_loan)
    assert (row.due_date, row.principal_due_minor, row.fee_due_minor) == (date(2024, 4, 5), 40_000, 720)
    with pytest.raises(operations.ConversionNotOffered):
        operations.convert_purchase_loan(instalments=5, **asked | {"reference": "b-2"})


def test_a_purchase_that_fell_due_is_not_converted_any_more(purchase_loan):
    close_through(through_date=date(2024, 4, 4), by="test", clock=lambda: AT)

    with pytest.raises(operations.ConversionTooLate):
        operations.convert_purchase_loan(loan_id=purchase_loan.pk, instalments=3, reference="b", by="test", at=AT)
