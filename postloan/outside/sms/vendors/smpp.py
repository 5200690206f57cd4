"""
SMS over SMPP 3.4: one connection, bound as transceiver, many submissions under way at once.

The connection is kept between calls and made again when it breaks. What was submitted and not answered when it broke
is in doubt. A centre that throttles is given time, and less to do at once. Receipts come in on the same connection and
are confirmed to the centre only after they are kept.
"""

import contextlib
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from smpplib import consts, exceptions, smpp
from smpplib.client import Client

from postloan.outside.results import Failure, ReceiptReport, SendResult
from postloan.outside.sms.port import IncomingSms, Keep, OutgoingSms, check_text
from postloan.outside.sms.smpp_texts import UDH_CONCATENATED, decoded, encoded_parts, read_receipt

THROTTLED = frozenset({consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL})
HARD = frozenset(
    {
        consts.SMPP_ESME_RINVDSTADR,
        consts.SMPP_ESME_RINVDSTTON,
        consts.SMPP_ESME_RINVDSTNPI,
        consts.SMPP_ESME_RINVMSGLEN,
        consts.SMPP_ESME_RINVESMCLASS,
        consts.SMPP_ESME_RSUBMITFAIL,
    }
)
GONE = frozenset({consts.SMPP_ESME_RINVDSTADR})
BROKEN = (exceptions.ConnectionError, exceptions.UnknownCommandError, OSError)
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0


@dataclass
class _Part:
    """One submit_sm of one message."""

    place: int  # of its message in the call
    no: int
    head: bytes
    octets: bytes
    tries: int = 0


@dataclass
class _Sending:
    """One call of `send`: what waits, what is under way, what was answered."""

    messages: Sequence[OutgoingSms]
    waiting: "deque[_Part]" = field(default_factory=deque)
    under_way: dict[int, _Part] = field(default_factory=dict)  # by sequence number
    codings: dict[int, int] = field(default_factory=dict)
    ids: dict[int, dict[int, str]] = field(default_factory=dict)  # by message, by part
    failures: dict[int, SendResult] = field(default_factory=dict)
    window: int = 1
    pause_seconds: float = 0.0  # to be taken once nothing is under way
    last_pause: float = 0.0


@dataclass(kw_only=True)
class SmppChannel:
    """
    An SMS centre. `window` is how many submissions may be unanswered at once.

    `concatenation` says how parts of long texts are marked: by a header in the text (udh) or by parameters (sar).
    """

    host: str
    port: int
    system_id: str
    password: str = field(default="", repr=False)
    system_type: str = ""
    source: str = ""
    source_ton: int = 5  # alphanumeric
    source_npi: int = 0
    window: int = 50
    concatenation: Literal["udh", "sar"] = "udh"
    receipt_ids: Literal["as_is", "hex_then_decimal"] = "as_is"
    receipt_offset_hours: float = 0
    timeout_seconds: float = 20.0
    enquire_seconds: float = 30.0
    throttle_tries: int = 6
    sleep: Callable[[float], None] = time.sleep
    _client: Client | None = field(default=None, init=False, repr=False)
    _incoming: "deque[tuple[Any, ReceiptReport | IncomingSms]]" = field(default_factory=deque, init=False, repr=False)
    _lock: "threading.RLock" = field(default_factory=threading.RLock, init=False, repr=False)
    _last_word: float = field(default=0.0, init=False, repr=False)

    def send(self, *, messages: Sequence[OutgoingSms]) -> list[SendResult]:
        """Hand `messages` over; see SmsChannel."""
        for message in messages:
            check_text(message=message)
        with self._lock:
            sending = self._prepared(messages)
            try:
                self._bound()
                self._run(sending)
            except BROKEN as error:
                self._broke(sending, f"{type(error).__name__}: {error}".rstrip(": "))
            except exceptions.PDUError as error:  # the centre refused the bind
                self._broke(sending, str(error.args[0]), code=int(error.args[1]) if len(error.args) > 1 else 0)
            return [self._result(sending, place) for place in range(len(messages))]

    def take_incoming(self, *, keep: Keep) -> int:
        """Hand on what came in; see SmsChannel. Also keeps the connection alive."""
        taken = 0
        with self._lock, contextlib.suppress(*BROKEN, exceptions.PDUError):
            client = self._bound()
            while True:
                while self._is_readable(client):
                    self._read(None)
                if not self._incoming:
                    return taken
                held = list(self._incoming)
                keep([report for _, report in held])
                taken += len(held)
                self._incoming.clear()
                for pdu, _ in held:
                    answer = smpp.make_pdu("deliver_sm_resp", client=client)
                    answer.sequence = pdu.sequence
                    client.send_pdu(answer)
        return taken

    def close(self) -> None:
        """Unbind and close the connection, if there is one."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                with contextlib.suppress(*BROKEN, exceptions.PDUError):
                    client.send_pdu(smpp.make_pdu("unbind", client=client))
                client.disconnect()

    def _prepared(self, messages: Sequence[OutgoingSms]) -> _Sending:
        sending = _Sending(messages=messages, window=self.window)
        for place, message in enumerate(messages):
            coding, parts = encoded_parts(text=message.text, reference=_reference(message))
            sending.codings[place] = coding
            sending.ids[place] = {}
            sending.waiting += [_Part(place, no, head, octets) for no, (head, octets) in enumerate(parts, start=1)]
        return sending

    def _bound(self) -> Client:
        """Return the connection, bound; a quiet one is asked whether it still stands."""
        if self._client is not None:
            if time.monotonic() - self._last_word < self.enquire_seconds:
                return self._client
            try:
                self._enquire(self._client)
                return self._client
            except (*BROKEN, exceptions.PDUError):
                self._drop()
        client = Client(self.host, self.port, timeout=self.timeout_seconds, allow_unknown_opt_params=True)
        try:
            client.connect()
            client.bind_transceiver(system_id=self.system_id, password=self.password, system_type=self.system_type)
        except BaseException:
            client.disconnect()
            raise
        self._client, self._last_word = client, time.monotonic()
        return client

    def _enquire(self, client: Client) -> None:
        client.send_pdu(smpp.make_pdu("enquire_link", client=client))
        while self._read(None) != "enquire_link_resp":
            pass

    def _run(self, sending: _Sending) -> None:
        while sending.waiting or sending.under_way:
            if sending.pause_seconds and not sending.under_way:
                self.sleep(sending.pause_seconds)
                sending.last_pause, sending.pause_seconds = sending.pause_seconds, 0.0
                sending.window = max(sending.window // 2, 1)
            while sending.waiting and len(sending.under_way) < sending.window and not sending.pause_seconds:
                self._submit(sending, sending.waiting.popleft())
            if sending.under_way:
                self._read(sending)

    def _submit(self, sending: _Sending, part: _Part) -> None:
        if part.place in sending.failures:
            return
        client, message = self._client, sending.messages[part.place]
        assert client is not None
        more: dict[str, Any] = {}
        if part.head and self.concatenation == "udh":
            more["esm_class"] = consts.SMPP_GSMFEAT_UDHI
        elif part.head:
            more = {
                "sar_msg_ref_num": _reference(message),
                "sar_total_segments": part.head[4],
                "sar_segment_seqnum": part.head[5],
            }
        if message.valid_minutes:
            hours, minutes = divmod(min(message.valid_minutes, 99 * 60), 60)
            more["validity_period"] = f"0000{hours // 24:02d}{hours % 24:02d}{minutes:02d}00000R"
        is_udh = "esm_class" in more
        pdu = smpp.make_pdu(
            "submit_sm",
            client=client,
            source_addr_ton=self.source_ton if self.source else 0,
            source_addr_npi=self.source_npi,
            source_addr=self.source,
            dest_addr_ton=consts.SMPP_TON_INTL,
            dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=message.recipient.lstrip("+"),
            short_message=(part.head if is_udh else b"") + part.octets,
            data_coding=sending.codings[part.place],
            registered_delivery=1,
            **more,
        )
        sending.under_way[pdu.sequence] = part
        client.send_pdu(pdu)

    def _read(self, sending: _Sending | None) -> str:
        """Read one PDU and act on it; returns its command."""
        client = self._client
        assert client is not None
        pdu = client.read_pdu()
        self._last_word = time.monotonic()
        match pdu.command:
            case "submit_sm_resp" | "generic_nack" if sending is not None:
                self._answered(sending, pdu)
            case "deliver_sm":
                self._incoming.append((pdu, self._understood(pdu)))
            case "enquire_link" | "unbind":
                answer = smpp.make_pdu(f"{pdu.command}_resp", client=client)
                answer.sequence = pdu.sequence
                client.send_pdu(answer)
                if pdu.command == "unbind":
                    raise exceptions.ConnectionError("the centre unbound")
            case _:
                pass
        return str(pdu.command)

    def _answered(self, sending: _Sending, pdu: Any) -> None:
        part = sending.under_way.pop(pdu.sequence, None)
        if part is None:
            return
        status = int(pdu.status)
        if status == consts.SMPP_ESME_ROK:
            told = pdu.message_id or b""
            text = told.decode("ascii", "replace") if isinstance(told, bytes) else str(told)
            sending.ids[part.place][part.no] = text.lower() if self.receipt_ids == "hex_then_decimal" else text
            return
        if status in THROTTLED and part.tries < self.throttle_tries:
            part.tries += 1
            sending.waiting.appendleft(part)
            sending.pause_seconds = min(max(sending.last_pause * 2, PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
            return
        sending.failures[part.place] = SendResult(
            message_id=sending.messages[part.place].message_id,
            failure=Failure.HARD if status in HARD else Failure.SOFT,
            code=status,
            reply=consts.DESCRIPTIONS.get(status, "unknown status"),
            is_throttled=status in THROTTLED,
            is_gone=status in GONE,
            in_doubt=bool(sending.ids[part.place]),
        )

    def _understood(self, pdu: Any) -> ReceiptReport | IncomingSms:
        receipt = read_receipt(pdu=pdu, ids=self.receipt_ids, offset_hours=self.receipt_offset_hours)
        if receipt is not None:
            return receipt
        octets = bytes(pdu.short_message or pdu.message_payload or b"")
        if (pdu.esm_class or 0) & consts.SMPP_GSMFEAT_UDHI and octets.startswith(UDH_CONCATENATED):
            octets = octets[6:]
        sender, recipient = (
            bytes(value or b"").decode("ascii", "replace") for value in (pdu.source_addr, pdu.destination_addr)
        )
        return IncomingSms(
            carrier_id=f"{sender}:{pdu.sequence}:{int(time.time())}",
            sender=sender if sender.startswith("+") else f"+{sender}",
            recipient=recipient,
            text=decoded(octets=octets, data_coding=pdu.data_coding or 0),
        )

    def _broke(self, sending: _Sending, reply: str, code: int = 0) -> None:
        """Say of everything unanswered that it may go later; of what was submitted that it is in doubt."""
        self._drop()
        doubtful = {part.place for part in sending.under_way.values()}
        reached = bool(doubtful) or any(sending.ids.values()) or bool(sending.failures)
        for place, message in enumerate(sending.messages):
            is_done = len(sending.ids[place]) == self._parts(sending, place)
            if place in sending.failures or is_done:
                continue
            in_doubt = place in doubtful or bool(sending.ids[place])
            sending.failures[place] = SendResult(
                message_id=message.message_id,
                failure=Failure.SOFT,
                code=code,
                reply=reply if in_doubt or not reached else f"not tried: {reply}",
                is_reached=in_doubt,
                in_doubt=in_doubt,
            )

    def _result(self, sending: _Sending, place: int) -> SendResult:
        if (failure := sending.failures.get(place)) is not None:
            return failure
        ids = sending.ids[place]
        return SendResult(
            message_id=sending.messages[place].message_id, code=250, carrier_ids=tuple(ids[no] for no in sorted(ids))
        )

    @staticmethod
    def _parts(sending: _Sending, place: int) -> int:
        message = sending.messages[place]
        return len(encoded_parts(text=message.text, reference=0)[1])

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._incoming.clear()  # not confirmed: the centre sends it again
        if client is not None:
            client.disconnect()

    @staticmethod
    def _is_readable(client: Client) -> bool:
        return bool(select.select([client._socket], [], [], 0)[0])  # noqa: SLF001 - the library has no other way to look


def _reference(message: OutgoingSms) -> int:
    """Return the number that ties the parts of a text together on the phone."""
    digits = "".join(character for character in message.message_id if character.isdigit())
    return int(digits or 0) % 256
