"""What stands inside SMPP's short messages: parts of long texts, and receipts. Both ends of a conversation use it."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from smpplib import consts, gsm
from smpplib.command import DeliverSM

from postloan.kernel.message_texts import sms_length, sms_parts
from postloan.outside.results import ReceiptReport, ReceiptState

GSM7, UCS2 = consts.SMPP_ENCODING_DEFAULT, consts.SMPP_ENCODING_ISO10646
UDH_CONCATENATED = b"\x05\x00\x03"
RECEIPT_BITS, RECEIPT = 0x3C, 0x04  # of esm_class

STATES = {
    "DELIVRD": ReceiptState.DELIVERED,
    "EXPIRED": ReceiptState.EXPIRED,
    "UNDELIV": ReceiptState.UNDELIVERABLE,
    "DELETED": ReceiptState.UNDELIVERABLE,
    "REJECTD": ReceiptState.UNDELIVERABLE,
    "ACCEPTD": ReceiptState.ACCEPTED,
    "ENROUTE": ReceiptState.ACCEPTED,
}
STATE_NUMBERS = {1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 8: "REJECTD"}
GONE_CODES = frozenset({"001", "1"})  # unknown subscriber, as most centres number it

_FIELD = re.compile(rb"(id|done date|stat|err):\s*([^\s]*)", re.IGNORECASE)


def encoded_parts(*, text: str, reference: int) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Return data_coding, and of each part its user data header (empty for a single one) and its octets."""
    is_gsm = sms_length(text=text).encoding == "gsm7"
    parts = [gsm.gsm_encode(part) if is_gsm else part.encode("utf-16-be") for part in sms_parts(text=text)]
    if len(parts) == 1:
        return (GSM7 if is_gsm else UCS2), [(b"", parts[0])]
    head = UDH_CONCATENATED + bytes((reference % 256, len(parts)))
    return (GSM7 if is_gsm else UCS2), [(head + bytes((no,)), part) for no, part in enumerate(parts, start=1)]


def decoded(*, octets: bytes, data_coding: int) -> str:
    """Return the text of one part, its header taken off."""
    if data_coding == UCS2:
        return octets.decode("utf-16-be", "replace")
    if data_coding == consts.SMPP_ENCODING_ISO88591:
        return octets.decode("latin-1")
    table = gsm.GSM_CHARACTER_TABLE
    text, shift = [], 0
    for octet in octets:
        if octet == 0x1B:
            shift = 0x80
            continue
        text.append(table[octet + shift] if octet + shift < len(table) else "?")
        shift = 0
    return "".join(text)


def receipt_text(*, carrier_id: str, state: str, error: str, done_at: datetime, text: str) -> bytes:
    """Return a receipt as centres write it (SMPP 3.4, appendix B); times are UTC."""
    stamp = f"{done_at.astimezone(UTC):%y%m%d%H%M}"
    ok = "001" if state == "DELIVRD" else "000"
    words = f"id:{carrier_id} sub:001 dlvrd:{ok} submit date:{stamp} done date:{stamp} stat:{state} err:{error} text:"
    return words.encode("ascii") + text[:20].encode("ascii", "replace")


def read_receipt(
    *, pdu: DeliverSM, ids: Literal["as_is", "hex_then_decimal"], offset_hours: float = 0
) -> ReceiptReport | None:
    """
    Return the receipt that a deliver_sm holds, None where it is a text from a person.

    The optional parameters are believed before the text. `ids` says how the centre numbers: some answer in
    hexadecimal and report in decimal. `offset_hours` is the centre's time zone, which receipts do not name.
    """
    if (pdu.esm_class or 0) & RECEIPT_BITS != RECEIPT:
        return None
    raw = bytes(pdu.short_message or pdu.message_payload or b"")
    found = {name.decode().lower(): value.decode("ascii", "replace") for name, value in _FIELD.findall(raw)}
    told = pdu.receipted_message_id
    carrier_id = (told.decode("ascii", "replace") if told else found.get("id", "")).strip("\0 ")
    if ids == "hex_then_decimal" and carrier_id.isdigit():
        carrier_id = f"{int(carrier_id):x}"
    word = STATE_NUMBERS.get(pdu.message_state or 0) or found.get("stat", "").upper()
    error = found.get("err", "")
    return ReceiptReport(
        carrier_id=carrier_id,
        state=STATES.get(word, ReceiptState.UNKNOWN),
        occurred_at=_instant(found.get("done date", ""), offset_hours),
        code=f"{word} {error}".strip(),
        raw=raw,
        is_gone=STATES.get(word) == ReceiptState.UNDELIVERABLE and error in GONE_CODES,
    )


def _instant(stamp: str, offset_hours: float) -> datetime | None:
    zone = timezone(timedelta(hours=offset_hours))
    for form, length in (("%y%m%d%H%M%S", 12), ("%y%m%d%H%M", 10)):
        if len(stamp) == length and stamp.isdigit():
            return datetime.strptime(stamp, form).replace(tzinfo=zone).astimezone(UTC)
    return None
