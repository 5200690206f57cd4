"""
The night's work on one partition, as frames: what was read, and what the steps make of it.

Steps are functions from a Night to a Night and touch nothing else, so a night
can be worked out again, or in parts, before anything is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from postloan.books.ledger.chart import AccountNo
from postloan.books.payments.servicing.history import History
from postloan.kernel.allocation import COMPONENTS
from postloan.kernel.product_terms import ProductTerms

Schema = Mapping[str, type[pl.DataType]]

LOANS = {
    "loan_id": pl.Int64,
    "customer_id": pl.Int64,
    "product_version_id": pl.Int64,
    "grace_days": pl.Int16,
    "currency": pl.String,
    "status": pl.String,
    "disbursed_date": pl.Date,
    "schedule_version_no": pl.Int16,
    "next_instalment_no": pl.Int16,
    "next_due_date": pl.Date,
    "row_from_date": pl.Date,
    "row_interest_minor": pl.Int64,
    "principal_outstanding_minor": pl.Int64,
    "accrued_interest_minor": pl.Int64,
    "past_due_since_date": pl.Date,
    "bucket": pl.Int16,
    "next_event_date": pl.Date,
    "closed_date": pl.Date,
    "kept_elsewhere": pl.Boolean,
    "needs_replay": pl.Boolean,
    "principal_off_book_minor": pl.Int64,
    "contractual_past_due_since_date": pl.Date,
    **{f"moved_{name}_minor": pl.Int64 for name in ("interest", "fee", "penalty")},
}
PLAN = {
    "loan_id": pl.Int64,
    "instalment_no": pl.Int16,
    "from_date": pl.Date,
    "due_date": pl.Date,
    "principal_minor": pl.Int64,
    "interest_minor": pl.Int64,
    "fee_minor": pl.Int64,
}
INSTALMENTS = {
    "loan_id": pl.Int64,
    "instalment_no": pl.Int16,
    "schedule_version_no": pl.Int16,
    "due_date": pl.Date,
    **{f"{name}_due_minor": pl.Int64 for name in COMPONENTS},
    **{f"{name}_paid_minor": pl.Int64 for name in COMPONENTS},
    **{f"{name}_waived_minor": pl.Int64 for name in COMPONENTS},
    "penalty_minor_days": pl.Int64,
    "penalty_counted_through_date": pl.Date,
    "settled_date": pl.Date,
    "kind": pl.String,
    "original_due_date": pl.Date,
    **{f"{name}_off_book_minor": pl.Int64 for name in ("interest", "fee", "penalty")},
}
RECEIPTS = {"receipt_id": pl.Int64, "loan_id": pl.Int64, "unapplied_minor": pl.Int64, "value_date": pl.Date}
ACCOUNTS = {
    "loan_id": pl.Int64,
    "rate_ppm": pl.Int64,
    "next_bill_date": pl.Date,
    "charged_interest_minor": pl.Int64,
    "done_minor_days": pl.Int64,
}
BILLS = {
    "loan_id": pl.Int64,
    "bill_no": pl.Int16,
    "from_date": pl.Date,
    "bill_date": pl.Date,
    "due_date": pl.Date,
    "instalment_no": pl.Int16,
    "bought_minor": pl.Int64,
    "left_minor": pl.Int64,
    "minor_days": pl.Int64,
    "counted_date": pl.Date,
    "bears_interest": pl.Boolean,
    "interest_minor": pl.Int64,
    "full_minor": pl.Int64,
    "minimum_minor": pl.Int64,
    "demanded_from_minor": pl.Int64,
    "carried_minor": pl.Int64,
    "was_paid_in_full": pl.Boolean,
    "is_done": pl.Boolean,
}
MOVES = {"loan_id": pl.Int64, "value_date": pl.Date, "principal_minor": pl.Int64, "total_minor": pl.Int64}
PURCHASES = {"loan_id": pl.Int64, "bill_no": pl.Int16, "posted_date": pl.Date, "amount_minor": pl.Int64}
PLANS = {
    "loan_id": pl.Int64,
    "version_no": pl.Int16,
    "reason": pl.String,
    "from_instalment_no": pl.Int16,
    "row_from_date": pl.Date,
    "due_date": pl.Date,
    "principal_minor": pl.Int64,
    "interest_minor": pl.Int64,
}
POSTINGS = {
    "kind": pl.String,
    "currency": pl.String,
    "debit_id": pl.Int16,
    "credit_id": pl.Int16,
    "amount_minor": pl.Int64,
    "loan_id": pl.Int64,
    "instalment_no": pl.Int16,
}
ALLOCATIONS = {
    "receipt_id": pl.Int64,
    "loan_id": pl.Int64,
    "instalment_no": pl.Int16,
    "component": pl.String,
    "amount_minor": pl.Int64,
}
PARTS = ALLOCATIONS
POSTED = {"loan_id": pl.Int64, "account_id": pl.Int16, "amount_minor": pl.Int64}
REMINDERS = {
    "loan_id": pl.Int64,
    "customer_id": pl.Int64,
    "instalment_no": pl.Int16,
    "due_date": pl.Date,
    "kind": pl.String,
    "contact_date": pl.Date,
}


def open_minor(component: str) -> pl.Expr:
    """What is still owed of one component of an instalment."""
    return pl.col(f"{component}_due_minor") - pl.col(f"{component}_paid_minor") - pl.col(f"{component}_waived_minor")


def on_book_minor(component: str) -> pl.Expr:
    """What is still owed of one component of an instalment and stands in the ledger."""
    return open_minor(component) - pl.col(f"{component}_off_book_minor")


OPEN_TOTAL_MINOR = pl.sum_horizontal(open_minor(name) for name in COMPONENTS)


@dataclass(frozen=True)
class Night:
    """
    One partition on one business date.

    `loans` are those with something to do, `plan` the rows of their schedules that
    fall due by tomorrow and one more (of a catch-up some further ones), `instalments` their demands that are open
    (new ones join), `receipts` their money not yet allocated. `accounts` are the loans that are billed by the month,
    with their `bills` and the money that came in since the last one (`moves`). The rest is what the
    steps add. Contacts are planned only where `plans_contacts` says so: a day that is
    caught up needs none. `…_before` keeps loans and instalments as they were read. Loans that go through the engine
    have their `histories`, what was `posted` of them by account, and the `parts` that their receipts paid.
    """

    business_date: date
    is_month_end: bool
    plans_contacts: bool
    terms: dict[int, ProductTerms]
    loans: pl.DataFrame
    plan: pl.DataFrame
    instalments: pl.DataFrame
    receipts: pl.DataFrame
    accounts: pl.DataFrame
    bills: pl.DataFrame
    moves: pl.DataFrame
    purchases: pl.DataFrame
    plans: pl.DataFrame
    postings: pl.DataFrame
    allocations: pl.DataFrame
    reminders: pl.DataFrame
    loans_before: pl.DataFrame
    instalments_before: pl.DataFrame
    posted: pl.DataFrame
    parts: pl.DataFrame
    histories: Mapping[int, History]

    @property
    def tomorrow(self) -> date:
        """The day this close prepares: what falls due then is raised tonight."""
        return self.business_date + timedelta(days=1)

    @property
    def kept_elsewhere(self) -> pl.Series:
        """The loans of the night that are another core's."""
        return self.loans.filter(pl.col("kept_elsewhere"))["loan_id"]

    def with_postings(
        self, *, kind: str, debit: AccountNo, credit: AccountNo, rows: pl.DataFrame, amount: str | pl.Expr
    ) -> "Night":
        """
        Add a posting for each of `rows` (loan_id, instalment_no, currency) with a positive amount.

        Loans kept elsewhere are in another core's ledger: nothing is posted for them.
        """
        value = pl.col(amount) if isinstance(amount, str) else amount
        added = rows.with_columns(
            value.alias("amount_minor"),
            pl.lit(kind).alias("kind"),
            pl.lit(int(debit)).alias("debit_id"),
            pl.lit(int(credit)).alias("credit_id"),
        ).filter(pl.col("amount_minor") > 0, ~pl.col("loan_id").is_in(self.kept_elsewhere.implode()))
        return replace(self, postings=pl.concat([self.postings, shaped(added, POSTINGS)]))

    def by_product(self, frame: pl.DataFrame) -> Iterator[tuple[ProductTerms, pl.DataFrame]]:
        """
        Yield the terms of each product version in `frame` with its rows, in their order.

        Where the frame has `grace_days` the terms carry those of the loans they are yielded with.
        """
        for version in sorted(frame["product_version_id"].unique().to_list()):
            rows = frame.filter(pl.col("product_version_id") == version)
            if "grace_days" not in frame.columns:
                yield self.terms[version], rows
                continue
            for grace_days in rows["grace_days"].unique().sort().to_list():
                terms = self.terms[version].with_grace(grace_days=grace_days)
                yield terms, rows.filter(pl.col("grace_days").eq_missing(pl.lit(grace_days, dtype=pl.Int16)))

    def only(self, loan_ids: pl.Series) -> "Night":
        """Return the same night for some of its loans: the way a faulty loan is found."""

        def some(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.filter(pl.col("loan_id").is_in(loan_ids.implode()))

        return self._with_frames({name: some(getattr(self, name)) for name in FRAMES})

    def joined_by(self, other: "Night") -> "Night":
        """Return both nights' loans and all that belongs to them as one night again."""
        return self._with_frames({name: pl.concat([getattr(self, name), getattr(other, name)]) for name in FRAMES})

    def _with_frames(self, frames: dict[str, Any]) -> "Night":
        return replace(self, **frames)


FRAMES = tuple(field.name for field in fields(Night) if field.type is pl.DataFrame)


def shaped(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return exactly the columns of `schema`, in order and type."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def empty(schema: Schema) -> pl.DataFrame:
    """Return a frame without rows."""
    return pl.DataFrame(schema=schema)
