"""Whether a text may be used: its places, forbidden words, what each pack of contact rules wants said, its length."""

from django.conf import settings

from postloan.care.outreach.wordings import disclosures, forbidden_words, occasion_of, sms_parts_max
from postloan.kernel.message_texts import Problem, TextRefused, Wording, problems_of


def packs_in_use() -> tuple[str, ...]:
    """Return the names of the packs that the contact policy of this lender is made of."""
    named = settings.CONTACT_POLICY["default"].split("+")
    return tuple(dict.fromkeys(named)) or ("house",)


def text_problems(*, code: str, channel: str, language: str, subject: str, body: str, line: str) -> tuple[Problem, ...]:
    """Return why a text may not be used, nothing if it may. Raises OccasionUnknown."""
    occasion = occasion_of(code=code)
    required = {item for pack in packs_in_use() for item in disclosures(pack=pack, channel=channel)}
    is_sms = channel == "sms"
    return problems_of(
        wording=Wording(subject=subject, body=body, line=line),
        allowed=occasion.places,
        required=required,
        forbidden_words=forbidden_words(language=language),
        signature=settings.SMS_SIGNATURE if is_sms else "",
        parts_max=sms_parts_max() if is_sms else None,
        sample=occasion.sample,
        language=language,
    )


def check_text(
    *, code: str, channel: str, language: str, subject: str, body: str, line: str, only_known: bool = False
) -> None:
    """Raise TextRefused with everything that is wrong; with `only_known` ask for the occasion alone (OccasionUnknown)."""
    occasion_of(code=code)
    if only_known:
        return
    problems = text_problems(code=code, channel=channel, language=language, subject=subject, body=body, line=line)
    if problems:
        raise TextRefused(problems)
