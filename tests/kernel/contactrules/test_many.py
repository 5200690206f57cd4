"""Deciding many at once agrees with deciding one by one, for invented people."""

import sys
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import decide, decide_many

sys.path.insert(0, str(Path(__file__).parent))
from invented import PACKS, histories, questions

AT = pl.Datetime("us", "UTC")
QUESTION = {
    "person": pl.String, "at": AT, "channel": pl.String, "purpose": pl.String, "debts": pl.List(pl.String), "contact_point": pl.String,
    "point_kind": pl.String, "by_kind": pl.String, "by_agency": pl.String, "time_zones": pl.List(pl.String), "recipient": pl.String,
}  # fmt: skip
HOURS = pl.List(pl.Struct({"start": pl.Time, "end": pl.Time}))
EVENT = {
    "about": pl.String, "at": AT, "kind": pl.String, "channel": pl.String, "initiated_by": pl.String, "contact_id": pl.String,
    "contact_point": pl.String, "point_kind": pl.String, "debts": pl.List(pl.String), "agency": pl.String, "mode": pl.String,
    "scope": pl.List(pl.String), "until": AT, "hours": HOURS,
}  # fmt: skip


def question_row(question, person):
    given = {name: getattr(question, name) for name in QUESTION if name in type(question).model_fields}
    return given | {"person": person, "by_kind": question.by.kind, "by_agency": question.by.agency}


def event_row(event, person):
    given = {name: getattr(event, name) for name in EVENT if name in type(event).model_fields}
    return given | {"about": person, "hours": [{"start": one.start, "end": one.end} for one in event.hours]}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PACKS), st.lists(st.tuples(questions, histories), min_size=1, max_size=12))
def test_deciding_many_agrees_with_deciding_one(pack, cases):
    asked = pl.DataFrame([question_row(question, f"P{n}") for n, (question, _) in enumerate(cases)], schema=QUESTION)
    past = [event_row(event, f"P{n}") for n, (_, history) in enumerate(cases) for event in history]

    many = decide_many(pack=load_pack(pack), questions=asked, history=pl.DataFrame(past, schema=EVENT))

    for row, (question, history) in zip(many.iter_rows(named=True), cases, strict=True):
        one = decide(pack=load_pack(pack), question=question, history=history)
        assert (row["outcome"], tuple(row["rules"]), row["earliest_at"]) == (one.outcome, one.rules, one.earliest_at)


def test_nobody_is_asked_about():
    asked = pl.DataFrame([], schema=QUESTION)

    assert decide_many(pack=load_pack("cn"), questions=asked, history=pl.DataFrame([], schema=EVENT)).is_empty()
