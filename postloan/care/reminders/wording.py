"""
The words of a reminder: amount, date, how to pay, who is asking. Courteous, and never a threat.

One text template for each language; its first line is the subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format, number_format

from postloan.care.outreach.texts import MessageText

DATE_FORMATS = {"en": "j F Y", "zh-hans": "Y年n月j日"}  # the languages we have a text in
MINOR_DIGITS = 2


@dataclass(frozen=True)
class LoanLine:
    """What is due on one loan."""

    reference: str
    instalment_no: int
    instalments: int
    amount_minor: int
    currency: str

    @property
    def amount(self) -> str:
        """The amount as people write it, with its currency."""
        return money_text(amount_minor=self.amount_minor, currency=self.currency)


def money_text(*, amount_minor: int, currency: str) -> str:
    """
    Return an amount as text in the active language.

    >>> money_text(amount_minor=123_456, currency="USD")
    'USD 1,234.56'
    """
    whole, minor = divmod(amount_minor, 10**MINOR_DIGITS)
    return f"{currency} {number_format(whole, use_l10n=True, force_grouping=True)}.{minor:0{MINOR_DIGITS}d}"


def reminder_text(*, name: str, due_date: date, kind: str, lines: Sequence[LoanLine], language: str) -> MessageText:
    """Return subject and body in the customer's language (English where we have no text in theirs)."""
    spoken = language if language in DATE_FORMATS else "en"
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, 0) + line.amount_minor
    with translation.override(spoken):
        total = " + ".join(
            money_text(amount_minor=amount, currency=currency) for currency, amount in sorted(totals.items())
        )
        text = render_to_string(
            f"reminders/reminder.{spoken}.txt",
            {
                "name": name,
                "total": total,
                "due": date_format(due_date, DATE_FORMATS[spoken]),
                "is_today": kind == "due_today",
                "lines": lines,
                "lender": settings.LENDER_NAME,
                "phone": settings.LENDER_PHONE,
                "portal": f"{settings.SITE_URL}/portal/",
            },
        )
    subject, _, body = text.partition("\n")
    return MessageText(subject=subject.strip(), body=body.strip() + "\n")
