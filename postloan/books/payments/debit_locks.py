"""Who waits for whom in direct debit, and which accounts are left alone."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from postloan.books.payments.debit_models import DebitAttempt, DebitLock, Mandate
from postloan.kernel.debit_policy import DebitPolicy, ReasonClass, ReleaseEvent, strikes_in_row

_DEBITS = 0x64656274  # the advisory lock of announcing, files to the bank and files from it: one at a time


def hold_debits() -> None:
    """
    Wait until nobody else announces, makes or takes files, and keep it so until the transaction ends.

    Taken before any row; then slots and loans, then mandates, then orders and attempts, each in id order.
    """
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DEBITS])


def locked_accounts(*, hashes: Collection[bytes]) -> set[bytes]:
    """Return which of these accounts are locked."""
    found = DebitLock.objects.filter(account_hash__in=list(hashes), released_at__isnull=True)
    return {bytes(account_hash) for account_hash in found.values_list("account_hash", flat=True)}


def lock_after_failures(*, hashes: Collection[bytes], policy: DebitPolicy, at: datetime) -> list[DebitLock]:
    """Lock the accounts whose attempts failed in a row as often as the policy bears, since their last release."""
    hashes = {bytes(item) for item in hashes} - locked_accounts(hashes=hashes)
    released = {
        bytes(lock.account_hash): lock.released_at
        for lock in DebitLock.objects.filter(account_hash__in=list(hashes)).order_by("pk")
    }
    outcomes: dict[bytes, list[ReasonClass | None]] = {item: [] for item in hashes}
    attempts = DebitAttempt.objects.filter(account_hash__in=list(hashes)).exclude(state=DebitAttempt.State.SENT)
    for attempt in attempts.prefetch_related("debit_return").order_by("collect_date", "pk"):
        key = bytes(attempt.account_hash)
        since = released.get(key)
        if since is not None and attempt.sent_at < since:
            continue
        is_back = attempt.state == DebitAttempt.State.RETURNED
        outcomes[key].append(ReasonClass(attempt.debit_return.reason_class) if is_back else None)
    made = []
    for key, told in sorted(outcomes.items()):
        strikes = strikes_in_row(outcomes=told, policy=policy)
        if strikes >= policy.lock.strikes.value:
            made.append(DebitLock.objects.create(account_hash=key, strikes=strikes, locked_at=at))
    return made


def release_lock(*, mandate: Mandate, event: ReleaseEvent, policy: DebitPolicy, by: str, at: datetime) -> bool:
    """Release the lock on the mandate's account if the policy lets this event do so; say whether one was released."""
    if event not in policy.lock.released_by.value:
        return False
    open_locks = DebitLock.objects.filter(account_hash=mandate.account_hash, released_at__isnull=True)
    return bool(open_locks.update(released_at=at, release_event=event, released_by=by))
