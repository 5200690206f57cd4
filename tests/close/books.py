"""A seeded book in the test database."""

from datetime import UTC, date, datetime

from postloan.lab.load_book import BookWishes, load_book

AS_OF = date(2026, 9, 1)
NOW = datetime(2026, 9, 2, 15, tzinfo=UTC)


def a_seeded_book(*, loans: int = 400, seed: int = 7, as_of_date: date = AS_OF) -> None:
    """Every product, every due day, one loan in five past due, some paid ahead."""
    wishes = BookWishes(loans=loans, as_of_date=as_of_date, seed=seed, past_due_mille=200, paid_ahead_mille=100)
    load_book(wishes=wishes, by="test", at=NOW)
