"""Accounts that are billed by the month, in open books."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from postloan.books.bills import operations
from postloan.books.bills.models import BillAccount, Purchase
from postloan.books.lines.models import CreditLine
from postloan.books.loans.models import Loan
from postloan.books.payments import operations as payments
from postloan.books.products.models import ProductVersion
from postloan.close.run import close_through
from tests.factories.lines import AT, TODAY, make_line, make_product

# Bill on the 20th, due ten days later, a tenth at least, 0.05 % a day from the purchase on.
BILL = {"bill_day": 20, "due_after_days": 10, "rate_ppm": 500}
ALLOCATION = {"order": ["fee", "penalty", "interest", "principal"], "future": "next_instalment"}

_numbers = count(1)


def make_bill_product(*, code: str = "monthly_bill", **terms: object) -> ProductVersion:
    """A product billed on the 20th unless said otherwise; parts of the bill as `bill={…}`."""
    bill = BILL | dict(terms.pop("bill", {}))
    return make_product(code=code, **{"bill": bill, "allocation": ALLOCATION} | terms)


class Walk:
    """One account from day to day."""

    def __init__(self, *, line: CreditLine | None = None, **terms: object) -> None:
        self.product = make_bill_product(**terms)
        self.line = line or make_line(product_code=self.product.product.code)

    @property
    def loan(self) -> Loan:
        return Loan.objects.get(bill_account__line=self.line)

    @property
    def account(self) -> BillAccount:
        return BillAccount.objects.get(line=self.line)

    def buy(self, amount_minor: int, reference: str = "") -> Purchase:
        new = operations.NewPurchase(self.line.pk, reference or f"m-{next(_numbers)}", amount_minor, "CNY", "shop")
        return operations.post_purchase(purchase=new, by="test", at=AT)

    def pay(self, amount_minor: int, value_date: date) -> None:
        item = payments.NewReceipt("bank", f"R{next(_numbers)}", self.loan.pk, amount_minor, "CNY", value_date)
        payments.post_receipt(receipt=item, by="test", at=AT)

    def close_before(self, day: date) -> None:
        """Close the books up to the evening before a day, so that it is the business date."""
        if day > TODAY:
            through = day - timedelta(days=1)
            close_through(through_date=through, by="test", clock=lambda: datetime(2024, 3, 4, 15, tzinfo=UTC))
