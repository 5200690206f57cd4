"""A small book whose first month of business is closed, with receipts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from postloan.books.accounting.queries import find_unequal_sums
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_day
from tests.close.books import AS_OF, a_seeded_book

NOW = datetime(2026, 9, 2, 15, tzinfo=UTC)
FIRST = AS_OF + timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_balance(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.CLOSE_EXECUTOR = "inline"
    yield
    assert all(tie.holds for tie in get_ties())
    assert find_unequal_sums() == []


@pytest.fixture
def closed_days(transactional_db):
    """Close the first days of a seeded book; returns the first and the last of them."""
    a_seeded_book(loans=150)
    days = [FIRST + timedelta(days=place) for place in range(4)]
    for day in days:
        close_day(business_date=day, by="test", clock=lambda: NOW)
    return days[0], days[-1]


@pytest.fixture
def month(transactional_db) -> tuple[date, date]:
    a_seeded_book(loans=150)
    return FIRST, FIRST
