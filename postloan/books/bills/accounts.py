"""Hold an account while something happens to it, and open one at its first purchase."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from postloan.books.bills.models import Bill, BillAccount
from postloan.books.ledger.models import slot_of
from postloan.books.ledger.queries import BooksNotOpen
from postloan.books.lines.models import CreditLine
from postloan.books.loans.models import Loan
from postloan.books.products.models import ProductVersion
from postloan.kernel.bills import BillRules, Pot, first_bill_date
from postloan.kernel.rates import Rate


class NoBillProduct(ValueError):
    """The product, or the line's product, has no monthly bill."""


@dataclass
class HeldAccount:
    """An account whose slot, loan and open bill are locked by this transaction; `business_date` is its open day."""

    account: BillAccount
    loan: Loan
    open_bill: Bill
    business_date: date

    def change_pot(self, *, amount_minor: int, value_date: date) -> None:
        """
        Take an amount into the open bill's pot (negative: out of it) and into the loan's principal; saves both.

        The loan's first principal is everything that was ever bought on the account.
        """
        bill = self.open_bill
        pot = Pot(bill.bill_no, bill.counted_date, bill.left_minor, bill.minor_days)
        pot = pot.changed(amount_minor=amount_minor, value_date=value_date)
        bill.left_minor, bill.minor_days = pot.left_minor, pot.minor_days
        bill.bought_minor += amount_minor
        bill.save(update_fields=["left_minor", "minor_days", "bought_minor"])
        self.loan.principal_outstanding_minor += amount_minor
        self.loan.principal_minor += max(amount_minor, 0)
        self.loan.next_event_date = min(self.loan.next_event_date or self.business_date, self.business_date)
        self.loan.save(update_fields=["principal_outstanding_minor", "principal_minor", "next_event_date"])


def bill_rules_of(*, version: ProductVersion) -> BillRules:
    """Return the rules of a product that is billed. Refuses with NoBillProduct."""
    rules = version.product_terms.bill
    if rules is None:
        raise NoBillProduct(str(version))
    return rules


def hold_slot(*, customer_id: int) -> date:
    """Hold the customer's slot FOR SHARE and return their business date. Refuses with BooksNotOpen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT closed_through_date FROM ledger_bookslot WHERE slot = %s FOR SHARE",
            [slot_of(customer_id=customer_id)],
        )
        row = cursor.fetchone()
    if row is None:
        raise BooksNotOpen("no book has been loaded yet")
    closed_through: date = row[0]
    return closed_through + timedelta(days=1)


def hold_account(*, loan_id: int) -> HeldAccount:
    """Lock slot, loan and open bill of an account, in this order. Raises BillAccount.DoesNotExist."""
    customer_id = BillAccount.objects.values_list("loan__customer_id", flat=True).get(pk=loan_id)
    business_date = hold_slot(customer_id=customer_id)
    loan = Loan.objects.select_for_update(of=("self",)).select_related("product_version").get(pk=loan_id)
    account = BillAccount.objects.select_for_update().get(pk=loan_id)
    open_bill = Bill.objects.select_for_update().get(loan_id=loan_id, bill_date__isnull=True)
    return HeldAccount(account=account, loan=loan, open_bill=open_bill, business_date=business_date)


def open_account(*, line: CreditLine, version: ProductVersion, business_date: date, rate: Rate | None) -> HeldAccount:
    """
    Write the loan, account and open bill of a line; nothing is owed yet.

    The loan's principal must be positive, so the caller posts the first purchase in the same transaction; until then
    it stands at one minor unit that the purchase replaces.
    """
    rules = bill_rules_of(version=version)
    terms = version.product_terms
    loan = Loan.objects.create(
        source="postloan",
        external_id=f"B{line.pk}",
        customer_id=line.customer_id,
        product_version=version,
        currency=line.currency,
        principal_minor=1,
        rate_ppm=rules.rate_ppm if rate is None or rate.per != terms.rate_per else rate.ppm,
        rate_per=terms.rate_per,
        instalments=1,
        instalment_minor=0,
        disbursed_date=business_date,
        schedule_version_no=0,
        next_instalment_no=1,
        principal_outstanding_minor=0,
        next_event_date=business_date,
    )
    loan.principal_minor = 0
    account = BillAccount.objects.create(
        loan=loan,
        line=line,
        opened_date=business_date,
        next_bill_date=first_bill_date(rules=rules, opened_on=business_date),
    )
    open_bill = Bill.objects.create(loan=loan, bill_no=1, from_date=business_date, counted_date=business_date)
    return HeldAccount(account=account, loan=loan, open_bill=open_bill, business_date=business_date)
