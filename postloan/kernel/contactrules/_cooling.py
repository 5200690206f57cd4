"""What happened closes contact: for days, until a date, until released, or for good."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from postloan.kernel.contactrules._clock import DAY, local_date, midnight
from postloan.kernel.contactrules._deadlines import working_days_after
from postloan.kernel.contactrules._facts import Facts
from postloan.kernel.contactrules._finding import Finding
from postloan.kernel.contactrules._history import PastEvent
from postloan.kernel.contactrules._rules import CoolingRule


def judge_cooling(*, rule: CoolingRule, facts: Facts, at: datetime) -> Finding | None:
    """Close while any event of the rule's kinds still closes; the longest one speaks."""
    for flag in facts.question.flags:
        if flag in rule.after and not facts.last(rule.release):
            return Finding(f"after_{flag}", {"kind": flag, "on": None}, None)
    if facts.kinds.isdisjoint(rule.after):
        return None
    wanted = frozenset(rule.after)
    matches = _matcher(rule, facts)
    worst: Finding | None = None
    for event in facts.events:
        if event.kind not in wanted or not matches(event) or _released(event, rule=rule, facts=facts):
            continue
        until = _until(event, rule=rule, facts=facts)
        if until is not None and until <= at:
            continue
        finding = Finding(f"after_{event.kind}", {"kind": event.kind, "on": event.at}, until)
        if worst is None or (worst.until is not None and (until is None or until > worst.until)):
            worst = finding
    return worst


def _matcher(rule: CoolingRule, facts: Facts) -> Callable[[PastEvent], bool]:
    return partial(_matches, rule=rule, facts=facts)


def _matches(event: PastEvent, *, rule: CoolingRule, facts: Facts) -> bool:
    if rule.event_channels is not None and event.channel is not None and event.channel not in rule.event_channels:
        return False
    if rule.event_initiated_by is not None and event.initiated_by != rule.event_initiated_by:
        return False
    if rule.event_written is True and event.written is False:
        return False
    if rule.event_written is False and event.written is not False:
        return False
    if not facts.same_actor(event, rule.across) or not _same_subject(event, rule=rule, facts=facts):
        return False
    return not rule.within_days_of or _in_time(event, rule=rule, facts=facts)


def _same_subject(event: PastEvent, *, rule: CoolingRule, facts: Facts) -> bool:
    asked = facts.question
    if rule.subject == "debt":
        return facts.is_mine(event) and facts.same_debts(event)
    if rule.subject == "contact_point":
        if event.contact_point is None:
            return facts.is_mine(event) and event.channel in (None, asked.channel)
        return event.contact_point == asked.contact_point
    if rule.subject == "medium":
        if not facts.is_mine(event):
            return False
        if (
            event.contact_point is not None
            and asked.contact_point is not None
            and event.contact_point != asked.contact_point
        ):
            return False
        return event.channel in (None, asked.channel)
    if rule.subject == "debtor":
        return facts.concerns(event) and facts.same_debts(event)
    return facts.is_mine(event)


def _in_time(event: PastEvent, *, rule: CoolingRule, facts: Facts) -> bool:
    """Tell whether the event came within the days that another one opened; without that one, it did."""
    opened = facts.last(rule.within_days_of, before=event.at)
    if opened is None or rule.within_days is None:
        return True
    name = facts.zones(rule.zones)[0]
    received = working_days_after(on=local_date(at=opened.at, name=name), days=rule.within_after_business_days)
    return local_date(at=event.at, name=name) <= received + DAY * rule.within_days


def _released(event: PastEvent, *, rule: CoolingRule, facts: Facts) -> bool:
    return any(
        later.at >= event.at
        and later.kind in rule.release
        and facts.concerns(later)
        and facts.same_debts(later)
        and (later.channel is None or event.channel is None or later.channel == event.channel)
        and (later.contact_point is None or event.contact_point is None or later.contact_point == event.contact_point)
        for later in facts.events
    )


def _until(event: PastEvent, *, rule: CoolingRule, facts: Facts) -> datetime | None:
    if rule.honours_until and event.until is not None:
        return event.until
    if rule.days is None:
        return None
    shift = rule.days if rule.day_one else rule.days + 1
    return max(
        midnight(on=local_date(at=event.at, name=name) + DAY * shift, name=name) for name in facts.zones(rule.zones)
    )
