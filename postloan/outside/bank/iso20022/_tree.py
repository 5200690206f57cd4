"""XML of unknown origin, read strictly: no document type, no entities, no network; every element knows its line."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from postloan.outside.bank.port import BankFileRefused

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


def parsed(*, content: bytes) -> tuple[str, Any]:
    """
    Return the message's name (`camt.054.001.08`) and its root element, names without namespace.

    Raises BankFileRefused for what is not well-formed, breaks off, brings a document type, or is
    no message of ISO 20022.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BankFileRefused(reason=f"not well-formed XML: {error.msg}", line=error.lineno or 0) from None
    if root.getroottree().docinfo.doctype:
        raise BankFileRefused(reason="a document type is not accepted", line=1)
    name = etree.QName(root)
    if name.localname != "Document" or not (name.namespace or "").startswith(NAMESPACE):
        raise BankFileRefused(reason=f"not a message of ISO 20022: {root.tag}", line=root.sourceline)
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return str(name.namespace).removeprefix(NAMESPACE), root


def find(element: Any, path: str) -> Any | None:
    """Return the first element at `path`, or None."""
    return element.find(path)


def every(element: Any, path: str) -> Iterator[Any]:
    """Return all elements at `path`, in order."""
    return iter(element.findall(path))


def required(element: Any, path: str) -> Any:
    """Return the first element at `path`. Raises BankFileRefused where there is none."""
    found = element.find(path)
    if found is None:
        raise BankFileRefused(reason=f"{element.tag} lacks {path}", line=element.sourceline)
    return found


def text_of(element: Any | None) -> str:
    """Return the element's text without blanks around it, empty where there is no element."""
    return "" if element is None or element.text is None else str(element.text).strip()


def required_text(element: Any, path: str) -> str:
    """Return the text at `path`. Raises BankFileRefused where it is missing or empty."""
    found = required(element, path)
    if not (text := text_of(found)):
        raise BankFileRefused(reason=f"{path} is empty", line=found.sourceline)
    return text


def date_at(element: Any, path: str) -> date:
    """Return the date at `path`, given as Dt or DtTm. Raises BankFileRefused."""
    found = required(element, path)
    text = text_of(found.find("Dt")) or text_of(found.find("DtTm")) or text_of(found)
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BankFileRefused(reason=f"{path} is no date: {text!r}", line=found.sourceline) from None


def amount_of(element: Any) -> tuple[int, str]:
    """Return an amount in minor units and its currency. Raises BankFileRefused for what is no amount."""
    currency = str(element.get("Ccy") or "")
    return minor_units(text=text_of(element), currency=currency, line=element.sourceline), currency


def minor_units(*, text: str, currency: str, line: int) -> int:
    """Return a decimal number as whole minor units of the currency. Raises BankFileRefused."""
    exponent = exponent_of(currency=currency)
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    is_number = (
        whole.isascii() and whole.isdecimal() and (not fraction or (fraction.isascii() and fraction.isdecimal()))
    )
    if not is_number or len(fraction) > exponent or len(whole) > 15:
        raise BankFileRefused(reason=f"no amount of {currency or 'a currency'}: {text[:30]!r}", line=line)
    return int(int(whole) * 10**exponent) + int((fraction + "0" * exponent)[:exponent] or 0)


def decimal_text(*, amount_minor: int, exponent: int) -> str:
    """
    Return minor units as the decimal text of the messages.

    >>> decimal_text(amount_minor=1205, exponent=2), decimal_text(amount_minor=7, exponent=0)
    ('12.05', '7')
    """
    if exponent == 0:
        return str(amount_minor)
    whole, fraction = divmod(amount_minor, 10**exponent)
    return f"{whole}.{fraction:0{exponent}}"


def exponent_of(*, currency: str) -> int:
    """Return how many decimals the currency has."""
    return {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3}.get(currency, 2)
