"""
One spelling for every account number, and the form in which it may be shown.

Two spellings of one account must give one hash, or failures on it are not counted together.
"""

import re

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_NUMBER = re.compile(r"[A-Z0-9]{4,34}")
_BLANKS = re.compile(r"[\s\-.]+")
_BANK_CODE = re.compile(r"[A-Z0-9]{4,35}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


class NotAnAccount(ValueError):
    """The text is no account number, or its check digits are wrong."""


def normalised_iban(*, text: str) -> str:
    """
    Return the IBAN without blanks. Raises NotAnAccount, also where the check digits are wrong (ISO 13616, modulo 97).

    >>> normalised_iban(text="de89 3704 0044 0532 0130 00")
    'DE89370400440532013000'
    """
    iban = _BLANKS.sub("", text).upper()
    if not _IBAN.fullmatch(iban):
        raise NotAnAccount("not an IBAN")
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    if int(digits) % 97 != 1:
        raise NotAnAccount("the check digits of the IBAN are wrong")
    return iban


def normalised_number(*, text: str) -> str:
    """
    Return an account number that is no IBAN, without blanks, dashes and dots. Raises NotAnAccount.

    >>> normalised_number(text="6222 0212-3456 7890")
    '6222021234567890'
    """
    number = _BLANKS.sub("", text).upper()
    if not _NUMBER.fullmatch(number):
        raise NotAnAccount("not an account number")
    return number


def normalised_bank_code(*, text: str, is_iban: bool) -> str:
    """
    Return the code of a bank: a BIC beside an IBAN (it may be left out), else its number. Raises NotAnAccount.

    >>> normalised_bank_code(text="02-10-00-021", is_iban=False)
    '021000021'
    """
    code = _BLANKS.sub("", text).upper()
    if is_iban and not code:
        return ""
    if not (_BIC if is_iban else _BANK_CODE).fullmatch(code):
        raise NotAnAccount("not the code of a bank")
    return code


def masked_account(*, number: str) -> str:
    """
    Return the account as any member of staff may see it.

    >>> masked_account(number="DE89370400440532013000")
    '•••• 3000'
    """
    return f"•••• {number[-4:]}" if len(number) > 6 else "••••"
