"""Open a loan whose money has left: the loan, its first schedule version and the entry, in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, slot_of
from postloan.books.ledger.queries import BooksNotOpen
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.products.models import ProductVersion
from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import Customer
from postloan.kernel.contracts import Agreed, schedule_of
from postloan.kernel.schedules import Schedule


class BorrowerUnknown(LookupError):
    """No customer with this id."""


class DisbursedInFuture(ValueError):
    """The money is said to leave after the day the books are open for."""


class KeptBackFromPayout(ValueError):
    """Less was paid out than is to be owed, and the contract's law does not allow that (Civil Code of China, 670)."""


class ContractReused(ValueError):
    """The contract's number is already on a loan with other facts."""


@dataclass(frozen=True)
class Contract:
    """
    A signed contract whose money has left. `source` and `external_id` know it; amounts in minor units.

    `kept_back_minor` is what was held back from the payout although it is owed; where the law forbids that it is
    refused, and a charge can only lower the principal. `may_keep_back` says that the law allows it. `paid_from` is the
    account the principal came out of: the bank, or what moved it from another loan.
    """

    source: str
    external_id: str
    customer_id: int
    product_version: ProductVersion
    agreed: Agreed
    grade: str = ""
    kept_back_minor: int = 0
    may_keep_back: bool = False
    paid_from: AccountNo = AccountNo.BANK

    @property
    def currency(self) -> str:
        """The currency of the product."""
        return self.product_version.product_terms.currency

    @property
    def paid_out_minor(self) -> int:
        """What left the bank."""
        return self.agreed.principal_minor - self.kept_back_minor


@transaction.atomic
def open_loan(*, contract: Contract, by: str, at: datetime) -> Loan:
    """
    Return the loan of the contract, opened now, or the one opened before for the same contract.

    It stands in the books of its customer's business date; interest runs from `agreed.start_date`, which may lie
    before but not after it. Tonight's close is the first to look at it. Refusals: BorrowerUnknown, BooksNotOpen,
    DisbursedInFuture, KeptBackFromPayout, ContractReused; schedules.TermsRefused where the terms make no plan.
    """
    business_date = _hold_slot(customer_id=contract.customer_id)
    # Two who open the same contract wait for each other here.
    if not Customer.objects.select_for_update(no_key=True).filter(pk=contract.customer_id).exists():
        raise BorrowerUnknown(f"customer {contract.customer_id}")
    known = Loan.objects.filter(source=contract.source, external_id=contract.external_id).first()
    if known is not None:
        _refuse_other_facts(known=known, contract=contract)
        return known
    _refuse_wrong(contract=contract, business_date=business_date)
    schedule = schedule_of(product=contract.product_version.product_terms, agreed=contract.agreed)
    loan = _write_loan(contract=contract, schedule=schedule, business_date=business_date)
    _post(loan=loan, contract=contract, business_date=business_date, at=at)
    audit.record_act(
        by=by,
        action="open_loan",
        subject_kind="loan",
        subject_id=loan.pk,
        at=at,
        details={"principal_minor": loan.principal_minor, "disbursed_date": loan.disbursed_date.isoformat()},
    )
    return loan


def _hold_slot(*, customer_id: int) -> date:
    """Hold the customer's slot FOR SHARE, so that the loan is opened on one side of the close; return the open day."""
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


def _refuse_wrong(*, contract: Contract, business_date: date) -> None:
    if contract.agreed.start_date > business_date:
        raise DisbursedInFuture(f"{contract.agreed.start_date} is after {business_date}")
    kept_back = contract.kept_back_minor
    assert kept_back >= 0, kept_back
    if kept_back and not contract.may_keep_back:
        raise KeptBackFromPayout(f"{kept_back} of {contract.agreed.principal_minor}")


def _refuse_other_facts(*, known: Loan, contract: Contract) -> None:
    agreed = contract.agreed
    facts = (known.customer_id, known.product_version_id, known.principal_minor, known.rate_ppm, known.disbursed_date)
    if facts != (
        contract.customer_id,
        contract.product_version.pk,
        agreed.principal_minor,
        agreed.rate_ppm,
        agreed.start_date,
    ):
        raise ContractReused(f"{contract.source} {contract.external_id}")


def _write_loan(*, contract: Contract, schedule: Schedule, business_date: date) -> Loan:
    agreed, first = contract.agreed, schedule.rows[0]
    loan = Loan.objects.create(
        source=contract.source,
        external_id=contract.external_id,
        customer_id=contract.customer_id,
        product_version=contract.product_version,
        currency=contract.currency,
        principal_minor=agreed.principal_minor,
        rate_ppm=agreed.rate_ppm,
        rate_per=contract.product_version.product_terms.rate_per,
        instalments=len(schedule.rows),
        instalment_minor=first.total_minor,
        disbursed_date=agreed.start_date,
        grade=contract.grade,
        grace_days=contract.product_version.product_terms.grace_days_of(grade=contract.grade),
        schedule_version_no=1,
        next_instalment_no=first.instalment_no,
        next_due_date=first.due_date,
        principal_outstanding_minor=agreed.principal_minor,
        next_event_date=business_date,
        needs_replay=not contract.product_version.product_terms.is_served_plainly,
    )
    ScheduleVersion.objects.create(
        loan=loan,
        version_no=1,
        reason=ScheduleVersion.Reason.OPENED,
        business_date=business_date,
        row_from_date=first.from_date,
        due_dates=list(schedule.due_dates),
        principal_minor=[row.principal_minor for row in schedule.rows],
        interest_minor=[row.interest_minor for row in schedule.rows],
        fee_minor=[row.fee_minor for row in schedule.rows] if schedule.fee_minor else [],
    )
    return loan


def _post(*, loan: Loan, contract: Contract, business_date: date, at: datetime) -> None:
    legs = [ledger.Leg(AccountNo.LOAN_PRINCIPAL, contract.paid_from, contract.paid_out_minor, loan_id=loan.pk)]
    if contract.kept_back_minor:
        kept_back = contract.kept_back_minor
        legs.append(ledger.Leg(AccountNo.LOAN_PRINCIPAL, AccountNo.FEE_INCOME, kept_back, loan_id=loan.pk))
    ledger.write_entry(
        business_date=business_date,
        kind=JournalEntry.Kind.DISBURSEMENT,
        source=f"disbursement:{loan.pk}",
        currency=loan.currency,
        legs=legs,
        at=at,
    )
