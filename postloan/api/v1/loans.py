"""Loans over HTTP: terms, where a loan stands, its plan and demands, its receipts, and why each figure is what it is."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from postloan.api.v1.doors import PageIn, PageOut, needs, page_of
from postloan.books.ledger import journal_queries
from postloan.books.ledger.queries import get_business_date
from postloan.books.loans import queries
from postloan.books.loans.explaining import Explanation, LoanFigures, explain_loan
from postloan.books.loans.models import COMPONENTS, Loan
from postloan.books.payments.models import Receipt
from postloan.books.payments.queries import get_receipts, get_unapplied_minor
from postloan.ground.access.scopes import Scope

router = Router(tags=["loans"])


class LoanOut(Schema):
    """A loan's terms and where its projections stand. Money in minor units of `currency`."""

    loan_id: int
    source: str
    external_id: str
    customer_id: int
    product: str
    product_version: int
    currency: str
    principal_minor: int
    rate_ppm: int
    rate_per: str
    instalments: int
    instalment_minor: int
    disbursed_date: date
    status: str
    next_due_date: date | None
    principal_outstanding_minor: int
    past_due_since_date: date | None
    bucket: int
    closed_date: date | None


class StandingOut(Schema):
    """Where the loan stood when `as_of` had closed, minor units."""

    as_of: date
    principal_outstanding_minor: int
    accrued_interest_minor: int
    open_minor: dict[str, int]
    past_due_minor: int
    due_next_minor: int
    days_past_due: int
    bucket: int
    unapplied_minor: int


class RowOut(Schema):
    """A row of the plan and what became of it; due, paid and waived once it has been demanded."""

    instalment_no: int
    version_no: int
    from_date: date
    due_date: date
    state: str
    opening_minor: int
    principal_minor: int
    interest_minor: int
    closing_minor: int
    demanded: bool
    due_minor: dict[str, int]
    paid_minor: dict[str, int]
    waived_minor: dict[str, int]


class VersionOut(Schema):
    version_no: int
    reason: str
    business_date: date
    from_instalment_no: int


class AllocationOut(Schema):
    instalment_no: int
    component: str
    amount_minor: int
    business_date: date


class ReceiptOut(Schema):
    """Money that came in and what it paid."""

    receipt_id: int
    loan_id: int
    bank_account: str
    bank_reference: str
    currency: str
    amount_minor: int
    allocated_minor: int
    unapplied_minor: int
    refunded_minor: int
    value_date: date
    booked_date: date
    allocations: list[AllocationOut]


class LoanDetailOut(LoanOut):
    standing: StandingOut
    schedule: list[RowOut]
    versions: list[VersionOut]
    figures: list[str]


class StepOut(Schema):
    """One line: `result` is `formula` over `values`, rounded as said."""

    key: str
    formula: str
    values: dict[str, str]
    rounding: str | None
    result: str


class ExplanationOut(Schema):
    """Why a figure is what it is. Without steps the figure was given by the lender's earlier system."""

    figure: str
    result: str
    steps: list[StepOut]
    facts: dict[str, Any]


class LoansIn(PageIn):
    customer_id: int | None = None
    status: str = ""
    bucket: int | None = None


@router.get("", response=PageOut[LoanOut], auth=needs(Scope.LOANS_READ), operation_id="list_loans")
def list_loans(request: HttpRequest, asked: Query[LoansIn]) -> dict[str, Any]:
    """Return loans, the newest first, a page at a time."""
    found = queries.find_loans(bucket=asked.bucket, status=asked.status, customer_id=asked.customer_id)
    return page_of(found, asked=asked, spell=_loan)


@router.get("/{int:loan_id}", response=LoanDetailOut, auth=needs(Scope.LOANS_READ), operation_id="get_loan")
def get_loan(request: HttpRequest, loan_id: int) -> LoanDetailOut:
    """Return a loan with its standing, plan, demands and the names of the figures that can be explained."""
    loan = _loan_or_404(loan_id)
    figures = _figures(loan)
    standing = queries.get_standing(loan=loan, rows=figures.rows, instalments=figures.instalments, as_of=figures.as_of)
    return LoanDetailOut(
        **_loan(loan).model_dump(),
        standing=StandingOut(**vars(standing), unapplied_minor=get_unapplied_minor(loan_id=loan_id)),
        schedule=[_row(row) for row in figures.rows],
        versions=[VersionOut.from_orm(version) for version in figures.versions],
        figures=sorted(explain_loan(figures=figures)),
    )


@router.get(
    "/{int:loan_id}/receipts", response=list[ReceiptOut], auth=needs(Scope.LOANS_READ), operation_id="list_receipts"
)
def list_receipts(request: HttpRequest, loan_id: int) -> list[ReceiptOut]:
    """Return the loan's receipts with what each paid, the latest first."""
    _loan_or_404(loan_id)
    return [receipt_out(receipt) for receipt in get_receipts(loan_id=loan_id)]


@router.get(
    "/{int:loan_id}/explanations/{figure}",
    response=ExplanationOut,
    auth=needs(Scope.LOANS_READ),
    operation_id="explain_figure",
)
def explain_figure(request: HttpRequest, loan_id: int, figure: str) -> ExplanationOut:
    """Return the steps that give one figure of the loan, such as `interest-5`, `penalty-3` or `outstanding`."""
    found = explain_loan(figures=_figures(_loan_or_404(loan_id))).get(figure)
    if found is None:
        raise Http404
    return _explanation(found)


def receipt_out(receipt: Receipt) -> ReceiptOut:
    """Return a receipt as the API tells it, with its allocations."""
    allocations = [
        AllocationOut(
            instalment_no=each.instalment_no,
            component=each.component,
            amount_minor=each.amount_minor,
            business_date=each.business_date,
        )
        for each in sorted(receipt.allocations.all(), key=lambda each: each.pk)
    ]
    return ReceiptOut(
        receipt_id=receipt.pk,
        loan_id=receipt.loan_id,
        bank_account=receipt.bank_account,
        bank_reference=receipt.bank_reference,
        currency=receipt.currency,
        amount_minor=receipt.amount_minor,
        allocated_minor=receipt.allocated_minor,
        unapplied_minor=receipt.unapplied_minor,
        refunded_minor=receipt.refunded_minor,
        value_date=receipt.value_date,
        booked_date=receipt.booked_date,
        allocations=allocations,
    )


def _loan(loan: Loan) -> LoanOut:
    return LoanOut(
        loan_id=loan.pk,
        product=loan.product_version.product.code,
        product_version=loan.product_version.version_no,
        **{
            name: getattr(loan, name)
            for name in LoanOut.model_fields
            if name not in {"loan_id", "product", "product_version"}
        },
    )


def _row(row: queries.PlanRow) -> RowOut:
    def amounts(what: str) -> dict[str, int]:
        if row.instalment is None:
            return {}
        return {name: getattr(row.instalment, f"{name}_{what}_minor") for name in COMPONENTS}

    return RowOut(
        instalment_no=row.instalment_no,
        version_no=row.version_no,
        from_date=row.from_date,
        due_date=row.due_date,
        state=row.state,
        opening_minor=row.opening_minor,
        principal_minor=row.principal_minor,
        interest_minor=row.interest_minor,
        closing_minor=row.closing_minor,
        demanded=row.instalment is not None,
        due_minor=amounts("due"),
        paid_minor=amounts("paid"),
        waived_minor=amounts("waived"),
    )


def _explanation(found: Explanation) -> ExplanationOut:
    steps = [
        StepOut(
            key=step.key,
            formula=getattr(step, "formula", ""),
            values={name: str(value) for name, value in step.values.items()},
            rounding=getattr(step, "rounding", None),
            result=str(step.result),
        )
        for step in found.steps
    ]
    facts = {name: str(value) for name, value in found.facts.items()}
    return ExplanationOut(figure=found.figure, result=str(found.result), steps=steps, facts=facts)


def _figures(loan: Loan) -> LoanFigures:
    as_of = get_business_date() - timedelta(days=1)
    versions = queries.get_schedule_versions(loan=loan)
    instalments = queries.get_instalments(loan=loan)
    return LoanFigures(
        loan=loan,
        versions=versions,
        rows=queries.plan_rows(loan=loan, versions=versions, instalments=instalments, as_of=as_of),
        instalments=instalments,
        postings=list(journal_queries.find_postings(loan_id=loan.pk)),
        as_of=as_of,
    )


def _loan_or_404(loan_id: int) -> Loan:
    try:
        return queries.get_loan(loan_id=loan_id)
    except Loan.DoesNotExist:
        raise Http404 from None
