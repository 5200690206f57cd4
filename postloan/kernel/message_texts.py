"""
Texts with places for values: which places there are, what may stand in them, what comes out, how many SMS it makes.

A template is plain text with names in braces, `{total}`. Each name has a type, and its value is written the way
people write it in the language of the text. `{loans}` stands for lines, one for each loan, each made from the
template's own `line`. There are no conditions: what is said on another occasion is another template.
Rules and a worked example: docs/decisions/0076-texts-have-places-and-no-conditions.md.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, Literal

VariableType = Literal["text", "number", "money", "day", "hour", "lines"]
Money = tuple[int, str]  # minor units, currency
Value = str | int | Money | Sequence[Money] | date | time | Sequence[Mapping[str, object]]

LANGUAGES: Final = ("en", "zh-hans")  # the languages there are texts in; another is written in English
NO_MINOR_UNIT: Final = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF"})
MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BRACE = re.compile(r"[{}]")

# 3GPP TS 23.038: the default alphabet (without the section sign, which few encode alike), and what takes two septets.
GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED: Final = frozenset("^{}\\[~]|€")


class TextRefused(ValueError):
    """A template cannot be used as it stands; `problems` names each reason by a code and what it is about."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.code} {problem.about}".strip() for problem in problems))


class ValueMissing(ValueError):
    """A place of the text has no value, or one of another type. A mistake of the caller."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a text may not be used: a code, and the word or place it is about."""

    code: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with places. `subject` is empty on channels that have none; `line` is one loan of `{loans}`."""

    body: str
    subject: str = ""
    line: str = ""
    variables: Mapping[str, VariableType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it is read."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class SmsLength:
    """How long an SMS is: `units` are septets (gsm7) or 16-bit code units (ucs2)."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


def money_text(*, amount_minor: int, currency: str) -> str:
    """
    Return an amount as text: currency, thousands apart, decimals as the currency has them.

    >>> money_text(amount_minor=123_456, currency="USD"), money_text(amount_minor=1200, currency="JPY")
    ('USD 1,234.56', 'JPY 1,200')
    """
    if currency in NO_MINOR_UNIT:
        return f"{currency} {amount_minor:,}"
    whole, minor = divmod(amount_minor, 100)
    return f"{currency} {whole:,}.{minor:02d}"


def day_text(*, day: date, language: str) -> str:
    """
    Return a date as people write it.

    >>> day_text(day=date(2018, 7, 10), language="en"), day_text(day=date(2018, 7, 10), language="zh-hans")
    ('10 July 2018', '2018年7月10日')
    """
    if language == "zh-hans":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def places_in(*, text: str) -> frozenset[str]:
    """Return the names of the places in `text`."""
    return frozenset(_PLACE.findall(text))


def problems_of(
    *,
    wording: Wording,
    allowed: Mapping[str, VariableType],
    required: Collection[str] = (),
    forbidden_words: Collection[str] = (),
    signature: str = "",
    parts_max: int | None = None,
    sample: Mapping[str, Value] | None = None,
    language: str = "en",
) -> tuple[Problem, ...]:
    """
    Return why this wording may not be used, nothing if it may.

    `allowed` are the places that its occasion fills, with their types; a member of `required` that begins with a
    brace is a place (`{lender}`), any other is a phrase that must stand in the text. Forbidden words are found whatever
    their case. With `sample` and `parts_max` the length of the text as an SMS is checked.
    """
    whole = f"{wording.subject}\n{wording.body}\n{wording.line}"
    problems = [Problem("empty")] if not wording.body.strip() else []
    problems += [Problem("unknown_place", name) for name in sorted(places_in(text=whole) - set(allowed) - _LINE_PLACES)]
    problems += [Problem("stray_brace")] if _BRACE.search(_PLACE.sub("", whole)) else []
    if "\n" in wording.subject:
        problems.append(Problem("subject_has_lines"))
    if "loans" in places_in(text=wording.body) and not wording.line.strip():
        problems.append(Problem("line_missing"))
    folded = whole.casefold()
    problems += [Problem("forbidden_word", word) for word in sorted(forbidden_words) if word.casefold() in folded]
    problems += [Problem("disclosure_missing", item) for item in sorted(required) if item.casefold() not in folded]
    if not problems and parts_max is not None and sample is not None:
        text = signature + render(wording=wording, values=sample, language=language).body
        if (length := sms_length(text=text)).parts > parts_max:
            problems.append(Problem("too_long", str(length.parts)))
    return tuple(problems)


_LINE_PLACES = frozenset({"reference", "instalment_no", "instalments", "amount"})


def render(*, wording: Wording, values: Mapping[str, Value], language: str) -> Rendered:
    """
    Return the text with its values in `language` (English for one without texts). Raises ValueMissing.

    >>> wording = Wording(subject="{total} is due on {due}", body="Dear {name}, please pay {total}.")
    >>> render(wording=wording, values={"total": (1250, "CNY"), "due": date(2018, 4, 8), "name": "Ada"}, language="en")
    Rendered(subject='CNY 12.50 is due on 8 April 2018', body='Dear Ada, please pay CNY 12.50.')
    """

    def filled(text: str) -> str:
        return _PLACE.sub(lambda found: _written(found[1], wording, values, language), text)

    return Rendered(subject=" ".join(filled(wording.subject).split()), body=filled(wording.body))


def _written(name: str, wording: Wording, values: Mapping[str, Value], language: str) -> str:
    if name not in values:
        raise ValueMissing(name)
    value = values[name]
    if name == "loans":
        assert isinstance(value, Sequence)
        return "\n".join(_line(wording.line, item, language) for item in value)  # type: ignore[arg-type]
    return _as_text(name, value, language)


def _line(line: str, item: Mapping[str, object], language: str) -> str:
    return _PLACE.sub(lambda found: _as_text(found[1], item.get(found[1]), language), line)


def _as_text(name: str, value: object, language: str) -> str:
    match value:
        case str() | int():
            return str(value)
        case date():
            return day_text(day=value, language=language)
        case time():
            return f"{value:%H:%M}"
        case (int() as amount_minor, str() as currency):
            return money_text(amount_minor=amount_minor, currency=currency)
        case [(int(), str()), *_]:
            sums: list[Money] = list(value)  # type: ignore[arg-type]
            return " + ".join(money_text(amount_minor=amount, currency=currency) for amount, currency in sums)
        case _:
            raise ValueMissing(name)


def sms_length(*, text: str) -> SmsLength:
    """
    Return encoding, length and number of parts of `text` as an SMS; hand in the signature with it.

    GSM-7: 160 septets alone, 153 in each of several parts, a character of the extension table takes two and is not
    torn apart. Everything else is UCS-2: 70 code units alone, 67 in each part, a surrogate pair is not torn apart.

    >>> sms_length(text="还" * 70), sms_length(text="还" * 71).parts, sms_length(text="a" * 160).parts
    (SmsLength(encoding='ucs2', units=70, parts=1), 2, 1)
    """
    is_gsm = all(character in GSM_BASIC or character in GSM_EXTENDED for character in text)
    alone, in_parts = (160, 153) if is_gsm else (70, 67)
    units = [_units(character, is_gsm=is_gsm) for character in text]
    total = sum(units)
    encoding: Literal["gsm7", "ucs2"] = "gsm7" if is_gsm else "ucs2"
    if total <= alone:
        return SmsLength(encoding, total, 1)
    return SmsLength(encoding, total, len(_cut(units, in_parts)))


def sms_parts(*, text: str) -> tuple[str, ...]:
    """Return the parts in which `text` leaves as an SMS, none of them torn within a character."""
    length = sms_length(text=text)
    if length.parts == 1:
        return (text,)
    is_gsm = length.encoding == "gsm7"
    ends = _cut([_units(character, is_gsm=is_gsm) for character in text], 153 if is_gsm else 67)
    return tuple(text[start:end] for start, end in zip((0, *ends), ends, strict=False))


def _units(character: str, *, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if character in GSM_EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1


def _cut(units: Sequence[int], size: int) -> list[int]:
    """Return where each part ends (an index of characters)."""
    ends, used = [], 0
    for place, taken in enumerate(units):
        if used + taken > size:
            ends.append(place)
            used = 0
        used += taken
    return [*ends, len(units)]
