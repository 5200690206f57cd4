"""
Measure the contact rules: planned contacts decided in columns, and cases from lines.

    python benchmarks/contact_rules.py --questions 1000000
    python benchmarks/contact_rules.py --lines 20000

Seeded; nothing is written but temporary files. Reading the Parquet files is part of what is measured.
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import answer_line, decide_many

SEED = 20260310
NIGHT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai


def invented(questions: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return planned reminders of two channels over fourteen hours, and the past: three events a person."""
    chance = np.random.default_rng(SEED)
    person = np.arange(questions).astype(str)
    asked = (
        pl.DataFrame(
            {
                "person": person,
                "at": pl.Series([NIGHT]).dt.replace_time_zone("UTC").dt.cast_time_unit("us")[0],
                "minutes": chance.integers(0, 14 * 60, questions),
                "channel": chance.choice(["sms", "voice"], questions),
                "purpose": "reminder",
                "by_kind": "robot",
                "by_institution": "lender",
                "contact_point": person,
            }
        )
        .with_columns(at=pl.col("at") + pl.duration(minutes="minutes"))
        .drop("minutes")
    )
    events = 3 * questions
    past = (
        pl.DataFrame(
            {
                "about": chance.choice(person, events),
                "back": chance.integers(1, 40 * 24 * 60, events),
                "kind": chance.choice(
                    ["message_sent", "attempt", "connected", "inbound", "consent_given", "opt_out"],
                    events,
                    p=[0.5, 0.25, 0.15, 0.05, 0.04, 0.01],
                ),
                "channel": chance.choice(["sms", "voice"], events),
            }
        )
        .with_columns(at=pl.lit(NIGHT) - pl.duration(minutes="back"))
        .drop("back")
    )
    return asked, past


def measure_many(questions: int, pack: str) -> None:
    """Print how long reading and deciding take."""
    asked, past = invented(questions)
    with tempfile.TemporaryDirectory() as folder:
        asked.write_parquet(Path(folder) / "asked.parquet")
        past.write_parquet(Path(folder) / "past.parquet")
        begun, worked = time.perf_counter(), time.process_time()
        asked, past = pl.read_parquet(Path(folder) / "asked.parquet"), pl.read_parquet(Path(folder) / "past.parquet")
        decided = decide_many(pack=load_pack(pack), questions=asked, history=past)
        seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    outcomes = dict(decided["outcome"].value_counts().iter_rows())
    print(
        f"{pack}: {questions:,} questions with {past.height:,} events in {seconds:.1f} s ({worked:.1f} s of processors) {outcomes}"
    )


def measure_lines(lines: int, pack: str) -> None:
    """Print how many lines a second are answered, five events each."""
    chance = np.random.default_rng(SEED)
    texts = []
    for number in range(lines):
        at = NIGHT + timedelta(minutes=int(chance.integers(0, 14 * 60)))
        history = [
            {
                "at": (at - timedelta(minutes=int(back))).isoformat(),
                "kind": str(kind),
                "channel": "voice",
                "debts": ["L1"],
            }
            for back, kind in zip(
                chance.integers(1, 12_000, 5), chance.choice(["attempt", "busy", "connected"], 5), strict=True
            )
        ]
        question = {"person": "P", "channel": "voice", "at": at.isoformat(), "debts": ["L1"], "by": {"kind": "agency"}}
        texts.append(json.dumps({"id": number, "question": question, "history": history}))
    begun, worked = time.perf_counter(), time.process_time()
    for text in texts:
        answer_line(pack=load_pack(pack), text=text)
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    print(f"{pack}: {lines / seconds:,.0f} lines a second, {lines / worked:,.0f} a second of one processor")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--pack", default="cn+house")
    given = parser.parse_args()
    if given.questions:
        measure_many(given.questions, given.pack)
    if given.lines:
        measure_lines(given.lines, given.pack)
