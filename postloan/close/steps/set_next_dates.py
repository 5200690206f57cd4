"""
Set the date of each loan's next event, so that no night looks at it in between.

A close prepares the day after it: what is due or to be reminded of on a day is
work of the evening before, while grace and buckets end with their own day.
"""

from dataclasses import replace

import numpy as np
import polars as pl

from postloan.close.night import Night
from postloan.kernel.events import DateArray, next_event_dates_many
from postloan.kernel.product_terms import ProductTerms


def set_next_dates(night: Night) -> Night:
    """Return the loans with their next event date; none for loans that are closed, or were taken over charged off."""
    dated = [_dated(night, terms, loans) for terms, loans in night.by_product(night.loans)]
    if not dated:
        return night
    goes_on = (pl.col("status") == "active") | ((pl.col("status") == "charged_off") & pl.col("needs_replay"))
    loans = pl.concat(dated).with_columns(pl.when(goes_on).then(pl.col("next_event_date")).alias("next_event_date"))
    return replace(night, loans=loans.sort("loan_id"))


def _dated(night: Night, product: ProductTerms, loans: pl.DataFrame) -> pl.DataFrame:
    terms = product.event_terms
    loans = loans.sort("loan_id")
    loan_ids = loans["loan_id"].to_numpy()
    rows = night.instalments.filter(
        pl.col("settled_date").is_null(), pl.col("loan_id").is_in(loans["loan_id"].implode())
    )
    next_dates = next_event_dates_many(
        after=night.business_date,
        terms=terms,
        due_dates_ahead=_evening_before(loans["next_due_date"]),
        past_due_since=loans["past_due_since_date"].to_numpy().astype("datetime64[D]"),
        open_loan_index=np.searchsorted(loan_ids, rows["loan_id"].to_numpy()),
        open_due_dates=_evening_before(rows["due_date"]),
        open_last_free_dates=product.last_free_dates(due_dates=rows["due_date"].to_numpy()),
        other_dates=_bill_dates(night, product, loans),
    )
    return loans.with_columns(pl.Series("next_event_date", next_dates, dtype=pl.Date))


def _bill_dates(night: Night, product: ProductTerms, loans: pl.DataFrame) -> DateArray | None:
    """Return for each loan the next bill day and the day on which its last bill is over; None without accounts."""
    if night.accounts.is_empty():
        return None
    waiting = night.bills.filter(pl.col("due_date").is_not_null(), pl.col("carried_minor").is_null())
    if waiting.height:  # a due date is over with its last free date, or with the day before the next bill
        moved = product.last_free_dates(due_dates=waiting["due_date"].to_numpy())
        waiting = waiting.with_columns(pl.Series("due_date", moved).cast(pl.Date))
    ends = waiting.group_by("loan_id").agg(pl.col("due_date").min())
    found = (
        loans.select("loan_id")
        .join(night.accounts, on="loan_id", how="left", maintain_order="left")
        .join(ends, on="loan_id", how="left", maintain_order="left")
    )
    day_before = pl.col("next_bill_date").dt.offset_by("-1d")
    ends_on = pl.when(pl.col("due_date").is_not_null()).then(pl.min_horizontal("due_date", day_before))
    dates = found.select("next_bill_date", ends_on.alias("ends_on"))
    return np.column_stack([dates[name].to_numpy().astype("datetime64[D]") for name in dates.columns])


def _evening_before(dates: pl.Series) -> DateArray:
    return dates.dt.offset_by("-1d").to_numpy().astype("datetime64[D]")
