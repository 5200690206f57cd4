"""Explain the rows of a plan: build it again from the loan's terms and show the steps of each row."""

from collections.abc import Iterator
from dataclasses import replace

from postloan.books.loans.explaining._explanation import Explanation, Facts
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.kernel.daycounts import DayCount
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import (
    Method,
    Schedule,
    ScheduleTerms,
    Step,
    TermsRefused,
    build_schedule,
    explain_row,
)

# Which steps of a row lead to which figure.
STEPS_OF = {
    "interest": {"days", "share", "share_interest_free", "interest_accrued", "flat_interest", "interest_due"},
    "principal": {
        "instalment",
        "instalment_agreed",
        "principal",
        "principal_last",
        "principal_part",
        "principal_part_remainder",
        "principal_at_the_end",
    },
    "fee": {"fee", "fee_remainder"},
    "total": {"total"},
    "balance": {"balance_after"},
}


def rebuild(*, loan: Loan, version: ScheduleVersion) -> tuple[ScheduleTerms, Schedule] | None:
    """
    Return the terms and schedule that give exactly the stored rows of `version`; None where none do.

    A plan from the beginning follows from the loan's terms; rows cast again at a takeover from the balance
    then and the contractual instalment.
    """
    for terms in _candidates(loan=loan, version=version):
        try:
            schedule = build_schedule(terms=terms)
        except TermsRefused:
            continue
        if _is_same(schedule=schedule, version=version):
            return terms, schedule
    return None


def explain_plan_row(
    *, loan: Loan, version: ScheduleVersion, built: tuple[ScheduleTerms, Schedule] | None, instalment_no: int
) -> dict[str, Explanation]:
    """Return the explanations of one row's interest, principal, total and balance, by the figure's name."""
    place = instalment_no - version.from_instalment_no
    starts = [version.row_from_date, *version.due_dates]
    facts: Facts = {
        "instalment_no": instalment_no,
        "from_date": starts[place],
        "due_date": version.due_dates[place],
        "rate": (loan.rate_ppm, loan.rate_per),
        "day_count": loan.product_version.product_terms.schedule.day_count,
        "version_no": version.version_no,
    }
    principal, interest = version.principal_minor[place], version.interest_minor[place]
    fee = version.fees_by_row[place]
    balance = sum(version.principal_minor[place:])
    if built is None:
        return _given(
            instalment_no=instalment_no, principal=principal, interest=interest, fee=fee, balance=balance, facts=facts
        )
    terms, schedule = built
    steps = explain_row(terms=terms, schedule=schedule, instalment_no=place + 1)
    explained = {}
    for figure, keys in STEPS_OF.items():
        chosen = tuple(step for step in steps if step.key in keys)
        if figure == "fee":
            if not version.fee_minor:
                continue
            chosen = _with_sum(chosen, fee)
        if figure == "interest":
            chosen = _without_empty_carry(chosen)
        name = f"{figure}-{instalment_no}"
        is_last = figure == "principal" and place == len(version.due_dates) - 1
        row_facts = facts | ({"remainder_minor": schedule.rows[place].remainder_minor} if is_last else {})
        explained[name] = Explanation(figure=name, steps=chosen, facts=row_facts)
    return explained


def explain_instalment(*, loan: Loan, built: tuple[ScheduleTerms, Schedule] | None) -> Explanation:
    """Return why the contractual instalment is what it is."""
    facts: Facts = {
        "rate": (loan.rate_ppm, loan.rate_per),
        "day_count": loan.product_version.product_terms.schedule.day_count,
        "instalments": loan.instalments,
        "principal_lent_minor": loan.principal_minor,
    }
    steps: tuple[Step, ...] = ()
    if built is not None:
        terms, schedule = built
        first = explain_row(terms=terms, schedule=schedule, instalment_no=1)
        steps = tuple(step for step in first if step.key == "instalment")
        if not steps:
            # No equal instalment by formula: the first row's total stands for it.
            steps = tuple(step for step in first if step.key == "total")
    if steps and int(steps[-1].result) != loan.instalment_minor:
        steps = ()
    return Explanation(figure="instalment", steps=steps, facts=facts, given_minor=loan.instalment_minor)


def _candidates(*, loan: Loan, version: ScheduleVersion) -> Iterator[ScheduleTerms]:
    plain = plain_terms(loan=loan, version=version)
    yield plain
    if plain.method is Method.EQUAL_INSTALMENT:
        yield replace(plain, fixed_instalment_minor=loan.instalment_minor)


def plain_terms(*, loan: Loan, version: ScheduleVersion) -> ScheduleTerms:
    """Return the terms that should give the rows of a version; `rebuild` says whether they do."""
    rules = loan.product_version.product_terms.schedule
    method = Method(rules.method)
    is_bullet = method is Method.BULLET  # one row over all the periods of the term
    return ScheduleTerms(
        principal_minor=sum(version.principal_minor),
        rate=Rate(loan.rate_ppm, loan.product_version.product_terms.rate_per),
        instalments=loan.instalments if is_bullet else len(version.due_dates),
        start_date=version.row_from_date,
        first_due_date=None if is_bullet else version.due_dates[0],
        # A loan of the 31st falls due on the 30th in between: the latest day is the one it was meant for.
        seed_day=max(loan.disbursed_date.day if is_bullet else 1, *(day.day for day in version.due_dates)),
        method=method,
        day_count=DayCount(rules.day_count),
        interest_rounding=rules.interest_rounding,
        instalment_rounding=rules.instalment_rounding,
        instalment_multiple_minor=rules.instalment_multiple_minor,
        fees=loan.product_version.product_terms.fees_for(instalments=loan.instalments) if version.fee_minor else (),
    )


def _is_same(*, schedule: Schedule, version: ScheduleVersion) -> bool:
    return (
        list(schedule.due_dates) == list(version.due_dates)
        and [row.principal_minor for row in schedule.rows] == list(version.principal_minor)
        and [row.interest_minor for row in schedule.rows] == list(version.interest_minor)
        and [row.fee_minor for row in schedule.rows] == version.fees_by_row
    )


def _with_sum(steps: tuple[Step, ...], fee: int) -> tuple[Step, ...]:
    """Return the steps of a row's fees, ending in their sum where a row has several."""
    ends = [step for step in steps if step.key in STEPS_OF["fee"]]
    if len(ends) < 2:
        return steps
    names = {f"fee_{number}": step.result for number, step in enumerate(ends, start=1)}
    return (*steps, Step("fees", " + ".join(names), names, fee))


def _without_empty_carry(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Leave out the step that carries interest over where nothing is carried."""
    due = steps[-1]
    is_plain = due.key == "interest_due" and due.values["accrued"] == due.result
    return steps[:-1] if is_plain and len(steps) > 1 and steps[-2].result == due.result else steps


def _given(
    *, instalment_no: int, principal: int, interest: int, fee: int, balance: int, facts: Facts
) -> dict[str, Explanation]:
    """Return what is known of a row that the terms do not give: only its sums can be worked out."""
    total = Step(
        "total",
        "principal + interest + fees",
        {"principal": principal, "interest": interest, "fees": fee},
        principal + interest + fee,
    )
    after = Step(
        "balance_after",
        "balance + capitalised - principal",
        {"balance": balance, "capitalised": 0, "principal": principal},
        balance - principal,
    )
    found: dict[str, tuple[tuple[Step, ...], int]] = {
        "interest": ((), interest),
        "principal": ((), principal),
        "total": ((total,), principal + interest + fee),
        "balance": ((after,), balance - principal),
    }
    if fee:
        found["fee"] = ((), fee)
    return {
        f"{name}-{instalment_no}": Explanation(
            figure=f"{name}-{instalment_no}",
            steps=steps,
            facts=facts,
            given_minor=amount,
        )
        for name, (steps, amount) in found.items()
    }
