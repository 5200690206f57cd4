"""
Pay an acknowledged offer out: reserve the draw, hand the transfer over, and open the loan once the money has left.

Three transactions with the bank between the first and the second, so nothing waits for a bank while it holds a lock:
reserve and plan; hand over and keep the answer; book. Killed anywhere it goes on where it stopped (`settle_transfers`):
the bank takes an end-to-end id once, a loan is opened once for an application.
"""

from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import Application, LoanOffer, PayoutAccount, Transfer
from postloan.books.applications.operations._acknowledge_offer import refuse_expired
from postloan.books.applications.queries import get_open_date
from postloan.books.applications.timeline import hold_application, move_to, refuse_unless, tell
from postloan.books.applications.transferring import transfer_channel
from postloan.books.lines import operations as lines
from postloan.books.loans.operations import Contract, DisbursedInFuture, open_loan
from postloan.ground.customers.cipher import field_cipher
from postloan.kernel.contracts import Agreed, started_later
from postloan.outside.bank.transfers_port import (
    Beneficiary,
    OutgoingTransfer,
    TransferAnswer,
    TransferChannel,
    TransferState,
)

SOURCE = "postloan"


class BooksBehind(ValueError):
    """The books are not open yet for the day on which the money would leave."""


def pay_out(*, application_id: int, by: str, at: datetime, channel: TransferChannel | None = None) -> Application:
    """
    Return the application: paid out with its loan, still paying where the bank has not settled, or failed.

    Harmless when repeated: it goes on where it stopped. Refusals, before any money leaves: UnknownApplication,
    NotTheNextStep, OfferExpired, BooksBehind, and lines.DrawRefused by its own names.
    """
    transfer = _plan(application_id=application_id, by=by, at=at)
    return carry_on(transfer_id=transfer.pk, by=by, at=at, channel=channel)


def carry_on(*, transfer_id: int, by: str, at: datetime, channel: TransferChannel | None = None) -> Application:
    """Take a transfer as far as the bank lets it: hand over or ask, keep the answer, book what has left."""
    bank = channel or transfer_channel()
    transfer, was_sent = _claim(transfer_id=transfer_id)
    if transfer.state not in {Transfer.State.SETTLED, Transfer.State.REJECTED}:
        answer = _answer(bank=bank, transfer=transfer, was_sent=was_sent)
        transfer = _keep_answer(transfer_id=transfer_id, answer=answer, by=by, at=at)
    if transfer.state == Transfer.State.SETTLED:
        try:
            return _book(transfer_id=transfer_id, by=by, at=at)
        except DisbursedInFuture:
            pass  # the money left on a day for which the books are not open yet: booked when they are
    return Application.objects.get(pk=transfer.application_id)


@transaction.atomic(durable=True)
def _plan(*, application_id: int, by: str, at: datetime) -> Transfer:
    """Reserve the draw and write down the transfer, before anything is handed over."""
    application = hold_application(application_id=application_id)
    planned = Transfer.objects.filter(application=application).first()
    if planned is not None:
        return planned
    refuse_unless(application=application, may_become=Application.State.PAYING)
    offer = application.offer
    refuse_expired(offer=offer, at=at)
    open_date = get_open_date(customer_id=application.customer_id)
    if offer.start_date > open_date:
        raise BooksBehind(f"the books stand at {open_date}")
    if application.line_id is not None:
        application.drawdown = lines.reserve_draw(
            line_id=application.line_id,
            amount_minor=offer.principal_minor,
            on_date=open_date,
            reference=f"application:{application.pk}",
            by=by,
            at=at,
        )
    move_to(application=application, state=Application.State.PAYING, fields=("drawdown",))
    transfer = Transfer.objects.create(
        application=application,
        payout_account_id=application.payout_account_id,
        end_to_end_id=f"PL-PAY-{application.pk}",
        amount_minor=offer.paid_out_minor,
        currency=application.currency,
        requested_date=offer.start_date,
        planned_at=at,
    )
    details = {"end_to_end_id": transfer.end_to_end_id, "amount_minor": transfer.amount_minor}
    tell(application=application, kind="payout_planned", by=by, at=at, details=details)
    return transfer


@transaction.atomic(durable=True)
def _claim(*, transfer_id: int) -> tuple[Transfer, bool]:
    """Write down that the transfer is being handed over, before it is; say whether that was written before."""
    transfer = Transfer.objects.select_for_update().get(pk=transfer_id)
    was_sent = transfer.state != Transfer.State.PLANNED
    if not was_sent:
        transfer.state = Transfer.State.SENT
        transfer.save(update_fields=["state"])
    return transfer, was_sent


def _answer(*, bank: TransferChannel, transfer: Transfer, was_sent: bool) -> TransferAnswer:
    """Ask first where it was handed over before; hand it over where the bank knows nothing of it."""
    if was_sent:
        answer = bank.ask(end_to_end_id=transfer.end_to_end_id)
        if answer.state is not TransferState.NOT_KNOWN:
            return answer
    return bank.send(transfer=_outgoing(transfer=transfer), requested_date=transfer.requested_date)


def _outgoing(*, transfer: Transfer) -> OutgoingTransfer:
    account: PayoutAccount = transfer.payout_account
    cipher = field_cipher()
    return OutgoingTransfer(
        end_to_end_id=transfer.end_to_end_id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        beneficiary=Beneficiary(
            name=cipher.decrypt(ciphertext=account.name_encrypted, field="payout_account.name", row_id=account.pk),
            number=cipher.decrypt(
                ciphertext=account.number_encrypted, field="payout_account.number", row_id=account.pk
            ),
            bank_code=account.bank_code,
        ),
        text=f"Loan payout {transfer.end_to_end_id}",
    )


@transaction.atomic(durable=True)
def _keep_answer(*, transfer_id: int, answer: TransferAnswer, by: str, at: datetime) -> Transfer:
    """Keep what the bank said: what has left is written down before it is booked, what will not leave is released."""
    application = hold_application(application_id=Transfer.objects.get(pk=transfer_id).application_id)
    transfer = Transfer.objects.select_for_update(of=("self",)).get(pk=transfer_id)
    if transfer.state in {Transfer.State.SETTLED, Transfer.State.REJECTED}:
        return transfer  # another hand was faster
    match answer.state:
        case TransferState.SETTLED:
            assert answer.value_date is not None, "settled money left on a day"
            transfer.state, transfer.value_date = Transfer.State.SETTLED, answer.value_date
        case TransferState.ACCEPTED:
            transfer.state = Transfer.State.ACCEPTED
        case TransferState.REJECTED:
            transfer.state = Transfer.State.REJECTED
            _give_up(application=application, by=by, at=at)
        case TransferState.NO_ANSWER | TransferState.NOT_KNOWN:
            pass
    transfer.bank_reference, transfer.reason_code = answer.bank_reference, answer.reason_code
    transfer.answered_at = at
    transfer.save(update_fields=["state", "value_date", "bank_reference", "reason_code", "answered_at"])
    details = {"bank_reference": answer.bank_reference, "reason_code": answer.reason_code}
    tell(application=application, kind=f"payout_{answer.state}", by=by, at=at, details=details)
    return transfer


def _give_up(*, application: Application, by: str, at: datetime) -> None:
    """Release the draw of a payout that the bank will not make."""
    if application.drawdown_id is not None:
        open_date = get_open_date(customer_id=application.customer_id)
        lines.release_draw(draw_id=application.drawdown_id, on_date=open_date, by=by, at=at)
    move_to(application=application, state=Application.State.PAYOUT_FAILED)


@transaction.atomic
def _book(*, transfer_id: int, by: str, at: datetime) -> Application:
    """Open the loan of money that has left. Refuses with DisbursedInFuture until the books reach its value date."""
    application = hold_application(application_id=Transfer.objects.get(pk=transfer_id).application_id)
    if application.state == Application.State.PAID_OUT:
        return application
    transfer = Transfer.objects.get(pk=transfer_id)
    offer = application.offer
    loan = open_loan(contract=_contract(application=application, offer=offer, transfer=transfer), by=by, at=at)
    if application.drawdown_id is not None:
        open_date = get_open_date(customer_id=application.customer_id)
        lines.settle_draw(draw_id=application.drawdown_id, loan=loan, on_date=open_date, by=by, at=at)
    application.loan = loan
    move_to(application=application, state=Application.State.PAID_OUT, fields=("loan",))
    assert transfer.value_date is not None
    details = {"loan": loan.pk, "value_date": transfer.value_date.isoformat()}
    tell(application=application, kind="paid_out", by=by, at=at, details=details)
    return application


def _contract(*, application: Application, offer: LoanOffer, transfer: Transfer) -> Contract:
    """Return the contract: due dates as offered, interest from the day the money left, which is never earlier."""
    terms = application.offer_rules.offer_terms
    assert transfer.value_date is not None
    agreed = Agreed(
        principal_minor=offer.principal_minor,
        rate_ppm=offer.rate_ppm,
        instalments=application.instalments,
        start_date=offer.start_date,
        every=terms.every,
        unit=terms.unit,
        due_day=terms.due_day,
        minimum_first_days=terms.minimum_first_days,
    )
    if transfer.value_date > offer.start_date:
        agreed = started_later(agreed=agreed, start_date=transfer.value_date)
    decision = application.decisions.order_by("-pk").first()
    return Contract(
        source=SOURCE,
        external_id=f"A{application.pk}",
        customer_id=application.customer_id,
        product_version=application.product_version,
        agreed=agreed,
        grade=decision.grade if decision else "",
        kept_back_minor=offer.principal_minor - offer.paid_out_minor,
        may_keep_back=terms.kept_back is not None and terms.kept_back.rule == "owed",
    )
