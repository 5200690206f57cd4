"""Gather what a contract says from the books: the terms of the loan and the plan it began with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from postloan.books.loans.documents.contents import Clause, Contract, Parties, PlanLine, TermsOfLoan
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.loans.queries import get_schedule_versions, version_lines
from postloan.kernel.annual_rates import (
    CashFlow,
    NoRate,
    SeveralRates,
    china_internal_rates,
    us_actuarial_rate,
)


def get_contract(
    *,
    loan: Loan,
    parties: Parties,
    made_on: date,
    clauses: Sequence[Clause] = (),
    text_version: str = "",
    currency_digits: int = 2,
) -> Contract:
    """
    Return the contract of a loan: its terms, and the plan it began with, whatever came after.

    The borrower's name and the clauses come from the caller; nothing personal is read here.
    """
    first = get_schedule_versions(loan=loan)[-1]
    return Contract(
        parties=parties,
        terms=terms_of_loan(loan=loan, first=first, currency_digits=currency_digits),
        plan=_plan(first),
        made_on=made_on,
        clauses=tuple(clauses),
        text_version=text_version,
    )


def terms_of_loan(*, loan: Loan, first: ScheduleVersion, currency_digits: int = 2) -> TermsOfLoan:
    """Return the terms of a loan with its annual rates, which follow from the `first` plan if that is the whole loan."""
    product = loan.product_version
    terms = TermsOfLoan(
        reference=loan.external_id,
        product=f"{product.product.name} (v{product.version_no})",
        currency=loan.currency,
        currency_digits=currency_digits,
        principal_minor=loan.principal_minor,
        rate_ppm=loan.rate_ppm,
        rate_per=loan.rate_per,
        instalments=loan.instalments,
        disbursed_date=loan.disbursed_date,
        penalty=loan.terms.penalty,
        late_fee=loan.terms.late_fee,
    )
    is_whole = first.from_instalment_no == 1 and sum(first.principal_minor) == loan.principal_minor
    return _with_annual_rates(terms, first) if is_whole else terms


def _with_annual_rates(terms: TermsOfLoan, first: ScheduleVersion) -> TermsOfLoan:
    """Add the annual rates of the plan paid when due; by months, twelve of them a year."""
    flows = [CashFlow(terms.disbursed_date, terms.principal_minor)]
    flows += [CashFlow(line.due_date, -line.total_minor) for line in _plan(first)]
    try:
        china = china_internal_rates(flows=flows)
        return replace(
            terms,
            china_nominal=china.nominal,
            eu_effective=china.compounded,
            us_actuarial=us_actuarial_rate(flows=flows),
        )
    except (NoRate, SeveralRates):
        return terms


def _plan(version: ScheduleVersion) -> tuple[PlanLine, ...]:
    left = sum(version.principal_minor)
    lines = []
    for line in version_lines(version=version):
        left -= line.principal_minor
        lines.append(
            PlanLine(
                instalment_no=line.instalment_no,
                due_date=line.due_date,
                principal_minor=line.principal_minor,
                interest_minor=line.interest_minor,
                fee_minor=line.fee_minor,
                balance_minor=left,
            )
        )
    return tuple(lines)
