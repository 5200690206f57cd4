"""
One spelling for every contact point, and the form in which it may be shown.

Two spellings of one phone number must give one hash, or a customer who calls
is not found. Masks show enough to recognise, never enough to use.
"""

import phonenumbers


class NotAContactPoint(ValueError):
    """The text is not an e-mail address or phone number."""


def normalised_email(*, text: str) -> str:
    """
    Return the address with its domain in lower case and blanks removed.

    >>> normalised_email(text=" Ann.Lee@Example.ORG ")
    'Ann.Lee@example.org'
    """
    local, at, domain = text.strip().rpartition("@")
    if not (local and at and "." in domain) or any(character.isspace() for character in local + domain):
        raise NotAContactPoint("not an e-mail address")
    return f"{local}@{domain.lower()}"


def normalised_phone(*, text: str, region: str) -> str:
    """
    Return the number as E.164; `region` (two letters) is assumed where no country code is written.

    >>> normalised_phone(text="138 0013 8000", region="CN")
    '+8613800138000'
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise NotAContactPoint("not a phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise NotAContactPoint("not a possible phone number")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def masked_email(*, address: str) -> str:
    """
    >>> masked_email(address="ann.lee@example.org")
    'a***@example.org'
    """
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def masked_phone(*, number: str) -> str:
    """
    >>> masked_phone(number="+8613800138000")
    '+86***8000'
    """
    return f"{number[:3]}***{number[-4:]}" if len(number) > 9 else "***"


def masked_name(*, name: str) -> str:
    """
    >>> masked_name(name="Ann Lee"), masked_name(name="张三丰")
    ('A** L**', '张**')
    """
    return " ".join(f"{part[:1]}**" for part in name.split())
