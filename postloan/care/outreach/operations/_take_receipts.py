"""
Take receipts of delivery: keep each as evidence, once, and note on the message what it means.

A receipt may come twice, in any order, and before our own note of the handing over. So receipts are kept first and
matched after, in sets; what finds no match yet is tried again with the next ones.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from postloan.care.outreach.addresses import retire_address
from postloan.care.outreach.models import DeliveryReceipt, Handover, Message, Route
from postloan.care.outreach.operations._ask_gate import note_receipts
from postloan.ground.rows import update_rows
from postloan.outside.results import ReceiptReport, ReceiptState

MATCHED_WITHIN = timedelta(days=7)
ARRIVED = {ReceiptState.DELIVERED, ReceiptState.READ}
LOST = {ReceiptState.UNDELIVERABLE, ReceiptState.EXPIRED}
RANK = {"": 0, "unknown": 1, "accepted": 2, "expired": 3, "undelivered": 3, "delivered": 4, "read": 5}


@transaction.atomic
def take_receipts(*, route: str, reports: Sequence[ReceiptReport], at: datetime, by: str) -> int:
    """Keep these receipts of a route and match what can be matched; returns how many were new."""
    if not reports:
        return 0
    known = DeliveryReceipt.objects.filter(route=route, carrier_id__in={report.carrier_id for report in reports})
    held = {(item.carrier_id, item.state, item.code) for item in known}
    new = {
        key: report
        for report in reports
        if (key := (report.carrier_id[:160], str(report.state), report.code[:40])) not in held
    }
    DeliveryReceipt.objects.bulk_create(
        (
            DeliveryReceipt(
                route=route,
                carrier_id=carrier_id,
                state=state,
                code=code,
                occurred_at=report.occurred_at,
                received_at=at,
                raw_sha256=hashlib.sha256(report.raw).digest(),
                is_gone=report.is_gone,
            )
            for (carrier_id, state, code), report in new.items()
        ),
        ignore_conflicts=True,
    )
    Route.objects.update_or_create(code=route, defaults={"last_receipt_at": at})
    match_receipts(at=at, by=by)
    return len(new)


@transaction.atomic
def match_receipts(*, at: datetime, by: str, limit: int = 5_000) -> int:
    """Find the handing over of each receipt that has none yet, and note what it means; returns how many were found."""
    waiting = list(
        DeliveryReceipt.objects.filter(handover__isnull=True, received_at__gt=at - MATCHED_WITHIN)
        .order_by("received_at", "pk")
        .select_for_update(skip_locked=True)[:limit]
    )
    handovers = {
        (item.route, item.carrier_id): item
        for item in Handover.objects.filter(
            route__in={receipt.route for receipt in waiting}, carrier_id__in={item.carrier_id for item in waiting}
        )
    }
    matched = [item for item in waiting if (item.route, item.carrier_id) in handovers]
    for receipt in matched:
        handover = handovers[receipt.route, receipt.carrier_id]
        receipt.handover = handover
        if RANK[receipt.state] >= RANK[handover.receipt_state]:
            handover.receipt_state, handover.receipt_at = receipt.state, receipt.occurred_at or receipt.received_at
    update_rows(rows=matched, fields=["handover"])
    update_rows(rows=list(handovers.values()), fields=["receipt_state", "receipt_at"])
    _note_on_messages(matched, at, by)
    return len(matched)


def _note_on_messages(receipts: Sequence[DeliveryReceipt], at: datetime, by: str) -> None:
    """A message has arrived when every part of its latest attempt has; it is lost when one part is."""
    ids = {receipt.handover.message_id for receipt in receipts if receipt.handover}
    parts: dict[int, list[Handover]] = {}
    for part in Handover.objects.filter(message_id__in=ids).order_by("attempt_no", "part_no"):
        held = parts.setdefault(part.message_id, [])
        if held and held[0].attempt_no != part.attempt_no:
            held.clear()
        held.append(part)
    messages = Message.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk").in_bulk()
    for message_id, message in messages.items():
        states = [part.receipt_state for part in parts[message_id]]
        times = [part.receipt_at for part in parts[message_id] if part.receipt_at]
        if all(state in ARRIVED for state in states):
            message.delivered_at, message.undelivered_at = max(times), None
        elif any(state in LOST for state in states):
            message.delivered_at, message.undelivered_at = None, max(times)
            if message.further_steps and message.state == Message.State.SENT:
                message.fall_back_at = at
        if any(state == ReceiptState.READ for state in states) and message.read_at is None:
            message.read_at = max(times)
    update_rows(rows=list(messages.values()), fields=["delivered_at", "undelivered_at", "read_at", "fall_back_at"])
    note_receipts(
        delivered=[pk for pk, message in messages.items() if message.delivered_at],
        lost=[pk for pk, message in messages.items() if message.undelivered_at],
        at=at,
        by=by,
    )
    for receipt in receipts:
        if receipt.is_gone and receipt.handover:
            message = messages[receipt.handover.message_id]
            retire_address(message=message, reason=receipt.code or receipt.state, at=at, by=by)
