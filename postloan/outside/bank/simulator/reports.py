"""What the simulated bank writes: pain.002.001.10 and camt.054.001.08, the same input to the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from postloan.outside.bank.iso20022._tree import NAMESPACE, decimal_text, exponent_of

STATUS_REPORT = "pain.002.001.10"
NOTIFICATION = "camt.054.001.08"
HOUR = "T07:00:00Z"


@dataclass(frozen=True)
class Refusal:
    """A debit that was refused, and the reason code."""

    end_to_end_id: str
    reason_code: str


@dataclass(frozen=True)
class Movement:
    """A booked movement on the creditor's account; `reason_code` only where a debit is given back."""

    end_to_end_id: str
    amount_minor: int
    is_credit: bool
    bank_reference: str
    reason_code: str = ""


def status_report(
    *, message_id: str, day: date, file_id: str, group_status: str, group_reason: str = "", refusals: Sequence[Refusal]
) -> bytes:
    """Return a pain.002 about one file; `group_status` as ACCP, PART or RJCT."""
    document, message = _document(STATUS_REPORT, "CstmrPmtStsRpt")
    _header(message, message_id, day)
    group = _add(message, "OrgnlGrpInfAndSts")
    _add(group, "OrgnlMsgId", file_id)
    _add(group, "OrgnlMsgNmId", "pain.008.001.08")
    _add(group, "GrpSts", group_status)
    if group_reason:
        _add(_add(_add(group, "StsRsnInf"), "Rsn"), "Cd", group_reason)
    if refusals:
        batch = _add(message, "OrgnlPmtInfAndSts")
        _add(batch, "OrgnlPmtInfId", file_id)
        for refusal in refusals:
            item = _add(batch, "TxInfAndSts")
            _add(item, "OrgnlEndToEndId", refusal.end_to_end_id)
            _add(item, "TxSts", "RJCT")
            _add(_add(_add(item, "StsRsnInf"), "Rsn"), "Cd", refusal.reason_code)
    return _bytes(document)


def notification(
    *, message_id: str, day: date, account: str, is_iban: bool, currency: str, movements: Sequence[Movement]
) -> bytes:
    """Return a camt.054 about the creditor's account, an entry for each movement."""
    exponent = exponent_of(currency=currency)
    document, message = _document(NOTIFICATION, "BkToCstmrDbtCdtNtfctn")
    _header(message, message_id, day)
    notice = _add(message, "Ntfctn")
    _add(notice, "Id", message_id)
    _add(notice, "CreDtTm", f"{day}{HOUR}")
    identity = _add(_add(notice, "Acct"), "Id")
    _add(identity if is_iban else _add(identity, "Othr"), "IBAN" if is_iban else "Id", account)
    totals = _add(_add(notice, "TxsSummry"), "TtlNtries")
    _add(totals, "NbOfNtries", str(len(movements)))
    _add(totals, "Sum", decimal_text(amount_minor=sum(item.amount_minor for item in movements), exponent=exponent))
    for item in movements:
        amount = decimal_text(amount_minor=item.amount_minor, exponent=exponent)
        entry = _add(notice, "Ntry")
        _add(entry, "Amt", amount).set("Ccy", currency)
        side = "CRDT" if item.is_credit else "DBIT"
        _add(entry, "CdtDbtInd", side)
        if item.reason_code:
            _add(entry, "RvslInd", "true")
        _add(_add(entry, "Sts"), "Cd", "BOOK")
        _add(_add(entry, "BookgDt"), "Dt", day.isoformat())
        _add(_add(entry, "ValDt"), "Dt", day.isoformat())
        _add(entry, "AcctSvcrRef", item.bank_reference)
        _add_transaction_code(entry)
        details = _add(_add(entry, "NtryDtls"), "TxDtls")
        references = _add(details, "Refs")
        _add(references, "AcctSvcrRef", item.bank_reference)
        _add(references, "EndToEndId", item.end_to_end_id)
        _add(details, "Amt", amount).set("Ccy", currency)
        _add(details, "CdtDbtInd", side)
        if item.reason_code:
            _add(_add(_add(details, "RtrInf"), "Rsn"), "Cd", item.reason_code)
    return _bytes(document)


def _add_transaction_code(entry: Any) -> None:
    """ISO's own code for a debit collected, domain PMNT, family IDDT (issued direct debits)."""
    domain = _add(_add(entry, "BkTxCd"), "Domn")
    _add(domain, "Cd", "PMNT")
    family = _add(domain, "Fmly")
    _add(family, "Cd", "IDDT")
    _add(family, "SubFmlyCd", "ESDD")


def _document(version: str, name: str) -> tuple[Any, Any]:
    namespace = f"{NAMESPACE}{version}"
    document = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})
    return document, _add(document, name)


def _header(message: Any, message_id: str, day: date) -> None:
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", message_id)
    _add(header, "CreDtTm", f"{day}{HOUR}")


def _add(parent: Any, tag: str, text: str | None = None) -> Any:
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{tag}")
    child.text = text
    return child


def _bytes(document: Any) -> bytes:
    written: bytes = etree.tostring(document, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written
