"""Hand the files that were made over to the bank."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.bank_channel import bank
from postloan.books.payments.debit_models import DebitFile
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher


def hand_over_debit_files(*, by: str, at: datetime) -> list[DebitFile]:
    """
    Hand over every file that is made and return them, oldest first; two callers never hand over the same one.

    Who dies between the bank's taking a file and our noting it hands the same bytes over again;
    the bank knows the file by its id.
    """
    done: list[DebitFile] = []
    while (file := _hand_over_next(by=by, at=at)) is not None:
        done.append(file)
    return done


@transaction.atomic
def _hand_over_next(*, by: str, at: datetime) -> DebitFile | None:
    waiting = DebitFile.objects.filter(state=DebitFile.State.MADE).order_by("pk")
    file = waiting.select_for_update(skip_locked=True).first()
    if file is None:
        return None
    content = field_cipher().decrypt(ciphertext=file.content_encrypted, field="debit_file.content", row_id=file.pk)
    bank().hand_over(file_id=file.file_id, content=content.encode("utf-8"))
    file.state, file.handed_over_at = DebitFile.State.HANDED_OVER, at
    file.save(update_fields=["state", "handed_over_at"])
    audit.record_act(by=by, action="hand_over_debit_file", subject_kind="debit_file", subject_id=file.pk, at=at)
    return file
