"""When a debit is announced, tried again and left alone: rules as data, days counted by hand."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel.debit_policy import (
    AnnouncementTooShort,
    DebitPolicy,
    NoRetry,
    PastAttempt,
    ReasonClass,
    Retry,
    agreed_announce_days,
    announce_from_date,
    class_of,
    first_collect_date,
    is_locked,
    is_told_in_time,
    next_try,
    strikes_in_row,
)

PACKS = Path(__file__).parents[2] / "postloan" / "books" / "payments" / "packs"
POLICIES = {
    path.stem: DebitPolicy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    for path in sorted(PACKS.glob("*.toml"))
}
NO_FUNDS = ReasonClass.NO_FUNDS


def tried(*days: date, reason: ReasonClass = NO_FUNDS) -> list[PastAttempt]:
    return [PastAttempt(day, reason) for day in days]


def test_four_jurisdictions_have_rules_with_a_source_each():
    assert sorted(POLICIES) == ["cn", "eu", "uk", "us"]
    assert all(code == policy.code for code, policy in POLICIES.items())


@pytest.mark.parametrize(
    ("pack", "due_date", "last_day_to_tell", "collected"),
    [
        ("eu", date(2018, 7, 10), date(2018, 6, 26), date(2018, 7, 10)),  # a Tuesday
        ("eu", date(2018, 7, 14), date(2018, 7, 2), date(2018, 7, 16)),  # a Saturday: collected on Monday
        ("us", date(2018, 7, 10), date(2018, 6, 30), date(2018, 7, 10)),
        ("cn", date(2018, 7, 14), date(2018, 7, 11), date(2018, 7, 14)),  # every day is a day of business
    ],
)
def test_the_announcement_leaves_its_days_before_the_collect_date(pack, due_date, last_day_to_tell, collected):
    policy = POLICIES[pack]
    days = policy.announcement.days_before.value

    assert announce_from_date(due_date=due_date, announce_days=days, policy=policy) == last_day_to_tell
    found = first_collect_date(due_date=due_date, told_date=last_day_to_tell, announce_days=days, policy=policy)
    assert found == collected
    assert is_told_in_time(told_date=last_day_to_tell, collect_date=found, announce_days=days)


def test_who_is_told_late_is_collected_late():
    policy = POLICIES["us"]

    found = first_collect_date(due_date=date(2018, 7, 10), told_date=date(2018, 7, 5), announce_days=10, policy=policy)

    assert found == date(2018, 7, 16)  # the 15th is a Sunday


def test_less_notice_may_be_agreed_but_not_below_the_least():
    assert agreed_announce_days(wanted_days=None, policy=POLICIES["eu"]) == 14
    assert agreed_announce_days(wanted_days=2, policy=POLICIES["eu"]) == 2
    with pytest.raises(AnnouncementTooShort):
        agreed_announce_days(wanted_days=9, policy=POLICIES["us"])


@pytest.mark.parametrize(
    ("pack", "attempts", "on_date", "pay_day", "expected"),
    [
        # no pay day known: the spacing decides (10 July + 3 days, a Friday)
        ("us", tried(date(2018, 7, 10)), date(2018, 7, 11), None, Retry(date(2018, 7, 13), announce=False)),
        # on the pay day, and that is a Sunday: on Monday
        ("us", tried(date(2018, 7, 10)), date(2018, 7, 11), 15, Retry(date(2018, 7, 16), announce=False)),
        # the pay day of this month is gone: the next month's
        ("us", tried(date(2018, 7, 10)), date(2018, 7, 11), 5, Retry(date(2018, 8, 6), announce=False)),
        # a pay day on the 31st in a month without one
        ("us", tried(date(2018, 9, 10)), date(2018, 9, 11), 31, Retry(date(2018, 10, 1), announce=False)),
        # two reinitiations at most
        (
            "us",
            tried(date(2018, 7, 10), date(2018, 7, 13), date(2018, 7, 18)),
            date(2018, 7, 19),
            None,
            NoRetry("attempts"),
        ),
        # within 180 days of the first
        ("us", tried(date(2018, 1, 2), date(2018, 6, 28)), date(2018, 7, 9), None, NoRetry("window")),
        # a pay day beyond the window is no reason to give up: as early as may be
        (
            "us",
            tried(date(2018, 1, 2), date(2018, 6, 25)),
            date(2018, 6, 26),
            20,
            Retry(date(2018, 6, 28), announce=False),
        ),
        ("us", tried(date(2018, 7, 10), reason=ReasonClass.MANDATE_DEAD), date(2018, 7, 11), None, NoRetry("reason")),
        ("us", tried(date(2018, 7, 10), reason=ReasonClass.UNSPECIFIED), date(2018, 7, 11), None, NoRetry("reason")),
        # told anew: seven days' notice in the UK, once only, within a month
        ("uk", tried(date(2018, 7, 10)), date(2018, 7, 12), None, Retry(date(2018, 7, 19), announce=True)),
        ("uk", tried(date(2018, 7, 10), date(2018, 7, 19)), date(2018, 7, 20), None, NoRetry("attempts")),
        ("uk", tried(date(2018, 7, 10)), date(2018, 8, 6), None, NoRetry("window")),
        ("cn", tried(date(2018, 7, 14)), date(2018, 7, 14), 15, Retry(date(2018, 7, 15), announce=True)),
    ],
)
def test_a_returned_debit_is_tried_again_by_the_rules(pack, attempts, on_date, pay_day, expected):
    assert next_try(attempts=attempts, on_date=on_date, pay_day=pay_day, policy=POLICIES[pack]) == expected


@pytest.mark.parametrize(
    ("outcomes", "strikes", "locked"),
    [
        ([], 0, False),
        ([NO_FUNDS], 1, False),
        ([NO_FUNDS, None, NO_FUNDS], 1, False),
        ([NO_FUNDS, NO_FUNDS], 2, True),
        ([NO_FUNDS, ReasonClass.TECHNICAL, NO_FUNDS], 2, True),
        ([NO_FUNDS, NO_FUNDS, None], 0, False),
    ],
)
def test_two_failures_in_a_row_lock_the_account(outcomes, strikes, locked):
    policy = POLICIES["us"]

    assert strikes_in_row(outcomes=outcomes, policy=policy) == strikes
    assert is_locked(outcomes=outcomes, policy=policy) is locked


def test_a_code_nobody_wrote_down_is_unspecified():
    assert class_of(code="am04", policy=POLICIES["eu"]) is NO_FUNDS
    assert class_of(code="XX99", policy=POLICIES["eu"]) is ReasonClass.UNSPECIFIED


@given(
    pack=st.sampled_from(sorted(POLICIES)),
    first=st.dates(date(2018, 1, 1), date(2019, 12, 31)),
    known_after=st.integers(0, 20),
    pay_day=st.one_of(st.none(), st.integers(1, 31)),
)
def test_retries_keep_their_distance_their_number_and_their_window(pack, first, known_after, pay_day):
    policy = POLICIES[pack]
    rules = policy.retries
    attempts = tried(first)
    for _ in range(10):
        on_date = date.fromordinal(attempts[-1].collect_date.toordinal() + known_after)
        found = next_try(attempts=attempts, on_date=on_date, pay_day=pay_day, policy=policy)
        if isinstance(found, NoRetry):
            break
        assert (found.collect_date - attempts[-1].collect_date).days >= rules.spacing_days.value
        assert (found.collect_date - on_date).days >= max(rules.announce_days.value, policy.lead_days)
        assert (found.collect_date - first).days <= rules.window_days.value
        attempts += tried(found.collect_date)
    assert len(attempts) <= rules.attempts_at_most.value
