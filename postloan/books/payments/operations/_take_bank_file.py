"""
Take one file of the bank's: book the money it brings, record what came back, plan what is tried again.

One transaction for the whole file. A file known by its message id is not taken again; an entry told twice in two files
is booked once. Money is booked by `post_receipts` under the debit's end-to-end id, so it is one receipt whatever the
number of files that tell of it. A debit taken back after its receipt was booked takes the receipt back, or is handed to a person where that cannot be.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from postloan.books.payments.bank_answers import Meaning, Reading, Return
from postloan.books.payments.bank_channel import bank, own_account
from postloan.books.payments.debit_locks import hold_debits, lock_after_failures
from postloan.books.payments.debit_models import (
    BankFile,
    BankItem,
    DebitAttempt,
    DebitFile,
    DebitOrder,
    DebitReturn,
    Mandate,
    MandateEvent,
)
from postloan.books.payments.debit_packs import debit_policy
from postloan.books.payments.mandate_changes import change_state, locked_mandate
from postloan.books.payments.money_in import NewReceipt
from postloan.books.payments.operations._close_bank_item import close_bank_item
from postloan.books.payments.operations._post_receipts import post_receipts
from postloan.books.payments.operations._reverse_receipt import ReceiptWasRefunded, reverse_receipt
from postloan.books.payments.servicing import LoanHasNoPlan
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.rows import update_rows
from postloan.kernel.debit_policy import NoRetry, PastAttempt, ReasonClass, next_try
from postloan.kernel.engine import EventRefused
from postloan.outside.bank.port import BankReport

ENDS_MANDATE = {ReasonClass.ACCOUNT_DEAD, ReasonClass.MANDATE_DEAD, ReasonClass.DISPUTED, ReasonClass.DECEASED}


class BankFileChanged(ValueError):
    """The bank used a message id a second time, for other content."""


@dataclass(frozen=True)
class TakenBankFile:
    """The file, and whether it is new; `bank_file.counts` says what it brought."""

    bank_file: BankFile
    is_new: bool


@transaction.atomic
def take_bank_file(*, content: bytes, on_date: date, by: str, at: datetime) -> TakenBankFile:
    """
    Return what came of one file; the same file again returns the first.

    Refused whole, so that nothing of it counts: BankFileRefused (not whole or not understood, with the
    line), BankFileChanged, ValueDateInFuture (the books are not open for its day yet: take it later).
    """
    hold_debits()
    report = bank().read(content=content)
    digest = hashlib.sha256(content).hexdigest()
    if known := BankFile.objects.filter(kind=report.kind, message_id=report.message_id).first():
        if known.sha256 != digest:
            raise BankFileChanged(f"{report.kind} {report.message_id}")
        return TakenBankFile(bank_file=known, is_new=False)
    meaning = _read(report, on_date)
    _book(meaning, by=by, at=at)
    bank_file = _keep_file(report, content, digest, meaning, at)
    _write_returns(meaning, bank_file, on_date=on_date, at=at)
    _write_items(meaning, bank_file, at=at)
    _reverse_late(meaning, by=by, at=at)
    _write_file_states(meaning)
    _close_mandates(meaning, by=by, at=at)
    _lock_accounts(meaning, at=at)
    audit.record_act(
        by=by, action="take_bank_file", subject_kind="bank_file", subject_id=bank_file.pk, at=at, details=meaning.counts
    )
    return TakenBankFile(bank_file=bank_file, is_new=True)


def _read(report: BankReport, on_date: date) -> Meaning:
    """Find what the report names and say what it means."""
    files = list(DebitFile.objects.filter(file_id__in={status.file_id for status in report.statuses}))
    whole = {status.file_id for status in report.statuses if status.is_refused and not status.end_to_end_id}
    named = {status.end_to_end_id for status in report.statuses} | {entry.end_to_end_id for entry in report.entries}
    # Fetched table by table: one row of each however many attempts share it, and no join to plan badly.
    attempts = DebitAttempt.objects.prefetch_related("order__loan", "order__mandate", "file", "debit_return")
    found = {item.pk: item for item in attempts.filter(end_to_end_id__in=named)}
    if whole:
        found |= {item.pk: item for item in attempts.filter(file__file_id__in=whole)}
    return Reading(report=report, attempts=found.values(), files=files, on_date=on_date).read()


def _book(meaning: Meaning, *, by: str, at: datetime) -> None:
    """Post the money and note it on attempts and orders."""
    if not meaning.credits:
        return
    account = own_account().code
    receipts = post_receipts(
        receipts=[
            NewReceipt(
                bank_account=account,
                bank_reference=credit.attempt.end_to_end_id,
                loan_id=credit.attempt.order.loan_id,
                amount_minor=credit.amount_minor,
                currency=credit.attempt.order.currency,
                value_date=credit.value_date,
            )
            for credit in meaning.credits
        ],
        by=by,
        at=at,
    )
    for credit, receipt in zip(meaning.credits, receipts, strict=True):
        attempt, order = credit.attempt, credit.attempt.order
        attempt.state, attempt.answered_at = DebitAttempt.State.COLLECTED, at
        attempt.receipt, attempt.bank_reference = receipt, credit.bank_reference[:80]
        order.state, order.collected_minor = DebitOrder.State.COLLECTED, credit.amount_minor
    update_rows(
        rows=[credit.attempt for credit in meaning.credits],
        fields=["state", "answered_at", "receipt", "bank_reference"],
    )
    update_rows(rows=[credit.attempt.order for credit in meaning.credits], fields=["state", "collected_minor"])


def _keep_file(report: BankReport, content: bytes, digest: str, meaning: Meaning, at: datetime) -> BankFile:
    bank_file = BankFile.objects.create(
        kind=report.kind,
        message_id=report.message_id,
        sha256=digest,
        content_encrypted=b"",
        taken_at=at,
        counts=meaning.counts,
    )
    bank_file.content_encrypted = field_cipher().encrypt(
        value=content.decode("latin-1"), field="bank_file.content", row_id=bank_file.pk
    )
    bank_file.save(update_fields=["content_encrypted"])
    return bank_file


def _write_returns(meaning: Meaning, bank_file: BankFile, *, on_date: date, at: datetime) -> None:
    """Record the returns; an order is tried again by the policy, ends, or waits for a person."""
    if not meaning.returns:
        return
    DebitReturn.objects.bulk_create(
        DebitReturn(
            attempt=item.attempt,
            reason_code=item.reason_code[:35],
            reason_class=item.reason_class,
            amount_minor=item.amount_minor,
            value_date=item.value_date,
            is_late=item.is_late,
            bank_reference=item.bank_reference[:80],
            bank_file=bank_file,
            recorded_at=at,
        )
        for item in meaning.returns
    )
    for item in meaning.returns:
        item.attempt.state, item.attempt.answered_at = DebitAttempt.State.RETURNED, at
    update_rows(rows=[item.attempt for item in meaning.returns], fields=["state", "answered_at"])
    earlier = _earlier_attempts(meaning.returns)
    for item in meaning.returns:
        _plan_next(item, earlier[item.attempt.order_id], on_date=on_date)
    update_rows(
        rows=[item.attempt.order for item in meaning.returns],
        fields=["state", "reason", "collect_date", "told_at", "collected_minor"],
    )


def _earlier_attempts(returns: Sequence[Return]) -> dict[int, list[PastAttempt]]:
    """Return the attempts of each order, oldest first, the returns just written included."""
    found: dict[int, list[PastAttempt]] = {item.attempt.order_id: [] for item in returns}
    attempts = DebitAttempt.objects.filter(order_id__in=found).prefetch_related("debit_return")
    for attempt in attempts.order_by("attempt_no"):
        is_back = attempt.state == DebitAttempt.State.RETURNED
        reason = ReasonClass(attempt.debit_return.reason_class) if is_back else None
        found[attempt.order_id].append(PastAttempt(attempt.collect_date, reason))
    return found


def _plan_next(item: Return, attempts: Sequence[PastAttempt], *, on_date: date) -> None:
    order = item.attempt.order
    order.collected_minor = 0
    if item.is_whole_file:
        # It never reached an account: no try was spent, but the date has gone.
        order.state, order.reason = DebitOrder.State.DROPPED, DebitOrder.Reason.FILE_REFUSED
        return
    if item.is_late:
        # The receipt stands in the books until a person has worked the bank item; then it is announced anew.
        order.state = DebitOrder.State.TAKEN_BACK
        return
    policy = debit_policy(code=item.attempt.file.policy)
    plan = next_try(attempts=attempts, on_date=on_date, pay_day=order.mandate.pay_day, policy=policy)
    if isinstance(plan, NoRetry):
        order.state, order.reason = DebitOrder.State.FAILED, DebitOrder.Reason.RETURNED
        return
    order.state, order.collect_date = DebitOrder.State.ANNOUNCED, plan.collect_date
    if plan.announce:
        order.told_at = None


def _write_items(meaning: Meaning, bank_file: BankFile, *, at: datetime) -> None:
    """Raise the items; one that was raised before is not raised again."""
    BankItem.objects.bulk_create(
        (
            BankItem(
                kind=item.kind,
                bank_file=bank_file,
                line=item.line,
                attempt=item.attempt,
                loan=item.attempt.order.loan if item.attempt else None,
                is_money_in=item.is_money_in,
                amount_minor=item.amount_minor,
                currency=item.currency[:3],
                value_date=item.value_date,
                bank_reference=item.bank_reference,
                opened_at=at,
            )
            for item in meaning.items
        ),
        ignore_conflicts=True,
    )


def _reverse_late(meaning: Meaning, *, by: str, at: datetime) -> None:
    """
    Take back the receipts of debits that the bank took back after they were booked, and close their items.

    Where the amount is another, or the receipt cannot be taken back, the item stays open for a person.
    """
    for item in meaning.returns:
        receipt = item.attempt.receipt
        if not item.is_late or receipt is None or receipt.amount_minor != item.amount_minor:
            continue
        try:
            with transaction.atomic():
                reverse_receipt(receipt_id=receipt.pk, why="debit_return", reason=item.reason_code[:35], by=by, at=at)
                for raised in BankItem.objects.filter(kind=BankItem.Kind.LATE_RETURN, attempt=item.attempt):
                    close_bank_item(item_id=raised.pk, outcome=f"receipt {receipt.pk} was taken back", by=by, at=at)
        except (EventRefused, ReceiptWasRefunded, LoanHasNoPlan):
            continue


def _write_file_states(meaning: Meaning) -> None:
    accepted, refused = [file.pk for file in meaning.accepted], [file.pk for file in meaning.refused]
    files = DebitFile.objects.exclude(state=DebitFile.State.REFUSED)
    files.filter(pk__in=accepted).update(state=DebitFile.State.ACCEPTED)
    files.filter(pk__in=refused).update(state=DebitFile.State.REFUSED)


def _close_mandates(meaning: Meaning, *, by: str, at: datetime) -> None:
    """Suspend the mandates of which the bank says that account or authority are gone."""
    reasons = {
        item.attempt.order.mandate_id: item.reason_class
        for item in meaning.returns
        if item.reason_class in ENDS_MANDATE
    }
    for mandate_id, reason in sorted(reasons.items()):
        mandate = locked_mandate(mandate_id=mandate_id)
        if mandate.state == Mandate.State.ACTIVE:
            change_state(mandate=mandate, kind=MandateEvent.Kind.SUSPENDED, reason=reason, channel="bank", by=by, at=at)


def _lock_accounts(meaning: Meaning, *, at: datetime) -> None:
    by_policy: dict[str, set[bytes]] = {}
    for item in meaning.returns:
        by_policy.setdefault(item.attempt.file.policy, set()).add(bytes(item.attempt.account_hash))
    for code, hashes in sorted(by_policy.items()):
        lock_after_failures(hashes=hashes, policy=debit_policy(code=code), at=at)
