"""What a paper about a loan says: plain values, no words, no layout. Money is in minor units of the loan's currency."""

from dataclasses import dataclass
from datetime import date

from postloan.kernel.annual_rates import AnnualRate
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms


@dataclass(frozen=True)
class Parties:
    """Who lends, how they are reached, who borrows. The name is personal: hand it in, never keep it."""

    lender_name: str
    lender_contact: str
    borrower_name: str


@dataclass(frozen=True)
class TermsOfLoan:
    """
    The terms of a loan as the books have them.

    `rate_ppm` is as quoted, per `rate_per`. The three annual rates are those of the first plan paid when
    due; None where the loan was taken over without its whole plan, or where there is none.
    """

    reference: str
    product: str
    currency: str
    currency_digits: int
    principal_minor: int
    rate_ppm: int
    rate_per: str
    instalments: int
    disbursed_date: date
    penalty: PenaltyTerms | None = None
    late_fee: LateFeeTerms | None = None
    eu_effective: AnnualRate | None = None
    us_actuarial: AnnualRate | None = None
    china_nominal: AnnualRate | None = None


@dataclass(frozen=True)
class PlanLine:
    """One row of the repayment plan; `balance_minor` is principal still owed after it."""

    instalment_no: int
    due_date: date
    principal_minor: int
    interest_minor: int
    fee_minor: int
    balance_minor: int

    @property
    def total_minor(self) -> int:
        """What is to be paid on the due date."""
        return self.principal_minor + self.interest_minor + self.fee_minor


@dataclass(frozen=True)
class Clause:
    """A clause of a contract, in the language of the paper; the text is the lender's."""

    title: str
    text: str


@dataclass(frozen=True)
class Contract:
    """A loan contract: parties, terms, plan and the lender's clauses in the version that was acknowledged."""

    parties: Parties
    terms: TermsOfLoan
    plan: tuple[PlanLine, ...]
    made_on: date
    clauses: tuple[Clause, ...] = ()
    text_version: str = ""


@dataclass(frozen=True)
class DemandLine:
    """An instalment that has been demanded: due, paid and waived over all components, and what is open."""

    instalment_no: int
    due_date: date
    due_minor: int
    penalty_minor: int
    paid_minor: int
    waived_minor: int

    @property
    def open_minor(self) -> int:
        """What is still owed of it."""
        return self.due_minor - self.paid_minor - self.waived_minor


@dataclass(frozen=True)
class ReceiptLine:
    """Money that came in and where it went: amount = the four components + unapplied + refunded."""

    value_date: date
    reference: str
    amount_minor: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    penalty_minor: int
    unapplied_minor: int
    refunded_minor: int


@dataclass(frozen=True)
class Statement:
    """
    A statement of account: where the loan stood when `as_of` had closed, and what came in since `from_date`.

    `next_due_date` and `next_due_minor` are the next row of the plan; None where there is none.
    """

    parties: Parties
    terms: TermsOfLoan
    from_date: date
    as_of: date
    principal_outstanding_minor: int
    accrued_interest_minor: int
    open_minor: int
    past_due_minor: int
    days_past_due: int
    next_due_date: date | None
    next_due_minor: int | None
    demands: tuple[DemandLine, ...]
    receipts: tuple[ReceiptLine, ...]

    @property
    def received_minor(self) -> int:
        """All that came in during the period."""
        return sum(receipt.amount_minor for receipt in self.receipts)
