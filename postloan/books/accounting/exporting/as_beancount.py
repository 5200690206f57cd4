"""
The ledger as a Beancount file.

Every account is opened under the lender's code and its product, a first transaction
brings the balances before the period, and the file ends in an assertion of every
balance after it: who loads the file has checked it against the trial balance.
By entry, a transaction is a journal entry, its postings summed by product and account.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import IO

from postloan.books.accounting.exporting.day_legs import day_legs
from postloan.books.accounting.exporting.rows import By, Leg, entry_legs
from postloan.books.accounting.naming import Titles
from postloan.books.accounting.queries import PeriodBalance, get_period_balances
from postloan.kernel.currencies import plain_amount

WIDTH = 60


def write_beancount(*, out: IO[bytes], titles: Titles, from_date: date, through_date: date, by: By) -> int:
    """Write the file; returns how many transactions it has, the opening one not counted."""
    balances = get_period_balances(from_date=from_date, through_date=through_date)
    legs = (day_legs if by == "day" else entry_legs)(from_date=from_date, through_date=through_date)
    _write(out, _head(balances, titles, from_date))
    count = 0
    for _, group in groupby(legs, key=lambda leg: (leg.business_date, leg.entry_id, leg.currency)):
        _write(out, _transaction(list(group), titles))
        count += 1
    _write(out, _assertions(balances, titles, through_date + timedelta(days=1)))
    return count


def _write(out: IO[bytes], lines: Iterable[str]) -> None:
    out.write(("\n".join(lines) + "\n").encode())


def _head(balances: list[PeriodBalance], titles: Titles, from_date: date) -> Iterator[str]:
    yield 'option "title" "Postloan"'
    for currency in sorted({balance.currency for balance in balances}):
        yield f'option "operating_currency" "{currency}"'
    yield ""
    seen: set[str] = set()
    for balance in balances:
        title = titles.title(account_id=balance.account_id, product_id=balance.product_id)
        if title.path not in seen:
            seen.add(title.path)
            yield f"{from_date} open {title.path}"
            yield f"  account: {_quoted(title.account)}"
            yield f"  code: {_quoted(title.code)}"
            yield f"  name: {_quoted(title.name)}"
    yield ""
    for currency, group in groupby(balances, key=lambda balance: balance.currency):
        opening = [balance for balance in group if balance.opening_minor]
        if opening:
            yield f'{from_date} * "Balances before {from_date}"'
            yield from (
                _leg(titles, balance.account_id, balance.product_id, balance.opening_minor, currency)
                for balance in opening
            )
            yield ""


def _transaction(legs: list[Leg], titles: Titles) -> Iterator[str]:
    first = legs[0]
    yield f"{first.business_date} * {_quoted(first.kind.replace('_', ' ') or 'Sums of the day')}"
    if first.entry_id is not None:
        yield f"  entry: {first.entry_id}"
        yield f"  source: {_quoted(first.source)}"
    for leg in legs:
        for amount in (leg.debit_minor, -leg.credit_minor):
            if amount:
                yield _leg(titles, leg.account_id, leg.product_id, amount, leg.currency)
                if leg.loan_id is not None:
                    yield f"    loan: {leg.loan_id}"
    yield ""


def _leg(titles: Titles, account_id: int, product_id: int | None, amount_minor: int, currency: str) -> str:
    path = titles.title(account_id=account_id, product_id=product_id).path
    return f"  {path:<{WIDTH}} {plain_amount(amount_minor=amount_minor, currency=currency):>18} {currency}"


def _assertions(balances: list[PeriodBalance], titles: Titles, on_date: date) -> Iterator[str]:
    sums: dict[tuple[str, str], int] = {}
    for balance in balances:
        path = titles.title(account_id=balance.account_id, product_id=balance.product_id).path
        sums[path, balance.currency] = sums.get((path, balance.currency), 0) + balance.closing_minor
    for (path, currency), amount in sums.items():
        yield f"{on_date} balance {path:<{WIDTH}} {plain_amount(amount_minor=amount, currency=currency):>18} {currency}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
