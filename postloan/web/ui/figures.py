"""
How figures are written for people: money, rates, dates, in English and in Chinese.

Money comes as minor units with its currency and is written with all its
decimals; nothing here rounds but shares of a portfolio. Symbols follow the usage of each language: a
dollar is `$` to an English reader and `US$` to a Chinese one.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.translation import get_language, gettext

from postloan.care.outreach.models import Message
from postloan.kernel.currencies import decimals_of

SYMBOLS = {
    "en": {"USD": "$", "CNY": "CN¥", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$"},
    "zh": {"USD": "US$", "CNY": "¥", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"},
}

MINUS = "\N{MINUS SIGN}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"

DAY_FORMATS = {"en": "j M Y", "zh": "Y年n月j日"}
MONTH_FORMATS = {"en": "M Y", "zh": "Y年n月"}
INSTANT_FORMATS = {"en": "j M Y, H:i", "zh": "Y年n月j日 H:i"}
WEEKDAY_FORMATS = {"en": "l, j F Y", "zh": "Y年n月j日 l"}


def amount_text(*, amount_minor: int, currency: str) -> str:
    """
    Return the amount with its symbol and grouped thousands, in the language of the reader.

    >>> amount_text(amount_minor=-123456, currency="USD")
    '−$1,234.56'
    """
    symbol = SYMBOLS[_language()].get(currency, f"{currency}{NARROW_SPACE}" if currency else "")
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{symbol}{grouped_amount(amount_minor=abs(amount_minor), currency=currency)}"


def grouped_amount(*, amount_minor: int, currency: str) -> str:
    """
    Return the amount with grouped thousands and without symbol.

    >>> grouped_amount(amount_minor=123456, currency="USD")
    '1,234.56'
    """
    decimals = decimals_of(currency=currency)
    whole, part = divmod(abs(amount_minor), 10**decimals)
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")


def rate_text(*, rate_ppm: int, per: str) -> str:
    r"""
    Return a rate as it was quoted.

    >>> rate_text(rate_ppm=126_200, per="year")
    '12.62\u202f% a year'
    """
    percent = percent_text(ppm=rate_ppm)
    match per:
        case "year":
            return gettext("%(percent)s a year") % {"percent": percent}
        case "month":
            return gettext("%(percent)s a month") % {"percent": percent}
        case "day":
            return gettext("%(percent)s a day") % {"percent": percent}
    return f"{percent} / {per}"


def percent_text(*, ppm: int) -> str:
    r"""
    Return millionths as a percentage, exact.

    >>> percent_text(ppm=94_822)
    '9.4822\u202f%'
    """
    whole, part = divmod(abs(ppm), 10_000)
    written = f"{whole}.{part:04d}".rstrip("0").rstrip(".")
    return f"{MINUS if ppm < 0 else ''}{written}{NARROW_SPACE}%"


def share_text(*, ppm: int) -> str:
    r"""
    Return millionths of a whole as a percentage with one decimal, half a decimal up.

    >>> share_text(ppm=123_450)
    '12.3\u202f%'
    """
    whole, part = divmod((ppm + 500) // 1000, 10)
    return f"{whole}.{part}{NARROW_SPACE}%"


def month_text(*, month: date) -> str:
    """Return the month of a date with its year."""
    return str(formats.date_format(month, MONTH_FORMATS[_language()]))


def day_text(*, day: date) -> str:
    """Return a calendar date as a reader of the page's language writes it."""
    return str(formats.date_format(day, DAY_FORMATS[_language()]))


def weekday_text(*, day: date) -> str:
    """Return a calendar date with its weekday."""
    return str(formats.date_format(day, WEEKDAY_FORMATS[_language()]))


def instant_text(*, at: datetime) -> str:
    """Return an instant in the lender's time zone, to the minute."""
    return str(formats.date_format(timezone.localtime(at), INSTANT_FORMATS[_language()]))


def clock_text(*, at: datetime) -> str:
    """Return the time of day in the lender's time zone, to the second."""
    return f"{timezone.localtime(at):%H:%M:%S}"


def contact_date_of(*, message: Message) -> date:
    """Return the calendar date on which a message reaches its reader, in the reader's own time zone."""
    at = message.sent_at or message.not_before_at
    return at.astimezone(ZoneInfo(message.customer.time_zone)).date()


def _language() -> str:
    return "zh" if (get_language() or "en").startswith("zh") else "en"
