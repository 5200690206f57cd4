"""Write the text of a message from the approved version of its template and the values of this moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.conf import settings

from postloan.care.outreach.models import Message, TemplateVersion
from postloan.care.outreach.texts import MessageText
from postloan.care.outreach.writers import Facts
from postloan.kernel.message_texts import LANGUAGES, Value, Wording, places_in, render, sms_length

TextKey = tuple[str, str, str]  # code, channel, language


class TextMissing(LookupError):
    """No version of this text is approved."""


@dataclass(frozen=True)
class Composed:
    """A text as it leaves, the version it was made from, and its values as they stand in the text."""

    text: MessageText
    version: TemplateVersion
    values: Mapping[str, str]
    parts: int


def spoken_language(*, language: str) -> str:
    """Return the language a customer is written to in: their own where there are texts in it, or English."""
    return language if language in LANGUAGES else "en"


def texts_in_force(*, codes: Collection[str]) -> dict[TextKey, TemplateVersion]:
    """Return the approved version of each text of these codes."""
    found = TemplateVersion.objects.filter(code__in=codes, state=TemplateVersion.State.APPROVED)
    return {(item.code, item.channel, item.language): item for item in found}


def house_values() -> dict[str, Value]:
    """Return what every text may name: the lender, a number a person answers, the portal, who is writing."""
    return {
        "lender": settings.LENDER_NAME,
        "phone": settings.LENDER_PHONE,
        "portal": f"{settings.SITE_URL}/portal/",
        "sender": settings.LENDER_SENDER or settings.LENDER_NAME,
    }


def compose(*, message: Message, facts: Facts, versions: Mapping[TextKey, TemplateVersion]) -> Composed:
    """Return the text of a message. Raises TextMissing where no version is approved for its channel and language."""
    language = spoken_language(language=message.language)
    version = versions.get((message.template, message.channel, language))
    if version is None:
        raise TextMissing(f"{message.template} {message.channel} {language}")
    values = house_values() | dict(facts)
    rendered = render(wording=version.wording, values=values, language=language)
    is_sms = message.channel == Message.Channel.SMS
    return Composed(
        text=MessageText(subject=rendered.subject, body=rendered.body),
        version=version,
        values={
            name: render(wording=_only(name), values=values, language=language).body
            for name in places_in(text=version.body)
            if name != "loans" and (version.carrier_code or message.channel == Message.Channel.WECHAT)
        },
        parts=sms_length(text=settings.SMS_SIGNATURE + rendered.body).parts if is_sms else 1,
    )


def _only(name: str) -> Wording:
    return Wording(body=f"{{{name}}}")
