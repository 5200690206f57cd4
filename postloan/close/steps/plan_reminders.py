"""
Plan the reminders of tomorrow: who has a due date at a distance that the product's calendar names.

Planning is generous, sending is strict: what is paid by then is dropped when
the message is made, and again when it leaves. Rule: docs/rules/reminders.md.
"""

from dataclasses import replace
from datetime import timedelta

import polars as pl

from postloan.close.night import OPEN_TOTAL_MINOR, REMINDERS, Night, shaped
from postloan.kernel.reminders import ReminderCalendar, reminder_kind


def plan_reminders(night: Night) -> Night:
    """Add a reminder for each unpaid due date that the calendar reminds of tomorrow; none while catching up."""
    if not night.plans_contacts:
        return night
    ahead = night.loans.filter(pl.col("status") == "active", pl.col("next_due_date").is_not_null()).select(
        "loan_id", "customer_id", "product_version_id", instalment_no="next_instalment_no", due_date="next_due_date"
    )
    raised = night.instalments.filter(OPEN_TOTAL_MINOR > 0).join(
        night.loans.filter(pl.col("status") == "active").select("loan_id", "customer_id", "product_version_id"),
        on="loan_id",
        maintain_order="left",
    )
    due = pl.concat([ahead, raised.select(ahead.columns)])
    planned = [_on_calendar(night, terms.reminder_calendar, rows) for terms, rows in night.by_product(due)]
    return replace(night, reminders=pl.concat(planned)) if planned else night


def _on_calendar(night: Night, calendar: ReminderCalendar, due: pl.DataFrame) -> pl.DataFrame:
    kinds = pl.DataFrame(
        {
            "due_date": [night.tomorrow - timedelta(days=offset) for offset in calendar.offsets_days],
            "kind": [reminder_kind(offset_days=offset) for offset in calendar.offsets_days],
        },
        schema={"due_date": pl.Date, "kind": pl.String},
    )
    found = due.join(kinds, on="due_date", maintain_order="left")
    return shaped(found.with_columns(pl.lit(night.tomorrow).alias("contact_date")), REMINDERS)
