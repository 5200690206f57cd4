"""What a customer still has to find for a due date, at this moment."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Sum

from postloan.books.loans.models import COMPONENTS, Instalment, Loan, ScheduleVersion
from postloan.books.payments.models import Receipt
from postloan.kernel.reminders import amount_to_remind_minor

LoanRow = tuple[int, int]  # loan id, instalment no


def get_amounts_due(*, rows: Iterable[LoanRow]) -> dict[LoanRow, int]:
    """
    Return what is still to be found for each instalment, in minor units: 0 where it is paid or covered.

    Money received and not yet allocated pays older demands of the loan first and
    then this one. A loan that is not active, or a row that the active schedule no
    longer has, asks for nothing.
    """
    wanted = set(rows)
    loans = {loan.pk: loan for loan in Loan.objects.filter(pk__in={loan_id for loan_id, _ in wanted})}
    open_rows: dict[int, dict[int, int]] = defaultdict(dict)
    for row in Instalment.objects.filter(loan_id__in=loans, settled_date__isnull=True):
        open_rows[row.loan_id][row.instalment_no] = sum(row.open_minor(name) for name in COMPONENTS)
    held = dict(
        Receipt.objects.filter(loan_id__in=loans, unapplied_minor__gt=0)
        .values_list("loan_id")
        .annotate(Sum("unapplied_minor"))
    )
    plans = {plan.loan_id: plan for plan in _active_plans(loans.values())}
    due: dict[LoanRow, int] = {}
    for loan_id, instalment_no in wanted:
        loan = loans[loan_id]
        is_raised = loan.next_instalment_no is None or instalment_no < loan.next_instalment_no
        if loan.status != Loan.Status.ACTIVE:
            open_minor = 0
        elif is_raised:
            open_minor = open_rows[loan_id].get(instalment_no, 0)  # raised and not open: settled
        else:
            open_minor = _planned_minor(plans[loan_id], instalment_no)
        older_minor = sum(amount for no, amount in open_rows[loan_id].items() if no < instalment_no)
        due[loan_id, instalment_no] = amount_to_remind_minor(
            open_minor=open_minor, unapplied_minor=max(held.get(loan_id, 0) - older_minor, 0)
        )
    return due


def _active_plans(loans: Iterable[Loan]) -> list[ScheduleVersion]:
    versions = {loan.pk: loan.schedule_version_no for loan in loans}
    plans = ScheduleVersion.objects.filter(loan_id__in=versions)
    return [plan for plan in plans if plan.version_no == versions[plan.loan_id]]


def _planned_minor(plan: ScheduleVersion, instalment_no: int) -> int:
    place = instalment_no - plan.from_instalment_no
    if not 0 <= place < len(plan.due_dates):
        return 0
    return plan.principal_minor[place] + plan.interest_minor[place] + plan.fees_by_row[place]
