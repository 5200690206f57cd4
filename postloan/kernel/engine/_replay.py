"""
Replay a loan from its contract and its events; carry a replay on, or back and on, when events arrive.

The truth of a loan is its terms and its dated events. `replay` works everything else out; `extend` does the same for
new events and gives exactly the same result, but starts at the last checkpoint before the earliest of them: a
backdated or reversed event replays only the tail. Old schedule versions stay; postings in the past are never edited
(`postings_to_book` gives the difference). The rule page is docs/rules/replay.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from postloan.kernel.engine import _refusals as no
from postloan.kernel.engine._apply import MONEY_AFTER_CHARGE_OFF, PLAN_CHANGES, apply_event
from postloan.kernel.engine._events import Chargeback, Event, Reversal, SortKey, sort_key
from postloan.kernel.engine._ledger import post
from postloan.kernel.engine._opening import keep_version, open_loan
from postloan.kernel.engine._projection import project
from postloan.kernel.engine._state import Entry, ScheduleVersion, State
from postloan.kernel.engine._timeline import charge_lateness, note_closed, pass_time
from postloan.kernel.engine.terms import LoanTerms
from postloan.kernel.schedules import LARGEST_MINOR

CHECKPOINT_EVERY: Final = 32  # events


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state before an event of that place; `after` counts the events applied."""

    key: SortKey
    after: int
    state: State


@dataclass(frozen=True, slots=True)
class Replay:
    """
    A loan worked out to `as_of`: the terms, all events accepted so far, and what follows from them.

    `replaced_versions` are schedule versions that were in force until a later event rewrote the past.
    """

    terms: LoanTerms
    events: tuple[Event, ...]
    as_of: date
    state: State
    checkpoints: tuple[Checkpoint, ...]
    replaced_versions: tuple[ScheduleVersion, ...] = ()
    replayed_events: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The journal entries that the events make, oldest first."""
        return tuple(self.state.entries)

    @property
    def versions(self) -> tuple[ScheduleVersion, ...]:
        """The schedule versions of the loan as its events now stand, oldest first."""
        return tuple(self.state.versions)


def replay(
    *,
    terms: LoanTerms,
    events: Iterable[Event] = (),
    as_of: date | None = None,
    accepted: bool = False,
    lateness_to: date | None = None,
) -> Replay:
    """
    Work a loan out from its terms and events, to the day `as_of` (the last value date if None).

    Books that are open for a day have raised what falls due on it, and charged lateness through the day before:
    they hand `lateness_to`.

    `accepted` events come from the record of the loan: they were checked when they arrived, and are not refused
    because later news changed the past before them.

    Raises:
        schedules.TermsRefused: if the terms make no schedule.
        EventRefused: by name, if an event cannot be; nothing comes of any then.
    """
    opened = open_loan(terms)
    day = opened.opened_on if as_of is None else as_of
    start = Checkpoint((date.min, 0, 0, ""), 0, opened)
    empty = Replay(terms, (), max(day, opened.opened_on), opened, (start,))
    return extend(before=empty, events=events, as_of=as_of, accepted=accepted, lateness_to=lateness_to)


def extend(
    *,
    before: Replay,
    events: Iterable[Event] = (),
    as_of: date | None = None,
    accepted: bool = False,
    lateness_to: date | None = None,
) -> Replay:
    """
    Return the replay with more events, to `as_of` (or the last value date): the same as replaying all of them.

    `before` is not changed, also when an event is refused.

    Raises:
        EventRefused: by name.
    """
    new = sorted(events, key=sort_key)
    day = as_of if as_of is not None else max([before.as_of, *(event.value_date for event in new)])
    if day < before.terms.opened_on:
        raise no.EventBeforeOpening("", f"the loan is opened on {before.terms.opened_on}")
    _check_twice(before, new)
    merged = tuple(sorted((*before.events, *new), key=sort_key))
    strict = set() if accepted else {event.event_id for event in new}
    ids = {each.event_id for each in merged}
    for event in new:
        _check(before, event, day if strict else date.max, ids)
    first = _first_touched(before, merged, new)
    return _run(before=before, events=merged, new=strict, first=first, as_of=day, lateness_to=lateness_to)


def _first_touched(before: Replay, merged: Sequence[Event], new: Sequence[Event]) -> SortKey:
    """Return the place of the earliest event that changes; the end where none does."""
    by_id = {event.event_id: event for event in merged}
    keys = [sort_key(event) for event in new]
    keys += [sort_key(_reversible(event, by_id, before)) for event in new if isinstance(event, Reversal)]
    return min(keys, default=(date.max, 0, 0, ""))


def _reversible(event: Reversal, by_id: dict[str, Event], before: Replay) -> Event:
    found = by_id.get(event.of)
    if found is None:
        raise no.NoSuchEvent(event.event_id, f"{event.of} is not on the loan")
    done = any(isinstance(each, Reversal) and each.of == event.of for each in before.events)
    if isinstance(found, Reversal) or done:
        raise no.CannotBeReversed(event.event_id, f"{event.of} is a reversal or was reversed before")
    if found.value_date > event.value_date:
        raise no.EventBeforeOpening(event.event_id, f"{event.of} counts only from {found.value_date}")
    return found


def _run(
    *,
    before: Replay,
    events: tuple[Event, ...],
    new: set[str],
    first: SortKey,
    as_of: date,
    lateness_to: date | None,
) -> Replay:
    reversed_ids = {event.of for event in events if isinstance(event, Reversal)}
    places = [sort_key(event) for event in events]
    usable = [each for each in before.checkpoints if each.after == 0 or (each.key < first and each.key[0] <= as_of)]
    start = usable[-1]
    state, checkpoints = start.state.copy(), list(usable)
    begin = start.after
    for number in range(begin, len(events)):
        event = events[number]
        if event.value_date > as_of:
            break
        if number > begin and number % CHECKPOINT_EVERY == 0:
            checkpoints.append(Checkpoint(places[number - 1], number, state.copy()))
        if event.event_id in reversed_ids or isinstance(event, Reversal):
            continue
        happen(state, event, strict=event.event_id in new)
    final = state.copy()
    finish(final, as_of, lateness_to=lateness_to)
    return Replay(
        terms=before.terms,
        events=events,
        as_of=as_of,
        state=final,
        checkpoints=tuple(checkpoints),
        replaced_versions=before.replaced_versions + _replaced(before, final),
        replayed_events=len(events) - begin,
    )


def _replaced(before: Replay, state: State) -> tuple[ScheduleVersion, ...]:
    """Return versions of the replay before that are no longer part of it."""
    kept = {(each.event_id, each.rows) for each in state.versions}
    return tuple(
        replace(each, is_superseded=True) for each in before.state.versions if (each.event_id, each.rows) not in kept
    )


def happen(state: State, event: Event, *, strict: bool) -> None:
    """Carry the loan on to the day of an event and apply it."""
    day = event.value_date
    pass_time(state, day)
    charge_lateness(state, day)
    post(state, event_id="", kind="accrual", on_date=day)
    if strict:
        _check_state(state, event)
    apply_event(state, event, strict=strict)
    if event.kind != "receipt":
        state.is_stale = True
    project(state)
    note_closed(state, day)
    post(state, event_id=event.event_id, kind=event.kind, on_date=day)
    if event.kind in PLAN_CHANGES:
        keep_version(state, reason=event.kind, event_id=event.event_id, from_date=day)


def finish(state: State, as_of: date, *, lateness_to: date | None = None) -> None:
    """Carry the loan on to the day it is looked at; lateness through `lateness_to`, where that is another day."""
    pass_time(state, as_of, lateness_to=lateness_to)
    charge_lateness(state, as_of if lateness_to is None else min(lateness_to, as_of))
    project(state)
    note_closed(state, as_of)
    post(state, event_id="", kind="accrual", on_date=as_of)


# --- refusals ---------------------------------------------------------------------------------------------


def _check(before: Replay, event: Event, as_of: date, ids: set[str]) -> None:
    """Refuse what can be refused without looking at the state of the loan."""
    opened = before.terms.opened_on
    amount = getattr(event, "amount_minor", None)
    if amount is not None and amount <= 0:
        raise no.AmountNotPositive(event.event_id, f"{amount} is not a positive amount")
    if amount is not None and amount > LARGEST_MINOR:
        raise no.AmountTooLarge(event.event_id, f"{amount} is more than {LARGEST_MINOR}")
    if event.value_date > as_of:
        raise no.EventInFuture(event.event_id, f"{event.value_date} lies after {as_of}")
    if event.value_date < opened:
        raise no.EventBeforeOpening(event.event_id, f"{event.value_date} lies before {opened}")
    currency = getattr(event, "currency", None)
    if currency is not None and currency != before.terms.servicing.currency:
        raise no.UnknownCurrency(event.event_id, f"the loan is in {before.terms.servicing.currency}, not {currency}")
    rate = getattr(event, "rate_ppm", None)
    if rate is not None and rate < 0:
        raise no.AmountNotPositive(event.event_id, "a rate cannot be negative")
    if isinstance(event, Chargeback) and event.of not in ids:
        raise no.NoSuchEvent(event.event_id, f"{event.of} is not on the loan")


def _check_twice(before: Replay, new: Sequence[Event]) -> None:
    seen = {event.event_id for event in before.events} | {"", "opening"}
    for event in new:
        if event.event_id in seen:
            raise no.EventTwice(event.event_id, "an event of that id is on the loan already")
        seen.add(event.event_id)


def _check_state(state: State, event: Event) -> None:
    """Refuse what the state of the loan on that day does not allow."""
    if state.charged_off_on is not None and event.kind not in MONEY_AFTER_CHARGE_OFF:
        raise no.LoanChargedOff(event.event_id, f"charged off on {state.charged_off_on}")
    closed = state.closed_on
    if closed is not None and closed < event.value_date and event.kind not in ("refund", "chargeback", "charge"):
        raise no.LoanClosed(event.event_id, f"closed on {closed}")
