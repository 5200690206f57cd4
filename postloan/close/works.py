"""
What the schedule has done: the close, debits, the bank's post, reminders. Each calls the operations that a person would.

A work returns what it did as counts, or refuses with NotNow where it cannot be done yet; it is then tried again.
"""

from collections.abc import Callable
from datetime import date, datetime

from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.payments import operations as payments
from postloan.care.debits import operations as debits
from postloan.care.reminders import operations as reminders
from postloan.close.models import CloseRun
from postloan.close.reporting import write_report
from postloan.close.run import CloseAlreadyRunning, close_through
from postloan.close.schedule import day_to_close
from postloan.kernel.business_dates import local_date

BY = "schedule"
DAYS_MADE_UP_FOR = 31  # longer ago nobody slept: a book was taken over, or the calendar stands still
Clock = Callable[[], datetime]
Work = Callable[[datetime, Clock], dict[str, int]]


class NotNow(RuntimeError):
    """The work cannot be done yet; the message says what it waits for."""


class ChecksDoNotHold(RuntimeError):
    """A day was closed and its checks failed; an alarm says so too."""


def close_the_books(due_at: datetime, clock: Clock) -> dict[str, int]:
    """Close every day that is over and not closed, missed ones in one pass, and write their reports."""
    through_date = day_to_close(due_at=due_at)
    try:
        if (missed := (through_date - get_business_date()).days) >= DAYS_MADE_UP_FOR:
            raise NotNow(f"the books are {missed} days behind; somebody is to close them with close-day")
        runs = close_through(through_date=through_date, by=BY, clock=clock)
    except (BooksNotOpen, CloseAlreadyRunning) as refusal:
        raise NotNow(str(refusal)) from refusal
    for run in runs:
        write_report(run=run, at=clock())
    if failed := [run for run in runs if run.state == CloseRun.State.FAILED]:
        raise ChecksDoNotHold(", ".join(str(run.business_date) for run in failed))
    return {"days": len(runs), "amber": sum(run.state == CloseRun.State.AMBER for run in runs)}


def send_debits(due_at: datetime, clock: Clock) -> dict[str, int]:
    """Announce debits, tell the customers, make files of those whose day has come and hand them to the bank."""
    on_date = _today(clock)
    announced = payments.announce_debits(on_date=on_date, by=BY, at=clock())
    told = debits.tell_debits(at=clock(), by=BY)
    files = payments.make_debit_files(on_date=on_date, by=BY, at=clock())
    handed = payments.hand_over_debit_files(by=BY, at=clock())
    return {"announced": announced, "told": told.told, "files": len(files), "handed_over": len(handed)}


def take_bank_post(due_at: datetime, clock: Clock) -> dict[str, int]:
    """Take what the bank has left, and ask about debits that are unanswered for too long."""
    on_date = _today(clock)
    post = payments.take_bank_files(on_date=on_date, by=BY, at=clock())
    asked = payments.ask_for_answers(on_date=on_date, by=BY, at=clock())
    return {"taken": len(post.taken), "early": len(post.early), "refused": len(post.refused), "asked": len(asked)}


def queue_the_reminders(due_at: datetime, clock: Clock) -> dict[str, int]:
    """Make messages of today's reminders, should the morning's job not have; the senders deliver them at their hour."""
    queued = 0
    while made := reminders.queue_reminders(contact_date=_today(clock), at=clock()):
        queued += made
    return {"queued": queued}


def _today(clock: Clock) -> date:
    """Return the business date, which must be today: debits and reminders of another day are no work of this one."""
    today = local_date(at=clock(), zone=timezone.get_default_timezone())
    try:
        open_date = get_business_date()
    except BooksNotOpen as refusal:
        raise NotNow(str(refusal)) from refusal
    if open_date != today:
        raise NotNow(f"the books are open for {open_date}, not {today}")
    return today


WORKS: dict[str, Work] = {
    "close": close_the_books,
    "debits": send_debits,
    "bank": take_bank_post,
    "reminders": queue_the_reminders,
}
