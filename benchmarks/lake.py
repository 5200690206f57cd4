"""
How large the lake of positions is, and how fast risk's questions run on a year of it.

    python benchmarks/lake.py [--loans 1000000] [--months 12] [--parts 16]

A seeded year: every loan has a row at each month end, buckets move as such books
move. Prints bytes a row and the seconds of each question, each asked twice.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import django
import numpy as np
import polars as pl

SEED = 20260930


def main() -> None:
    """Write the lake and ask."""
    parser = argparse.ArgumentParser(description="Measure the lake of positions.")
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--parts", type=int, default=16)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    django.setup()
    from django.conf import settings

    from postloan.books.positions import portfolio

    with tempfile.TemporaryDirectory() as folder:
        settings.POSITIONS_DIR = Path(folder)
        ends = _month_ends(options.months)
        _write(loans=options.loans, ends=ends, parts=options.parts)
        files = list(Path(folder).rglob("*.parquet"))
        size = sum(file.stat().st_size for file in files)
        rows = options.loans * options.months
        print(f"{rows:,} rows in {len(files)} files, {size / 2**20:,.0f} MiB, {size / rows:.1f} bytes a row")
        period = {"from_date": ends[0], "through_date": ends[-1]}
        questions: tuple[Callable[..., pl.DataFrame], ...] = (
            portfolio.get_buckets_by_month,
            portfolio.get_roll_rates,
            portfolio.get_cure_rates,
            portfolio.get_vintages,
            portfolio.get_cohorts,
        )
        for question in questions:
            took = []
            for _ in range(2):
                began = time.perf_counter()
                found = question(**period)
                took.append(time.perf_counter() - began)
            print(f"{question.__name__:<22}{min(took):>6.2f} s  (first {took[0]:.2f} s, {found.height} rows)")


def _month_ends(months: int) -> list[date]:
    first = [date(2025 + (9 + place) // 12, (9 + place) % 12 + 1, 1) for place in range(1, months + 1)]
    return [day - timedelta(days=1) for day in first]


def _write(*, loans: int, ends: list[date], parts: int) -> None:
    from postloan.books.positions import lake

    dice = np.random.default_rng(SEED)
    ids = np.arange(1, loans + 1)
    bucket = np.where(dice.random(loans) < 0.06, dice.integers(1, 6, loans), 0)
    outstanding = dice.integers(100_000, 5_000_000, loans)
    disbursed = np.datetime64("2025-01-01") + dice.integers(0, 270, loans)
    for day in ends:
        chance = dice.random(loans)
        bucket = np.where(
            bucket == 0, (chance < 0.03).astype(int), np.where(chance < 0.35, 0, np.minimum(bucket + 1, 7))
        )
        outstanding = (outstanding * 0.94).astype(np.int64)
        rows = pl.DataFrame(
            {
                "loan_id": ids,
                "customer_id": (ids * 4 + 4) // 5,
                "product_version_id": ids % 3 + 1,
                "bucket": bucket.astype(np.int16),
                "days_past_due": np.where(bucket > 0, bucket * 30 - dice.integers(0, 30, loans), 0).astype(np.int32),
                "principal_outstanding_minor": outstanding,
                "accrued_interest_minor": outstanding // 100 * dice.integers(1, 20, loans) // 10,
                "past_due_minor": np.where(bucket > 0, outstanding // 12 * bucket, 0),
                "next_due_date": np.datetime64(day) + dice.integers(1, 29, loans),
                "disbursed_date": disbursed,
                "next_event_date": np.datetime64(day) + dice.integers(1, 21, loans),
            }
        ).with_columns(pl.lit("active").alias("status"), pl.lit(1, dtype=pl.Int16).alias("schedule_version_no"))
        for part in range(parts):
            some = rows.filter(pl.col("customer_id") % 64 * parts // 64 == part)
            lake.write_positions(rows=some, business_date=day, part=f"{part:04d}")


if __name__ == "__main__":
    main()
