"""
Cases: a question with its history as one JSON object, and the decision as one.

Reading is forgiving in spelling and strict in meaning: other names of fields and words are understood, what is not
understood is refused with the name of the field.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from postloan.kernel.contactrules._clock import NoSuchZone, zone
from postloan.kernel.contactrules._decide import decide
from postloan.kernel.contactrules._decision import Decision
from postloan.kernel.contactrules._explain import Language, sentences
from postloan.kernel.contactrules._history import PastEvent
from postloan.kernel.contactrules._pack import PolicyPack
from postloan.kernel.contactrules._question import Question

_HISTORY = TypeAdapter(tuple[PastEvent, ...])
_KNOWN = {"id", "question", "history", "time_zone", "note", "expected"}
_OTHER = {"events": "history", "past": "history", "case": "id", "case_id": "id", "ask": "question", "name": "id"}
_LANGUAGES: tuple[Language, ...] = ("en", "zh")
_INSTANTS = ("at", "until", "when", "expires_at", "happened_at", "asked_at", "valid_until", "expires")


class CaseRefused(ValueError):
    """A case that cannot be read; `field` says where, as a path with dots."""

    def __init__(self, field: str, message: str) -> None:
        """Keep where and why; `case_id` is filled in where the case had one."""
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.case_id: Any = None


def read_case(*, given: Mapping[str, Any], pack: PolicyPack) -> tuple[Question, tuple[PastEvent, ...]]:
    """
    Return question and history of a case.

    A question may also stand at the top level, beside `history`. An instant without an offset is read in the case's
    `time_zone`, else in the only zone known for the person, else in the only zone of the pack. Refuses: CaseRefused.
    """
    case = {_OTHER.get(name, name): value for name, value in given.items()}
    history = case.get("history") or ()
    if "question" in case:
        if unknown := case.keys() - _KNOWN:
            raise CaseRefused(min(unknown), "is not a field of a case")
        question = case["question"]
    else:
        question = {name: value for name, value in case.items() if name not in {"id", "history", "note", "expected"}}
    if not isinstance(question, Mapping):
        raise CaseRefused("question", "an object is needed")
    if not isinstance(history, list | tuple):
        raise CaseRefused("history", "a list is needed")
    name = case.get("time_zone") if "question" in case else None
    read_in = name or _only_zone(question, pack)
    question = _dated(question, read_in, "question")
    events = [_dated(event, read_in, f"history.{index}") for index, event in enumerate(history)]
    try:
        asked = Question.model_validate(question)
    except ValidationError as error:
        raise _refusal("question", error) from error
    try:
        return asked, _HISTORY.validate_python(events)
    except ValidationError as error:
        raise _refusal("history", error) from error


def _only_zone(question: Mapping[str, Any], pack: PolicyPack) -> str | None:
    for name in ("time_zones", "time_zone", "timezone", "timezones", "zones"):
        said = question.get(name)
        if isinstance(said, str):
            return said
        if isinstance(said, list) and said:
            return said[0] if len(said) == 1 else None
    return pack.time_zones.unknown[0] if len(pack.time_zones.unknown) == 1 else None


def _dated(given: Any, read_in: str | None, field: str) -> Any:
    if not isinstance(given, Mapping):
        return given
    for name in _INSTANTS:
        text = given.get(name)
        if not isinstance(text, str) or "+" in text or text.endswith(("Z", "z")) or "-" in text[10:]:
            continue
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise CaseRefused(
                f"{field}.{name}", f"{text} is not an instant such as 2026-03-02T09:30:00+08:00"
            ) from error
        if read_in is None:
            raise CaseRefused(f"{field}.{name}", "needs an offset (2026-03-02T09:30:00+08:00), or the case a time_zone")
        try:
            given = {**given, name: moment.replace(tzinfo=zone(read_in))}
        except NoSuchZone as error:
            raise CaseRefused("time_zone", str(error)) from error
    return given


def _refusal(part: str, error: ValidationError) -> CaseRefused:
    first = error.errors(include_url=False)[0]
    where = ".".join([part, *(str(place) for place in first["loc"] if not str(place).startswith("function"))])
    message = first["msg"]
    if first["type"] == "literal_error":
        message = f"{first['input']!r} is not understood; {message[0].lower()}{message[1:]}"
    return CaseRefused(where, message)


def answer_line(*, pack: PolicyPack, text: str, words: bool = False) -> str:
    """
    Return the decision on a case as JSON: the case's `id`, the decision's fields and, if asked, its reasons in words.

    Refuses: CaseRefused.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise CaseRefused("line", f"is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise CaseRefused("line", "an object is needed")
    case_id = next((given[name] for name in ("id", "case", "case_id", "name") if name in given), None)
    try:
        question, history = read_case(given=given, pack=pack)
    except CaseRefused as refusal:
        refusal.case_id = case_id
        raise
    decision = decide(pack=pack, question=question, history=history)
    answer = f'{{"id":{json.dumps(case_id, ensure_ascii=False)},{decision.model_dump_json()[1:]}'
    if not words:
        return answer
    said = {language: sentences(decision=decision, pack=pack, language=language) for language in _LANGUAGES}
    return f'{answer[:-1]},"words":{json.dumps(said, ensure_ascii=False)}}}'


def answer_lines(
    *, pack: PolicyPack, lines: Iterable[str], words: bool = False
) -> Iterator[tuple[int, str | CaseRefused]]:
    """Yield line number and decision (or refusal) for every line that is not blank."""
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            yield number, answer_line(pack=pack, text=text, words=words)
        except CaseRefused as refusal:
            yield number, refusal


def case_schema() -> dict[str, Any]:
    """Return the JSON schema of a case."""
    question = Question.model_json_schema(ref_template="#/$defs/{model}")
    event = PastEvent.model_json_schema(ref_template="#/$defs/{model}")
    definitions = {**question.pop("$defs", {}), **event.pop("$defs", {}), "Question": question, "PastEvent": event}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Case",
        "description": "One question to the gate with the history it is decided from. One case a line.",
        "type": "object",
        "required": ["question"],
        "additionalProperties": False,
        "properties": {
            "id": {"description": "yours; comes back with the decision"},
            "time_zone": {"type": "string", "description": "IANA zone in which instants without an offset are read"},
            "question": {"$ref": "#/$defs/Question"},
            "history": {"type": "array", "items": {"$ref": "#/$defs/PastEvent"}, "default": []},
            "note": {"description": "not read"},
            "expected": {"description": "not read"},
        },
        "$defs": definitions,
    }


def decision_schema() -> dict[str, Any]:
    """Return the JSON schema of a decision."""
    return Decision.model_json_schema()
