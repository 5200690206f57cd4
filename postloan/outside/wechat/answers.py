"""What the numbers mean that WeChat answers with."""

from postloan.outside.results import Failure, SendResult

TOKEN_WRONG = frozenset({40001, 40014, 42001})
GONE = frozenset({40003, 43004, 43101, 43019})  # no such follower, or not a follower any more
HARD = GONE | {40036, 40037, 41028, 47003, 43116}  # template or its values are wrong
THROTTLED = frozenset({45009, 45011, 45047, -1})
NOBODY = -1000  # ours: no answer came


def result_of(*, message_id: str, errcode: int, errmsg: str, msgid: str = "") -> SendResult:
    """Return what an answer means for a message."""
    if errcode == 0:
        return SendResult(message_id=message_id, code=250, carrier_ids=(msgid,) if msgid else ())
    return SendResult(
        message_id=message_id,
        failure=Failure.HARD if errcode in HARD else Failure.SOFT,
        code=0 if errcode == NOBODY else errcode,
        reply=errmsg[:120],
        is_reached=errcode != NOBODY,
        is_throttled=errcode in THROTTLED,
        is_gone=errcode in GONE,
    )
