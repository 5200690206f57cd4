"""
Why is this number what it is? Every computed figure of a loan as steps that a page shows and a test recomputes.

The steps come from the kernel where it worked the figure out, else they are
written here over the values the books hold: postings, demands, the plan.
`explain_loan` answers for one loan; receipts are explained in `books/payments/explaining.py`.
"""

from postloan.books.loans.explaining._explanation import BucketStep, Explanation
from postloan.books.loans.explaining._loan import LoanFigures, explain_loan
from postloan.books.loans.explaining._plans import plain_terms, rebuild

__all__ = ["BucketStep", "Explanation", "LoanFigures", "explain_loan", "plain_terms", "rebuild"]
