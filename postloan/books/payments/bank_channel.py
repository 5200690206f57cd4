"""The bank that this installation is set to use, and who the lender is to it. Vendors are named in settings, not here."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from postloan.outside.bank.port import Bank, BankAccount, Creditor


@dataclass(frozen=True)
class OwnAccount:
    """The lender's account: `code` is what receipts know it by."""

    code: str
    creditor: Creditor


@cache
def bank() -> Bank:
    """Return the bank that settings.BANK names: a class by its path, and its options."""
    chosen: dict[str, Any] = settings.BANK
    found: Bank = import_string(chosen["class"])(**chosen["options"])
    return found


def own_account() -> OwnAccount:
    """Return the account into which debits are collected (settings.DEBIT_CREDITOR)."""
    held: dict[str, str] = settings.DEBIT_CREDITOR
    account = BankAccount(
        number=held["account"], bank_code=held.get("bank_code", ""), is_iban=held["account"][:2].isalpha()
    )
    creditor = Creditor(name=held["name"], scheme_id=held["scheme_id"], account=account)
    return OwnAccount(code=held["code"], creditor=creditor)
