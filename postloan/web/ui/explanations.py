"""
Put explanations into words: titles of figures, what each step works out, the formula with its numbers.

The steps come from `books/loans/explaining`, as formulas over named values; every
name and every step has its words here, in the language of the page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from postloan.books.loans.explaining import BucketStep, Explanation
from postloan.kernel.schedules import Step
from postloan.web.ui import words
from postloan.web.ui.figures import amount_text, day_text, percent_text, rate_text

TITLES: words.Words = {
    "interest": gettext_lazy("Interest of the instalment"),
    "principal": gettext_lazy("Principal of the instalment"),
    "fee": gettext_lazy("Fee of the instalment"),
    "total": gettext_lazy("The instalment"),
    "balance": gettext_lazy("Principal left after the instalment"),
    "open": gettext_lazy("Still to pay of the instalment"),
    "penalty": gettext_lazy("What lateness costs"),
    "instalment": gettext_lazy("The equal instalment"),
    "outstanding": gettext_lazy("Principal outstanding"),
    "accrued": gettext_lazy("Interest accrued to date"),
    "past-due": gettext_lazy("Past due"),
    "days-past-due": gettext_lazy("Days past due"),
    "bucket": gettext_lazy("Bucket"),
    "receipt": gettext_lazy("Not allocated yet"),
}

STEPS: words.Words = {
    "days": gettext_lazy("Days of the period"),
    "share": gettext_lazy("The period as a part of the rate's period"),
    "share_interest_free": gettext_lazy("Free of interest"),
    "interest_free": gettext_lazy("Free of interest"),
    "interest_accrued": gettext_lazy("Interest of the period"),
    "interest_accrued_remainder": gettext_lazy("Interest of the period, with what rounding left over"),
    "flat_interest": gettext_lazy("Interest of the whole term"),
    "interest_due": gettext_lazy("Interest demanded"),
    "instalment": gettext_lazy("Equal instalment"),
    "instalment_agreed": gettext_lazy("Agreed instalment"),
    "smoothing_share": gettext_lazy("Difference spread over the instalments"),
    "instalment_smoothed": gettext_lazy("Equal instalment, smoothed"),
    "principal": gettext_lazy("Principal: what the instalment leaves after interest"),
    "principal_last": gettext_lazy("The last instalment takes the whole balance"),
    "principal_grace": gettext_lazy("No principal yet"),
    "principal_part": gettext_lazy("Equal part of the principal"),
    "principal_part_remainder": gettext_lazy("Equal part of the principal, with what rounding left over"),
    "principal_at_the_end": gettext_lazy("Principal is paid at the end"),
    "remainder": gettext_lazy("What rounding left to this instalment"),
    "fee": gettext_lazy("Fee, as the product says"),
    "fee_remainder": gettext_lazy("Fee, with what rounding left over"),
    "fees": gettext_lazy("All fees of the instalment"),
    "total": gettext_lazy("Principal, interest and fees together"),
    "balance_after": gettext_lazy("Balance before, less the principal paid"),
    "outstanding": gettext_lazy("Booked on the principal account, less what was repaid"),
    "nothing_past_due": gettext_lazy("Nothing is past due"),
    "days_past_due": gettext_lazy("From the oldest unpaid due date to the business date"),
    "days_past_due_in_grace": gettext_lazy("Still within the days of grace"),
    "bucket": gettext_lazy("The band these days fall into"),
    "no_running_row": gettext_lazy("All instalments are due: no further interest runs"),
    "accrued": gettext_lazy("Interest of the instalment, by the days gone by"),
    "past_due": gettext_lazy("What is open of the instalments that were due"),
    "open": gettext_lazy("Due, less what was paid"),
    "minor_days": gettext_lazy("Overdue amount times days"),
    "penalty": gettext_lazy("Penalty for these days"),
    "penalty_cap": gettext_lazy("Most that may be charged"),
    "penalty_capped": gettext_lazy("Penalty, capped"),
    "late_fee": gettext_lazy("The greater of a minimum and a share of what was unpaid"),
    "unapplied": gettext_lazy("Received, less what was allocated"),
    "allocated": gettext_lazy("The smaller of what was left and what was open"),
}

NAMES: words.Words = {
    "due_day": gettext_lazy("due date"),
    "from_day": gettext_lazy("first day"),
    "business_day": gettext_lazy("business date"),
    "balance": gettext_lazy("balance before"),
    "rate_ppm": gettext_lazy("rate"),
    "share": gettext_lazy("part of the rate's period"),
    "factor": gettext_lazy("rate of the period"),
    "periods": gettext_lazy("periods"),
    "periods_a_year": gettext_lazy("periods a year"),
    "months": gettext_lazy("months"),
    "days": gettext_lazy("days"),
    "regular_days": gettext_lazy("days of a regular period"),
    "days_by_period": gettext_lazy("days by period"),
    "days_of_year": gettext_lazy("days of the year"),
    "days_in_common_years": gettext_lazy("days in common years"),
    "days_in_leap_years": gettext_lazy("days in leap years"),
    "accrued": gettext_lazy("interest of the period"),
    "carried_in": gettext_lazy("carried in"),
    "carried_out": gettext_lazy("carried on"),
    "capitalised": gettext_lazy("added to principal"),
    "principal": gettext_lazy("principal"),
    "interest": gettext_lazy("interest"),
    "fees": gettext_lazy("fees"),
    **{f"fee_{number}": gettext_lazy("fee") for number in range(1, 6)},
    "growth": gettext_lazy("growth over the term"),
    "balloon": gettext_lazy("left for the last instalment"),
    "annuity": gettext_lazy("annuity factor"),
    "agreed": gettext_lazy("agreed"),
    "instalment": gettext_lazy("instalment"),
    "remainder": gettext_lazy("remainder"),
    "difference": gettext_lazy("difference"),
    "rows": gettext_lazy("instalments"),
    "amount": gettext_lazy("amount"),
    "other_rows": gettext_lazy("the other instalments"),
    "regular": gettext_lazy("regular part"),
    "factor_of_the_term": gettext_lazy("rate of the whole term"),
    "booked": gettext_lazy("booked"),
    "repaid": gettext_lazy("repaid"),
    "grace_days": gettext_lazy("days of grace"),
    "days_past_due": gettext_lazy("days past due"),
    "band_from_days": gettext_lazy("the bucket begins with"),
    "next_band_from_days": gettext_lazy("the next begins with"),
    "days_elapsed": gettext_lazy("days gone by"),
    "days_of_row": gettext_lazy("days of the period"),
    "principal_due": gettext_lazy("principal due"),
    "interest_due": gettext_lazy("interest due"),
    "fee_due": gettext_lazy("fees due"),
    "penalty_due": gettext_lazy("penalty due"),
    "paid": gettext_lazy("paid"),
    "waived": gettext_lazy("waived"),
    "overdue": gettext_lazy("overdue"),
    "minor_days": gettext_lazy("overdue amount × days"),
    "period_days": gettext_lazy("days of the rate's period"),
    "cap_ppm": gettext_lazy("highest share"),
    "penalty": gettext_lazy("penalty"),
    "cap": gettext_lazy("highest amount"),
    "minimum": gettext_lazy("minimum"),
    "unpaid": gettext_lazy("unpaid then"),
    "share_ppm": gettext_lazy("share"),
    "left": gettext_lazy("left of the receipt"),
    "open": gettext_lazy("open then"),
    "allocated": gettext_lazy("allocated"),
    "refunded": gettext_lazy("refunded"),
}

FACTS: words.Words = {
    "from_date": gettext_lazy("Interest runs from"),
    "to_date": gettext_lazy("up to, not including"),
    "due_date": gettext_lazy("Due date"),
    "rate": gettext_lazy("Rate"),
    "day_count": gettext_lazy("Day count"),
    "version_no": gettext_lazy("Version of the schedule"),
    "remainder_minor": gettext_lazy("Remainder of rounding, with the last instalment"),
    "instalments": gettext_lazy("Number of instalments"),
    "principal_lent_minor": gettext_lazy("Lent"),
    "lent_minor": gettext_lazy("Lent"),
    "paid_before_takeover_minor": gettext_lazy("Principal paid before the takeover"),
    "business_date": gettext_lazy("Business date"),
    "oldest_unpaid_due_date": gettext_lazy("Oldest unpaid due date"),
    "posted_minor": gettext_lazy("Of it posted in the ledger"),
    "grace_days": gettext_lazy("Days of grace"),
    "first_late_date": gettext_lazy("First day that costs"),
    "raised_date": gettext_lazy("Charged when this day closed"),
    "counted_through_date": gettext_lazy("Days counted through"),
    "value_date": gettext_lazy("Value date"),
}

DAYS = {
    "days",
    "regular_days",
    "days_by_period",
    "days_of_year",
    "days_in_common_years",
    "days_in_leap_years",
    "grace_days",
    "days_past_due",
    "band_from_days",
    "next_band_from_days",
    "days_elapsed",
    "days_of_row",
    "period_days",
}
COUNTS = {"periods", "periods_a_year", "months", "rows"}
DATES = {"due_day", "from_day", "business_day"}
EXACT = {"share", "factor", "growth", "annuity", "factor_of_the_term"}
MILLIONTHS = {"rate_ppm", "share_ppm", "cap_ppm"}
IN_DAYS = {"days", "days_past_due", "nothing_past_due", "days_past_due_in_grace"}

SIGNS = {"*": "×", "/": "÷", "-": "−"}
TOKEN = re.compile(r"[a-z_][a-z_0-9]*|\d+|[*/+\-(),]")


@dataclass(frozen=True)
class WordedStep:
    """A step as a reader sees it: what it is, the formula in words, the same with numbers, and the result."""

    title: str
    in_words: str
    in_numbers: str
    exact: str
    rounding: str
    result: str


@dataclass(frozen=True)
class WordedExplanation:
    """An explanation as a reader sees it."""

    title: str
    instalment_no: int | None
    result: str
    steps: tuple[WordedStep, ...]
    facts: tuple[tuple[str, str], ...]
    is_given: bool


def worded(*, explanation: Explanation, currency: str) -> WordedExplanation:
    """Return the explanation in the language of the page; amounts in `currency`."""
    name = explanation.figure.rstrip("0123456789").rstrip("-")
    steps = tuple(_worded_step(step, currency) for step in explanation.steps)
    number = explanation.facts.get("instalment_no")
    return WordedExplanation(
        title=str(TITLES[name]),
        instalment_no=number if isinstance(number, int) else None,
        result=steps[-1].result if steps else amount_text(amount_minor=explanation.result, currency=currency),
        steps=steps,
        facts=tuple(_facts(explanation.facts, currency)),
        is_given=not steps,
    )


def _worded_step(step: Step | BucketStep, currency: str) -> WordedStep:
    title = str(STEPS.get(step.key, step.key))
    if isinstance(step, BucketStep):
        return _bucket_step(step, title)
    exact = step.exact()
    is_rounded = step.rounding is not None and exact != step.result
    return WordedStep(
        title=title,
        in_words=_formula(step.formula, lambda name: str(NAMES.get(name, _instalment_name(name)))),
        in_numbers=_formula(step.formula, lambda name: _value(name, step.values[name], currency)),
        exact=_exact_amount(exact, currency) if is_rounded else "",
        rounding=_rounding(step) if is_rounded else "",
        result=_result(step, currency),
    )


def _bucket_step(step: BucketStep, title: str) -> WordedStep:
    return WordedStep(
        title=title,
        in_words="",
        in_numbers=", ".join(f"{NAMES[name]}: {_value(name, value, '')}" for name, value in step.values.items()),
        exact="",
        rounding="",
        result=words.bucket_name(bucket=step.result),
    )


def _formula(formula: str, spelled: Callable[[str], str]) -> str:
    """Write a formula with `spelled` names; division by a million is how millionths are written, and left out."""
    functions = {"min": _("the smaller of"), "max": _("the greater of")}
    written = [
        functions.get(part) or (spelled(part) if part[0].isalpha() else SIGNS.get(part, part))
        for part in TOKEN.findall(formula.replace("/ 1000000", ""))
    ]
    text = " ".join(written)
    return re.sub(r"\s+", " ", text.replace("( ", "(").replace(" )", ")").replace(" ,", ",")).strip()


def _value(name: str, value: Any, currency: str) -> str:
    if name in DATES:
        return day_text(day=date.fromordinal(int(value)))
    if name in DAYS:
        days = int(value)
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    if name in COUNTS:
        return str(value)
    if name in MILLIONTHS:
        return percent_text(ppm=int(value))
    if name in EXACT:
        return _fraction(Fraction(value))
    if name == "minor_days":
        return _("%(amount)s × day") % {"amount": amount_text(amount_minor=int(value), currency=currency)}
    return amount_text(amount_minor=int(value), currency=currency)


def _result(step: Step, currency: str) -> str:
    if step.key in IN_DAYS:
        days = int(step.result)
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    if step.key in ("share", "share_interest_free"):
        return _fraction(Fraction(step.result))
    if step.key == "minor_days":
        return _value("minor_days", step.result, currency)
    return amount_text(amount_minor=int(step.result), currency=currency)


def _fraction(value: Fraction) -> str:
    """A small fraction as it is, a long one as a decimal."""
    if value.denominator == 1:
        return str(value.numerator)
    if value.denominator <= 1000:
        return f"{value.numerator}/{value.denominator}"
    return f"{float(value):.10f}".rstrip("0")


def _exact_amount(exact: Fraction, currency: str) -> str:
    """An amount before rounding: four more decimals than the minor unit, cut and not rounded."""
    scaled = exact * 10_000
    minor, rest = divmod(abs(int(scaled)), 10_000)
    text = f"{amount_text(amount_minor=minor, currency=currency)}{rest:04d}"
    return f"{text}…" if scaled.denominator != 1 else text.rstrip("0")


def _rounding(step: Step) -> str:
    assert step.rounding is not None
    how = words.word(table="rounding", code=step.rounding.value)
    if step.multiple != 1:
        return _("rounded %(how)s, in steps of %(multiple)d minor units") % {"how": how, "multiple": step.multiple}
    return _("rounded %(how)s") % {"how": how}


def _instalment_name(name: str) -> str:
    """`instalment_5` in a sum over instalments."""
    number = name.rpartition("_")[2]
    return _("instalment %(number)s") % {"number": number} if number.isdecimal() else name


def _facts(facts: Mapping[str, Any], currency: str) -> list[tuple[str, str]]:
    told = []
    for name, value in facts.items():
        if name not in FACTS:
            continue
        told.append((str(FACTS[name]), _fact(name, value, currency)))
    return told


def _fact(name: str, value: Any, currency: str) -> str:
    if isinstance(value, date):
        return day_text(day=value)
    if name == "rate":
        return rate_text(rate_ppm=value[0], per=value[1])
    if name == "day_count":
        return words.word(table="day_count", code=value)
    if name.endswith("_minor"):
        return amount_text(amount_minor=value, currency=currency)
    return str(value)
