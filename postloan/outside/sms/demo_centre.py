"""
An SMS centre of our own: a real SMPP 3.4 server that keeps everything it is sent, and reports it delivered.

It is the other end of the demonstration and of the tests. Texts are kept one a line, as JSON, in one file; parts of a
long text are put together. Receipts wait for whoever binds under the same name. Faults can be scripted by number, so
that tests can see a centre throttle, refuse, fall silent and lose texts.
"""

import asyncio
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smpplib import consts, smpp

from postloan.outside.sms.smpp_texts import UDH_CONCATENATED, decoded, receipt_text

HEADER = 16
PDU_BYTES_MAX = 4_096
FILE = "phones.jsonl"


@dataclass(frozen=True)
class ReceivedSms:
    """One text as a phone shows it."""

    carrier_id: str
    received_at: datetime
    sender: str
    recipient: str
    text: str
    parts: int


@dataclass
class Faults:
    """What goes wrong on purpose. Numbers are as they arrive, without plus."""

    statuses: dict[str, int] = field(default_factory=dict)  # answer this status
    throttled: int = 0  # answer so many submissions with "throttled"
    silent_after: int | None = None  # take so many submissions, then close without an answer
    lost: set[str] = field(default_factory=set)  # receipts say undeliverable, unknown subscriber
    without_receipt: set[str] = field(default_factory=set)
    slow_seconds: float = 0.0  # think about each submission


@dataclass
class Centre:
    """What the centre knows: texts kept, receipts waiting, faults."""

    keep: Callable[[ReceivedSms], None]
    faults: Faults = field(default_factory=Faults)
    password: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    submissions: int = 0
    receipts: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)  # by system id: number, text
    partial: dict[tuple[str, str, int], dict[int, str]] = field(default_factory=dict)
    sessions: "set[_Session]" = field(default_factory=set)

    def taken(self, pdu: Any) -> str:
        """Keep one submitted part and return its number."""
        self.submissions += 1
        # Numbers are never given twice, also after a restart: they begin with the moment of it.
        carrier_id = f"{_STARTED:x}{self.submissions:06x}"
        octets, no, parts = bytes(pdu.short_message or b""), 1, 1
        recipient, sender = _words(pdu.destination_addr), _words(pdu.source_addr)
        reference = 0
        if (pdu.esm_class or 0) & consts.SMPP_GSMFEAT_UDHI and octets.startswith(UDH_CONCATENATED):
            reference, parts, no, octets = octets[3], octets[4], octets[5], octets[6:]
        elif pdu.sar_total_segments:
            reference, parts, no = pdu.sar_msg_ref_num or 0, pdu.sar_total_segments, pdu.sar_segment_seqnum or 1
        text = decoded(octets=octets, data_coding=pdu.data_coding or 0)
        held = self.partial.setdefault((sender, recipient, reference), {}) if parts > 1 else {}
        held[no] = text
        if len(held) == parts:
            self.partial.pop((sender, recipient, reference), None)
            whole = "".join(held[place] for place in sorted(held))
            self.keep(ReceivedSms(carrier_id, self.clock(), sender, recipient, whole, parts))
        return carrier_id

    def receipt_of(self, carrier_id: str, recipient: str) -> bytes:
        """Return what becomes of a text, as a receipt."""
        state, error = ("UNDELIV", "001") if recipient in self.faults.lost else ("DELIVRD", "000")
        return receipt_text(carrier_id=carrier_id, state=state, error=error, done_at=self.clock(), text="")


_STARTED = int(datetime.now(UTC).timestamp() * 1000) ^ (os.getpid() << 44)


class _Session(asyncio.Protocol):
    """One connection to the centre."""

    def __init__(self, centre: Centre) -> None:
        self.centre, self.buffer, self.system_id, self.sequence = centre, b"", "", 0
        self.transport: asyncio.Transport | None = None
        self.unconfirmed: dict[int, tuple[str, bytes]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.centre.sessions.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.centre.sessions.discard(self)
        self.centre.receipts.setdefault(self.system_id, []).extend(self.unconfirmed.values())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        for raw in self._whole():
            self._act(smpp.parse_pdu(raw, client=self, allow_unknown_opt_params=True))

    def next_sequence(self) -> int:
        """Return the next number of a PDU of ours."""
        self.sequence += 1
        return self.sequence

    def _whole(self) -> Iterator[bytes]:
        while len(self.buffer) >= HEADER:
            length = struct.unpack(">L", self.buffer[:4])[0]
            if not HEADER <= length <= PDU_BYTES_MAX:
                assert self.transport is not None
                self.transport.abort()
                return
            if len(self.buffer) < length:
                return
            raw, self.buffer = self.buffer[:length], self.buffer[length:]
            yield raw

    def _act(self, pdu: Any) -> None:
        match pdu.command:
            case "bind_transceiver" | "bind_receiver" | "bind_transmitter":
                self._bind(pdu)
            case "submit_sm":
                self._submit(pdu)
            case "enquire_link" | "unbind":
                self._answer(f"{pdu.command}_resp", pdu)
            case "deliver_sm_resp":
                self.unconfirmed.pop(pdu.sequence, None)
            case _:
                pass

    def _bind(self, pdu: Any) -> None:
        if self.centre.password and _words(pdu.password) != self.centre.password:
            self._answer(f"{pdu.command}_resp", pdu, status=consts.SMPP_ESME_RINVPASWD)
            return
        self.system_id = _words(pdu.system_id)
        self._answer(f"{pdu.command}_resp", pdu, system_id="postloan-demo")
        for waiting in self.centre.receipts.pop(self.system_id, []):
            self._deliver(*waiting)

    def _submit(self, pdu: Any) -> None:
        faults, recipient = self.centre.faults, _words(pdu.destination_addr)
        if faults.throttled > 0:
            faults.throttled -= 1
            self._answer("submit_sm_resp", pdu, status=consts.SMPP_ESME_RTHROTTLED)
            return
        if status := faults.statuses.get(recipient):
            self._answer("submit_sm_resp", pdu, status=status)
            return
        carrier_id = self.centre.taken(pdu)
        if faults.slow_seconds:
            time.sleep(faults.slow_seconds)
        if faults.silent_after is not None and self.centre.submissions > faults.silent_after:
            assert self.transport is not None
            self.transport.abort()
            return
        self._answer("submit_sm_resp", pdu, message_id=carrier_id)
        if pdu.registered_delivery and recipient not in faults.without_receipt:
            self._deliver(recipient, self.centre.receipt_of(carrier_id, recipient))

    def _deliver(self, recipient: str, receipt: bytes) -> None:
        pdu = smpp.make_pdu(
            "deliver_sm",
            client=self,
            source_addr=recipient,
            destination_addr="",
            esm_class=0x04,
            short_message=receipt,
        )
        self.unconfirmed[pdu.sequence] = (recipient, receipt)
        self._write(pdu)

    def send_text(self, *, sender: str, recipient: str, text: str) -> None:
        """Let a phone send us a text."""
        self._write(
            smpp.make_pdu(
                "deliver_sm",
                client=self,
                source_addr=sender,
                destination_addr=recipient,
                esm_class=0,
                data_coding=consts.SMPP_ENCODING_ISO10646,
                short_message=text.encode("utf-16-be"),
            )
        )

    def _answer(self, command: str, pdu: Any, *, status: int = 0, **values: Any) -> None:
        answer = smpp.make_pdu(command, client=self, **values)
        answer.sequence, answer.status = pdu.sequence, status
        self._write(answer)

    def _write(self, pdu: Any) -> None:
        assert self.transport is not None
        if not self.transport.is_closing():
            self.transport.write(pdu.generate())


def keep_in(*, directory: Path) -> Callable[[ReceivedSms], None]:
    """Return what keeps texts in `directory`: one line of JSON each."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / FILE).open("a", encoding="utf-8")

    def keep(message: ReceivedSms) -> None:
        line = vars(message) | {"received_at": message.received_at.isoformat()}
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()

    return keep


def newest(*, directory: Path, limit: int = 50, bytes_max: int = 400_000) -> list[ReceivedSms]:
    """Return the latest texts, the latest first; only the end of the file is read."""
    try:
        with (directory / FILE).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - bytes_max, 0))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    lines = lines[1:] if size > bytes_max else lines
    found = [json.loads(line) for line in lines[-limit:]]
    return [ReceivedSms(**item | {"received_at": datetime.fromisoformat(item["received_at"])}) for item in found[::-1]]


async def serve_sms(*, centre: Centre, listening: socket.socket) -> None:
    """Hold SMPP conversations on the `listening` socket until cancelled."""
    server = await asyncio.get_running_loop().create_server(lambda: _Session(centre), sock=listening)
    async with server:
        await server.serve_forever()


def _words(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
