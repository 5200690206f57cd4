"""The packs for China loaded, a customer with a line and an account, and requests as an app would make them."""

from datetime import datetime
from typing import Any

from postloan.books.applications import operations, queries
from postloan.books.applications.models import Application, PayoutAccount
from postloan.books.applications.queries import Preview
from postloan.books.lines.models import CreditLine
from postloan.books.products.packs import pack_files, read_pack
from postloan.outside.bank.transfers_fake import FakeTransferChannel
from tests.factories.lines import AT, make_line

CASH = "cn_instalment_cash_loan"
SEEN = {"device": "a phone", "session": "s-1", "shown": "all pages, to the end"}


def load_packs() -> None:
    """Publish every pack that comes with Postloan."""
    for file in pack_files(name="cn"):
        operations.load_pack(pack=read_pack(file=file), by="test", at=AT)


def make_account(*, line: CreditLine | None = None, merchant: str = "", number: str = "6200000000001") -> PayoutAccount:
    """An account of the line's customer, or of a merchant."""
    return operations.add_payout_account(
        number=number,
        bank_code="TESTCNBJ",
        holder_name="Testa Person",
        customer_id=None if merchant else line.customer_id,
        merchant=merchant,
        by="test",
        at=AT,
    )


def make_applicant(*, limit_minor: int = 2_000_000, product_code: str | None = CASH, number: str = "6200000000001"):
    """A customer with a line for a product and an account; returns the line and the account."""
    load_packs()
    line = make_line(limit_minor=limit_minor, product_code=product_code)
    return line, make_account(line=line, number=number)


def new_request(line: CreditLine, account: PayoutAccount, **facts: Any) -> operations.NewApplication:
    """A request for 6,000.00 in three instalments."""
    given = {
        "customer_id": line.customer_id,
        "client_reference": "tap-1",
        "product_code": CASH,
        "amount_minor": 600_000,
        "instalments": 3,
        "payout_account_id": account.pk,
        "channel": "app",
        "language": "en",
        "line_id": line.pk,
    }
    return operations.NewApplication(**(given | facts))


def see(request: operations.NewApplication, *, at: datetime = AT) -> Preview:
    """What the customer is shown before they confirm."""
    return queries.preview_offer(
        product_code=request.product_code,
        amount_minor=request.amount_minor,
        instalments=request.instalments,
        start_date=queries.lenders_date(at=at),
        language=request.language,
        line_id=request.line_id,
    )


def draw_now(
    request: operations.NewApplication, *, bank: FakeTransferChannel | None = None, at: datetime = AT, **more: Any
) -> Application:
    """See the offer and confirm it, in one go."""
    seen = see(request, at=at)
    return operations.draw_now(
        request=request,
        figures_sha256=seen.figures_sha256,
        text_ids=[text.pk for text in seen.texts],
        evidence=SEEN,
        bank=bank or FakeTransferChannel(),
        by="customer",
        at=at,
        **more,
    )
