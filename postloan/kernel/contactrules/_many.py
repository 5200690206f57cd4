"""
The gate's decision for many questions at once, in columns: for planning.

Most of a million planned contacts have nothing in their past that any rule looks at, or fewer events than any limit.
Those are decided once for each shape of question and piece of the local day; only the others are decided one by one,
with the events that matter. `decide` is the rule; this agrees with it.
"""

from collections.abc import Iterator, Sequence
from datetime import time, timedelta
from typing import Any, NamedTuple

import polars as pl

from postloan.kernel.contactrules._decide import asked_of, decide
from postloan.kernel.contactrules._decision import Decision
from postloan.kernel.contactrules._facts import CONTACTS, REPLIES
from postloan.kernel.contactrules._history import PastEvent
from postloan.kernel.contactrules._pack import PolicyPack
from postloan.kernel.contactrules._question import Actor, Content, Question
from postloan.kernel.contactrules._rules import (
    ContentRule,
    CoolingRule,
    CounterRule,
    DebitRule,
    EvidenceRule,
    PatternRule,
    PreferenceRule,
    RecipientRule,
    RuleBase,
    VisitRule,
    WindowRule,
)

_ACTOR = {"by_kind": "kind", "by_capacity": "capacity", "by_institution": "institution", "by_agency": "agency"}
_CONTENT = ("template", "signature", "template_state", "characters")
_PERSONAL = ("person", "debtor", "contact_point", "debts", "at", "template", "signature")
_ALWAYS = frozenset({"time_zone", "inconvenient_time", "inconvenient_place", "preferred_hours"})
_WIDE = timedelta(days=2)  # windows are widened by this for time zones: what is kept too much does no harm
_EVER = timedelta(days=365_000)


class _Wanted(NamedTuple):
    """An event that one rule looks at: its kind, on which channel, how far back, and from how many on it matters."""

    kind: str
    channel: str | None
    back: timedelta
    at_least: int
    rule: int


class _Shape(NamedTuple):
    """What the questions of one shape look at: what may close, and what may open again."""

    wanted: tuple[_Wanted, ...]
    opening: frozenset[str]
    everything: bool
    edges: tuple[time, ...]


def decide_many(*, pack: PolicyPack, questions: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """
    Return `outcome`, `rules` and `earliest_at` for every question, in its order.

    `questions`: columns named like the fields of `Question` (`person` and `at` and `channel` at least; `at` with a time
    zone), the actor as `by_kind`, `by_capacity`, `by_institution`, `by_agency`, the text as `template`, `signature`,
    `template_state`, `characters`. `history`: columns named like the fields of `PastEvent` (`at` and `kind` at least),
    and `about`: the debtor whose past it belongs to (the question's `debtor`, or `person` where there is none).
    """
    if questions.is_empty():
        return pl.DataFrame(
            schema={"outcome": pl.String, "rules": pl.List(pl.String), "earliest_at": pl.Datetime("us", "UTC")}
        )
    asked = _numbered(questions)
    shapes, asked = _shapes(asked, pack)
    asked = _pieces_of_the_day(asked, shapes, pack)
    kept = _kept(asked, history, shapes)
    closing = kept["_row"].unique()
    quiet = asked.join(closing.to_frame(), on="_row", how="anti")
    answered, again = _quiet(quiet, pack, shapes, history)
    single = pl.concat([closing, again]).unique()
    found = pl.concat(
        [answered.filter(~pl.col("_row").is_in(single.implode())), _one_by_one(asked, single, history, pack)]
    )
    return found.sort("_row").drop("_row")


def _numbered(questions: pl.DataFrame) -> pl.DataFrame:
    about = [pl.col(name) for name in ("debtor", "person") if name in questions.columns]
    return questions.with_row_index("_row").with_columns(
        pl.coalesce(about).alias("_about"), pl.col("at").dt.convert_time_zone("UTC")
    )


def _shapes(asked: pl.DataFrame, pack: PolicyPack) -> tuple[list[_Shape], pl.DataFrame]:
    """Number the shapes: all that a rule may look at, apart from who, when and about which debt."""
    names = [name for name in asked.columns if name not in _PERSONAL and not name.startswith("_")]
    shown = asked.select(names).unique(maintain_order=True).with_row_index("_shape")
    shapes = [
        _looks_at(pack, _question(row))
        for row in shown.drop("_shape")
        .with_columns(person=pl.lit("?"), at=pl.lit(asked["at"][0]))
        .iter_rows(named=True)
    ]
    return shapes, asked.join(shown, on=names, how="left", nulls_equal=True)


def _looks_at(pack: PolicyPack, question: Question) -> _Shape:
    wanted: list[_Wanted] = [_Wanted(kind, None, _EVER, 1, -1) for kind in _ALWAYS]
    edges: set[time] = {time(0)}
    opening: set[str] = set()
    everything = False
    for number, rule in enumerate(_judged(pack, question)):
        wanted += _closing(rule, number)
        everything = everything or isinstance(rule, RecipientRule | VisitRule) or rule.kind not in _KNOWN_KINDS  # type: ignore[attr-defined]
        opening |= _opening(rule, question)
        if isinstance(rule, WindowRule):
            edges |= {rule.start, rule.end, _second_after(rule.start), _second_after(rule.end)}
    return _Shape(tuple(wanted), frozenset(opening), everything, tuple(sorted(edges)))


_KNOWN_KINDS = frozenset({"window", "preference", "counter", "cooling", "content", "debit", "pattern", "evidence"})


def _judged(pack: PolicyPack, question: Question) -> Iterator[RuleBase]:
    """Yield the rules that judge a question, and every variant of one whose choice is open."""
    for entry in asked_of(pack, question).judged:
        yield entry.rule
        yield from entry.variants


def _closing(rule: RuleBase, number: int) -> Iterator[_Wanted]:
    """Yield the events that can make a rule close."""
    if isinstance(rule, CounterRule):
        back = _EVER if rule.window.kind == "ever" else timedelta(days=max(rule.window.length, 2)) + _WIDE
        for kind in rule.counts:
            for channel in rule.event_channels:
                yield _Wanted(kind, channel, back, rule.limit, number)
    elif isinstance(rule, CoolingRule):
        back = _EVER if rule.days is None or rule.honours_until else timedelta(days=rule.days) + _WIDE
        yield from (_Wanted(kind, None, back, 1, number) for kind in rule.after)
    elif isinstance(rule, DebitRule):
        yield _Wanted("debit_failed", None, _EVER, rule.consecutive or rule.total or 1, number)
    elif isinstance(rule, PatternRule):
        for kind in ("attempt", "voicemail", "connected", "dropped", "conversation"):
            yield _Wanted(kind, "voice", timedelta(days=1) + _WIDE, 1, number)
    elif isinstance(rule, ContentRule):
        yield from (_Wanted(kind, None, _EVER, 1, number) for kind in rule.forbids_when)
    elif isinstance(rule, PreferenceRule):
        yield from (_Wanted(kind, None, _EVER, 1, number) for kind in _ALWAYS)


def _opening(rule: RuleBase, question: Question) -> set[str]:
    """Return the events that can open what a rule closes where nothing else happened."""
    kinds: set[str] = set(rule.needs) if isinstance(rule, EvidenceRule) else set()
    if rule.unless:
        kinds |= {"consent_given", "court_permission"}
    if "reply" in rule.unless and question.purpose in REPLIES:
        kinds |= CONTACTS
    return kinds


def _second_after(clock: time) -> time:
    seconds = (clock.hour * 3600 + clock.minute * 60 + clock.second + 1) % 86400
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _pieces_of_the_day(asked: pl.DataFrame, shapes: Sequence[_Shape], pack: PolicyPack) -> pl.DataFrame:
    """Add `_piece`: questions of one shape, zones and piece have the same answer as long as nothing happened."""
    zones = pl.col("time_zones") if "time_zones" in asked.columns else pl.lit(None, dtype=pl.List(pl.String))
    edges = sorted({edge for shape in shapes for edge in shape.edges})
    seconds = [edge.hour * 3600 + edge.minute * 60 + edge.second for edge in edges]
    asked = asked.with_columns(zones.alias("_zones"))
    parts = []
    for (known,), part in asked.group_by(["_zones"], maintain_order=True):
        names = dict.fromkeys(
            [*(known if known is not None and len(known) else pack.time_zones.unknown), pack.time_zones.home]
        )
        columns = [_piece(name, seconds) for name in names]
        parts.append(part.with_columns(pl.concat_str(columns, separator="|").alias("_piece")))
    return pl.concat(parts).sort("_row")


def _piece(name: str, seconds: list[int]) -> pl.Expr:
    local = pl.col("at").dt.convert_time_zone(name)
    clock = (
        local.dt.hour().cast(pl.Int32) * 3600 + local.dt.minute().cast(pl.Int32) * 60 + local.dt.second().cast(pl.Int32)
    )
    bucket = sum((clock >= second).cast(pl.Int32) for second in seconds[1:]) if len(seconds) > 1 else pl.lit(0)
    offset = local.dt.base_utc_offset().dt.total_minutes() + local.dt.dst_offset().dt.total_minutes()
    return pl.concat_str(
        [local.dt.date().cast(pl.String), pl.lit(bucket) if isinstance(bucket, int) else bucket, offset], separator="/"
    )


def _kept(asked: pl.DataFrame, history: pl.DataFrame, shapes: Sequence[_Shape]) -> pl.DataFrame:
    """Return the rows of questions (`_row`) whose past holds enough of what some rule may close on."""
    wanted = pl.DataFrame(
        [
            (number, one.rule, one.kind, one.channel, one.back, one.at_least)
            for number, shape in enumerate(shapes)
            for one in shape.wanted
        ],
        schema={
            "_shape": pl.UInt32,
            "_rule": pl.Int32,
            "kind": pl.String,
            "_on": pl.String,
            "_back": pl.Duration("us"),
            "_least": pl.Int32,
        },
        orient="row",
    ).unique()
    everything = [number for number, shape in enumerate(shapes) if shape.everything]
    rows = asked.filter(pl.col("_shape").is_in(everything)).select("_row")
    flagged = asked.filter(pl.col("flags").list.len() > 0).select("_row") if "flags" in asked.columns else rows.head(0)
    if history.is_empty():
        return pl.concat([rows, flagged]).unique()
    events = _events(history)
    matched = (
        asked.lazy()
        .select("_row", "_about", "_shape", pl.col("at").alias("_asked_at"))
        .join(events.lazy(), left_on="_about", right_on="about")
        .filter(pl.col("at") <= pl.col("_asked_at"))
        .join(wanted.lazy(), on=["_shape", "kind"])
        .filter(pl.col("_on").is_null() | pl.col("channel").is_null() | (pl.col("_on") == pl.col("channel")))
        .filter(pl.col("_asked_at") - pl.col("at") <= pl.col("_back"))
        .group_by("_row", "_rule")
        .agg(pl.len().alias("_count"), pl.col("_least").first())
        .filter(pl.col("_count") >= pl.col("_least"))
        .select(pl.col("_row").cast(rows.schema["_row"]))
        .unique()
        .collect()
    )
    zoned = _zoned(asked, history)
    return pl.concat([rows, flagged, matched, zoned]).unique()


def _events(history: pl.DataFrame) -> pl.DataFrame:
    channel = pl.col("channel") if "channel" in history.columns else pl.lit(None, dtype=pl.String)
    return history.select("about", "kind", channel.alias("channel"), pl.col("at").dt.convert_time_zone("UTC"))


def _zoned(asked: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Return the questions about somebody whose past names a time zone."""
    if "zones" not in history.columns:
        return asked.select("_row").head(0)
    named = history.filter(pl.col("zones").list.len() > 0).select("about").unique()
    return asked.join(named, left_on="_about", right_on="about", how="semi").select("_row")


def _quiet(
    quiet: pl.DataFrame, pack: PolicyPack, shapes: Sequence[_Shape], history: pl.DataFrame
) -> tuple[pl.DataFrame, pl.Series]:
    """Answer the questions on which no event can close; return also those that something in the past may open again."""
    first = quiet.unique(subset=["_shape", "_zones", "_piece"], keep="first", maintain_order=True)
    decisions = [decide(pack=pack, question=_question(row), history=()) for row in first.iter_rows(named=True)]
    said = first.select("_shape", "_zones", "_piece").with_columns(*_columns(decisions))
    answered = quiet.select("_row", "_shape", "_zones", "_piece", "_about").join(
        said, on=["_shape", "_zones", "_piece"], how="left", nulls_equal=True
    )
    opening = pl.DataFrame(
        [(number, kind) for number, shape in enumerate(shapes) for kind in shape.opening],
        schema={"_shape": pl.UInt32, "kind": pl.String},
        orient="row",
    )
    closed = answered.filter(pl.col("outcome") != "allow").join(opening, on="_shape")
    if history.is_empty():
        return answered.select("_row", "outcome", "rules", "earliest_at"), closed["_row"].head(0)
    happened = history.select("about", "kind").unique()
    again = closed.join(happened, left_on=["_about", "kind"], right_on=["about", "kind"], how="semi").unique("_row")
    return answered.select("_row", "outcome", "rules", "earliest_at"), again["_row"]


def _one_by_one(asked: pl.DataFrame, rows: pl.Series, history: pl.DataFrame, pack: PolicyPack) -> pl.DataFrame:
    """Answer questions one by one from the whole past of their debtor."""
    part = asked.filter(pl.col("_row").is_in(rows.implode()))
    past: dict[str, list[PastEvent]] = {}
    if not history.is_empty():
        mine = history.join(part.select("_about").unique(), left_on="about", right_on="_about", how="semi")
        for row in mine.iter_rows(named=True):
            past.setdefault(row.pop("about"), []).append(_event(row))
    decisions = [
        decide(pack=pack, question=_question(row), history=past.get(row["_about"], ()))
        for row in part.iter_rows(named=True)
    ]
    return part.select("_row").with_columns(*_columns(decisions))


def _columns(decisions: Sequence[Decision]) -> list[pl.Series]:
    return [
        pl.Series("outcome", [one.outcome for one in decisions], dtype=pl.String),
        pl.Series("rules", [list(one.rules) for one in decisions], dtype=pl.List(pl.String)),
        pl.Series("earliest_at", [one.earliest_at for one in decisions], dtype=pl.Datetime("us", "UTC")),
    ]


def _question(row: dict[str, Any]) -> Question:
    given = {name: value for name, value in row.items() if value is not None and not name.startswith("_")}
    actor = {field: given.pop(name) for name, field in _ACTOR.items() if name in given}
    content = {name: given.pop(name) for name in _CONTENT if name in given}
    if actor:
        given["by"] = Actor(**actor)
    if content:
        given["content"] = Content(**content)
    return Question.model_validate(given)


def _event(row: dict[str, Any]) -> PastEvent:
    return PastEvent.model_validate({name: value for name, value in row.items() if value is not None})
