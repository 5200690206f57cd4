"""
Record contacts that have happened outside our own sending: an agency's calls, a robot's, people reaching us.

They count against every cap from the moment they are known. A contact out is judged at the time it was made and the
judgement goes on record as `reported`: a no there is a breach to be followed up, never a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.care.outreach.asking import Ask
from postloan.care.outreach.deciding import decide_ask, decision_row
from postloan.care.outreach.gate_session import GateSession, session_for
from postloan.care.outreach.operations._settle_contacts import GIVEN_BACK, STRENGTH, OutcomeUnknown, put_outcome
from postloan.care.outreach.past import own_point_hash


@dataclass(frozen=True)
class Report:
    """One contact that happened at `at`; `ask.key` names it, so that it may be reported twice."""

    ask: Ask
    outcome: str
    at: datetime
    is_inbound: bool = False


@dataclass(frozen=True)
class Recorded:
    """What became of a report: the contact, whether it is new, and by which rules it should not have been made."""

    contact_id: int
    is_new: bool
    breached: tuple[str, ...] = ()


@transaction.atomic
def record_contacts(*, reports: Sequence[Report], at: datetime, by: str) -> list[Recorded]:
    """
    Return what became of each report, in their order. A key known already settles that contact and is no second one.

    Refuses outcomes that are none (OutcomeUnknown) and customers who do not exist (CustomerUnknown).
    """
    for report in reports:
        if report.outcome not in STRENGTH:
            raise OutcomeUnknown(report.outcome)
    session = session_for(asks=[report.ask for report in reports], at=at, is_locking=True)
    recorded = [_record(session, report, place, at=at, by=by) for place, report in enumerate(reports)]
    session.write()
    return recorded


def _record(session: GateSession, report: Report, place: int, *, at: datetime, by: str) -> Recorded:
    known = session.contact_by_key(key=report.ask.key)
    if known is not None:
        put_outcome(session, known, report.outcome, happened_at=report.at, at=at, by=by)
        return Recorded(contact_id=known["id"], is_new=False)
    contact_id = session.contact_ids[place]
    decision_id: int | None = None
    breached: tuple[str, ...] = ()
    if not report.is_inbound:
        decision_id = session.decision_ids[place]
        answer, question = decide_ask(session=session, ask=report.ask, at=report.at)
        breached = () if answer.is_allowed else answer.rule_ids
        session.put_decision(
            decision_row(answer=answer, question=question, decision_id=decision_id, at=at, by=by, reported=True)
        )
    ask = report.ask
    row = {
        "id": contact_id,
        "key": ask.key,
        "customer_id": ask.customer_id,
        "direction": "in" if report.is_inbound else "out",
        "channel": ask.channel,
        "purpose": ask.purpose,
        "content_class": ask.content_class,
        "mode": str(ask.about.get("mode") or ""),
        "template": ask.template,
        "recipient": ask.recipient,
        "contact_point_id": ask.contact_point_id,
        "point_hash": own_point_hash(ask=ask, person=session.persons[ask.customer_id]),
        "loan_ids": sorted(ask.loan_ids),
        "institution": ask.institution,
        "actor": ask.actor,
        "capacity": ask.capacity,
        "by": by,
        "state": "given_back" if report.outcome in GIVEN_BACK else "used",
        "outcome": report.outcome,
        "at": report.at,
        "lease_until_at": None,
        "settled_at": at,
        "decision_id": decision_id,
    }
    session.put_contact(row, step="reported", at=at)
    return Recorded(contact_id=contact_id, is_new=True, breached=breached)
