"""
Quotes: the terms of a loan as JSON in, its schedule out.

`read_terms` (text) and `take_terms` (parsed) refuse what is not understood and name the field;
`quote` answers with rows, totals and the terms as understood; with dated `events`, also with the loan as it then
stands: instalments, balances, allocations, ledger. `answer` takes every shape: a loan, a product by its code, an
account that is billed by the month, bare cash flows.
"""

from postloan.kernel.quoting._account import (
    QuoteAccount,
    QuoteAccountTerms,
    QuotedAccount,
    quote_account,
    read_account_terms,
)
from postloan.kernel.quoting._annual_rates import (
    AnnualRates,
    RateFigure,
    RatesAnswer,
    RatesTerms,
    rates_of_cash_flows,
    take_rates_terms,
)
from postloan.kernel.quoting._conventions import Convention, preset_of
from postloan.kernel.quoting._loan import LoanRow, QuotedLoan
from postloan.kernel.quoting._products import FindProduct, QuotableProduct
from postloan.kernel.quoting._quote import (
    Quote,
    QuoteRow,
    QuoteTotals,
    answer,
    quote,
    quote_lines,
    quote_many,
    quote_schema,
    terms_schema,
)
from postloan.kernel.quoting._servicing import QuoteEvents, QuoteServicing
from postloan.kernel.quoting._terms import (
    QuoteFee,
    QuoteRefused,
    QuoteTerms,
    complete_terms,
    read_terms,
    schedule_terms_of,
    take_terms,
)

__all__ = [
    "AnnualRates",
    "Convention",
    "FindProduct",
    "LoanRow",
    "QuotableProduct",
    "Quote",
    "QuoteAccount",
    "QuoteAccountTerms",
    "QuoteEvents",
    "QuoteFee",
    "QuoteRefused",
    "QuoteRow",
    "QuoteServicing",
    "QuoteTerms",
    "QuoteTotals",
    "QuotedAccount",
    "QuotedLoan",
    "RateFigure",
    "RatesAnswer",
    "RatesTerms",
    "answer",
    "complete_terms",
    "preset_of",
    "quote",
    "quote_account",
    "quote_lines",
    "quote_many",
    "quote_schema",
    "rates_of_cash_flows",
    "read_account_terms",
    "read_terms",
    "schedule_terms_of",
    "take_rates_terms",
    "take_terms",
    "terms_schema",
]
