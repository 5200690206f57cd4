"""Counters: how many contacts of a kind one subject has had in a window, and when there is room again."""

from datetime import UTC, datetime, timedelta

from postloan.kernel.contactrules._clock import DAY, local_date, midnight, zone
from postloan.kernel.contactrules._decision import CounterSeen
from postloan.kernel.contactrules._facts import Contact, Facts
from postloan.kernel.contactrules._finding import Finding, Looked
from postloan.kernel.contactrules._rules import CounterRule, PatternRule

_ROLLING = {"rolling_hours": timedelta(hours=1), "rolling_minutes": timedelta(minutes=1)}
_CLOCK = {"clock_hour": timedelta(hours=1), "clock_minute": timedelta(minutes=1)}


def judge_counter(*, rule: CounterRule, facts: Facts, at: datetime) -> Looked:
    """Count per subject; close where any subject has reached the limit, until enough has left its window."""
    matching = [contact for contact in facts.contacts() if facts.counts(contact, rule)]
    excused = bool(rule.excused_by) and len(matching) < sum(
        _could_count(contact, rule, facts) for contact in facts.contacts()
    )
    seen: list[CounterSeen] = []
    worst: Finding | None = None
    for key in _subjects(rule, facts):
        mine = [contact.event.at for contact in matching if _is_of(contact, key, rule=rule, facts=facts)]
        count, since, until = _room(mine, rule=rule, facts=facts, at=at)
        window = rule.window.kind if rule.window.length == 1 else f"{rule.window.kind}:{rule.window.length}"
        seen.append(
            CounterSeen(
                rule=rule.id,
                subject=rule.subject,
                key=key,
                window=window,
                since_at=since,
                count=count,
                limit=rule.limit,
            )
        )
        if count >= rule.limit:
            values = {
                "count": count,
                "limit": rule.limit,
                "subject": rule.subject,
                "window": rule.window.kind,
                "length": rule.window.length,
            }
            finding = Finding("counter", values, until)
            if worst is None or (worst.until is not None and (until is None or until > worst.until)):
                worst = finding
    return Looked(tuple(seen), worst, excused)


def _could_count(contact: Contact, rule: CounterRule, facts: Facts) -> bool:
    event = contact.event
    return event.initiated_by == "us" and event.channel in rule.event_channels and facts.same_actor(event, rule.across)


def _subjects(rule: CounterRule, facts: Facts) -> tuple[str, ...]:
    asked = facts.question
    if rule.subject == "debt":
        return asked.debts or ("*",)
    if rule.subject == "contact_point":
        return (asked.contact_point or "*",)
    if rule.subject == "template_and_point":
        content = asked.content
        return (
            "|".join(
                (
                    asked.contact_point or "*",
                    (content and content.signature) or "*",
                    (content and content.template) or "*",
                )
            ),
        )
    return (asked.person,)


def _is_of(contact: Contact, key: str, *, rule: CounterRule, facts: Facts) -> bool:
    event, asked = contact.event, facts.question
    if rule.subject == "debt":
        return facts.is_mine(event) and (key == "*" or not event.debts or key in event.debts)
    if rule.subject == "person":
        return facts.is_mine(event)
    if event.contact_point is not None and asked.contact_point is not None:
        same_point = event.contact_point == asked.contact_point
    else:
        same_point = facts.is_mine(event)
    if rule.subject == "contact_point" or not same_point:
        return same_point
    content = asked.content
    return all(
        said is None or wanted is None or said == wanted
        for said, wanted in (
            (event.signature, content and content.signature),
            (event.template, content and content.template),
        )
    )


def _room(
    times: list[datetime], *, rule: CounterRule, facts: Facts, at: datetime
) -> tuple[int, datetime | None, datetime | None]:
    """Return the count in the window at an instant, when the window began, and until when it stays full."""
    kind, limit = rule.window.kind, rule.limit
    if kind == "ever":
        return len(times), None, None
    if kind in _ROLLING:
        span = _ROLLING[kind] * rule.window.length
        inside = sorted(moment for moment in times if at - span < moment <= at)
        return len(inside), at - span, inside[len(inside) - limit] + span if len(inside) >= limit else None
    names = facts.zones(rule.zones)
    if kind in _CLOCK:
        begun = _clock_start(at, step=_CLOCK[kind], name=names[0])
        return sum(begun <= moment <= at for moment in times), begun, begun + _CLOCK[kind]
    days = rule.window.length
    best: tuple[int, datetime | None, datetime | None] = (-1, None, None)
    for name in names if len(times) >= limit else names[:1]:
        first = local_date(at=at, name=name) - DAY * (days - 1)
        begun = midnight(on=first, name=name)
        inside = sorted(moment for moment in times if begun <= moment <= at)
        full = len(inside) >= limit
        until = (
            midnight(on=local_date(at=inside[len(inside) - limit], name=name) + DAY * days, name=name) if full else None
        )
        if (
            best[0] < 0
            or (full and (best[2] is None or (until and until > best[2])))
            or (best[2] is None and len(inside) > best[0])
        ):
            best = (len(inside), begun, until)
    return best


def _clock_start(at: datetime, *, step: timedelta, name: str) -> datetime:
    local = at.astimezone(zone(name)).replace(second=0, microsecond=0)
    return (local if step < timedelta(hours=1) else local.replace(minute=0)).astimezone(UTC)


def judge_pattern(*, rule: PatternRule, facts: Facts, at: datetime) -> Finding | None:
    """Ask for a choice where calls within the limits follow each other too closely, or fill a day."""
    calls = [
        contact
        for contact in facts.contacts()
        if contact.event.channel == "voice"
        and contact.event.initiated_by == "us"
        and contact.outcome not in {"busy", "not_in_service"}
        and facts.is_mine(contact.event)
        and facts.same_actor(contact.event, "collector")
    ]
    soon = [
        call.event.at
        for call in calls
        if call.outcome in {"attempt", "voicemail"} and at - call.event.at < timedelta(minutes=rule.minutes)
    ]
    if soon:
        return Finding(
            "too_soon", {"minutes": rule.minutes}, soon[-1] + timedelta(minutes=rule.minutes), unsettled=True
        )
    for name in facts.zones(rule.zones) if len(calls) + 1 >= rule.in_a_day else ():
        today = midnight(on=local_date(at=at, name=name), name=name)
        count = sum(call.event.at >= today for call in calls)
        if count + 1 >= rule.in_a_day:
            until = midnight(on=local_date(at=at, name=name) + DAY, name=name)
            return Finding("many_in_a_day", {"count": count + 1}, until, unsettled=True)
    return None
