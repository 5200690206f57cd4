"""
Which status each refusal of the floors below has.

404 the thing named is not there, 409 it is there but not in a state for this, 422 what was sent is wrong.
"""

from postloan.api.v1.contacts import KeyMissing, ReportIncomplete
from postloan.books.applications import operations as applications
from postloan.books.applications import queries as applications_asked
from postloan.books.bills import operations as bills
from postloan.books.ledger.queries import BooksNotOpen
from postloan.books.lines import operations as lines
from postloan.books.loans.importing.reading import ColumnsMissing
from postloan.books.mirror import operations as mirror
from postloan.books.mirror.mapping import KindNotMapped
from postloan.books.mirror.projecting import PlanHasGaps
from postloan.books.payments import operations as payments
from postloan.books.payments.debit_packs import UnknownDebitPolicy
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.deciding import AskNotUnderstood, CustomerUnknown, PointNotTheirs
from postloan.close import operations as close
from postloan.ground.customers.operations import PurposeMissing
from postloan.kernel.bank_accounts import NotAnAccount
from postloan.kernel.contact_points import NotAContactPoint
from postloan.kernel.debit_policy import AnnouncementTooShort
from postloan.kernel.offers import OfferRefused
from postloan.kernel.quoting import QuoteRefused

REFUSALS: dict[type[Exception], int] = {
    AnnouncementTooShort: 422,
    AskNotUnderstood: 422,
    BooksNotOpen: 409,
    ColumnsMissing: 422,
    CustomerUnknown: 404,
    KeyMissing: 422,
    KindNotMapped: 422,
    NotAContactPoint: 422,
    NotAnAccount: 422,
    OfferRefused: 422,
    PlanHasGaps: 422,
    PointNotTheirs: 422,
    PurposeMissing: 422,
    QuoteRefused: 422,
    ReportIncomplete: 422,
    UnknownDebitPolicy: 422,
    applications.AccountOwnerUnknown: 404,
    applications.ApplicantUnknown: 404,
    applications.BooksBehind: 409,
    applications.FiguresDiffer: 409,
    applications.LineDoesNotFit: 422,
    applications.NotTheNextStep: 409,
    applications.OfferExpired: 409,
    applications.PayoutAccountDoesNotFit: 422,
    applications.RequestReused: 409,
    applications.TextNotAcknowledged: 422,
    applications.TooLateToCancel: 409,
    applications.UnknownApplication: 404,
    applications_asked.ProductNotOffered: 404,
    applications_asked.TextMissing: 409,
    bills.ConversionNotOffered: 422,
    bills.ConversionReferenceReused: 409,
    bills.ConversionTooLate: 409,
    bills.MoreThanBought: 422,
    bills.NoBillProduct: 409,
    bills.NotARefundAmount: 422,
    bills.NothingToConvert: 409,
    bills.PurchaseCurrencyDiffers: 422,
    bills.PurchaseWhilePastDue: 409,
    bills.RefundReferenceReused: 409,
    bills.UnknownAccount: 404,
    bills.UnknownPurchase: 404,
    close.FaultIsSolved: 409,
    close.UnknownFault: 404,
    mirror.DayInFuture: 422,
    mirror.NothingTold: 422,
    mirror.SourceTaken: 409,
    mirror.UnknownCore: 404,
    lines.ChangeInThePast: 422,
    lines.DrawRefused: 409,
    lines.LimitNotPossible: 422,
    lines.LineClosedForGood: 409,
    lines.LineIsThere: 409,
    lines.LineOfAnotherCustomer: 422,
    lines.RaiseNeverRuns: 422,
    lines.ReasonMissing: 422,
    lines.UnknownCustomer: 404,
    lines.UnknownLine: 404,
    lines.UnknownProduct: 404,
    outreach.ContactNotFound: 404,
    outreach.OutcomeUnknown: 422,
    payments.BankItemUnknown: 404,
    payments.BankReferenceReused: 409,
    payments.CurrencyDiffers: 422,
    payments.EvidenceMissing: 422,
    payments.LoanKeptElsewhere: 409,
    payments.MandateExists: 409,
    payments.MandateRevoked: 409,
    payments.MandateUnknown: 404,
    payments.NotAnAmount: 422,
    payments.NotTheirLoan: 422,
    payments.OutcomeMissing: 422,
    payments.UnknownLoan: 404,
    payments.ValueDateInFuture: 422,
}
