"""Explain what lateness cost: the penalty by the day, or the late fee, of one instalment."""

from collections.abc import Sequence
from datetime import date

from postloan.books.ledger.chart import RECEIVABLE, AccountNo
from postloan.books.ledger.models import Posting
from postloan.books.loans.explaining._explanation import Explanation, Facts
from postloan.books.loans.models import Instalment, Loan
from postloan.kernel.money import Rounding
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms, penalty_start_date
from postloan.kernel.rates import PPM
from postloan.kernel.schedules import Step

_NOT_PENALTY = {RECEIVABLE[name] for name in ("principal", "interest", "fee")}


def explain_penalty(*, loan: Loan, instalment: Instalment, postings: Sequence[Posting]) -> Explanation | None:
    """Return why the instalment's penalty is what it is; None where none was raised."""
    if not instalment.penalty_due_minor:
        return None
    terms = loan.terms
    last_free_date = terms.last_free_date(due_date=instalment.due_date)
    name = f"penalty-{instalment.instalment_no}"
    facts: Facts = {
        "instalment_no": instalment.instalment_no,
        "due_date": instalment.due_date,
    }
    steps: tuple[Step, ...] = ()
    if terms.penalty is not None:
        steps = _by_the_day(loan=loan, instalment=instalment, terms=terms.penalty, last_free_date=last_free_date)
        facts |= _penalty_facts(instalment=instalment, terms=terms.penalty, last_free_date=last_free_date)
    elif terms.late_fee is not None:
        raised_date = _raised_date(instalment=instalment, postings=postings)
        if raised_date is not None:
            steps = (_late_fee(instalment, terms.late_fee, _unpaid_on(instalment, postings, raised_date)),)
            facts |= {
                "grace_days": terms.late_fee.grace_days,
                "first_late_date": penalty_start_date(terms=terms.late_fee, last_free_date=last_free_date),
                "raised_date": raised_date,
            }
    if steps and steps[-1].result != instalment.penalty_due_minor:
        steps = ()  # raised under other terms, or corrected since: the amount is shown as it stands
    return Explanation(figure=name, steps=steps, facts=facts, given_minor=instalment.penalty_due_minor)


def _by_the_day(*, loan: Loan, instalment: Instalment, terms: PenaltyTerms, last_free_date: date) -> tuple[Step, ...]:
    minor_days = instalment.penalty_minor_days
    values = {"minor_days": minor_days, "rate_ppm": terms.rate_ppm, "period_days": terms.rate_period_days}
    penalty = _worked_out("penalty", f"minor_days * rate_ppm / {PPM} / period_days", values, rounding=terms.rounding)
    steps = [*_count(loan=loan, instalment=instalment, terms=terms, last_free_date=last_free_date), penalty]
    if terms.cap_ppm is not None:
        cap = _worked_out(
            "penalty_cap",
            f"principal * cap_ppm / {PPM}",
            {"principal": instalment.principal_due_minor, "cap_ppm": terms.cap_ppm},
            rounding=Rounding.DOWN,
        )
        capped = _worked_out(
            "penalty_capped", "min(penalty, cap)", {"penalty": int(penalty.result), "cap": int(cap.result)}
        )
        steps += [cap, capped]
    return tuple(steps)


def _count(*, loan: Loan, instalment: Instalment, terms: PenaltyTerms, last_free_date: date) -> list[Step]:
    """Show how the minor-days came about where one balance stood unpaid for all the days counted."""
    through = instalment.penalty_counted_through_date
    if through is None:
        return []
    begins = last_free_date.toordinal() + (terms.grace_days if terms.counted_from == "after_grace" else 0)
    if loan.takeover_date is not None:
        begins = max(begins, loan.takeover_date.toordinal())
    days = through.toordinal() - begins
    overdue = instalment.principal_due_minor
    if terms.basis == "overdue_total":
        overdue += instalment.interest_due_minor + instalment.fee_due_minor
    if overdue * days != instalment.penalty_minor_days:
        return []
    return [Step("minor_days", "overdue * days", {"overdue": overdue, "days": days}, instalment.penalty_minor_days)]


def _late_fee(instalment: Instalment, terms: LateFeeTerms, unpaid_minor: int) -> Step:
    values = {"minimum": terms.minimum_minor, "unpaid": unpaid_minor, "share_ppm": terms.share_ppm}
    formula = f"max(minimum, unpaid * share_ppm / {PPM})"
    if terms.cap_ppm is not None:
        values |= {"cap_ppm": terms.cap_ppm}
        formula = f"min({formula}, unpaid * cap_ppm / {PPM})"
    return _worked_out("late_fee", formula, values, rounding=terms.rounding)


def _worked_out(key: str, formula: str, values: dict[str, int], *, rounding: Rounding | None = None) -> Step:
    blank = Step(key, formula, values, 0, rounding)
    return Step(key, formula, values, int(blank.recompute()), rounding)


def _penalty_facts(*, instalment: Instalment, terms: PenaltyTerms, last_free_date: date) -> Facts:
    facts: Facts = {
        "grace_days": terms.grace_days,
        "first_late_date": penalty_start_date(terms=terms, last_free_date=last_free_date),
    }
    if instalment.penalty_counted_through_date is not None:
        facts["counted_through_date"] = instalment.penalty_counted_through_date
    return facts


def _raised_date(*, instalment: Instalment, postings: Sequence[Posting]) -> date | None:
    dates = [
        posting.entry.business_date
        for posting in postings
        if posting.debit_id == AccountNo.PENALTY_RECEIVABLE and posting.instalment_no == instalment.instalment_no
    ]
    return min(dates, default=None)


def _unpaid_on(instalment: Instalment, postings: Sequence[Posting], on_date: date) -> int:
    """Return what was unpaid of the instalment, without penalty, when `on_date` closed."""
    due = instalment.principal_due_minor + instalment.interest_due_minor + instalment.fee_due_minor
    paid = sum(
        posting.amount_minor
        for posting in postings
        if posting.credit_id in _NOT_PENALTY
        and posting.instalment_no == instalment.instalment_no
        and posting.entry.business_date <= on_date
        and posting.debit_id in (AccountNo.BANK, AccountNo.UNAPPLIED_RECEIPTS)
    )
    return due - paid
