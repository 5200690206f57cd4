"""
One partition's share of the book in memory, while the days of a pass are closed on it one after another.

It is read once and written once, however many days a pass has; every day is
worked out on what the day before left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from postloan.books.payments.servicing.history import History
from postloan.close.night import ALLOCATIONS, MOVES, PARTS, PLANS, POSTED, POSTINGS, REMINDERS, Night, empty, shaped
from postloan.kernel.product_terms import ProductTerms


@dataclass(frozen=True)
class Book:
    """
    The loans of a partition that have something to do within the pass, and what belongs to them.

    `…_as_read` is how loans and instalments stood before the first day. Loans in
    `set_aside` stay as the last good day left them and are not looked at again.
    """

    terms: dict[int, ProductTerms]
    loans: pl.DataFrame
    plan: pl.DataFrame
    instalments: pl.DataFrame
    receipts: pl.DataFrame
    accounts: pl.DataFrame
    bills: pl.DataFrame
    moves: pl.DataFrame
    purchases: pl.DataFrame
    posted: pl.DataFrame
    parts: pl.DataFrame
    histories: Mapping[int, History]
    loans_as_read: pl.DataFrame
    instalments_as_read: pl.DataFrame
    accounts_as_read: pl.DataFrame
    bills_as_read: pl.DataFrame
    cut: frozenset[int] = frozenset()  # accounts of which a bill was cut within the pass
    set_aside: frozenset[int] = frozenset()

    def night_of(self, *, business_date: date, plans_contacts: bool, everybody: bool = False) -> Night:
        """Return the work of one day: the loans whose date has come; at month end, or if asked, every active loan."""
        is_month_end = is_last_of_month(business_date)
        has_work = pl.col("next_event_date") <= business_date
        if is_month_end or everybody:
            has_work |= pl.col("status") == "active"
        loans = self.loans.filter(has_work.fill_null(value=False) & ~pl.col("loan_id").is_in(list(self.set_aside)))
        frames = {name: getattr(self, name) for name in _OF_LOANS}
        if loans.height < self.loans.height:
            frames = {
                name: frame.join(loans.select("loan_id"), on="loan_id", how="semi", maintain_order="left")
                for name, frame in frames.items()
            }
        return Night(
            business_date=business_date,
            is_month_end=is_month_end,
            plans_contacts=plans_contacts,
            terms=self.terms,
            loans=loans,
            **frames,
            plans=empty(PLANS),
            postings=empty(POSTINGS),
            allocations=empty(ALLOCATIONS),
            reminders=empty(REMINDERS),
            loans_before=loans,
            instalments_before=frames["instalments"],
            posted=self.posted,
            parts=self.parts,
            histories=self.histories,
        )

    def after(self, night: Night, *, set_aside: frozenset[int]) -> "Book":
        """Return the book as the night leaves it."""
        worked = night.loans.select("loan_id")
        return replace(
            self,
            loans=_replaced(self.loans, night.loans, worked).sort("loan_id"),
            instalments=_replaced(self.instalments, night.instalments, worked).sort(
                "loan_id", "due_date", "instalment_no"
            ),
            receipts=_less_allocated(self.receipts, night.allocations),
            posted=self.posted if self.posted.is_empty() else pl.concat([self.posted, _posted_by(night)]),
            parts=self.parts if not self.histories else pl.concat([self.parts, shaped(night.allocations, PARTS)]),
            accounts=_replaced(self.accounts, night.accounts, worked).sort("loan_id"),
            bills=_replaced(self.bills, night.bills, worked).sort("loan_id", "bill_no"),
            moves=pl.concat([_replaced(self.moves, night.moves, worked), _moved(night)]),
            cut=self.cut | frozenset(night.plans.filter(pl.col("reason") == "billed")["loan_id"].to_list()),
            set_aside=self.set_aside | set_aside,
        )

    def changed_loans(self) -> pl.DataFrame:
        """Return the loans that differ from what was read. Both frames hold the same loans in the same order."""
        before = self.loans_as_read
        differs = [pl.col(name).ne_missing(before[name]) for name in before.columns]
        return self.loans.filter(pl.any_horizontal(differs)) if before.height else self.loans


def _posted_by(night: Night) -> pl.DataFrame:
    """Return what a night posted of its loans by account, debits less credits."""
    debits = night.postings.select("loan_id", account_id="debit_id", amount_minor="amount_minor")
    credits_ = night.postings.select("loan_id", account_id="credit_id", amount_minor=-pl.col("amount_minor"))
    return shaped(pl.concat([debits, credits_]), POSTED)


_OF_LOANS = ("plan", "instalments", "receipts", "accounts", "bills", "moves", "purchases")


def _replaced(frame: pl.DataFrame, by: pl.DataFrame, worked: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.join(worked, on="loan_id", how="anti"), by])


def _moved(night: Night) -> pl.DataFrame:
    """Return what the night's allocations paid on accounts that are billed, by receipt."""
    if night.accounts.is_empty() or night.allocations.is_empty():
        return empty(MOVES)
    amount = pl.col("amount_minor")
    paid = (
        night.allocations.join(night.accounts.select("loan_id"), on="loan_id", how="semi")
        .group_by("loan_id", "receipt_id", maintain_order=True)
        .agg(
            amount.filter(pl.col("component") == "principal").sum().alias("principal_minor"),
            amount.sum().alias("total_minor"),
        )
        .join(night.receipts.select("receipt_id", "value_date"), on="receipt_id", how="left", maintain_order="left")
    )
    return shaped(paid, MOVES)


def _less_allocated(receipts: pl.DataFrame, allocations: pl.DataFrame) -> pl.DataFrame:
    """Return the receipts with what is left of them."""
    if allocations.is_empty():
        return receipts
    spent = allocations.group_by("receipt_id").agg(pl.col("amount_minor").sum())
    return (
        receipts.join(spent, on="receipt_id", how="left", maintain_order="left")
        .with_columns(pl.col("unapplied_minor") - pl.col("amount_minor").fill_null(0))
        .drop("amount_minor")
        .filter(pl.col("unapplied_minor") > 0)
    )


def is_last_of_month(day: date) -> bool:
    """Say whether the day after begins a month."""
    return (day + timedelta(days=1)).day == 1
