"""
What the bank tells us: pain.002 (status of orders) and camt.054 (movements on our account).

Read whole or refused whole: what cannot be understood, does not add up or breaks off is refused with its line, and
nothing of the file counts. Versions differ little in what is read here; those named in READABLE are accepted.
"""

import re
from collections.abc import Iterator
from typing import Any

from postloan.outside.bank.iso20022._tree import (
    amount_of,
    date_at,
    every,
    find,
    minor_units,
    parsed,
    required,
    required_text,
    text_of,
)
from postloan.outside.bank.port import BankFileRefused, BankReport, Entry, Side, Status

READABLE = re.compile(r"pain\.002\.001\.(0[3-9]|1\d)|camt\.054\.001\.(0[2-9]|1\d)")
REFUSED = "RJCT"
KNOWN_STATUSES = {"ACCP", "ACSP", "ACSC", "ACTC", "ACWC", "ACCC", "RCVD", "PDNG", "PART", REFUSED}
NO_ID = "NOTPROVIDED"


def read_report(*, content: bytes) -> BankReport:
    """Return what a pain.002 or camt.054 says. Raises BankFileRefused, naming the line."""
    name, root = parsed(content=content)
    if not READABLE.fullmatch(name):
        raise BankFileRefused(reason=f"{name} is no file we read (pain.002, camt.054)", line=root.sourceline)
    if name.startswith("pain.002"):
        return _status_report(required(root, "CstmrPmtStsRpt"))
    return _notification(required(root, "BkToCstmrDbtCdtNtfctn"))


def _status_report(message: Any) -> BankReport:
    group = required(message, "OrgnlGrpInfAndSts")
    file_id = required_text(group, "OrgnlMsgId")
    statuses = []
    if (whole := find(group, "GrpSts")) is not None:
        statuses.append(_status(group, whole, file_id=file_id, end_to_end_id=""))
    for batch in every(message, "OrgnlPmtInfAndSts"):
        if (whole := find(batch, "PmtInfSts")) is not None and text_of(whole) == REFUSED:
            statuses.append(_status(batch, whole, file_id=file_id, end_to_end_id=""))
        for item in every(batch, "TxInfAndSts"):
            statuses.append(  # noqa: PERF401 - two kinds of statuses in one list
                _status(
                    item,
                    required(item, "TxSts"),
                    file_id=file_id,
                    end_to_end_id=required_text(item, "OrgnlEndToEndId"),
                )
            )
    if not statuses:
        raise BankFileRefused(reason=f"no status in the report of file {file_id}", line=message.sourceline)
    message_id = required_text(message, "GrpHdr/MsgId")
    return BankReport(kind="pain.002", message_id=message_id, statuses=tuple(statuses))


def _status(item: Any, status: Any, *, file_id: str, end_to_end_id: str) -> Status:
    code = text_of(status)
    if code not in KNOWN_STATUSES:
        raise BankFileRefused(reason=f"status {code!r} of {end_to_end_id or file_id}", line=status.sourceline)
    return Status(
        file_id=file_id,
        end_to_end_id=end_to_end_id,
        is_refused=code == REFUSED,
        reason_code=_reason(item, "StsRsnInf/Rsn"),
        line=int(item.sourceline),
    )


def _notification(message: Any) -> BankReport:
    entries = [entry for notice in every(message, "Ntfctn") for entry in _entries_of_notice(notice)]
    message_id = required_text(message, "GrpHdr/MsgId")
    return BankReport(kind="camt.054", message_id=message_id, entries=tuple(entries))


def _entries_of_notice(notice: Any) -> list[Entry]:
    elements = list(every(notice, "Ntry"))
    _refuse_wrong_totals(notice, elements)
    return [entry for element in elements for entry in _entries(element)]


def _entries(element: Any) -> Iterator[Entry]:
    """Yield the movements of one Ntry: each of its details, or itself where it has none. Pending ones are none."""
    amount_minor, currency = amount_of(required(element, "Amt"))
    status = text_of(find(element, "Sts/Cd")) or text_of(find(element, "Sts"))
    if status not in {"BOOK", "PDNG", "INFO"}:
        raise BankFileRefused(reason=f"state {status!r} of an entry", line=element.sourceline)
    side = _side(required(element, "CdtDbtInd"))
    if status != "BOOK":
        return
    details = [item for block in every(element, "NtryDtls") for item in every(block, "TxDtls")]
    told = [_entry(item, element, side) for item in details] or [_entry(element, element, side)]
    total = sum(entry.amount_minor if entry.side is side else -entry.amount_minor for entry in told)
    if total != amount_minor or {entry.currency for entry in told} != {currency}:
        raise BankFileRefused(
            reason=f"the details of an entry sum to {total}, the entry says {amount_minor} {currency}",
            line=element.sourceline,
        )
    yield from told


def _entry(item: Any, element: Any, side: Side) -> Entry:
    amount = item.find("Amt")
    if amount is None:
        amount = item.find("AmtDtls/TxAmt/Amt")
    if amount is None:
        if len(element.findall("NtryDtls/TxDtls")) > 1:
            raise BankFileRefused(reason="one of several details says no amount", line=item.sourceline)
        amount = required(element, "Amt")
    amount_minor, currency = amount_of(amount)
    own_side = item.find("CdtDbtInd")
    reference = (
        text_of(item.find("Refs/AcctSvcrRef"))
        or text_of(element.find("AcctSvcrRef"))
        or text_of(element.find("NtryRef"))
    )
    if not reference:
        raise BankFileRefused(reason="an entry without the bank's reference (AcctSvcrRef)", line=item.sourceline)
    end_to_end_id = text_of(item.find("Refs/EndToEndId"))
    return Entry(
        side=side if own_side is None else _side(own_side),
        end_to_end_id="" if end_to_end_id == NO_ID else end_to_end_id,
        amount_minor=amount_minor,
        currency=currency,
        value_date=date_at(element, "ValDt" if element.find("ValDt") is not None else "BookgDt"),
        bank_reference=reference,
        is_return=item.find("RtrInf") is not None,
        reason_code=_reason(item, "RtrInf/Rsn"),
        line=int(item.sourceline),
    )


def _side(element: Any) -> Side:
    code = text_of(element)
    if code not in {"CRDT", "DBIT"}:
        raise BankFileRefused(reason=f"neither CRDT nor DBIT: {code!r}", line=element.sourceline)
    return Side.IN if code == "CRDT" else Side.OUT


def _reason(item: Any, path: str) -> str:
    found = item.find(path)
    return "" if found is None else text_of(found.find("Cd")) or text_of(found.find("Prtry"))


def _refuse_wrong_totals(notice: Any, elements: list[Any]) -> None:
    """Compare the count and sums that the bank gives with what is there."""
    sides = [_side(required(element, "CdtDbtInd")) for element in elements]
    for path, wanted in (("TtlNtries", {Side.IN, Side.OUT}), ("TtlCdtNtries", {Side.IN}), ("TtlDbtNtries", {Side.OUT})):
        totals = notice.find(f"TxsSummry/{path}")
        if totals is None:
            continue
        counted = [element for element, side in zip(elements, sides, strict=True) if side in wanted]
        if (number := totals.find("NbOfNtries")) is not None and text_of(number) != str(len(counted)):
            raise BankFileRefused(
                reason=f"{text_of(number)} entries announced, {len(counted)} found", line=number.sourceline
            )
        if (amount := totals.find("Sum")) is not None and counted:
            currency = str(required(counted[0], "Amt").get("Ccy") or "")
            said = minor_units(text=text_of(amount), currency=currency, line=amount.sourceline)
            if said != (found := sum(amount_of(required(element, "Amt"))[0] for element in counted)):
                raise BankFileRefused(reason=f"a sum of {said} announced, {found} found", line=amount.sourceline)
