"""Accounts of mandates: encrypted field by field, found by a keyed hash, shown masked."""

from postloan.books.payments.debit_models import Mandate
from postloan.ground.customers.cipher import field_cipher
from postloan.kernel.bank_accounts import masked_account, normalised_bank_code, normalised_iban, normalised_number
from postloan.outside.bank.port import BankAccount


def checked_account(*, number: str, bank_code: str) -> BankAccount:
    """
    Return the account in its one spelling: an IBAN where it begins with two letters, else a number with its bank's code.

    Raises NotAnAccount.
    """
    is_iban = number.strip()[:2].isalpha()
    return BankAccount(
        number=normalised_iban(text=number) if is_iban else normalised_number(text=number),
        bank_code=normalised_bank_code(text=bank_code, is_iban=is_iban),
        is_iban=is_iban,
    )


def hash_of(*, account: BankAccount) -> bytes:
    """Return the keyed hash under which an account is found."""
    bank_code = "" if account.is_iban else f"{account.bank_code}:"
    return field_cipher().lookup_hash(value=f"account:{bank_code}{account.number}")


def put_account(*, mandate: Mandate, account: BankAccount, holder: str) -> None:
    """Put account and holder, encrypted for this row, on a mandate that has its id."""
    cipher = field_cipher()
    mandate.account_encrypted = cipher.encrypt(value=account.number, field="mandate.account", row_id=mandate.pk)
    mandate.holder_encrypted = cipher.encrypt(value=holder, field="mandate.holder", row_id=mandate.pk)


def account_of(*, mandate: Mandate) -> BankAccount:
    """Return the account in the clear: for files to the bank, and whoever reads it says so in an audit record."""
    number = field_cipher().decrypt(ciphertext=mandate.account_encrypted, field="mandate.account", row_id=mandate.pk)
    return BankAccount(number=number, bank_code=mandate.bank_code, is_iban=mandate.is_iban)


def holder_of(*, mandate: Mandate) -> str:
    """Return the name of the account's holder in the clear; the customer's own where no other was given."""
    cipher = field_cipher()
    holder = cipher.decrypt(ciphertext=mandate.holder_encrypted, field="mandate.holder", row_id=mandate.pk)
    if holder:
        return holder
    return cipher.decrypt(ciphertext=mandate.customer.name_encrypted, field="customer.name", row_id=mandate.customer_id)


def masked_account_of(*, mandate: Mandate) -> str:
    """Return the account as any member of staff may see it."""
    return masked_account(number=account_of(mandate=mandate).number)
