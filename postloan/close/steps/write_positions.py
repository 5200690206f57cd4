"""Put the night's loans into the lake of positions, as they stand when the day is closed."""

import polars as pl

from postloan.books.positions import lake
from postloan.close.night import OPEN_TOTAL_MINOR, Night
from postloan.kernel.ageing import days_past_due_many


def positions_of(night: Night) -> pl.DataFrame:
    """Return a position for each loan of the night (columns lake.POSITION)."""
    past_due = (
        night.instalments.filter(pl.col("due_date") <= night.business_date)
        .group_by("loan_id")
        .agg(OPEN_TOTAL_MINOR.sum().alias("past_due_minor"))
    )
    aged = [
        rows.with_columns(
            pl.Series(
                "days_past_due",
                days_past_due_many(
                    past_due_since=rows["past_due_since_date"].to_numpy().astype("datetime64[D]"),
                    business_date=night.business_date,
                    terms=terms.ageing,
                ),
            )
        )
        for terms, rows in night.by_product(night.loans)
    ]
    if not aged:
        return pl.DataFrame(schema=lake.POSITION)
    loans = pl.concat(aged).sort("loan_id").join(past_due, on="loan_id", how="left", maintain_order="left")
    return loans.with_columns(pl.col("past_due_minor").fill_null(0)).select(*lake.POSITION)


def write_night_positions(*, night: Night, part: str) -> int:
    """Write the positions of the night as the file of this partition and day; returns how many."""
    rows = positions_of(night)
    if rows.height:
        lake.write_positions(rows=rows, business_date=night.business_date, part=part)
    return rows.height
