"""A fee per period is part of the plan: raised by the close, paid by the waterfall, explained, on the paper."""

from datetime import UTC, date, datetime

import pytest

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import Posting
from postloan.books.loans import operations, queries
from postloan.books.loans.documents.contents import Parties
from postloan.books.loans.documents.queries import get_contract
from postloan.books.loans.explaining._plans import explain_plan_row, rebuild
from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.kernel.contracts import Agreed
from tests.factories.lines import AT, make_product, open_books
from tests.factories.people import make_customer

# 0.5 % of the principal in every row, and 3.00 once for the use.
FEES = [
    {"name": "instalment fee", "ppm": 5_000, "instalments": [3, 6]},
    {"name": "use", "amount_minor": 300, "spread": "first_row"},
]


@pytest.fixture
def loan(tmp_path, settings) -> Loan:
    settings.POSITIONS_DIR = tmp_path / "positions"
    open_books(business_date=date(2024, 3, 4))
    contract = operations.Contract(
        source="postloan",
        external_id="A1",
        customer_id=make_customer().pk,
        product_version=make_product(fees=FEES, allocation={"order": ["fee", "interest", "penalty", "principal"]}),
        agreed=Agreed(principal_minor=600_000, rate_ppm=0, instalments=3, start_date=date(2024, 3, 4)),
    )
    return operations.open_loan(contract=contract, by="test", at=AT)


@pytest.mark.django_db
def test_the_plan_holds_the_fees_of_every_row(loan):
    plan = ScheduleVersion.objects.get(loan=loan)

    # 0.5 % of 6,000.00 is 30.00 a row; the first row carries 3.00 more.
    assert plan.fee_minor == [3_300, 3_000, 3_000]
    assert loan.instalment_minor == 200_000 + 3_300
    lines = get_contract(loan=loan, parties=Parties("l", "c", "b"), made_on=date(2024, 3, 4)).plan
    assert [line.total_minor for line in lines] == [203_300, 203_000, 203_000]
    rows = queries.plan_rows(loan=loan, versions=[plan], instalments=[], as_of=date(2024, 3, 4))
    assert [row.total_minor for row in rows] == [203_300, 203_000, 203_000]


@pytest.mark.django_db
def test_the_fee_of_a_row_is_explained(loan):
    plan = ScheduleVersion.objects.get(loan=loan)
    built = rebuild(loan=loan, version=plan)

    explained = [
        explain_plan_row(loan=loan, version=plan, built=built, instalment_no=no)[f"fee-{no}"] for no in (1, 2, 3)
    ]

    assert built is not None
    assert [each.result for each in explained] == [3_300, 3_000, 3_000]
    assert all(each.steps and each.holds() for each in explained)


@pytest.mark.django_db(transaction=True)
def test_the_close_raises_the_fee_and_money_pays_it_first(loan):
    close_through(through_date=date(2024, 4, 3), by="test", clock=lambda: datetime(2024, 4, 3, 15, tzinfo=UTC))
    item = payments.NewReceipt("bank", "R1", loan.pk, 3_500, "CNY", date(2024, 4, 4))

    payments.post_receipt(receipt=item, by="test", at=AT)

    row = Instalment.objects.get(loan=loan)
    assert (row.fee_due_minor, row.fee_paid_minor, row.principal_paid_minor) == (3_300, 3_300, 200)
    postings = Posting.objects.filter(loan_id=loan.pk).values_list("debit_id", "credit_id", "amount_minor")
    assert (AccountNo.FEE_RECEIVABLE, AccountNo.FEE_INCOME, 3_300) in postings
    assert all(tie.holds for tie in get_ties())
