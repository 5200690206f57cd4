"""
When money may be debited from a customer's account: announcement, retries and the two-strikes lock.

The rules differ by jurisdiction and are data (a policy pack); each carries its source and how sure we are of it. An
amount is announced with its date some days ahead, and what is debited is what was announced, on the date that was
announced. A debit that came back is tried again only where its reason gives hope (no funds, a fault of the bank),
a limited number of times, with days between, and preferably on the customer's pay day. Failures in a row on one
account, across all loans, lock the account until something new happens. See docs/rules/direct_debit.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from postloan.kernel.calendars import Shift, WorkingCalendar, add_months, shift_date
from postloan.kernel.working_calendars import CALENDARS

Value = TypeVar("Value")
Confidence = Literal["stated", "recalled", "house"]


class ReasonClass(StrEnum):
    """What a bank's reason code means for us."""

    NO_FUNDS = "no_funds"
    TECHNICAL = "technical"
    ACCOUNT_DEAD = "account_dead"
    MANDATE_DEAD = "mandate_dead"
    DISPUTED = "disputed"
    DECEASED = "deceased"
    UNSPECIFIED = "unspecified"


class ReleaseEvent(StrEnum):
    """What opens a locked account again."""

    NEW_AUTHORISATION = "new_authorisation"
    CUSTOMER_REQUEST = "customer_request"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Part, Generic[Value]):
    """One rule: its value, where it is written, and whether we read it there, recall it, or chose it ourselves."""

    value: Value
    source: str
    confidence: Confidence


class Announcement(_Part):
    """How long ahead amount and date are told; a mandate may agree a shorter time, not below the least."""

    days_before: Rule[int]
    least_agreed_days: Rule[int]
    days_late_allowed: Rule[int]  # how long after the announced date a debit may still be made


class Retries(_Part):
    """
    Which debits are tried again, and when.

    `attempts_at_most` counts the first one too. `window_days` runs from the first attempt.
    `announce_days` is how long ahead another try is told anew; 0: the first announcement covers it.
    """

    reasons: Rule[tuple[ReasonClass, ...]]
    attempts_at_most: Rule[int]
    spacing_days: Rule[int]
    window_days: Rule[int]
    pay_day: Rule[bool]
    announce_days: Rule[int]
    label: Rule[str] | None = None  # what the bank's entry of another try is called


class Lock(_Part):
    """After how many failures in a row an account is left alone, and what opens it again."""

    strikes: Rule[int]
    reasons: Rule[tuple[ReasonClass, ...]]
    released_by: Rule[tuple[ReleaseEvent, ...]]


class DebitPolicy(_Part):
    """
    The rules of one jurisdiction.

    `partial_allowed`: the bank may take a part of the amount. `announce_rest`: after a part was paid
    otherwise, the rest is announced anew. `lead_days` is how long before its date a debit goes to the
    bank. `reason_codes` says what the bank's codes mean; others are unspecified.
    """

    code: str = Field(pattern=r"^[a-z_]{2,20}$")
    version: str
    scheme: str
    lead_days: int = Field(ge=0)
    answer_days: int = Field(ge=0)
    collect_shift: Shift
    holidays: frozenset[date] = frozenset()
    calendar_name: Literal["", "CN", "weekends"] = ""
    announcement: Announcement
    retries: Retries
    lock: Lock
    partial_allowed: Rule[bool]
    announce_rest: Rule[bool]
    reason_codes: dict[str, ReasonClass]

    @property
    def calendar(self) -> WorkingCalendar:
        """The days on which the scheme does business."""
        if not self.calendar_name:
            return WorkingCalendar(holidays=self.holidays)
        listed = CALENDARS[self.calendar_name]
        return WorkingCalendar(listed.holidays | self.holidays, listed.make_up_days, listed.weekend)


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One earlier attempt at the same amount; `reason` is None where it brought the money."""

    collect_date: date
    reason: ReasonClass | None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again: on `collect_date`, told anew where `announce` says so."""

    collect_date: date
    announce: bool


@dataclass(frozen=True, slots=True)
class NoRetry:
    """Do not try again, and why."""

    why: Literal["reason", "attempts", "window"]


class AnnouncementTooShort(ValueError):
    """A mandate agrees on less notice than the policy allows."""


def class_of(*, code: str, policy: DebitPolicy) -> ReasonClass:
    """Return what a bank's reason code means; a code nobody wrote down is unspecified."""
    return policy.reason_codes.get(code.strip().upper(), ReasonClass.UNSPECIFIED)


def agreed_announce_days(*, wanted_days: int | None, policy: DebitPolicy) -> int:
    """
    Return the days of notice of a mandate: what the policy says, or what was agreed.

    Raises:
        AnnouncementTooShort: if less was agreed than the policy allows.
    """
    if wanted_days is None:
        return policy.announcement.days_before.value
    if wanted_days < policy.announcement.least_agreed_days.value:
        raise AnnouncementTooShort(f"{wanted_days} days, at least {policy.announcement.least_agreed_days.value}")
    return wanted_days


def first_collect_date(*, due_date: date, told_date: date, announce_days: int, policy: DebitPolicy) -> date:
    """
    Return when an instalment is collected that is announced on `told_date`.

    It is the collect date of the due date, or, where that is too near, the first one that leaves
    `announce_days` of notice and the bank its lead time.
    """
    earliest = told_date + timedelta(days=max(announce_days, policy.lead_days))
    return shift_date(day=max(due_date, earliest), calendar=policy.calendar, shift=policy.collect_shift)


def announce_from_date(*, due_date: date, announce_days: int, policy: DebitPolicy) -> date:
    """Return the last day on which an instalment can be announced so that it is collected in time."""
    collect = shift_date(day=due_date, calendar=policy.calendar, shift=policy.collect_shift)
    return collect - timedelta(days=max(announce_days, policy.lead_days))


def is_told_in_time(*, told_date: date, collect_date: date, announce_days: int) -> bool:
    """Say whether the customer was told early enough for a debit on `collect_date`."""
    return told_date + timedelta(days=announce_days) <= collect_date


def next_try(
    *, attempts: Sequence[PastAttempt], on_date: date, pay_day: int | None, policy: DebitPolicy
) -> Retry | NoRetry:
    """
    Return when an amount is tried again whose last attempt came back and was known on `on_date`, or why not.

    `attempts` are all made so far, oldest first. The day is the earliest that keeps the spacing, the notice
    and the bank's lead time; where the policy aligns with pay days it is the first `pay_day` of a month (1 to 31) from
    then on, if that one still lies in the window. A day without business gives way as the policy says.
    """
    assert attempts and attempts[-1].reason is not None, "only what came back is tried again"
    rules = policy.retries
    if attempts[-1].reason not in rules.reasons.value:
        return NoRetry("reason")
    if len(attempts) >= rules.attempts_at_most.value:
        return NoRetry("attempts")
    notice = max(rules.announce_days.value, policy.lead_days)
    earliest = max(
        attempts[-1].collect_date + timedelta(days=rules.spacing_days.value), on_date + timedelta(days=notice)
    )
    last = attempts[0].collect_date + timedelta(days=rules.window_days.value)
    announce = rules.announce_days.value > 0
    if pay_day is not None and rules.pay_day.value:
        paid_on = _working(_pay_day_from(day=earliest, pay_day=pay_day), policy)
        if paid_on <= last:
            return Retry(paid_on, announce)
    collect = _working(earliest, policy)
    return Retry(collect, announce) if collect <= last else NoRetry("window")


def strikes_in_row(*, outcomes: Sequence[ReasonClass | None], policy: DebitPolicy) -> int:
    """
    Return how many attempts on an account failed in a row, the last one included; None is one that brought money.

    Failures for other reasons than the policy counts neither add nor end the row.
    """
    row = 0
    for reason in reversed(outcomes):
        if reason is None:
            break
        row += reason in policy.lock.reasons.value
    return row


def is_locked(*, outcomes: Sequence[ReasonClass | None], policy: DebitPolicy) -> bool:
    """Say whether an account is to be left alone after these outcomes (oldest first, since the last release)."""
    return strikes_in_row(outcomes=outcomes, policy=policy) >= policy.lock.strikes.value


def _pay_day_from(*, day: date, pay_day: int) -> date:
    this_month = add_months(seed_date=day, months=0, seed_day=pay_day)
    return this_month if this_month >= day else add_months(seed_date=day, months=1, seed_day=pay_day)


def _working(day: date, policy: DebitPolicy) -> date:
    """Move a retry off a day without business, never to an earlier day: that would break spacing or notice."""
    shift = Shift.NONE if policy.collect_shift is Shift.NONE else Shift.FOLLOWING
    return shift_date(day=day, calendar=policy.calendar, shift=shift)
