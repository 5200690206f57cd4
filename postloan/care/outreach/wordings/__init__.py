"""The occasions there are texts for, what their texts may and must hold, and the texts that are shipped (TOML)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from postloan.kernel.message_texts import LANGUAGES, Value, VariableType

DIRECTORY = Path(__file__).parent


class OccasionUnknown(LookupError):
    """There is no occasion of this code."""


@dataclass(frozen=True)
class Occasion:
    """When something is said: its purpose, the places its texts may use, and values to show a text with."""

    code: str
    purpose: str
    places: Mapping[str, VariableType]
    sample: Mapping[str, Value]


@dataclass(frozen=True)
class ShippedText:
    """One text as it is shipped."""

    code: str
    channel: str
    language: str
    subject: str
    body: str
    line: str


@cache
def occasions() -> dict[str, Occasion]:
    """Return the occasions by their codes."""
    held = _held()
    sample = {name: _value(value) for name, value in (held["sample"] | held["occasion_sample"]).items()}
    found = {}
    for code, item in held["occasions"].items():
        places = held["places"] | item["places"]
        found[code] = Occasion(code, item["purpose"], places, {name: sample[name] for name in places})
    return found


def occasion_of(*, code: str) -> Occasion:
    """Return one occasion. Raises OccasionUnknown."""
    try:
        return occasions()[code]
    except KeyError:
        raise OccasionUnknown(code) from None


def forbidden_words(*, language: str) -> tuple[str, ...]:
    """Return words that no text in this language may hold."""
    return tuple(_held()["forbidden"].get(language, ()))


def disclosures(*, pack: str, channel: str) -> tuple[str, ...]:
    """Return what a text on this channel must hold under a pack; the house's where the pack is not named."""
    packs = _held()["disclosures"]
    return tuple(packs.get(pack, packs["house"]).get(channel, ()))


def sms_parts_max() -> int:
    """Return how many parts an SMS may have."""
    return int(_held()["sms"]["parts_max"])


def shipped_texts() -> Iterator[ShippedText]:
    """Go through the texts as they are shipped."""
    for language in LANGUAGES:
        held = tomllib.loads((DIRECTORY / f"shipped.{language}.toml").read_text(encoding="utf-8"))
        for item in held["text"]:
            for channel in item["channels"]:
                body = item["body"].strip("\n") + ("\n" if "\n" in item["body"].strip("\n") else "")
                yield ShippedText(
                    code=item["code"],
                    channel=channel,
                    language=language,
                    subject=item.get("subject", ""),
                    body=body,
                    line=item.get("line", ""),
                )


@cache
def _held() -> dict[str, Any]:
    held: dict[str, Any] = tomllib.loads((DIRECTORY / "occasions.toml").read_text(encoding="utf-8"))
    return held


def _value(value: Any) -> Any:
    """Return a TOML value as the kernel takes it: pairs of amount and currency as tuples."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], int):
        return tuple(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _value(item) for name, item in value.items()}
    return value
