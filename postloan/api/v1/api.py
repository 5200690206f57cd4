"""The JSON API, version 1: its parts. What every part shares is in doors.py, what a refusal looks like in problems.py."""

from ninja import NinjaAPI

from postloan.api.v1.customers import router as customers
from postloan.api.v1.loans import router as loans
from postloan.api.v1.problems import add_problem_handlers, refuse_kindly
from postloan.api.v1.quotes import router as quotes
from postloan.api.v1.receipts import router as receipts
from postloan.books.ledger.queries import BooksNotOpen
from postloan.books.payments import operations as payments
from postloan.ground.customers.operations import PurposeMissing
from postloan.kernel.quoting import QuoteRefused

api = NinjaAPI(
    title="Postloan",
    version="1",
    urls_namespace="api_v1",
    description="Money is whole minor units, rates are whole millionths as quoted, dates are ISO 8601.",
    docs_url="/docs",
)
api.add_router("/quotes", quotes)
api.add_router("/customers", customers)
api.add_router("/loans", loans)
api.add_router("/receipts", receipts)

add_problem_handlers(api=api)
refuse_kindly(
    api=api,
    refusals={
        QuoteRefused: 422,
        BooksNotOpen: 409,
        PurposeMissing: 422,
        payments.UnknownLoan: 404,
        payments.NotAnAmount: 422,
        payments.CurrencyDiffers: 422,
        payments.ValueDateInFuture: 422,
        payments.BankReferenceReused: 409,
    },
)
