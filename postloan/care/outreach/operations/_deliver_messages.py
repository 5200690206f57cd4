"""
Deliver what waits in the outbox: claim, ask the gate, ask whether it is still wanted, write, hand over, record.

Claiming and recording are transactions of their own, handing over lies between, a hundred messages at a time. Who dies
in between leaves messages `sending`; after the lease they are claimed again. Those that were being handed over may have
left: that is counted in `doubts`, and they leave again under the same number, so that a mailbox can drop the second
copy. The text is written at this moment, from the figures of this moment (docs/decisions/0005).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction

from postloan.care.outreach.addresses import Address, retire_address
from postloan.care.outreach.carriers import Letter, carrier_of, mail_id
from postloan.care.outreach.claiming import Claim, claim_messages
from postloan.care.outreach.composing import TextMissing, compose, texts_in_force
from postloan.care.outreach.health import note_results, spread
from postloan.care.outreach.hours import decent_time
from postloan.care.outreach.models import Handover, Message
from postloan.care.outreach.operations._ask_gate import SendingAsk, SlotOutcome, ask_gate, settle_slots
from postloan.care.outreach.texts import put_text
from postloan.care.outreach.writers import Drop, writer_of
from postloan.ground.rows import update_rows
from postloan.outside.results import Failure, SendResult

ATTEMPTS_AT_MOST = 6
FIRST_WAIT = timedelta(minutes=2)  # doubled at every further attempt
NOT_REACHED_WAIT = timedelta(seconds=5)
AT_ONCE = 100  # messages between two notes in the database: so many are in doubt at most when a sender is killed

RECORDED = [
    "state",
    "reason",
    "attempts",
    "doubts",
    "not_before_at",
    "handing_at",
    "sent_at",
    "delivered_at",
    "fall_back_at",
    "decision_no",
]
WRITTEN = ["handing_at", "route", "parts", "template_version", "contact_point", "subject_encrypted", "body_encrypted"]


@dataclass
class Delivery:
    """What became of the messages of one call."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """How many messages were taken up."""
        return self.sent + self.dropped + self.failed + self.waiting


@dataclass
class _Chunk:
    """Some messages of one claim on their way, with what became of each."""

    route: str
    messages: list[Message]
    letters: list[Letter] = field(default_factory=list)
    results: dict[int, SendResult] = field(default_factory=dict)


def deliver_messages(
    *,
    at: datetime,
    by: str,
    purpose: str = "",
    channels: Sequence[str] = (),
    lease: timedelta = timedelta(minutes=10),
    limit: int = 400,
) -> Delivery:
    """
    Take up to `limit` waiting messages of each channel through delivery and return what became of them.

    Only what the gate allows leaves. A message that could not be handed over waits longer after every attempt and
    ends as `failed`, with the reason, after six; where no carrier answered at all the attempt does not count.
    """
    delivery = Delivery()
    for claim in claim_messages(purpose=purpose, at=at, by=by, lease=lease, limit=limit, channels=channels):
        allowed = _ask(claim, at, by)
        for start in range(0, len(allowed), AT_ONCE):
            if not _deliver(claim, allowed[start : start + AT_ONCE], at, by):
                _put_back(allowed[start + AT_ONCE :], at, by)
                break
        _count(delivery, claim.messages)
    return delivery


def _ask(claim: Claim, at: datetime, by: str) -> list[Message]:
    """Return what may leave; the rest is put back until the gate opens, or dropped where it never will."""
    without = [] if not claim.route else [item for item in claim.messages if item.customer_id not in claim.addresses]
    for message in without:
        _fail(message, f"no {message.channel} address", at)
    asked = [message for message in claim.messages if message.state == Message.State.SENDING]
    answers = ask_gate(asks=[_as_ask(message, claim) for message in asked], at=at, by=by)
    for message in asked:
        answer = answers[message.pk]
        message.decision_no = answer.decision_id
        if answer.is_allowed:
            continue
        message.reason = f"gate: {', '.join(answer.rule_ids)}"[:200]
        message.attempts -= 1
        if answer.earliest_at is None:
            message.state = Message.State.DROPPED
        else:
            message.state, message.not_before_at = Message.State.QUEUED, answer.earliest_at
    update_rows(rows=[item for item in claim.messages if item.state != Message.State.SENDING], fields=RECORDED)
    return [message for message in asked if message.state == Message.State.SENDING]


def _as_ask(message: Message, claim: Claim) -> SendingAsk:
    address = claim.addresses.get(message.customer_id)
    return SendingAsk(
        message_id=message.pk,
        customer_id=message.customer_id,
        channel=message.channel,
        purpose=message.purpose,
        template=message.template,
        contact_point_id=address.contact_point_id if address else None,
        loan_ids=tuple(loan_id for loan_id, _ in message.occasion.get("loans", [])),
        slot_key=message.chain or message.key,
    )


def _deliver(claim: Claim, messages: Sequence[Message], at: datetime, by: str) -> bool:
    """Hand over some messages and record what became of them; False where nobody was there to take them."""
    chunk = _Chunk(route=claim.route, messages=list(messages))
    _write(chunk, claim, at)
    with transaction.atomic():
        update_rows(rows=[letter.message for letter in chunk.letters], fields=WRITTEN)
    if chunk.letters and claim.route:
        results = carrier_of(code=claim.route).hand_over(letters=chunk.letters)
    else:
        results = [SendResult(message_id=str(letter.message.pk), code=250) for letter in chunk.letters]
    for letter, result in zip(chunk.letters, results, strict=True):
        chunk.results[letter.message.pk] = result
        _take_result(letter.message, result, at)
    _record(chunk, at, by)
    return not results or any(result.is_reached for result in results)


def _put_back(messages: Sequence[Message], at: datetime, by: str) -> None:
    """Let messages wait that were not tried, because the one before them found nobody."""
    for message in messages:
        message.state, message.attempts = Message.State.QUEUED, message.attempts - 1
        message.not_before_at = at + NOT_REACHED_WAIT
    with transaction.atomic():
        update_rows(rows=messages, fields=RECORDED)
        settle_slots(outcomes={item.pk: SlotOutcome.GIVEN_BACK for item in messages}, at=at, by=by)


def _write(chunk: _Chunk, claim: Claim, at: datetime) -> None:
    """Ask each purpose's writer what there is to say now, and make a letter of it or drop the message."""
    versions = texts_in_force(codes={message.template for message in chunk.messages})
    for purpose, group in groupby(sorted(chunk.messages, key=_purpose), key=_purpose):
        messages = list(group)
        said = writer_of(purpose=purpose)(messages, claim.names, at)
        for message in messages:
            facts = said[message.pk]
            if isinstance(facts, Drop):
                message.state, message.reason = Message.State.DROPPED, facts.reason
                continue
            try:
                composed = compose(message=message, facts=facts, versions=versions)
            except TextMissing as missing:
                _fail(message, f"no approved text: {missing}", at)
                continue
            put_text(message=message, text=composed.text)
            address = claim.addresses.get(message.customer_id, Address(""))
            message.handing_at, message.route, message.parts = at, claim.route, composed.parts
            message.template_version, message.contact_point_id = composed.version, address.contact_point_id
            chunk.letters.append(
                Letter(
                    message=message,
                    address=address,
                    text=composed.text,
                    carrier_code=composed.version.carrier_code,
                    values=composed.values,
                    at=at,
                )
            )


def _purpose(message: Message) -> str:
    return message.purpose


def _take_result(message: Message, result: SendResult, at: datetime) -> None:
    message.handing_at = None
    if result.accepted:
        message.state, message.sent_at, message.reason = Message.State.SENT, at, ""
        if message.channel == Message.Channel.INBOX:
            message.delivered_at = at
        if message.further_steps:
            message.fall_back_at = at + timedelta(minutes=message.further_steps[0]["after_minutes"])
        return
    message.reason = f"{result.code} {result.reply}"[:200]
    message.doubts += result.in_doubt
    if result.failure == Failure.HARD:
        _fail(message, message.reason, at)
        return
    message.state = Message.State.QUEUED
    if not result.is_reached or result.is_throttled:
        message.attempts -= 1
        message.not_before_at = at + NOT_REACHED_WAIT
    elif message.attempts >= ATTEMPTS_AT_MOST:
        _fail(message, message.reason, at)
    else:
        wait = FIRST_WAIT * 2 ** (message.attempts - 1)
        message.not_before_at = decent_time(
            at=at + spread(wait=wait, key=f"{message.pk}:{message.attempts}"),
            time_zone=message.customer.time_zone,
            channel=message.channel,
        )


def _fail(message: Message, reason: str, at: datetime) -> None:
    """End a message; the next channel of its chain, if there is one, is taken at once."""
    message.state, message.reason = Message.State.FAILED, reason[:200]
    message.fall_back_at = at if message.further_steps else None


@transaction.atomic
def _record(chunk: _Chunk, at: datetime, by: str) -> None:
    update_rows(rows=chunk.messages, fields=RECORDED)
    if chunk.route:
        Handover.objects.bulk_create(_handovers(chunk, at), ignore_conflicts=True)
        note_results(code=chunk.route, results=list(chunk.results.values()), at=at)
    settle_slots(
        outcomes={item.pk: _outcome(item, chunk.results.get(item.pk)) for item in chunk.messages}, at=at, by=by
    )
    for message in chunk.messages:
        if (result := chunk.results.get(message.pk)) is not None and result.is_gone:
            retire_address(message=message, reason=message.reason, at=at, by=by)


def _outcome(message: Message, result: SendResult | None) -> SlotOutcome:
    left = result is not None and (result.accepted or result.in_doubt)
    return SlotOutcome.USED if left or message.doubts else SlotOutcome.GIVEN_BACK


def _handovers(chunk: _Chunk, at: datetime) -> Iterator[Handover]:
    for message in chunk.messages:
        result = chunk.results.get(message.pk)
        if result is None or not result.accepted:
            continue
        given = result.carrier_ids or (mail_id(message=message) if message.channel == Message.Channel.EMAIL else "",)
        for part_no, carrier_id in enumerate(given, start=1):
            yield Handover(
                message=message,
                attempt_no=100 * message.redriven + message.attempts,
                part_no=part_no,
                route=chunk.route,
                carrier_id=carrier_id,
                handed_at=at,
            )


def _count(delivery: Delivery, messages: Sequence[Message]) -> None:
    states: Mapping[str, str] = {
        Message.State.SENT: "sent",
        Message.State.DROPPED: "dropped",
        Message.State.FAILED: "failed",
    }
    for message in messages:
        name = states.get(message.state, "waiting")
        setattr(delivery, name, getattr(delivery, name) + 1)
