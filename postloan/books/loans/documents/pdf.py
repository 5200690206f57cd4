"""Draw the contract and the statement of account: which facts and tables stand on them, in which order."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from postloan.books.loans.documents.contents import (
    Contract,
    DemandLine,
    Parties,
    PlanLine,
    ReceiptLine,
    Statement,
    TermsOfLoan,
)
from postloan.books.loans.documents.paper import Paper, Row
from postloan.books.loans.documents.wording import (
    Words,
    amount_text,
    annual_text,
    day_text,
    late_fee_text,
    penalty_text,
    ppm_text,
)


def draw_contract(*, contract: Contract, language: str, chinese_font_file: Path | None = None) -> bytes:
    """
    Return the contract with its plan as a PDF.

    Raises:
        LanguageNotWritten: if `language` is neither "en" nor "zh-hans".
    """
    paper = Paper(language=language, chinese_font_file=chinese_font_file)
    words, terms = paper.words, contract.terms
    paper.title(words.contract, footer=contract.parties.lender_name)
    paper.facts(
        [
            *_parties(contract.parties, words),
            *_terms(terms, words),
            (words.made_on, day_text(day=contract.made_on, words=words)),
            *([(words.text_version, contract.text_version)] if contract.text_version else []),
        ]
    )
    paper.facts(_annual(terms, words), heading=words.annual_cost)
    paper.facts(_late(terms, words), heading=words.late)
    for clause in contract.clauses:
        paper.clause(clause.title, clause.text)
    paper.heading(words.plan, note=words.amounts_in.format(currency=terms.currency))
    _money_table(
        paper,
        terms,
        heads=[words.number, words.due_date, words.principal, words.interest, words.fee, words.total, words.balance],
        lines=contract.plan,
        amounts=("principal", "interest", "fee", "total", "balance"),
        not_summed=("balance",),
    )
    paper.signatures([words.lender, words.borrower], heading=words.signatures)
    return paper.finish(title=f"{words.contract} {terms.reference}")


def draw_statement(*, statement: Statement, language: str, chinese_font_file: Path | None = None) -> bytes:
    """
    Return the statement of account as a PDF.

    Raises:
        LanguageNotWritten: as `draw_contract`.
    """
    paper = Paper(language=language, chinese_font_file=chinese_font_file)
    words, terms = paper.words, statement.terms

    def on(*, day: date) -> str:
        return day_text(day=day, words=words)

    def money(*, amount_minor: int) -> str:
        return amount_text(amount_minor=amount_minor, digits=terms.currency_digits)

    paper.title(words.statement, footer=statement.parties.lender_name)
    paper.facts(
        [
            *_parties(statement.parties, words),
            *_terms(terms, words),
            (words.period, f"{on(day=statement.from_date)} – {on(day=statement.as_of)}"),
        ]
    )
    upcoming = words.nothing
    if statement.next_due_date is not None and statement.next_due_minor is not None:
        upcoming = f"{on(day=statement.next_due_date)} · {money(amount_minor=statement.next_due_minor)}"
    paper.facts(
        [
            (words.outstanding, money(amount_minor=statement.principal_outstanding_minor)),
            (words.accrued, money(amount_minor=statement.accrued_interest_minor)),
            (words.open, money(amount_minor=statement.open_minor)),
            (words.past_due, money(amount_minor=statement.past_due_minor)),
            (words.days_past_due, str(statement.days_past_due)),
            (words.next_payment, upcoming),
        ],
        heading=f"{words.as_of} {on(day=statement.as_of)}",
        note=words.amounts_in.format(currency=terms.currency),
    )
    _demands(paper, statement)
    _receipts(paper, statement)
    return paper.finish(title=f"{words.statement} {terms.reference}")


def _demands(paper: Paper, statement: Statement) -> None:
    words, terms = paper.words, statement.terms
    paper.heading(words.demands)
    if not statement.demands:
        paper.text(words.no_demands)
        return
    _money_table(
        paper,
        terms,
        heads=[words.number, words.due_date, words.due, words.of_it_penalty, words.paid, words.waived, words.open],
        lines=statement.demands,
        amounts=("due", "penalty", "paid", "waived", "open"),
    )


def _receipts(paper: Paper, statement: Statement) -> None:
    words, terms = paper.words, statement.terms
    paper.heading(words.receipts)
    if not statement.receipts:
        paper.text(words.no_receipts)
        return
    heads = [words.amount, words.principal, words.interest, words.fee, words.penalties, words.unapplied, words.refunded]
    _money_table(
        paper,
        terms,
        heads=[words.value_date, words.bank_reference, *heads],
        lines=statement.receipts,
        amounts=("amount", "principal", "interest", "fee", "penalty", "unapplied", "refunded"),
    )


def _money_table(
    paper: Paper,
    terms: TermsOfLoan,
    *,
    heads: Row,
    lines: Sequence[PlanLine | DemandLine | ReceiptLine],
    amounts: Sequence[str],
    not_summed: Sequence[str] = (),
) -> None:
    """A table of lines, two columns of words and then the amounts named, with their sums below."""
    figures = [[int(getattr(line, f"{name}_minor")) for name in amounts] for line in lines]
    sums = [sum(column) for column in zip(*figures, strict=True)] or [0] * len(amounts)

    def written(row: Sequence[int]) -> list[str]:
        return [amount_text(amount_minor=amount, digits=terms.currency_digits) for amount in row]

    totals = ["" if name in not_summed else total for name, total in zip(amounts, written(sums), strict=True)]
    rows = [(*_first_cells(line, paper.words), *written(row)) for line, row in zip(lines, figures, strict=True)]
    paper.table(heads, rows, total=(paper.words.total, "", *totals))


def _first_cells(line: PlanLine | DemandLine | ReceiptLine, words: Words) -> tuple[str, str]:
    if isinstance(line, ReceiptLine):
        return day_text(day=line.value_date, words=words), line.reference
    return str(line.instalment_no), day_text(day=line.due_date, words=words)


def _parties(parties: Parties, words: Words) -> list[Row]:
    return [
        (words.lender, parties.lender_name),
        (words.contact, parties.lender_contact),
        (words.borrower, parties.borrower_name),
    ]


def _terms(terms: TermsOfLoan, words: Words) -> list[Row]:
    principal = amount_text(amount_minor=terms.principal_minor, digits=terms.currency_digits)
    return [
        (words.reference, terms.reference),
        (words.product, terms.product),
        (words.principal, f"{terms.currency} {principal}"),
        (words.rate, f"{ppm_text(terms.rate_ppm)} {words.per[terms.rate_per]}"),
        (words.instalments, str(terms.instalments)),
        (words.disbursed, day_text(day=terms.disbursed_date, words=words)),
    ]


def _annual(terms: TermsOfLoan, words: Words) -> list[Row]:
    found = [
        (words.china_nominal, terms.china_nominal),
        (words.eu_effective, terms.eu_effective),
        (words.us_actuarial, terms.us_actuarial),
    ]
    return [(name, annual_text(rate)) for name, rate in found if rate is not None]


def _late(terms: TermsOfLoan, words: Words) -> list[Row]:
    rows: list[Row] = []
    if terms.penalty is not None:
        rows.append((words.penalties, penalty_text(terms=terms.penalty, words=words)))
    if terms.late_fee is not None:
        rows.append((words.fee, late_fee_text(terms=terms.late_fee, digits=terms.currency_digits, words=words)))
    return rows
