"""
Files of debits: pain.008, customer direct debit initiation, valid against its schema before it leaves.

The same file is written to the same bytes, so it can be handed over again and the bank sees the same message id and
the same content. Version 08 is the default; 02 is what many banks took before 2025.
"""

from datetime import UTC
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from postloan.outside.bank.iso20022._tree import NAMESPACE, decimal_text, exponent_of
from postloan.outside.bank.port import BankAccount, Debit, DebitFile, FileMalformed

VERSIONS = ("pain.008.001.08", "pain.008.001.02")
NOT_PROVIDED = "NOTPROVIDED"


def write_debits(*, file: DebitFile, version: str = VERSIONS[0]) -> bytes:
    """
    Return the file as pain.008.

    Raises FileMalformed for a file without debits, an amount that is not positive, an id that stands twice, and whatever
    the schema does not allow (too long an id, an IBAN that is none); the message names the debit by its id.
    """
    assert version in VERSIONS, version
    _refuse_wrong(file)
    namespace = f"{NAMESPACE}{version}"
    document = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})
    message = _add(document, "CstmrDrctDbtInitn")
    total = decimal_text(
        amount_minor=sum(debit.amount_minor for debit in file.debits), exponent=exponent_of(currency=file.currency)
    )
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", file.file_id)
    _add(header, "CreDtTm", file.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", str(len(file.debits)))
    _add(header, "CtrlSum", total)
    _add_path(header, "InitgPty/Nm", file.creditor.name)
    batch = _add(message, "PmtInf")
    _add(batch, "PmtInfId", file.file_id)
    _add(batch, "PmtMtd", "DD")
    _add(batch, "BtchBookg", "false")
    _add(batch, "NbOfTxs", str(len(file.debits)))
    _add(batch, "CtrlSum", total)
    _add_payment_type(batch, file.scheme)
    _add(batch, "ReqdColltnDt", file.collect_date.isoformat())
    _add_path(batch, "Cdtr/Nm", file.creditor.name)
    _add_account(batch, "CdtrAcct", file.creditor.account)
    _add_agent(batch, "CdtrAgt", file.creditor.account, version)
    _add(batch, "ChrgBr", "SLEV")
    scheme = _add_path(batch, "CdtrSchmeId/Id/PrvtId/Othr")
    _add(scheme, "Id", file.creditor.scheme_id)
    _add_path(scheme, "SchmeNm/Prtry", file.scheme)
    for debit in file.debits:
        _add_debit(batch, debit, file.currency, version)
    _refuse_invalid(document, file, version)
    written: bytes = etree.tostring(document, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def schema_errors(*, document: Any, version: str) -> list[tuple[int, str]]:
    """Return what the schema finds wrong in a pain.008 document: line and message, none if it is valid."""
    schema = _schema(version)
    if schema.validate(document):
        return []
    return [(error.line, error.message) for error in schema.error_log]


@cache
def _schema(version: str) -> Any:
    text = files("postloan.outside.bank.iso20022").joinpath("schemas", f"{version}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def _refuse_wrong(file: DebitFile) -> None:
    if not file.debits:
        raise FileMalformed(f"file {file.file_id} holds no debits")
    seen: set[str] = set()
    for debit in file.debits:
        if debit.amount_minor <= 0:
            raise FileMalformed(f"debit {debit.end_to_end_id}: {debit.amount_minor} is no amount")
        if debit.end_to_end_id in seen:
            raise FileMalformed(f"debit {debit.end_to_end_id} stands twice in file {file.file_id}")
        seen.add(debit.end_to_end_id)


def _refuse_invalid(document: Any, file: DebitFile, version: str) -> None:
    if not schema_errors(document=document, version=version):
        return
    # Lines are known only once the text is read; the written form has one debit after another.
    written = etree.fromstring(etree.tostring(document, pretty_print=True))
    line, _ = schema_errors(document=written, version=version)[0]
    before = [
        element.findtext("{*}PmtId/{*}EndToEndId")
        for element in written.iter("{*}DrctDbtTxInf")
        if element.sourceline <= line
    ]
    # The schema's own message would quote the value, which may be a name or an account.
    where = f"debit {before[-1]}" if before else "its header"
    raise FileMalformed(f"file {file.file_id} is not valid {version}: see {where}")


def _add_payment_type(batch: Any, scheme: str) -> None:
    kind = _add(batch, "PmtTpInf")
    if scheme == "SEPA":
        _add_path(kind, "SvcLvl/Cd", "SEPA")
        _add_path(kind, "LclInstrm/Cd", "CORE")
    else:
        _add_path(kind, "LclInstrm/Prtry", scheme)
    _add(kind, "SeqTp", "RCUR")


def _add_debit(batch: Any, debit: Debit, currency: str, version: str) -> None:
    item = _add(batch, "DrctDbtTxInf")
    _add_path(item, "PmtId/EndToEndId", debit.end_to_end_id)
    amount = decimal_text(amount_minor=debit.amount_minor, exponent=exponent_of(currency=currency))
    _add(item, "InstdAmt", amount).set("Ccy", currency)
    mandate = _add_path(item, "DrctDbtTx/MndtRltdInf")
    _add(mandate, "MndtId", debit.mandate_reference)
    _add(mandate, "DtOfSgntr", debit.mandate_signed_date.isoformat())
    _add_agent(item, "DbtrAgt", debit.debtor_account, version)
    _add_path(item, "Dbtr/Nm", debit.debtor_name[:70])
    _add_account(item, "DbtrAcct", debit.debtor_account)
    _add_path(item, "RmtInf/Ustrd", debit.text[:140])


def _add_account(parent: Any, tag: str, account: BankAccount) -> None:
    path = "Id/IBAN" if account.is_iban else "Id/Othr/Id"
    _add_path(_add(parent, tag), path, account.number)


def _add_agent(parent: Any, tag: str, account: BankAccount, version: str) -> None:
    agent = _add_path(_add(parent, tag), "FinInstnId")
    if not account.bank_code:
        _add_path(agent, "Othr/Id", NOT_PROVIDED)
    elif account.is_iban:
        _add(agent, "BIC" if version.endswith(".02") else "BICFI", account.bank_code)
    else:
        _add_path(agent, "ClrSysMmbId/MmbId", account.bank_code)


def _add_path(parent: Any, path: str, text: str | None = None) -> Any:
    for tag in path.split("/"):
        parent = _add(parent, tag)
    parent.text = text
    return parent


def _add(parent: Any, tag: str, text: str | None = None) -> Any:
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{tag}")
    child.text = text
    return child
