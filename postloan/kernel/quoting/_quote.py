"""
Quote a loan: terms in, the schedule with every row and the totals out.

The same function stands behind the command and the API, so a quote, a page and the book can never
give three answers. The rule page is docs/rules/quote.md.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from postloan.kernel.engine import ServicingRefused
from postloan.kernel.quoting._account import QuotedAccount, quote_account, read_account_terms
from postloan.kernel.quoting._annual_rates import (
    AnnualRates,
    RatesAnswer,
    annual_rates_of_schedule,
    rates_of_cash_flows,
    take_rates_terms,
)
from postloan.kernel.quoting._loan import EventNotPossible, QuotedLoan, work_out
from postloan.kernel.quoting._products import FindProduct, terms_of_product
from postloan.kernel.quoting._servicing import loan_terms_of
from postloan.kernel.quoting._terms import QuoteRefused, QuoteTerms, complete_terms, read_terms, schedule_terms_of
from postloan.kernel.schedules import Schedule, ScheduleRow, TermsRefused, build_schedule, explain_row


class QuoteRow(BaseModel):
    """One row; amounts in minor units, `balance_minor` is principal still owed after the row."""

    model_config = ConfigDict(frozen=True)

    instalment_no: int
    from_date: date
    due_date: date
    days: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    total_minor: int
    balance_minor: int
    carried_interest_minor: int
    remainder_minor: int
    is_down_payment: bool


class QuoteStep(BaseModel):
    """One step to a figure of a row: its formula over `values`, rounded as named, gives `result`."""

    model_config = ConfigDict(frozen=True)

    key: str
    formula: str
    values: dict[str, int | str]
    result: int | str
    rounding: str | None


class QuoteTotals(BaseModel):
    """The sums over all rows, in minor units."""

    model_config = ConfigDict(frozen=True)

    principal_minor: int
    interest_minor: int
    fee_minor: int
    total_minor: int


class Quote(BaseModel):
    """A schedule with its totals, and the terms as understood; with events or a date, the loan as it then stands."""

    model_config = ConfigDict(frozen=True)

    convention: str
    currency: str
    currency_digits: int
    terms: QuoteTerms
    instalment_minor: int | None
    rows: tuple[QuoteRow, ...]
    totals: QuoteTotals
    loan: QuotedLoan | None = None
    annual_rates: AnnualRates
    explanations: dict[int, tuple[QuoteStep, ...]] | None = None


def answer(*, text: str | bytes, find_product: FindProduct | None = None) -> Quote | RatesAnswer | QuotedAccount:
    """
    Answer one JSON object by what it holds.

    Bare `cash_flows` give their annual rates; an `account` its bills; a `product` the quote of a loan or the bills of
    an account on the terms of that product, which `find_product` knows by its code; else the terms of a loan its quote.

    Raises:
        QuoteRefused: naming the field.
    """
    try:
        given = from_json(text)
    except ValueError as error:
        raise QuoteRefused("", f"this is not JSON: {error}") from None
    if isinstance(given, dict) and "cash_flows" in given:
        return rates_of_cash_flows(terms=take_rates_terms(text))
    if isinstance(given, dict) and "account" in given:
        return quote_account(terms=read_account_terms(text))
    if isinstance(given, dict) and "product" in given:
        terms = terms_of_product(asked=given, find_product=find_product)
        return quote(terms=terms) if isinstance(terms, QuoteTerms) else quote_account(terms=terms)
    return quote(terms=read_terms(text))


def quote(*, terms: QuoteTerms) -> Quote:
    """
    Return the schedule of a loan on these terms, to the minor unit.

    Raises:
        QuoteRefused: naming the field, where the terms make no schedule.
    """
    understood = complete_terms(terms=terms)
    try:
        schedule = build_schedule(terms=schedule_terms_of(terms=understood))
    except TermsRefused as refusal:
        raise QuoteRefused(refusal.field, refusal.message) from None
    return _quote_of(terms=understood, schedule=schedule, loan=_loan_of(understood))


def quote_many(*, terms: Iterable[QuoteTerms]) -> Iterator[Quote]:
    """Return the quotes of many loans one after the other; the first refusal ends it."""
    return (quote(terms=each) for each in terms)


def quote_lines(
    *, lines: Iterable[str], find_product: FindProduct | None = None
) -> Iterator[tuple[int, Quote | RatesAnswer | QuotedAccount | QuoteRefused]]:
    """
    Quote JSON Lines: for every line that is not empty, its number (from 1) and its `answer` or refusal.

    A refused line does not end the others.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, answer(text=line, find_product=find_product)
        except QuoteRefused as refusal:
            yield number, refusal


def terms_schema() -> dict[str, Any]:
    """Return the JSON schema of the terms."""
    return QuoteTerms.model_json_schema()


def quote_schema() -> dict[str, Any]:
    """Return the JSON schema of a quote."""
    return Quote.model_json_schema(mode="serialization")


def _loan_of(terms: QuoteTerms) -> QuotedLoan | None:
    """Work the loan out, if anything happens to it or a day is named."""
    if terms.events is None and terms.as_of is None:
        return None
    try:
        loan_terms = loan_terms_of(
            schedule=schedule_terms_of(terms=terms),
            convention=terms.convention,
            currency=terms.currency,
            servicing=terms.servicing,
        )
        return work_out(terms=loan_terms, events=terms.events or (), as_of=terms.as_of)
    except ServicingRefused as refusal:
        raise QuoteRefused(f"servicing.{refusal.field}", refusal.message) from None
    except EventNotPossible as refusal:
        raise QuoteRefused(f"events.{refusal.place}", str(refusal)) from None


def _quote_of(*, terms: QuoteTerms, schedule: Schedule, loan: QuotedLoan | None) -> Quote:
    return Quote(
        convention=terms.convention,
        currency=terms.currency,
        currency_digits=terms.currency_digits,
        terms=terms,
        instalment_minor=schedule.instalment_minor,
        rows=tuple(_row_of(row) for row in schedule.rows),
        totals=QuoteTotals(
            principal_minor=schedule.principal_minor,
            interest_minor=schedule.interest_minor,
            fee_minor=schedule.fee_minor,
            total_minor=schedule.total_minor,
        ),
        loan=loan,
        annual_rates=annual_rates_of_schedule(terms=terms, schedule=schedule),
        explanations=_explanations(terms, schedule) if terms.explain else None,
    )


def _explanations(terms: QuoteTerms, schedule: Schedule) -> dict[int, tuple[QuoteStep, ...]]:
    """Return the steps to the figures of every row by its number; fractions as text."""
    made_from = schedule_terms_of(terms=terms)
    return {
        row.instalment_no: tuple(
            QuoteStep(
                key=step.key,
                formula=step.formula,
                values={name: _plain(value) for name, value in step.values.items()},
                result=_plain(step.result),
                rounding=step.rounding.value if step.rounding else None,
            )
            for step in explain_row(terms=made_from, schedule=schedule, instalment_no=row.instalment_no)
        )
        for row in schedule.rows
    }


def _plain(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def _row_of(row: ScheduleRow) -> QuoteRow:
    return QuoteRow(
        instalment_no=row.instalment_no,
        from_date=row.from_date,
        due_date=row.due_date,
        days=row.days,
        principal_minor=row.principal_minor,
        interest_minor=row.interest_minor,
        fee_minor=row.fee_minor,
        total_minor=row.total_minor,
        balance_minor=row.balance_minor,
        carried_interest_minor=row.carried_out_minor,
        remainder_minor=row.remainder_minor,
        is_down_payment=row.is_down_payment,
    )
