"""Take every transfer that is under way as far as the bank lets it; what was left by a kill or a lost answer goes on."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from postloan.books.applications.models import Application, Transfer
from postloan.books.applications.operations._pay_out import carry_on
from postloan.kernel.schedules import TermsRefused
from postloan.outside.bank.transfers_port import TransferChannel

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """What became of the transfers under way: paid out now, failed now, still waiting, and stuck (a person must look)."""

    paid_out: int
    failed: int
    waiting: int
    stuck: tuple[int, ...]


def settle_transfers(*, by: str, at: datetime, channel: TransferChannel | None = None) -> Settled:
    """
    Hand over, ask and book for every transfer that is not at its end; harmless at any time and in any number.

    Money that left on a day the books are not open for waits. A transfer whose loan cannot be opened is stuck: its id
    is named, and the others go on.
    """
    is_settled = Q(state=Transfer.State.SETTLED)
    under_way = ~Q(state__in=[Transfer.State.SETTLED, Transfer.State.REJECTED]) | is_settled & Q(
        application__state=Application.State.PAYING
    )
    found: list[str] = []
    stuck: list[int] = []
    for transfer_id in Transfer.objects.filter(under_way).order_by("pk").values_list("pk", flat=True):
        try:
            found.append(carry_on(transfer_id=transfer_id, by=by, at=at, channel=channel).state)
        except TermsRefused as refusal:  # money has left and no plan can be made of it
            _log.error("transfer %s has left and its loan cannot be opened: %s", transfer_id, refusal)
            stuck.append(transfer_id)
    return Settled(
        paid_out=found.count(Application.State.PAID_OUT),
        failed=found.count(Application.State.PAYOUT_FAILED),
        waiting=found.count(Application.State.PAYING),
        stuck=tuple(stuck),
    )
