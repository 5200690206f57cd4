"""What leaves as a file adds up to the trial balance, also in the eyes of the program that reads it."""

import csv
import io
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from postloan.books.accounting.exporting import PeriodIsEmpty, export_ledger
from postloan.books.accounting.exporting.rows import ROWS_AT_ONCE
from postloan.books.accounting.naming import Titles
from postloan.books.accounting.queries import get_period_balances
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import DailySum, Posting
from postloan.books.products.models import Product
from postloan.books.products.operations import publish_product_version
from postloan.kernel.lender_accounts import LenderAccount
from tests.books.accounting.conftest import NOW
from tests.close.books import AS_OF

pytestmark = pytest.mark.django_db(transaction=True)


def exported(period, form, by="entry", language="en"):
    out = io.BytesIO()
    found = export_ledger(out=out, from_date=period[0], through_date=period[1], form=form, by=by, language=language)
    return out.getvalue(), found.rows


def movements(period):
    return {
        (row.product_id, row.account_id): (row.debit_minor, row.credit_minor)
        for row in get_period_balances(from_date=period[0], through_date=period[1])
        if row.debit_minor or row.credit_minor
    }


def give_accounts(**accounts):
    """Publish a new version of a product that had interest raised, with codes of the lender's own."""
    moved = DailySum.objects.filter(account_id=AccountNo.INTEREST_RECEIVABLE, business_date__gt=AS_OF)
    product = Product.objects.get(pk=moved[0].product_id)
    terms = product.versions.order_by("-version_no")[0].product_terms
    mapped = {name: LenderAccount(code=code, name=names) for name, (code, names) in accounts.items()}
    terms = terms.model_copy(update={"accounts": mapped})
    publish_product_version(code=product.code, name=product.name, terms=terms, by="test", at=NOW)
    return product


@pytest.mark.parametrize("by", ["entry", "day"])
def test_a_csv_file_adds_up_to_the_movements_of_the_period(closed_days, by):
    content, rows = exported(closed_days, "csv", by)

    read = list(csv.DictReader(io.StringIO(content.decode())))
    titles = Titles(language="en")
    sums = defaultdict(lambda: [0, 0])
    for row in read:
        for place, side in enumerate(("debit", "credit")):
            sums[row["product"], row["account"]][place] += int(Decimal(row[side] or 0) * 100)
    wanted = {}
    for (product, account), moved in movements(closed_days).items():
        title = titles.title(account_id=account, product_id=product)
        wanted[title.product, title.account] = list(moved)
    assert dict(sums) == wanted
    assert len(read) == rows
    if by == "entry":
        assert rows == 2 * Posting.objects.filter(entry__business_date__range=closed_days).count()


@pytest.mark.parametrize("by", ["entry", "day"])
def test_a_parquet_file_holds_the_same_rows_as_the_csv(closed_days, by):
    give_accounts(interest_receivable=("1132.01", {"en": "Interest receivable", "zh-hans": "应收利息"}))
    text, _ = exported(closed_days, "csv", by, "zh-hans")
    content, rows = exported(closed_days, "parquet", by, "zh-hans")

    read = pq.read_table(io.BytesIO(content)).to_pylist()

    as_text = list(csv.DictReader(io.StringIO(text.decode())))
    assert len(read) == len(as_text) == rows
    for one, other in zip(read, as_text, strict=True):
        assert (str(one["business_date"]), one["code"], one["name"]) == tuple(
            other[name] for name in ("business_date", "code", "name")
        )
        assert one["debit_minor"] - one["credit_minor"] == 100 * (
            Decimal(other["debit"] or 0) - Decimal(other["credit"] or 0)
        )
    assert {"1132.01"} < {row["code"] for row in read}
    assert any(row["name"] == "应收利息" for row in read)


@pytest.mark.parametrize("by", ["entry", "day"])
@pytest.mark.parametrize("days_left_out", [0, 2])
def test_beancount_loads_the_file_without_an_error_and_comes_to_the_trial_balance(closed_days, by, days_left_out):
    beancount = pytest.importorskip("beancount.loader", reason="BEANCOUNT IS MISSING: its file was not loaded")
    from beancount.core import realization

    give_accounts(
        loan_principal=("1303.01", {"en": 'Loans "consumer"', "zh-hans": "个人消费贷款"}),
        interest_receivable=("1132", {"en": "Interest"}),
        accrued_interest=("1132", {"en": "Interest"}),
    )
    period = (closed_days[0] + timedelta(days=days_left_out), closed_days[1])
    content, transactions = exported(period, "beancount", by)

    entries, errors, _ = beancount.load_string(content.decode())

    assert [error.message for error in errors] == []
    kinds = [type(entry).__name__ for entry in entries]
    assert kinds.count("Transaction") == transactions + 1  # and the balances before the period
    assert kinds.count("Balance") > 5
    real = realization.realize(entries)
    titles = Titles(language="en")
    wanted = defaultdict(int)
    for row in get_period_balances(from_date=period[0], through_date=period[1]):
        wanted[titles.title(account_id=row.account_id, product_id=row.product_id).path] += row.closing_minor
    for path, amount in wanted.items():
        found = realization.get(real, path).balance.get_currency_units("CNY").number
        assert found * 100 == amount, path
    assert any(path.startswith("Assets:1303-01:") for path in wanted)


def test_a_file_that_lost_a_posting_does_not_load(closed_days):
    beancount = pytest.importorskip("beancount.loader", reason="BEANCOUNT IS MISSING: its file was not loaded")
    content, _ = exported(closed_days, "beancount", "day")
    lines = content.decode().splitlines()
    place = next(no for no, line in enumerate(lines) if line.startswith("  Assets:") and no > lines.index(""))

    _, errors, _ = beancount.load_string("\n".join(lines[:place] + lines[place + 1 :]))

    assert errors


def test_rows_stream_in_portions(closed_days, monkeypatch):
    """Hold less than the file: what is fetched at once is bounded, so the whole is never in memory."""
    from postloan.books.accounting.exporting import rows

    whole, _ = exported(closed_days, "csv")
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 7)

    assert exported(closed_days, "csv")[0] == whole
    assert ROWS_AT_ONCE <= 10_000


def test_a_period_that_ends_before_it_begins_is_refused(closed_days):
    with pytest.raises(PeriodIsEmpty):
        exported((closed_days[1], closed_days[0]), "csv")
