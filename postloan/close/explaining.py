"""
Explain the night: what the close of one day saw of one loan, which steps acted, what it wrote, from which versions.

A closed day is told from what was written then: positions, journal, demands,
reminders, the mark of the partition. The open day is told by a rehearsal, which
writes nothing.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.ledger.queries import get_business_date
from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
from postloan.books.payments.models import Allocation
from postloan.books.positions import lake
from postloan.care.reminders.models import Reminder
from postloan.close.models import CloseRun, FaultyLoan
from postloan.close.rehearsal import Rehearsal, rehearse_loan


class UnknownLoan(LookupError):
    """No loan with this id."""


class NeverClosed(LookupError):
    """The day lies before the books were opened, or after the open business date."""


@dataclass(frozen=True)
class Versions:
    """From which versions the night worked."""

    software: str
    product: str
    product_version_no: int
    schedule_version_no: int | None


@dataclass(frozen=True)
class Acted:
    """One step that did something: in words with amounts in minor units, and as `facts` that a page puts into its own."""

    step: str
    what: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NightExplained:
    """What is known of one loan and one night. `before` and `after` are its positions, None where there is none."""

    loan_id: int
    business_date: date
    run: CloseRun | None
    partition_no: int | None
    versions: Versions
    was_looked_at: bool
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    acted: list[Acted] = field(default_factory=list)
    postings: list[dict[str, Any]] = field(default_factory=list)
    rehearsal: Rehearsal | None = None


def explain_close(*, loan_id: int, business_date: date) -> NightExplained:
    """Return what the close of a day did with a loan, or would do where the day is open. Refuses UnknownLoan, NeverClosed."""
    loan = Loan.objects.select_related("product_version__product").filter(pk=loan_id).first()
    if loan is None:
        raise UnknownLoan(f"loan {loan_id}")
    open_date = get_business_date()
    run = CloseRun.objects.filter(business_date=business_date).first()
    if business_date > open_date or (run is None and business_date < open_date):
        raise NeverClosed(f"{business_date} was not closed here; the books are open for {open_date}")
    before, after = _positions(loan_id=loan_id, business_date=business_date)
    rehearsal = rehearse_loan(loan_id=loan_id, business_date=business_date) if business_date == open_date else None
    postings = _postings(loan_id=loan_id, business_date=business_date)
    fault = FaultyLoan.objects.filter(loan_id=loan_id, business_date=business_date).first()
    acted = _rehearsed(rehearsal) if rehearsal else _acted(loan, business_date, before, after, postings)
    if fault:
        acted = [Acted(fault.step, f"failed: {fault.reason}; the loan was set aside", {"reason": fault.reason})]
    return NightExplained(
        loan_id=loan_id,
        business_date=business_date,
        run=run,
        partition_no=_partition_no(run, loan),
        versions=Versions(
            software=run.software_version if run else "",
            product=loan.product_version.product.code,
            product_version_no=loan.product_version.version_no,
            schedule_version_no=_schedule_version_no(loan_id=loan_id, business_date=business_date),
        ),
        was_looked_at=after is not None or fault is not None,
        before=before,
        after=after,
        acted=acted,
        postings=postings,
        rehearsal=rehearsal,
    )


def _positions(*, loan_id: int, business_date: date) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the loan's last position before the day, and the one of the day where it was written."""
    rows = lake.scan_positions(through_date=business_date).filter(pl.col("loan_id") == loan_id).collect()
    rows = rows.sort("business_date")
    before = rows.filter(pl.col("business_date") < business_date).tail(1).to_dicts()
    after = rows.filter(pl.col("business_date") == business_date).to_dicts()
    return (before[0] if before else None), (after[0] if after else None)


def _postings(*, loan_id: int, business_date: date) -> list[dict[str, Any]]:
    """Return what the close posted for the loan that day."""
    found = Posting.objects.filter(
        loan_id=loan_id, entry__business_date=business_date, entry__source__startswith=f"close:{business_date}:"
    ).order_by("pk")
    return [
        dict(row)
        for row in found.values("entry_id", "entry__kind", "debit_id", "credit_id", "amount_minor", "instalment_no")
    ]


def _partition_no(run: CloseRun | None, loan: Loan) -> int | None:
    if run is None:
        return None
    mark = run.marks.filter(from_slot__lte=loan.slot, to_slot__gt=loan.slot).first()
    return mark.partition_no if mark else None


def _schedule_version_no(*, loan_id: int, business_date: date) -> int | None:
    versions = ScheduleVersion.objects.filter(loan_id=loan_id, business_date__lte=business_date)
    return versions.order_by("-version_no").values_list("version_no", flat=True).first()


def _acted(
    loan: Loan,
    business_date: date,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    postings: list[dict[str, Any]],
) -> list[Acted]:
    """Return the steps that left a trace, in their order."""
    if after is None:
        return []
    tomorrow = business_date + timedelta(days=1)
    acted = [
        Acted("raise_due", f"instalment {row.instalment_no} due {row.due_date}: {row.principal_due_minor} principal, "
                           f"{row.interest_due_minor} interest",
              {"instalment_no": row.instalment_no, "due_date": row.due_date,
               "principal_minor": row.principal_due_minor, "interest_minor": row.interest_due_minor})
        for row in Instalment.objects.filter(loan=loan, due_date=tomorrow)
    ]  # fmt: skip
    if any(row["entry__kind"] == JournalEntry.Kind.ALLOCATION for row in postings):
        paid = Allocation.objects.filter(loan=loan, business_date=business_date).order_by("pk")
        acted += [
            Acted("apply_unapplied", f"{part.amount_minor} of receipt {part.receipt_id} to {part.component} of "
                                     f"instalment {part.instalment_no}",
                  {"amount_minor": part.amount_minor, "receipt_id": part.receipt_id, "component": part.component,
                   "instalment_no": part.instalment_no})
            for part in paid
        ]  # fmt: skip
    for kind, step in ((JournalEntry.Kind.PENALTY, "charge_penalties"), (JournalEntry.Kind.ACCRUAL, "accrue")):
        acted += [
            Acted(
                step,
                f"{_signed(row)} on instalment {row['instalment_no']}",
                {"amount_minor": _signed(row), "instalment_no": row["instalment_no"]},
            )
            for row in postings
            if row["entry__kind"] == kind
        ]
    watched = ("bucket", "days_past_due", "status")
    changes = {name: (before[name], after[name]) for name in watched if before and before[name] != after[name]}
    if changes:
        told = ", ".join(f"{name} {was} → {now}" for name, (was, now) in changes.items())
        acted.append(Acted("age", told, {"changes": changes}))
    acted += [
        Acted(
            "plan_reminders",
            f"{row.kind} of instalment {row.instalment_no} on {row.contact_date}",
            {"kind": row.kind, "instalment_no": row.instalment_no, "contact_date": row.contact_date},
        )
        for row in Reminder.objects.filter(loan=loan, contact_date=tomorrow)
    ]
    if after.get("next_event_date"):
        next_date = after["next_event_date"]
        acted.append(Acted("set_next_dates", f"next to be looked at on {next_date}", {"next_event_date": next_date}))
    return acted


def _signed(row: dict[str, Any]) -> int:
    """Return the amount as income: what is given back is negative."""
    amount: int = row["amount_minor"]
    return -amount if row["debit_id"] == AccountNo.INTEREST_INCOME else amount


def _rehearsed(rehearsal: Rehearsal) -> list[Acted]:
    if rehearsal.failure:
        reason = rehearsal.failure.reason
        return [Acted(rehearsal.failure.step, f"would fail: {reason}", {"reason": reason})]
    return [
        Acted(
            step.step,
            ", ".join(f"{len(rows)} rows of {name}" for name, rows in step.rows.items()),
            {"rows": {name: len(rows) for name, rows in step.rows.items()}},
        )
        for step in rehearsal.steps
        if step.rows
    ]
