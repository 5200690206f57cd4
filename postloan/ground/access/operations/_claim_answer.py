"""Make sure that a call with an idempotency key is done once."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection

from postloan.ground.access.models import ApiAnswer

KEPT_FOR = timedelta(days=7)
CLAIM = """
INSERT INTO access_apianswer (user_id, key, request_sha256, status, body, answered_at)
VALUES (%s, %s, %s, 0, '{}', %s) ON CONFLICT (user_id, key) DO NOTHING RETURNING id
"""


class KeyUsedForAnotherCall(ValueError):
    """The idempotency key was used before, for a call with another method, address or body."""


def claim_answer(*, user: User, key: str, request_sha256: str, at: datetime) -> tuple[ApiAnswer, bool]:
    """
    Return the answer's row and whether it is new; a row that is not new holds the first answer.

    Must be called inside the transaction of the act itself: a second call with the same key
    waits here until the first has ended. If the first failed, nothing of it is left and the
    second takes its place. Refuses `KeyUsedForAnotherCall`.
    """
    assert connection.in_atomic_block, "the claim and the act share one transaction"
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [user.pk, key, request_sha256, at])
        is_new = cursor.fetchone() is not None
    answer = ApiAnswer.objects.get(user=user, key=key)
    if not is_new and answer.request_sha256 != request_sha256:
        raise KeyUsedForAnotherCall
    return answer, is_new


def forget_old_answers(*, at: datetime) -> int:
    """Remove answers older than seven days; returns how many."""
    return ApiAnswer.objects.filter(answered_at__lt=at - KEPT_FOR).delete()[0]
