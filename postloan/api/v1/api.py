"""The JSON API, version 1: its parts. What every part shares is in doors.py, what a refusal looks like in problems.py."""

from postloan.api.v1.applications import router as applications
from postloan.api.v1.bills import router as bills
from postloan.api.v1.books import router as books
from postloan.api.v1.books import rows_refused
from postloan.api.v1.closes import router as closes
from postloan.api.v1.contacts import contacts, decisions
from postloan.api.v1.customers import router as customers
from postloan.api.v1.debits import router as debits
from postloan.api.v1.document import DocumentedApi
from postloan.api.v1.ledger import router as ledger
from postloan.api.v1.lines import router as lines
from postloan.api.v1.loans import router as loans
from postloan.api.v1.messages import router as messages
from postloan.api.v1.problems import PlainText, add_problem_handlers, refuse_kindly
from postloan.api.v1.quotes import router as quotes
from postloan.api.v1.receipts import router as receipts
from postloan.api.v1.refusals import REFUSALS
from postloan.books.mirror.operations import SyncRefused

api = DocumentedApi(
    title="Postloan",
    version="1",
    urls_namespace="api_v1",
    description="Money is whole minor units, rates are whole millionths as quoted, dates are ISO 8601.",
    docs_url="/docs",
    parser=PlainText(),
)
api.add_router("/quotes", quotes)
api.add_router("/customers", customers)
api.add_router("/loans", loans)
api.add_router("/receipts", receipts)
api.add_router("/books", books)
api.add_router("/lines", lines)
api.add_router("/bills", bills)
api.add_router("/applications", applications)
api.add_router("/debits", debits)
api.add_router("/messages", messages)
api.add_router("/contact-decisions", decisions)
api.add_router("/contacts", contacts)
api.add_router("/ledger", ledger)
api.add_router("/close", closes)

add_problem_handlers(api=api)
refuse_kindly(api=api, refusals=REFUSALS)
api.exception_handler(SyncRefused)(rows_refused)
