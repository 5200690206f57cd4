"""
The demonstration: a real book, a month of its days, its reminders sent, all of it resumable.

The tape is real (examples/lending_club), the people are invented, the payments
after the tape's date are simulated. Whatever is done already is not done again,
so `make run` may be killed at any moment and started anew.
"""

import csv
import gzip
import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone
from procrastinate.contrib.django import app

from postloan.books.ledger.models import BookSlot, JournalEntry, Posting
from postloan.books.ledger.queries import BooksNotOpen, get_business_date, get_trial_balance
from postloan.books.loans import operations as loans
from postloan.books.loans.importing.mapping import load_mapping
from postloan.books.loans.models import ImportBatch, Instalment, Loan
from postloan.books.payments.models import Allocation, Receipt
from postloan.books.payments.ties import get_ties
from postloan.books.positions.lake import position_file
from postloan.books.positions.operations import snapshot_positions
from postloan.care.outreach.models import Message
from postloan.care.reminders import tasks as reminder_tasks
from postloan.care.reminders.models import Reminder
from postloan.close.run import close_day
from postloan.ground.access import operations as access
from postloan.ground.access.roles import Role
from postloan.lab.borrowers import SimulatedBorrowers
from postloan.lab.persons import InventedPeople

EXAMPLE = Path(settings.BASE_DIR) / "examples" / "lending_club"
SEED = 2018
DAYS = 31
BY = "demo"
PASSWORD = "postloan-demo"  # noqa: S105 - it opens invented data on this machine only
LOGINS = {
    "anna": (Role.AGENT,),
    "sunil": (Role.SUPERVISOR, Role.AGENT),
    "fang": (Role.FINANCE,),
    "rosa": (Role.RISK,),
    "cheng": (Role.COMPLIANCE,),
    "erik": tuple(role for role in Role if role != Role.BORROWER),
}

Progress = Callable[[str, float | None], None]


class BooksDoNotTie(RuntimeError):
    """Ledger and sub-ledger differ after the rehearsal; the message says where."""


@dataclass(frozen=True)
class DayOfDemo:
    """The instants at which things happen on one business date of the rehearsal."""

    business_date: date

    def at(self, hour: int) -> datetime:
        """Return an hour of the day, UTC: 20:00 is nine in the morning or later all over the United States."""
        return datetime.combine(self.business_date, time_of_day(hour), tzinfo=UTC)


def prepare_demo(*, progress: Progress) -> list[str]:
    """Load the book, live through its month and return the lines that say what happened; continues where it stopped."""
    began = time.monotonic()
    progress("loading the book", 0)
    as_of = load_book(progress=progress)
    live_through(through_date=as_of + timedelta(days=DAYS), progress=progress)
    progress("checking the books", 99)
    broken = [tie for tie in get_ties() if not tie.holds]
    if broken:
        raise BooksDoNotTie("; ".join(f"{tie.account}: {tie.ledger_minor} ≠ {tie.sub_ledger_minor}" for tie in broken))
    borrower = add_logins()
    return _lines(as_of=as_of, borrower=borrower, seconds=time.monotonic() - began)


def load_book(*, progress: Progress) -> date:
    """Take the example book over, unless it is there, and return the date of its tape."""
    mapping = load_mapping(file=EXAMPLE / "mapping.toml")
    as_of = mapping.mapping.tape.as_of
    assert as_of is not None, "the mapping of the example names its date"
    if not ImportBatch.objects.exists():
        loans.import_book(
            tape=_tape(),
            mapping=mapping,
            as_of=as_of,
            by=BY,
            at=timezone.now(),
            people=InventedPeople(seed=mapping.mapping.people.seed),
            progress=lambda done, total: progress("loading the book", 25 * done / max(total, 1)),
        )
    if not position_file(business_date=as_of, part="takeover").exists():
        snapshot_positions(business_date=as_of)
    return as_of


def live_through(*, through_date: date, progress: Progress) -> None:
    """Live through every open day up to `through_date`: reminders in the morning, payments, the close at night."""
    first = get_business_date()
    borrowers = SimulatedBorrowers(seed=SEED)
    days = max((through_date - first).days + 1, 1)
    while (business_date := get_business_date()) <= through_date:
        progress(f"living through {business_date}", 25 + 73 * (business_date - first).days / days)
        day = DayOfDemo(business_date)
        send_reminders_of(day)
        borrowers.pay_on(business_date=business_date, by=BY, at=day.at(21))
        close_day(business_date=business_date, by=BY, clock=_clock(day.at(22)), rehearsal_at=_next(day).at(20))
    send_reminders_of(DayOfDemo(get_business_date()))


def send_reminders_of(day: DayOfDemo) -> None:
    """Do what the queue holds for this morning; a job that a killed run left half done is done again in place."""
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        app.run_worker(queues=[reminder_tasks.QUEUE], wait=False, install_signal_handlers=False, listen_notify=False)
    left = Reminder.objects.filter(state=Reminder.State.PLANNED, contact_date=day.business_date).exists()
    until = day.at(20) + reminder_tasks.LATER
    waiting = Message.objects.filter(state__in=["queued", "sending"], not_before_at__lte=until).exists()
    following = Message.objects.filter(fall_back_at__lte=until).exists()
    if left or waiting or following:
        reminder_tasks.send_reminders(contact_date=day.business_date.isoformat(), rehearsal_at=day.at(20).isoformat())


def add_logins() -> str:
    """Give every role a login, and a borrower with notices theirs; returns the borrower's name to log in with."""
    at = timezone.now()
    for username, roles in LOGINS.items():
        access.add_login(username=username, password=PASSWORD, roles=roles, by=BY, at=at)
    told = Message.objects.filter(channel=Message.Channel.INBOX, state=Message.State.SENT)
    busiest = told.values("customer_id").annotate(notices=Count("pk")).order_by("-notices", "customer_id").first()
    if busiest is None:
        return ""
    access.add_login(
        username="borrower",
        password=PASSWORD,
        roles=[Role.BORROWER],
        by=BY,
        at=at,
        customer_id=busiest["customer_id"],
    )
    return "borrower"


def book_digest() -> dict[str, Any]:
    """Return counts and sums of everything a rehearsal makes; two runs that agree here have the same books."""
    money = Sum("amount_minor")
    messages = Message.objects.values_list("channel", "state").annotate(Count("pk")).order_by("channel", "state")
    return {
        "slots": sorted({str(day) for day in BookSlot.objects.values_list("closed_through_date", flat=True)}),
        "loans": list(Loan.objects.values_list("status", "bucket").annotate(Count("pk")).order_by("status", "bucket")),
        "outstanding": Loan.objects.aggregate(
            principal=Sum("principal_outstanding_minor"), accrued=Sum("accrued_interest_minor")
        ),
        "events": Loan.objects.aggregate(events=Count("next_event_date")),
        "instalments": Instalment.objects.aggregate(
            Count("settled_date"), Sum("principal_paid_minor"), Sum("interest_paid_minor"), Sum("penalty_due_minor")
        ),
        "receipts": Receipt.objects.aggregate(Count("pk"), money, Sum("unapplied_minor")),
        "allocations": Allocation.objects.aggregate(Count("pk"), money),
        "entries": list(JournalEntry.objects.values_list("kind").annotate(Count("pk")).order_by("kind")),
        "postings": Posting.objects.aggregate(Count("pk"), money),
        "trial_balance": [(row.code, row.debit_minor, row.credit_minor) for row in get_trial_balance()],
        "reminders": list(
            Reminder.objects.values_list("kind", "state").annotate(Count("pk")).order_by("kind", "state")
        ),
        "messages": list(messages),
    }


def _tape() -> Path:
    """Return the example tape, or as many of its rows as POSTLOAN_DEMO_LOANS says."""
    tape = EXAMPLE / "tape.csv.gz"
    if not (wanted := os.environ.get("POSTLOAN_DEMO_LOANS")):
        return tape
    short = Path(settings.VAR_DIR) / f"tape-{int(wanted)}.csv"
    with gzip.open(tape, "rt", newline="") as whole:
        rows = [row for row, _ in zip(csv.reader(whole), range(int(wanted) + 1), strict=False)]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    short.write_text(text.getvalue())
    return short


def _clock(start: datetime) -> Callable[[], datetime]:
    """Return a clock that begins at `start` and runs as ours does."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def _next(day: DayOfDemo) -> DayOfDemo:
    return DayOfDemo(day.business_date + timedelta(days=1))


def _lines(*, as_of: date, borrower: str, seconds: float) -> list[str]:
    try:
        business_date = get_business_date()
    except BooksNotOpen:
        return ["No book was loaded."]
    active = Loan.objects.filter(status=Loan.Status.ACTIVE)
    totals = active.aggregate(loans=Count("pk"), outstanding=Sum("principal_outstanding_minor"))
    late = active.filter(bucket__gt=0).aggregate(loans=Count("pk"), outstanding=Sum("principal_outstanding_minor"))
    receipts = Receipt.objects.aggregate(count=Count("pk"), amount=Sum("amount_minor"))
    sent = dict(
        Message.objects.filter(state=Message.State.SENT).values_list("channel").annotate(Count("pk")).order_by()
    )
    dropped = Message.objects.filter(state=Message.State.DROPPED).count()
    url = settings.SITE_URL
    return [
        f"The book: {Loan.objects.count():,} real loans (Lending Club, 1st quarter 2018), tape of {as_of}.",
        f"  active {totals['loans']:,} with {_dollars(totals['outstanding'])} outstanding;",
        f"  past due {late['loans']:,} with {_dollars(late['outstanding'])}. Ledger and loans tie to the cent.",
        f"  people and their addresses are invented, payments after {as_of} are simulated (seed {SEED}).",
        f"Closed: {(business_date - as_of).days - 1} days; the books are open for {business_date}.",
        f"  money in: {receipts['count']:,} receipts, {_dollars(receipts['amount'])}.",
        f"Reminders: {sent.get('email', 0):,} e-mails through SMTP, {sent.get('inbox', 0):,} notices in the portal,",
        f"  {dropped:,} dropped because they were paid. Prepared in {seconds:.0f} s.",
        "",
        f"Office   {url}/office/    fang (finance), sunil (supervisor), rosa (risk), cheng (compliance), erik (all)",
        f"Desk     {url}/desk/      anna (agent)",
        f"Portal   {url}/portal/    {borrower or 'nobody yet'}",
        f"Mailbox  {url}/office/mailbox/      API {url}/api/v1/docs",
        f"Every login's password is {PASSWORD}",
    ]


def _dollars(amount_minor: int | None) -> str:
    whole, minor = divmod(amount_minor or 0, 100)
    return f"USD {whole:,}.{minor:02d}"
