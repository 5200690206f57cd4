"""Make an account known to which money may be sent: a customer's own, or a merchant's."""

import re
from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import PayoutAccount
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import Customer

_NUMBER = re.compile(r"[0-9A-Z]{4,34}")


class NotAnAccount(ValueError):
    """The number is no account number, or the name of its holder is missing; the message does not repeat them."""


class AccountOwnerUnknown(LookupError):
    """No customer with this id; or neither a customer nor a merchant is named, or both are."""


@transaction.atomic
def add_payout_account(
    *,
    number: str,
    bank_code: str,
    holder_name: str,
    by: str,
    at: datetime,
    customer_id: int | None = None,
    merchant: str = "",
) -> PayoutAccount:
    """
    Return the account, made known now or before; number and name are stored encrypted.

    Spaces and small letters in the number do not matter. Refusals: NotAnAccount, AccountOwnerUnknown.
    """
    if (customer_id is None) == (not merchant):
        raise AccountOwnerUnknown("name a customer or a merchant")
    customer = Customer.objects.filter(pk=customer_id).first() if customer_id is not None else None
    if customer_id is not None and customer is None:
        raise AccountOwnerUnknown(f"customer {customer_id}")
    plain = re.sub(r"[\s-]", "", number).upper()
    if not _NUMBER.fullmatch(plain) or not holder_name.strip() or not bank_code.strip():
        raise NotAnAccount("give an account number of 4 to 34 digits and letters, its bank and its holder")
    cipher = field_cipher()
    account, is_new = PayoutAccount.objects.get_or_create(
        customer=customer,
        merchant=merchant,
        bank_code=bank_code,
        number_hash=cipher.lookup_hash(value=plain),
        defaults={"last_digits": plain[-4:], "added_at": at},
    )
    if is_new:
        account.number_encrypted = cipher.encrypt(value=plain, field="payout_account.number", row_id=account.pk)
        account.name_encrypted = cipher.encrypt(value=holder_name, field="payout_account.name", row_id=account.pk)
        account.save(update_fields=["number_encrypted", "name_encrypted"])
        audit.record_act(
            by=by, action="add_payout_account", subject_kind="payout_account", subject_id=account.pk, at=at
        )
    return account
