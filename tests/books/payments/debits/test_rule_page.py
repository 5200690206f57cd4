"""The worked example of the rule page, and its table, are what the packs say."""

import doctest
import re
from pathlib import Path

from postloan.books.payments.debit_packs import debit_policies
from postloan.kernel import bank_accounts

PAGE = Path(__file__).parents[4] / "docs" / "rules" / "direct_debit.md"


def test_the_worked_example_of_the_rule_page_is_true():
    page = doctest.testfile(str(PAGE), module_relative=False)
    docstrings = doctest.testmod(bank_accounts)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted >= 9 and docstrings.attempted >= 4


def test_the_table_of_the_rule_page_is_what_the_packs_say():
    rows = dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    policies = [debit_policies()[code] for code in ("cn", "eu", "uk", "us")]

    def row(name: str) -> list[str]:
        return [cell.strip() for cell in rows[name].split("|")]

    told = [(policy.announcement.days_before.value, policy.announcement.least_agreed_days.value) for policy in policies]
    assert row("announced days ahead (least agreed)") == [f"{days} ({least})" for days, least in told]
    figures = {
        "tries at most, the first included": [policy.retries.attempts_at_most.value for policy in policies],
        "days between tries, at least": [policy.retries.spacing_days.value for policy in policies],
        "within days of the first": [policy.retries.window_days.value for policy in policies],
        "another try is told days ahead": [policy.retries.announce_days.value or "same entry" for policy in policies],
        "failures in a row that lock": [policy.lock.strikes.value for policy in policies],
        "a part may be taken": ["yes" if policy.partial_allowed.value else "no" for policy in policies],
    }
    for name, values in figures.items():
        assert row(name) == [str(value) for value in values], name
