"""Explain the figures of a whole loan: where it stands, what is open, what lateness cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from postloan.books.ledger.chart import RECEIVABLE
from postloan.books.ledger.models import Posting
from postloan.books.loans.explaining._explanation import BucketStep, Explanation, Facts, exact_sum
from postloan.books.loans.explaining._penalties import explain_penalty
from postloan.books.loans.explaining._plans import explain_instalment, explain_plan_row, rebuild
from postloan.books.loans.models import COMPONENTS, Instalment, Loan, ScheduleVersion
from postloan.books.loans.queries import PlanRow, open_of
from postloan.kernel.ageing import AgeingTerms, bucket_index
from postloan.kernel.schedules import Step


@dataclass(frozen=True)
class LoanFigures:
    """
    What the figures of a loan are worked out from, as a page has read it.

    `versions` come the active one first; `postings` are all of the loan's with their entries;
    `rows` its whole plan; `as_of` the last closed day.
    """

    loan: Loan
    versions: Sequence[ScheduleVersion]
    rows: Sequence[PlanRow]
    instalments: Sequence[Instalment]
    postings: Sequence[Posting]
    as_of: date


def explain_loan(*, figures: LoanFigures) -> dict[str, Explanation]:
    """Return the explanation of every computed figure of the loan, by the figure's name."""
    by_number = {version.version_no: version for version in figures.versions}
    built = {number: rebuild(loan=figures.loan, version=version) for number, version in by_number.items()}
    first = min(by_number)
    explained = [
        explain_instalment(loan=figures.loan, built=built[first]),
        _outstanding(figures),
        *_ageing(figures),
        _accrued(figures),
        _past_due(figures),
    ]
    for row in figures.rows:
        version = by_number[row.version_no]
        of_row = explain_plan_row(
            loan=figures.loan, version=version, built=built[row.version_no], instalment_no=row.instalment_no
        )
        explained += of_row.values()
    for instalment in figures.instalments:
        explained.append(_open(instalment))
        penalty = explain_penalty(loan=figures.loan, instalment=instalment, postings=figures.postings)
        if penalty is not None:
            explained.append(penalty)
    return {explanation.figure: explanation for explanation in explained}


def _outstanding(figures: LoanFigures) -> Explanation:
    """Follow the principal through the ledger: what was put on the account less what was repaid."""
    account = RECEIVABLE["principal"]
    booked = sum(posting.amount_minor for posting in figures.postings if posting.debit_id == account)
    repaid = sum(posting.amount_minor for posting in figures.postings if posting.credit_id == account)
    loan = figures.loan
    step = exact_sum(key="outstanding", parts={"booked": booked}, less={"repaid": repaid})
    facts: Facts = {"lent_minor": loan.principal_minor, "paid_before_takeover_minor": loan.opening_paid_principal_minor}
    if step.result != loan.principal_outstanding_minor:
        return Explanation(figure="outstanding", steps=(), facts=facts, given_minor=loan.principal_outstanding_minor)
    return Explanation(figure="outstanding", steps=(step,), facts=facts)


def _ageing(figures: LoanFigures) -> list[Explanation]:
    loan, as_of = figures.loan, figures.as_of
    terms = loan.product_version.product_terms.ageing
    days = _days_step(since=loan.past_due_since_date, as_of=as_of, terms=terms)
    age = int(days.result)
    bucket = BucketStep(days_past_due=age, bands=terms.bands, result=bucket_index(days_past_due=age, bands=terms.bands))
    facts: Facts = {"business_date": as_of}
    if loan.past_due_since_date is not None and loan.past_due_since_date <= as_of:
        facts["oldest_unpaid_due_date"] = loan.past_due_since_date
    return [
        Explanation(figure="days-past-due", steps=(days,), facts=facts),
        Explanation(figure="bucket", steps=(days, bucket), facts=facts),
    ]


def _days_step(*, since: date | None, as_of: date, terms: AgeingTerms) -> Step:
    if since is None or since > as_of:
        return Step("nothing_past_due", "0", {}, 0)
    calendar_days = (as_of - since).days
    dates = {"business_day": as_of.toordinal(), "due_day": since.toordinal()}
    if calendar_days <= terms.ageing_grace_days and calendar_days > 0:
        return Step("days_past_due_in_grace", "0", {"grace_days": terms.ageing_grace_days}, 0)
    if terms.counted_from == "after_grace" and terms.ageing_grace_days and calendar_days > 0:
        values = dates | {"grace_days": terms.ageing_grace_days}
        return Step(
            "days_past_due", "business_day - due_day - grace_days", values, calendar_days - terms.ageing_grace_days
        )
    return Step("days_past_due", "business_day - due_day", dates, calendar_days)


def _accrued(figures: LoanFigures) -> Explanation:
    """Work out the interest of the running row earned when `as_of` has closed."""
    posted = figures.loan.accrued_interest_minor
    running = next((row for row in figures.rows if row.instalment_no == figures.loan.next_instalment_no), None)
    if running is None:
        return Explanation(figure="accrued", steps=(Step("no_running_row", "0", {}, 0),), facts={})
    to_date = figures.as_of + timedelta(days=1)
    row_days = (running.due_date - running.from_date).days
    elapsed = min(max((to_date - running.from_date).days, 0), row_days)
    rounding = figures.loan.product_version.product_terms.schedule.interest_rounding
    values = {"interest": running.interest_minor, "days_elapsed": elapsed, "days_of_row": row_days}
    blank = Step("accrued", "interest * days_elapsed / days_of_row", values, 0, rounding)
    step = Step(blank.key, blank.formula, values, int(blank.recompute()), rounding)
    facts: Facts = {
        "instalment_no": running.instalment_no,
        "from_date": running.from_date,
        "to_date": to_date,
        "posted_minor": posted,
    }
    return Explanation(figure="accrued", steps=(step,), facts=facts)


def _past_due(figures: LoanFigures) -> Explanation:
    parts = {
        f"instalment_{row.instalment_no}": open_of(instalment=row)
        for row in figures.instalments
        if row.due_date <= figures.as_of and open_of(instalment=row)
    }
    step = exact_sum(key="past_due", parts=parts)
    return Explanation(figure="past-due", steps=(step,), facts={"business_date": figures.as_of})


def _open(instalment: Instalment) -> Explanation:
    due = {f"{name}_due": getattr(instalment, f"{name}_due_minor") for name in COMPONENTS}
    paid = sum(getattr(instalment, f"{name}_paid_minor") for name in COMPONENTS)
    waived = sum(getattr(instalment, f"{name}_waived_minor") for name in COMPONENTS)
    parts = {name: amount for name, amount in due.items() if amount}
    less = {"paid": paid} | ({"waived": waived} if waived else {})
    name = f"open-{instalment.instalment_no}"
    facts: Facts = {"instalment_no": instalment.instalment_no, "due_date": instalment.due_date}
    return Explanation(figure=name, steps=(exact_sum(key="open", parts=parts, less=less),), facts=facts)
