"""Sign a mandate: the customer lets us debit an account, and we keep what they agreed to, when and where."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from postloan.books.loans.models import Loan
from postloan.books.payments.debit_accounts import account_of, checked_account, hash_of, put_account
from postloan.books.payments.debit_locks import release_lock
from postloan.books.payments.debit_models import LIVE_MANDATE, Mandate, MandateEvent
from postloan.books.payments.debit_packs import debit_policy
from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import Customer
from postloan.kernel.debit_policy import ReleaseEvent, agreed_announce_days


class MandateExists(ValueError):
    """The loan, or the customer, has a mandate that is not revoked; or the reference belongs to another one."""


class NotTheirLoan(ValueError):
    """The loan is another customer's, or in another currency."""


class EvidenceMissing(ValueError):
    """Text version or channel of the signature is not given."""


@dataclass(frozen=True, kw_only=True)
class NewMandate:
    """
    What the customer signed. `loan_id` None: for all their loans in the currency.

    `account` is an IBAN, or a number with `bank_code`. `announce_days` None: as the policy says.
    Instalments due from `from_date` (None: the day of the signature) are debited. `reference`,
    where given, is unique and makes a repetition harmless.
    """

    customer_id: int
    currency: str
    policy: str
    account: str = field(repr=False)
    text_version: str
    channel: str
    signed_at: datetime
    loan_id: int | None = None
    bank_code: str = ""
    holder: str = field(default="", repr=False)
    announce_days: int | None = None
    pay_day: int | None = None
    from_date: date | None = None
    reference: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def sign_mandate(*, new: NewMandate, by: str, at: datetime) -> Mandate:
    """
    Return the mandate, active; the same reference with the same account again returns the first.

    A lock on the account is released where the policy counts a new authorisation.
    Refusals: UnknownDebitPolicy, NotAnAccount, AnnouncementTooShort, EvidenceMissing, NotTheirLoan, MandateExists.
    """
    policy = debit_policy(code=new.policy)
    account = checked_account(number=new.account, bank_code=new.bank_code)
    announce_days = agreed_announce_days(wanted_days=new.announce_days, policy=policy)
    if not new.text_version or not new.channel:
        raise EvidenceMissing("a mandate names the version of its text and the channel")
    Customer.objects.select_for_update(no_key=True).get(pk=new.customer_id)
    if new.reference and (known := Mandate.objects.filter(reference=new.reference).first()):
        if known.customer_id != new.customer_id or account_of(mandate=known) != account:
            raise MandateExists(f"reference {new.reference}")
        return known
    _refuse_wrong_loan(new)
    same = {"loan_id": new.loan_id} if new.loan_id else {"loan": None, "currency": new.currency}
    if Mandate.objects.filter(LIVE_MANDATE, customer_id=new.customer_id, **same).exists():
        raise MandateExists(f"customer {new.customer_id}, loan {new.loan_id or 'any'}")
    signed_date = timezone.localdate(new.signed_at)
    mandate = Mandate.objects.create(
        reference=new.reference or f"new {new.customer_id} {new.loan_id}",
        customer_id=new.customer_id,
        loan_id=new.loan_id,
        currency=new.currency,
        policy=new.policy,
        announce_days=announce_days,
        pay_day=new.pay_day,
        from_date=new.from_date or signed_date,
        account_encrypted=b"",
        account_hash=hash_of(account=account),
        holder_encrypted=b"",
        bank_code=account.bank_code,
        is_iban=account.is_iban,
        signed_date=signed_date,
    )
    mandate.reference = new.reference or f"M{mandate.pk:010}"
    put_account(mandate=mandate, account=account, holder=new.holder)
    mandate.save(update_fields=["reference", "account_encrypted", "holder_encrypted"])
    MandateEvent.objects.create(
        mandate=mandate,
        kind=MandateEvent.Kind.SIGNED,
        happened_at=new.signed_at,
        by=by,
        channel=new.channel,
        text_version=new.text_version,
        evidence=new.evidence,
    )
    released = release_lock(mandate=mandate, event=ReleaseEvent.NEW_AUTHORISATION, policy=policy, by=by, at=at)
    audit.record_act(
        by=by,
        action="sign_mandate",
        subject_kind="mandate",
        subject_id=mandate.pk,
        at=at,
        details={"customer": new.customer_id, "loan": new.loan_id, "text": new.text_version, "released_lock": released},
    )
    return mandate


def _refuse_wrong_loan(new: NewMandate) -> None:
    if new.loan_id is None:
        return
    loan = Loan.objects.filter(pk=new.loan_id, customer_id=new.customer_id).first()
    if loan is None:
        raise NotTheirLoan(f"loan {new.loan_id} of customer {new.customer_id}")
    if loan.currency != new.currency:
        raise NotTheirLoan(f"a mandate in {new.currency} for a loan in {loan.currency}")
