"""What is to be posted today so that the books say what a replay says; what was posted is never edited."""

from collections.abc import Iterable, Mapping
from datetime import date

from postloan.kernel.engine._ledger import ACCOUNTS
from postloan.kernel.engine._replay import Replay
from postloan.kernel.engine._state import Entry


def sums(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the sum of every account over entries."""
    found: dict[str, int] = {}
    for entry in entries:
        for account, amount in entry.legs:
            found[account] = found.get(account, 0) + amount
    return found


def postings_to_book(
    *, before: Replay | Mapping[str, int], after: Replay, booking_date: date, event_id: str = "correction"
) -> Entry | None:
    """
    Return the one entry, dated `booking_date`, that brings what was posted to what the new replay says; None if equal.

    `before` is the replay whose entries were posted, or the posted balances by account. Entries in the past stay.
    """
    posted = dict(before) if isinstance(before, Mapping) else sums(before.entries)
    wanted = sums(after.entries)
    legs = tuple(
        (account, wanted.get(account, 0) - posted.get(account, 0))
        for account in ACCOUNTS
        if wanted.get(account, 0) != posted.get(account, 0)
    )
    assert sum(amount for _, amount in legs) == 0, legs
    return Entry(booking_date, event_id, "correction", legs) if legs else None
