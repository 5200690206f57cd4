"""Mandates, and a bank in memory that answers at once."""

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from postloan.books.loans.models import Loan
from postloan.books.payments import operations
from postloan.books.payments.debit_queries import get_orders_to_tell
from postloan.books.payments.models import DebitFile, DebitOrder, Mandate
from postloan.outside.bank.fake import FakeBank
from postloan.outside.bank.simulator import Faults

IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300", "GB82WEST12345698765432")
_numbers = count(1)


def at(day: date, hour: int = 1) -> datetime:
    """An instant of that calendar day in the lender's time zone (Asia/Shanghai is eight hours ahead)."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def use_bank(monkeypatch: Any, *, today: date, faults: Faults | None = None) -> FakeBank:
    """Put a bank in memory in the place of the one in settings and return it."""
    found = FakeBank(today=today, faults=faults or Faults())
    for name in (
        "_make_debit_files",
        "_hand_over_debit_files",
        "_take_bank_file",
        "_take_bank_files",
        "_ask_for_answers",
    ):
        monkeypatch.setattr(f"postloan.books.payments.operations.{name}.bank", lambda: found)
    return found


def new_mandate(loan: Loan, **facts: Any) -> operations.NewMandate:
    """What a customer signs for one loan, by the rules of the euro area with two days' notice."""
    given: dict[str, Any] = {
        "customer_id": loan.customer_id,
        "loan_id": loan.pk,
        "currency": loan.currency,
        "policy": "eu",
        "account": IBANS[0],
        "announce_days": 2,
        "text_version": "sepa-core-en-3",
        "channel": "portal",
        "signed_at": at(date(2018, 6, 20)),
        "evidence": {"ip_hash": "ab12", "code_sent": True},
    }
    return operations.NewMandate(**(given | facts))


def make_mandate(loan: Loan, **facts: Any) -> Mandate:
    """A signed mandate."""
    return operations.sign_mandate(new=new_mandate(loan, **facts), by="test", at=at(date(2018, 6, 20)))


def announce(day: date) -> list[DebitOrder]:
    """Announce, tell everybody on the same day, and return the orders told."""
    operations.announce_debits(on_date=day, by="test", at=at(day))
    orders = [item.order for item in get_orders_to_tell()]
    operations.record_told(order_ids=[order.pk for order in orders], told_at=at(day), by="test", at=at(day))
    return orders


def send(day: date) -> list[DebitFile]:
    """Make the files of a day and hand them over."""
    operations.make_debit_files(on_date=day, by="test", at=at(day))
    return operations.hand_over_debit_files(by="test", at=at(day))


def take(day: date) -> operations.BankPost:
    """Take what the bank has left."""
    return operations.take_bank_files(on_date=day, by="test", at=at(day, 6))
