"""Ask the bank again about files of which debits are unanswered too long after their day."""

from datetime import date, datetime, timedelta

from django.db import transaction

from postloan.books.payments.bank_channel import bank
from postloan.books.payments.debit_models import DebitAttempt, DebitFile
from postloan.books.payments.debit_packs import debit_policies
from postloan.ground.audit import operations as audit

PAUSE = timedelta(hours=12)


def ask_for_answers(*, on_date: date, by: str, at: datetime) -> list[DebitFile]:
    """
    Ask about each file with a debit that is unanswered longer after its collect date than the policy expects.

    The debits stay with the bank until it answers: nothing is taken for paid or
    failed, and nothing is sent twice. A file is asked about at most every twelve hours.
    """
    asked: list[DebitFile] = []
    for policy in debit_policies().values():
        latest = on_date - timedelta(days=policy.answer_days)
        unanswered = DebitAttempt.objects.filter(
            state=DebitAttempt.State.SENT, collect_date__lt=latest, file__policy=policy.code
        )
        files = sorted(set(unanswered.values_list("file_id", flat=True)))
        asked += [file for file_pk in files if (file := _ask(file_pk, by=by, at=at)) is not None]
    return asked


@transaction.atomic
def _ask(file_pk: int, *, by: str, at: datetime) -> DebitFile | None:
    file = DebitFile.objects.select_for_update().get(pk=file_pk)
    if file.state == DebitFile.State.MADE or (file.asked_at is not None and file.asked_at > at - PAUSE):
        return None
    bank().ask_again(file_id=file.file_id)
    file.asked_at, file.asked_times = at, file.asked_times + 1
    file.save(update_fields=["asked_at", "asked_times"])
    audit.record_act(by=by, action="ask_bank_again", subject_kind="debit_file", subject_id=file.pk, at=at)
    return file
