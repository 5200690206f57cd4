"""The worked example of docs/rules/accounting.md."""

import io
import re
from datetime import date
from pathlib import Path

import pytest

from postloan.books.accounting.exporting import export_ledger
from postloan.books.payments import operations as payments
from postloan.close.run import close_through
from tests.factories.books import AT, make_books, make_loan, make_product

PAGE = Path(__file__).parents[3] / "docs/rules/accounting.md"


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_what_the_file_ends_in():
    make_books()
    product = make_product(late_fee={"grace_days": 15, "minimum_minor": 1_500, "share_ppm": 50_000})
    loan = make_loan(
        product=product,
        due_dates=[date(2018, 7, 10), date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
    )
    close_through(through_date=date(2018, 7, 26), by="test", clock=lambda: AT)
    money = payments.NewReceipt("bank", "R1", loan.pk, 53_025, "USD", date(2018, 7, 27))
    payments.post_receipt(receipt=money, by="test", at=AT)
    close_through(through_date=date(2018, 7, 31), by="test", clock=lambda: AT)

    out = io.BytesIO()
    export_ledger(out=out, from_date=date(2018, 7, 1), through_date=date(2018, 7, 31), form="beancount", by="day")

    part = product.product.code.title()
    written = [re.sub(r"\s+", " ", line) for line in out.getvalue().decode().splitlines()]
    shown = re.findall(r"^    (2018-08-01 balance .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 4
    for line in shown:
        assert re.sub(r"\s+", " ", line).replace("Product-1", part) in written
