"""The ledger as CSV: amounts with all their decimals, no grouping, debits and credits in columns of their own."""

import csv
import io
from datetime import date
from typing import IO

from postloan.books.accounting.exporting.day_legs import legs_of
from postloan.books.accounting.exporting.rows import By, Leg
from postloan.books.accounting.naming import Titles
from postloan.kernel.currencies import plain_amount

BY_DAY = ("business_date", "currency", "product", "account", "code", "name", "debit", "credit")
BY_ENTRY = ("business_date", "entry", "kind", "source", "currency", "product", "loan", "instalment", *BY_DAY[3:])


def write_csv(*, out: IO[bytes], titles: Titles, from_date: date, through_date: date, by: By) -> int:
    """Write the file with its header; returns how many rows follow it."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(BY_DAY if by == "day" else BY_ENTRY)
    count = 0
    for leg in legs_of(by=by, from_date=from_date, through_date=through_date):
        writer.writerow(_row(leg, titles, by))
        count += 1
    text.flush()
    text.detach()
    return count


def _row(leg: Leg, titles: Titles, by: By) -> list[object]:
    title = titles.title(account_id=leg.account_id, product_id=leg.product_id)
    amounts = [
        plain_amount(amount_minor=amount, currency=leg.currency) if amount else ""
        for amount in (leg.debit_minor, leg.credit_minor)
    ]
    account = [title.account, title.code, title.name, *amounts]
    if by == "day":
        return [leg.business_date, leg.currency, title.product, *account]
    head = [leg.business_date, leg.entry_id, leg.kind, leg.source, leg.currency, title.product]
    return [*head, leg.loan_id or "", leg.instalment_no or "", *account]
