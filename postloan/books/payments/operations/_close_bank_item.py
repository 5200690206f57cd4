"""Close a bank item: a person says what was done about it."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.debit_models import BankItem
from postloan.ground.audit import operations as audit


class BankItemUnknown(LookupError):
    """No bank item has this id."""


class OutcomeMissing(ValueError):
    """What was done about the item is not said."""


@transaction.atomic
def close_bank_item(*, item_id: int, outcome: str, by: str, at: datetime) -> BankItem:
    """Return the item, closed with its outcome; harmless twice. Refusals: BankItemUnknown, OutcomeMissing."""
    if not outcome.strip():
        raise OutcomeMissing(f"bank item {item_id}")
    item = BankItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise BankItemUnknown(f"bank item {item_id}")
    if item.closed_at is None:
        item.closed_at, item.closed_by, item.outcome = at, by, outcome.strip()[:200]
        item.save(update_fields=["closed_at", "closed_by", "outcome"])
        audit.record_act(
            by=by,
            action="close_bank_item",
            subject_kind="bank_item",
            subject_id=item_id,
            at=at,
            details={"kind": item.kind},
        )
    return item
