"""
A transfer as a file: pain.001, customer credit transfer initiation, valid against its schema before it leaves.

One file holds one transfer: a payout waits for nobody else. The same transfer is written to the same bytes, so it can be
handed over again and the bank sees the same message id and content.
"""

import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from postloan.outside.bank.iso20022._tree import NAMESPACE, decimal_text, exponent_of
from postloan.outside.bank.transfers_port import Beneficiary, OutgoingTransfer, TransferMalformed

VERSION = "pain.001.001.09"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_NAME_LENGTH, _TEXT_LENGTH = 140, 140


def write_transfer(*, transfer: OutgoingTransfer, debtor: Beneficiary, requested_date: date) -> bytes:
    """
    Return the transfer as pain.001, debited to the lender's account `debtor`.

    Raises TransferMalformed for an amount that is not positive and whatever the schema does not allow; the message
    names the transfer by its id and repeats nothing personal.
    """
    if transfer.amount_minor <= 0:
        raise TransferMalformed(f"transfer {transfer.end_to_end_id}: {transfer.amount_minor} is no amount")
    amount = decimal_text(amount_minor=transfer.amount_minor, exponent=exponent_of(currency=transfer.currency))
    document = etree.Element(f"{{{NAMESPACE}{VERSION}}}Document", nsmap={None: f"{NAMESPACE}{VERSION}"})
    message = _add(document, "CstmrCdtTrfInitn")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", transfer.end_to_end_id)
    _add(header, "CreDtTm", f"{requested_date.isoformat()}T00:00:00Z")  # not the clock: the same bytes each time
    _add(header, "NbOfTxs", "1")
    _add(header, "CtrlSum", amount)
    _add(header, "InitgPty/Nm", debtor.name)
    batch = _add(message, "PmtInf")
    _add(batch, "PmtInfId", transfer.end_to_end_id)
    _add(batch, "PmtMtd", "TRF")
    _add(batch, "NbOfTxs", "1")
    _add(batch, "CtrlSum", amount)
    _add(batch, "ReqdExctnDt/Dt", requested_date.isoformat())
    _add(batch, "Dbtr/Nm", debtor.name)
    _add_account(batch, "DbtrAcct", debtor)
    _add_agent(batch, "DbtrAgt", debtor)
    _add(batch, "ChrgBr", "SLEV")
    item = _add(batch, "CdtTrfTxInf")
    _add(item, "PmtId/EndToEndId", transfer.end_to_end_id)
    _add(item, "Amt/InstdAmt", amount).set("Ccy", transfer.currency)
    _add_agent(item, "CdtrAgt", transfer.beneficiary)
    _add(item, "Cdtr/Nm", transfer.beneficiary.name[:_NAME_LENGTH])
    _add_account(item, "CdtrAcct", transfer.beneficiary)
    _add(item, "RmtInf/Ustrd", transfer.text[:_TEXT_LENGTH])
    if not _schema().validate(document):
        raise TransferMalformed(f"transfer {transfer.end_to_end_id} is not valid {VERSION}")
    written: bytes = etree.tostring(document, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def is_iban(*, number: str) -> bool:
    """
    Say whether a number is an IBAN: its form and its check digits.

    >>> is_iban(number="DE89370400440532013000"), is_iban(number="6222021234567890")
    (True, False)
    """
    if not _IBAN.fullmatch(number):
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


@cache
def _schema() -> Any:
    text = files("postloan.outside.bank.iso20022").joinpath("schemas", f"{VERSION}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def _add_account(parent: Any, tag: str, party: Beneficiary) -> None:
    _add(parent, f"{tag}/Id/IBAN" if is_iban(number=party.number) else f"{tag}/Id/Othr/Id", party.number)


def _add_agent(parent: Any, tag: str, party: Beneficiary) -> None:
    if not party.bank_code:
        _add(parent, f"{tag}/FinInstnId/Othr/Id", "NOTPROVIDED")
    elif _BIC.fullmatch(party.bank_code):
        _add(parent, f"{tag}/FinInstnId/BICFI", party.bank_code)
    else:
        _add(parent, f"{tag}/FinInstnId/ClrSysMmbId/MmbId", party.bank_code)


def _add(parent: Any, path: str, text: str | None = None) -> Any:
    """Add the elements of a path, the last one with `text`, and return it."""
    namespace = etree.QName(parent).namespace
    for tag in path.split("/"):
        parent = etree.SubElement(parent, f"{{{namespace}}}{tag}")
    parent.text = text
    return parent
