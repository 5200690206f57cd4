"""Rules about the clock and the place: closed windows, and the hours and places that the person named."""

from collections.abc import Iterable
from datetime import datetime

from postloan.kernel.contactrules._clock import closed_until, next_edge
from postloan.kernel.contactrules._facts import Facts, within
from postloan.kernel.contactrules._finding import Finding
from postloan.kernel.contactrules._history import Hours, PastEvent
from postloan.kernel.contactrules._rules import PreferenceRule, WindowRule

_NAMED = frozenset({"inconvenient_time", "preferred_hours", "inconvenient_place"})


def judge_window(*, rule: WindowRule, facts: Facts, at: datetime) -> Finding | None:
    """Close while the local clock of any candidate zone is inside the window."""
    shut = {
        name: until
        for name in facts.zones(rule.zones)
        if (
            until := closed_until(
                at=at,
                name=name,
                start=rule.start,
                end=rule.end,
                days=rule.days,
                start_closed=rule.closed_ends in {"both", "start"},
                end_closed=rule.closed_ends in {"both", "end"},
            )
        )
    }
    if not shut:
        return None
    values = {"start": f"{rule.start:%H:%M}", "end": f"{rule.end:%H:%M}", "zones": sorted(shut)}
    return Finding("window", values, max(shut.values()))


def judge_preference(*, rule: PreferenceRule, facts: Facts, at: datetime) -> Finding | None:
    """Close at hours and places the person called inconvenient, and outside the hours they asked for."""
    if facts.kinds.isdisjoint(_NAMED):
        return None
    named = [event for event in _in_force(facts) if event.channel in (None, facts.question.channel)]
    named = [event for event in named if event.until is None or event.until > at]
    finding = _wished(named, zones=facts.zones(rule.zones), facts=facts, at=at)
    ends = [event.until for event in named if event.until is not None]
    if finding is None or finding.until is None or not ends:
        return finding
    return finding._replace(until=min(finding.until, *ends))


def _wished(named: list[PastEvent], *, zones: tuple[str, ...], facts: Facts, at: datetime) -> Finding | None:
    for event in named:
        if event.kind == "inconvenient_place" and _same_place(event, facts):
            place = event.place or event.point_kind or event.contact_point
            return Finding("inconvenient_place", {"place": place}, event.until)
        if event.kind == "inconvenient_time" and not event.hours and event.until is not None:
            return Finding("not_before", {"at": event.until.isoformat()}, event.until)
    refused = [hours for event in named if event.kind == "inconvenient_time" for hours in event.hours]
    for name in zones:
        for hours in refused:
            local = hours.zone or name
            until = closed_until(
                at=at,
                name=local,
                start=hours.start,
                end=hours.end,
                days=hours.days,
                start_closed=True,
                end_closed=False,
            )
            if until:
                return Finding(
                    "inconvenient_time",
                    {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}", "zones": [local]},
                    until,
                )
    wanted = [event for event in named if event.kind == "preferred_hours" and event.hours]
    if wanted:
        return _outside(wanted[-1].hours, zones=zones, at=at)
    return None


def _outside(wanted: tuple[Hours, ...], *, zones: Iterable[str], at: datetime) -> Finding | None:
    shut = [name for name in zones if not any(within(hours, at=at, name=hours.zone or name) for hours in wanted)]
    if not shut:
        return None
    edges = [next_edge(at=at, name=hours.zone or name, edges=[hours.start]) for name in shut for hours in wanted]
    said = ", ".join(f"{hours.start:%H:%M}-{hours.end:%H:%M}" for hours in wanted)
    return Finding("preferred_hours", {"hours": said, "zones": shut}, min(edges))


def _in_force(facts: Facts) -> list[PastEvent]:
    kept: list[PastEvent] = []
    for event in facts.events:
        if event.kind == "preference_withdrawn" and facts.concerns(event):
            kept = []
        elif event.kind in _NAMED and facts.concerns(event):
            kept.append(event)
    return kept


def _same_place(event: PastEvent, facts: Facts) -> bool:
    asked = facts.question
    if event.contact_point is not None:
        return event.contact_point == asked.contact_point
    place = event.place or event.point_kind
    if place is None:
        return False
    if asked.visit is not None and asked.visit.place == place:
        return True
    return asked.point_kind is not None and _place(asked.point_kind) == _place(place)


def _place(kind: str) -> str:
    return {"work": "workplace", "work_email": "workplace", "landline": "home"}.get(kind, kind)
