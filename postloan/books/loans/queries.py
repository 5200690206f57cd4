"""Questions about loans: the list, one loan, the plan with what became of each row, where the loan stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal, NamedTuple

from django.db.models import Count, F, Q, QuerySet, Sum

from postloan.books.loans.models import COMPONENTS, ImportBatch, Instalment, Loan, ScheduleVersion
from postloan.books.products.models import ProductVersion
from postloan.kernel.accrual import row_interest_accrued_minor
from postloan.kernel.ageing import days_past_due
from postloan.kernel.money import Rounding

RowState = Literal["taken_over", "planned", "due", "part_paid", "past_due", "paid"]


@dataclass(frozen=True)
class BucketTotal:
    """Loans of one currency in one bucket, and their outstanding principal in minor units."""

    bucket: int
    currency: str
    loans: int
    outstanding_minor: int


class PlanLine(NamedTuple):
    """A row of one version as it was made, in minor units."""

    instalment_no: int
    due_date: date
    principal_minor: int
    interest_minor: int
    fee_minor: int

    @property
    def total_minor(self) -> int:
        """What the row asks for."""
        return self.principal_minor + self.interest_minor + self.fee_minor


@dataclass(frozen=True)
class PlanRow:
    """
    A row of the active plan and what became of it, in minor units.

    `opening_minor` is the principal outstanding before the row, `from_date` where its
    interest begins. `instalment` is the demand raised of it, None for a row not due
    yet or settled before the loan was taken over.
    """

    instalment_no: int
    from_date: date
    due_date: date
    opening_minor: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    state: RowState
    version_no: int
    is_last: bool
    instalment: Instalment | None

    @property
    def total_minor(self) -> int:
        """What the plan asks for: principal, interest and fees."""
        return self.principal_minor + self.interest_minor + self.fee_minor

    @property
    def closing_minor(self) -> int:
        """The principal outstanding after the row, if it is paid."""
        return self.opening_minor - self.principal_minor

    @property
    def open_minor(self) -> int:
        """What is still to pay of the demand, with its fees and penalties; 0 while nothing is demanded."""
        return 0 if self.instalment is None else open_of(instalment=self.instalment)


@dataclass(frozen=True)
class Standing:
    """
    Where a loan stands when `as_of` has closed, in minor units.

    `accrued_interest_minor` is the interest of the running row earned by then, whether posted yet or not.
    `past_due_minor` is what fell due before or on `as_of` less what is paid, in all
    components; `due_next_minor` is demanded already but due later. Days past due are 0
    on the due date itself.
    """

    as_of: date
    principal_outstanding_minor: int
    accrued_interest_minor: int
    open_minor: dict[str, int]
    past_due_minor: int
    due_next_minor: int
    days_past_due: int
    bucket: int

    @property
    def open_total_minor(self) -> int:
        """Everything demanded and not paid."""
        return sum(self.open_minor.values())


def find_loans(
    *,
    bucket: int | None = None,
    status: str = "",
    text: str = "",
    loan_ids: Collection[int] | None = None,
    customer_id: int | None = None,
) -> QuerySet[Loan]:
    """
    Return the loans that fit, in the order of their ids, none of it read yet.

    `text` is a loan's id, or the beginning of the id in the lender's earlier system.
    """
    loans = Loan.objects.select_related("product_version__product").order_by("pk")
    if bucket is not None:
        loans = loans.filter(bucket=bucket, status=Loan.Status.ACTIVE)
    if status:
        loans = loans.filter(status=status)
    if loan_ids is not None:
        loans = loans.filter(pk__in=loan_ids)
    if customer_id is not None:
        loans = loans.filter(customer_id=customer_id)
    if wanted := text.strip():
        by_number = Q(pk=int(wanted)) if wanted.isdecimal() and len(wanted) < 18 else Q()
        loans = loans.filter(Q(external_id__startswith=wanted) | by_number)
    return loans


def get_loan(*, loan_id: int) -> Loan:
    """Return the loan with its product and customer. Raises Loan.DoesNotExist."""
    return Loan.objects.select_related("product_version__product", "customer").get(pk=loan_id)


def get_bucket_totals() -> list[BucketTotal]:
    """Return loans and outstanding principal of the active book by currency and bucket, as things stand now."""
    totals = (
        Loan.objects.filter(status=Loan.Status.ACTIVE)
        .values("currency", "bucket")
        .annotate(loans=Count("pk"), outstanding_minor=Sum("principal_outstanding_minor"))
        .order_by("currency", "bucket")
    )
    return [BucketTotal(**total) for total in totals]


def get_schedule_versions(*, loan: Loan) -> list[ScheduleVersion]:
    """Return all plans the loan ever had, the active one first."""
    return list(loan.schedule_versions.order_by("-version_no"))


def get_instalments(*, loan: Loan) -> list[Instalment]:
    """Return the demands raised so far, in the order of their numbers."""
    return list(Instalment.objects.filter(loan=loan).order_by("instalment_no"))


def get_open_instalments(*, loan_ids: Collection[int]) -> dict[int, list[Instalment]]:
    """Return the demands with something open of each loan that has any, the oldest first."""
    found: dict[int, list[Instalment]] = {}
    rows = Instalment.objects.filter(loan_id__in=loan_ids, settled_date__isnull=True)
    for row in rows.order_by("due_date", "instalment_no"):
        found.setdefault(row.loan_id, []).append(row)
    return found


def get_planned_rows(*, loans: Sequence[Loan]) -> dict[int, PlanLine]:
    """Return the next row not demanded yet of each loan that has one."""
    wanted = {loan.pk: loan for loan in loans if loan.next_instalment_no is not None}
    versions = ScheduleVersion.objects.filter(loan_id__in=wanted, version_no=F("loan__schedule_version_no"))
    return {
        version.loan_id: line
        for version in versions
        for line in version_lines(version=version)
        if line.instalment_no == wanted[version.loan_id].next_instalment_no
    }


def plan_rows(
    *, loan: Loan, versions: Sequence[ScheduleVersion], instalments: Sequence[Instalment], as_of: date
) -> list[PlanRow]:
    """
    Return every row of the loan, from the first instalment to the last, with its state when `as_of` has closed.

    Rows before the active version come from the versions before it; so a loan taken over with 32 rows to
    go shows its four earlier ones too. `versions` come the active one first.
    """
    raised = {instalment.instalment_no: instalment for instalment in instalments}
    planned: dict[int, PlanRow] = {}
    last_no = 0
    for version in sorted(versions, key=lambda version: version.version_no):
        rows = _rows_of(loan=loan, version=version, raised=raised, as_of=as_of)
        planned = {no: row for no, row in planned.items() if no < version.from_instalment_no} | rows
        last_no = max(rows, default=last_no)
    return [planned[no] for no in sorted(planned) if no <= last_no]


def get_standing(*, loan: Loan, rows: Sequence[PlanRow], instalments: Sequence[Instalment], as_of: date) -> Standing:
    """Return where the loan stands when `as_of` has closed; `rows` are its plan, `instalments` all its demands."""
    terms = loan.product_version.product_terms
    running = next((row for row in rows if row.instalment_no == loan.next_instalment_no), None)
    past_due = sum(open_of(instalment=row) for row in instalments if row.due_date <= as_of)
    every = sum(open_of(instalment=row) for row in instalments)
    return Standing(
        as_of=as_of,
        principal_outstanding_minor=loan.principal_outstanding_minor,
        accrued_interest_minor=_accrued(row=running, as_of=as_of, rounding=terms.schedule.interest_rounding),
        open_minor={name: sum(row.open_minor(name) for row in instalments) for name in COMPONENTS},
        past_due_minor=past_due,
        due_next_minor=every - past_due,
        days_past_due=get_days_past_due(loan=loan, as_of=as_of),
        bucket=loan.bucket,
    )


def get_days_past_due(*, loan: Loan, as_of: date) -> int:
    """Return the days past due when `as_of` has closed; 0 on the due date itself and before it."""
    since = loan.past_due_since_date
    if since is None or since >= as_of:
        return 0
    ageing = loan.product_version.product_terms.ageing
    return days_past_due(past_due_since=since, business_date=as_of, terms=ageing)


def open_of(*, instalment: Instalment) -> int:
    """Return what is still owed of a demand, all components together, in minor units."""
    return sum(instalment.open_minor(name) for name in COMPONENTS)


def version_lines(*, version: ScheduleVersion) -> list[PlanLine]:
    """Return each row of one version, as it was made."""
    columns = (version.due_dates, version.principal_minor, version.interest_minor, version.fees_by_row)
    return [PlanLine(version.from_instalment_no + place, *row) for place, row in enumerate(zip(*columns, strict=True))]


def _rows_of(*, loan: Loan, version: ScheduleVersion, raised: dict[int, Instalment], as_of: date) -> dict[int, PlanRow]:
    """Return the rows of one version by number; their opening balance is what the version has still to repay."""
    to_repay = sum(version.principal_minor)
    repaid = [0, *accumulate(version.principal_minor)]
    starts = [version.row_from_date, *version.due_dates]
    last_no = version.from_instalment_no + len(version.due_dates) - 1
    return {
        no: PlanRow(
            instalment_no=no,
            from_date=starts[place],
            due_date=line.due_date,
            opening_minor=to_repay - repaid[place],
            principal_minor=line.principal_minor,
            interest_minor=line.interest_minor,
            fee_minor=line.fee_minor,
            state=_row_state(loan=loan, instalment=raised.get(no), no=no, due_date=line.due_date, as_of=as_of),
            version_no=version.version_no,
            is_last=no == last_no,
            instalment=raised.get(no),
        )
        for place, line in enumerate(version_lines(version=version))
        for no in (line.instalment_no,)
    }


def _row_state(*, loan: Loan, instalment: Instalment | None, no: int, due_date: date, as_of: date) -> RowState:
    if instalment is None:
        is_ahead = loan.next_instalment_no is not None and no >= loan.next_instalment_no
        was_before = loan.takeover_date is not None and due_date <= loan.takeover_date
        return "taken_over" if was_before and not is_ahead else "planned"
    if instalment.settled_date is not None:
        return "paid"
    if instalment.due_date < as_of:
        return "past_due"
    is_part_paid = any(getattr(instalment, f"{name}_paid_minor") for name in COMPONENTS)
    return "part_paid" if is_part_paid else "due"


def find_import_batches() -> QuerySet[ImportBatch]:
    """Return the tapes that were taken over, the latest first."""
    return ImportBatch.objects.select_related("product_version__product").order_by("-imported_at", "-pk")


def get_import_batch(*, batch_id: int) -> ImportBatch:
    """Return one tape's import. Raises ImportBatch.DoesNotExist."""
    return find_import_batches().get(pk=batch_id)


def get_book_currency() -> str:
    """Return the currency of the book where all products share one, else the empty string."""
    terms = ProductVersion.objects.values_list("terms__currency", flat=True).distinct()
    currencies = set(terms)
    return str(currencies.pop()) if len(currencies) == 1 else ""


def _accrued(*, row: PlanRow | None, as_of: date, rounding: Rounding) -> int:
    if row is None:
        return 0
    return row_interest_accrued_minor(
        interest_minor=row.interest_minor,
        from_date=row.from_date,
        due_date=row.due_date,
        to_date=as_of + timedelta(days=1),
        rounding=rounding,
    )
