"""
From an ask to an answer: which pack protects the person, what the rules say to each reading of the past, the strictest.

The decision row holds the question and the past as the rules saw them, so that the record alone gives the same answer
again (`postloan gate` reads it).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from postloan.care.outreach.asking import Answer, Ask, CounterSeen
from postloan.care.outreach.evidence import Row
from postloan.care.outreach.gate_session import GateSession
from postloan.care.outreach.past import question_of, readings_of
from postloan.care.outreach.policy import pack_for
from postloan.kernel.contactrules import Decision, PastEvent, PolicyPack, Question, decide

STRICTEST_FIRST = ("deny", "needs_policy_choice", "allow")


class CustomerUnknown(LookupError):
    """The gate was asked about a customer who does not exist."""


class PointNotTheirs(LookupError):
    """The contact point is not one of this customer's."""


class AskNotUnderstood(ValueError):
    """The rules do not know a word of the question; the message names the field."""


def decide_ask(*, session: GateSession, ask: Ask, at: datetime) -> tuple[Answer, Row]:
    """Return the answer to an ask in this session and the question with its past, as they go on record."""
    person = session.persons[ask.customer_id]
    if not person.customer:
        raise CustomerUnknown(f"customer {ask.customer_id}")
    if ask.contact_point_id is not None and ask.contact_point_id not in person.points:
        raise PointNotTheirs(f"contact point {ask.contact_point_id} of customer {ask.customer_id}")
    pack = pack_for(jurisdiction=person.customer["jurisdiction"])
    try:
        question = question_of(ask=ask, person=person, at=at)
    except ValidationError as error:
        first = error.errors()[0]
        raise AskNotUnderstood(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    readings = readings_of(session=session, ask=ask, at=at)
    decision, past = _strictest(pack, question, readings)
    answer = _answer(ask, decision)
    if len(readings) > 1 and not answer.is_allowed:
        answer = _with_earliest(answer, session, ask, pack, question, readings[0], at)
    return answer, {"question": _plain(question), "history": [_plain(event) for event in past]}


def decision_row(
    *, answer: Answer, question: Row, decision_id: int, at: datetime, by: str, reported: bool = False
) -> Row:
    """Return the row of an answer for the table of decisions."""
    return {
        "id": decision_id,
        "customer_id": answer.ask.customer_id,
        "decided_at": at,
        "by": by,
        "channel": answer.ask.channel,
        "purpose": answer.ask.purpose,
        "verdict": answer.verdict,
        "reported": reported,
        "rule_ids": list(answer.rule_ids),
        "pack": answer.pack,
        "pack_version": answer.pack_version,
        "zones": list(answer.zones),
        "confidence": answer.confidence,
        "earliest_at": answer.earliest_at,
        "question": question,
        "counters": [
            {
                "rule_id": seen.rule_id,
                "subject": seen.subject,
                "count": seen.count,
                "limit": seen.limit,
                "window": seen.window,
            }
            for seen in answer.counters
        ],
        "obligations": list(answer.obligations),
        "reasons": list(answer.reasons),
    }


def _strictest(
    pack: PolicyPack, question: Question, readings: Sequence[list[PastEvent]]
) -> tuple[Decision, list[PastEvent]]:
    answered = [(decide(pack=pack, question=question, history=past), past) for past in readings]
    return min(answered, key=lambda pair: STRICTEST_FIRST.index(pair[0].outcome))


def _answer(ask: Ask, decision: Decision) -> Answer:
    return Answer(
        ask=ask,
        verdict=decision.outcome,
        rule_ids=decision.rules,
        pack="+".join([decision.pack, *decision.overlays]),
        pack_version=decision.version,
        zones=decision.time_zones,
        confidence=decision.confidence or "",
        earliest_at=decision.earliest_at,
        obligations=decision.obligations,
        counters=tuple(
            CounterSeen(rule_id=seen.rule, subject=seen.subject, count=seen.count, limit=seen.limit, window=seen.window)
            for seen in decision.counters
        ),
        reasons=tuple(reason.model_dump(mode="json") for reason in decision.reasons),
    )


def _with_earliest(
    answer: Answer,
    session: GateSession,
    ask: Ask,
    pack: PolicyPack,
    question: Question,
    least: list[PastEvent],
    at: datetime,
) -> Answer:
    """Put right the earliest time of a no that rests on slots under way: if nothing else happens, they lapse."""
    ends = [row["lease_until_at"] for row in session.contacts.values() if row["state"] == "reserved"]
    free_at = max((end for end in ends if end > at), default=at)
    steady = readings_of(session=session, ask=ask, at=free_at)[0]
    later = decide(pack=pack, question=question.model_copy(update={"at": free_at}), history=steady)
    return replace(answer, earliest_at=free_at if later.outcome == "allow" else later.earliest_at)


def _plain(part: Question | PastEvent) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude_defaults=True)
