"""Open the books: say up to which date everything before Postloan is closed."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.ledger.models import SLOT_COUNT, BookSlot
from postloan.ground.audit import operations as audit


class BooksAlreadyOpen(ValueError):
    """The books were opened before, with another date."""


@transaction.atomic
def open_books(*, closed_through_date: date, by: str, at: datetime) -> None:
    """
    Make `closed_through_date` the last closed day of every slot; the day after is the first business date.

    Harmless when repeated with the same date on untouched books; refused
    (BooksAlreadyOpen) when the books stand at another date.
    """
    held = set(BookSlot.objects.select_for_update().values_list("closed_through_date", flat=True))
    if held == {closed_through_date}:
        return
    if held:
        raise BooksAlreadyOpen(f"the books are closed through {max(held)}, not {closed_through_date}")
    BookSlot.objects.bulk_create(
        BookSlot(slot=slot, closed_through_date=closed_through_date) for slot in range(SLOT_COUNT)
    )
    audit.record_act(
        by=by,
        action="open_books",
        subject_kind="books",
        subject_id="all",
        at=at,
        details={"closed_through_date": closed_through_date.isoformat()},
    )
