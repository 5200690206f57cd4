"""
Papers about a loan: the contract with its repayment plan, and the statement of account, as PDF in two languages.

`contents` says what a paper says, `wording` in which words, `pdf` in which order, `paper` draws it, `queries` gathers a
contract.
A statement needs receipts, so it is gathered one room up, in `books/payments/statements.py`.
"""

from postloan.books.loans.documents.contents import (
    Clause,
    Contract,
    DemandLine,
    Parties,
    PlanLine,
    ReceiptLine,
    Statement,
    TermsOfLoan,
)
from postloan.books.loans.documents.paper import LanguageNotWritten
from postloan.books.loans.documents.pdf import draw_contract, draw_statement
from postloan.books.loans.documents.queries import get_contract, terms_of_loan

__all__ = [
    "Clause",
    "Contract",
    "DemandLine",
    "LanguageNotWritten",
    "Parties",
    "PlanLine",
    "ReceiptLine",
    "Statement",
    "TermsOfLoan",
    "draw_contract",
    "draw_statement",
    "get_contract",
    "terms_of_loan",
]
