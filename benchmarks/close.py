"""
How fast the books close, and how near that is to the floor.

    python benchmarks/close.py [--size 100k|1m|3m|N] [--runs 3] [--only SCENARIO ...] [--executor processes:2]
                               [--no-floor] [--no-storm]

Scenarios, each on fresh copies of a seeded book (postloan/lab/load_book.py):

    ordinary_day    22 % of the loans have an event
    month_end       every loan accrues; positions of all
    idle_day        nothing happens
    catch_up_30     thirty days at once, a month end among them
    same_events     a tenth of the loans have an event …
    same_events_3m  … and the same events in a book three times the size

Ordinary day and month end are closed once more under a storm of receipts (storm_of_receipts.py), whose waits are
measured. The floor is the time of writing the same rows bare (floor_of_close.py), measured
in the same run. Results: a table on the terminal, var/bench/close.json, var/bench/close.svg.
Uses the server at DATABASE_URL, or the embedded one; what it makes there is dropped again.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).parent))  # its own modules, also in the processes it starts

SIZES = {"100k": 100_000, "1m": 1_000_000, "3m": 3_000_000}
BUSY_SHARE = 10  # one loan in so many has an event in same_events


@dataclass(frozen=True)
class Scenario:
    """A book and the days closed on it; days up to `warm_up` are closed before the measurement."""

    name: str
    as_of_date: date
    through_date: date
    warm_up_date: date | None = None
    times: int = 1
    certain: bool = False
    storm: bool = False


SCENARIOS = (
    Scenario("ordinary_day", date(2026, 9, 1), date(2026, 9, 2), storm=True),
    Scenario("catch_up_30", date(2026, 9, 1), date(2026, 10, 1)),
    Scenario("month_end", date(2026, 9, 29), date(2026, 9, 30), storm=True),
    Scenario("same_events", date(2026, 9, 14), date(2026, 9, 15), certain=True),
    Scenario("idle_day", date(2026, 9, 14), date(2026, 9, 16), warm_up_date=date(2026, 9, 15), certain=True),
    Scenario("same_events_3m", date(2026, 9, 14), date(2026, 9, 15), times=3, certain=True),
)


@dataclass
class Result:
    """
    What one scenario took. Seconds are medians; `runs` lists those of every run.

    `lock_seconds_…` is how long partitions held their slots, over all runs without a storm; `storm` is a run under one.
    """

    loans: int
    events: int = 0
    seconds: float = 0.0
    floor_seconds: float = 0.0
    ratio: float | None = None
    plain_seconds: float = 0.0
    peak_rss_mib: float = 0.0
    runs: list[float] = field(default_factory=list)
    floor_runs: list[float] = field(default_factory=list)
    rows_written: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    step_seconds: dict[str, float] = field(default_factory=dict)
    partitions: int = 0
    lock_seconds_p50: float = 0.0
    lock_seconds_p99: float = 0.0
    lock_seconds_max: float = 0.0
    storm: dict[str, float] = field(default_factory=dict)


def main() -> None:
    """Measure and print."""
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    from postloan.config.database import database_in_use

    with tempfile.TemporaryDirectory() as folder, database_in_use() as keeper:
        django.setup()
        from books_for_close import Books
        from django.conf import settings

        books = Books(keeper=keeper, folder=Path(folder))
        try:
            results = _measure_all(books=books, options=options, keeper=keeper)
        finally:
            books.drop_all()
        report = _report(results=results, options=options, build_seconds=books.build_seconds)
        place = Path(settings.VAR_DIR) / "bench"
    _show(report)
    place.mkdir(parents=True, exist_ok=True)
    (place / "close.json").write_text(json.dumps(report, indent=2))
    from close_chart import chart

    (place / "close.svg").write_text(chart(report=report))
    print(f"\n{place / 'close.json'}, {place / 'close.svg'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the close.")
    parser.add_argument("--size", default="100k", help="loans: 100k, 1m, 3m or a number")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=[each.name for each in SCENARIOS])
    parser.add_argument("--executor", default=f"processes:{os.cpu_count() or 1}")
    parser.add_argument("--no-floor", action="store_true")
    parser.add_argument("--no-storm", action="store_true")
    options = parser.parse_args()
    options.loans = SIZES.get(options.size) or int(options.size)
    return options


def _measure_all(*, books: object, options: argparse.Namespace, keeper: object) -> dict[str, Result]:
    wanted = [each for each in SCENARIOS if not options.only or each.name in options.only]
    results: dict[str, Result] = {}
    built = None
    for scenario in wanted:
        book = f"{scenario.as_of_date:%m%d}x{scenario.times}"
        loans = options.loans * scenario.times
        if book != built:
            if built:
                books.drop(book=built)  # type: ignore[attr-defined]
            print(f"building {loans:,} loans as of {scenario.as_of_date}", file=sys.stderr)
            certain = options.loans // BUSY_SHARE if scenario.certain else 0
            books.build(book=book, loans=loans, as_of_date=scenario.as_of_date, certain_loans=certain)  # type: ignore[attr-defined]
            built = book
        results[scenario.name] = _measure(
            books=books, book=book, scenario=scenario, loans=loans, options=options, keeper=keeper
        )
    return results


def _measure(
    *, books: object, book: str, scenario: Scenario, loans: int, options: argparse.Namespace, keeper: object
) -> Result:
    from books_for_close import in_fresh_process

    result, held = Result(loans=loans), list[int]()
    for _ in range(options.runs):
        with books.copy(book=book):  # type: ignore[attr-defined]
            seconds, peak_mib = in_fresh_process(_close_measured, scenario, options.executor, keeper)
            result.runs.append(round(seconds, 3))
            result.peak_rss_mib = round(max(result.peak_rss_mib, peak_mib), 1)
            held += _count(result, scenario)
        print(f"  {scenario.name}: {seconds:.2f} s, {peak_mib:.0f} MiB", file=sys.stderr)
    result.seconds = round(statistics.median(result.runs), 3)
    result.lock_seconds_p50, result.lock_seconds_p99, result.lock_seconds_max = _spread([ms / 1000 for ms in held])
    if scenario.storm and not options.no_storm:
        _measure_storm(result, books=books, book=book, scenario=scenario, options=options, keeper=keeper)
    if not options.no_floor:
        _measure_floor(result, books=books, book=book, scenario=scenario, runs=options.runs)
    return result


def _close_measured(scenario: Scenario, executor: str, keeper: object) -> tuple[float, float]:
    """Close the days of a scenario; return the seconds and the peak memory."""
    from django.conf import settings
    from memory import MemoryMeter

    settings.CLOSE_EXECUTOR = executor
    _close(scenario.warm_up_date)
    with MemoryMeter(keeper=keeper) as meter:
        seconds = _close(scenario.through_date)
    return seconds, meter.peak_mib


def _close(through_date: date | None) -> float:
    from postloan.close.run import close_through

    if through_date is None:
        return 0.0
    began = time.perf_counter()
    runs = close_through(through_date=through_date, by="benchmark", clock=lambda: datetime.now(tz=UTC))
    seconds = time.perf_counter() - began
    assert all(run.state == "finished" for run in runs), [(run.business_date, run.state, run.checks) for run in runs]
    return seconds


def _measure_storm(
    result: Result, *, books: object, book: str, scenario: Scenario, options: argparse.Namespace, keeper: object
) -> None:
    """Close once more while receipts rain, and keep what they waited."""
    from books_for_close import in_fresh_process
    from storm_of_receipts import CALM_SECONDS, storm_of_receipts

    value_date = scenario.as_of_date + timedelta(days=1)
    with books.copy(book=book):  # type: ignore[attr-defined]
        with storm_of_receipts(loans=result.loans, value_date=value_date) as waits:
            began = time.time()
            seconds, _ = in_fresh_process(_close_measured, scenario, options.executor, keeper)
            ended = time.time()
        held = _spread([ms / 1000 for ms in _count(Result(loans=result.loans), scenario)])
    during = waits.between(ended - seconds, ended)
    p50, p99, longest = _spread(during)
    calm = _spread(waits.between(began - CALM_SECONDS, began))
    result.storm = {
        "seconds": round(seconds, 3),
        "receipts": len(during),
        "wait_seconds_p50": p50,
        "wait_seconds_p99": p99,
        "wait_seconds_max": longest,
        "calm_seconds_p50": calm[0],
        "calm_seconds_max": calm[2],
        "lock_seconds_max": held[2],
    }
    print(f"  {scenario.name}, storm: {result.storm}", file=sys.stderr)


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median, the 99th hundredth and the largest; zeros of nothing."""
    ranked = sorted(values)
    if not ranked:
        return 0.0, 0.0, 0.0
    return tuple(round(ranked[min(int(len(ranked) * share), len(ranked) - 1)], 3) for share in (0.5, 0.99, 1))  # type: ignore[return-value]


def _count(result: Result, scenario: Scenario) -> list[int]:
    """Note what the last run did; return how many milliseconds each partition held its slots."""
    from postloan.close.models import ClosePartition

    counts: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    since = scenario.warm_up_date or scenario.as_of_date
    marks = list(ClosePartition.objects.filter(run__business_date__gt=since))
    for mark in marks:
        counts.update(mark.counts)
        steps.update(mark.step_seconds)
    result.counts = dict(counts)
    result.step_seconds = {name: round(value, 2) for name, value in steps.items()}
    result.events = counts["loans"]
    held = [mark.held_ms for mark in marks if mark.held_ms is not None]
    result.partitions = len(held)
    return held


def _measure_floor(result: Result, *, books: object, book: str, scenario: Scenario, runs: int) -> None:
    from django.conf import settings
    from floor_of_close import keeping_what_is_written, last_entry_id, read_entries, write_bare, write_plain

    settings.CLOSE_EXECUTOR = "inline"  # what is written must pass through this process to be kept
    with books.copy(book=book):  # type: ignore[attr-defined]
        _close(scenario.warm_up_date)
        last_id = last_entry_id()
        with keeping_what_is_written() as written:
            _close(scenario.through_date)
        entries = read_entries(after_id=last_id)
    for _ in range(runs):
        with books.copy(book=book):  # type: ignore[attr-defined]
            _close(scenario.warm_up_date)
            result.floor_runs.append(round(write_bare(written=written, entries=entries), 3))
            if not result.plain_seconds:
                result.plain_seconds = round(write_plain(written=written), 3)
    result.rows_written = written.rows + entries.height
    result.floor_seconds = round(statistics.median(result.floor_runs), 3)
    if result.rows_written > 1_000:  # nothing was written on an idle day: no ratio
        result.ratio = round(result.seconds / result.floor_seconds, 2)
    print(f"  {scenario.name}: floor {result.floor_seconds:.2f} s, ratio {result.ratio}", file=sys.stderr)


# --- the report ----------------------------------------------------------------------------------


def _report(
    *, results: dict[str, Result], options: argparse.Namespace, build_seconds: dict[str, float]
) -> dict[str, object]:
    report: dict[str, object] = {name: asdict(result) for name, result in results.items()}
    about: dict[str, object] = {
        "size": options.size,
        "executor": options.executor,
        "processor": _processor(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "commit": _commit(),
        "measured_at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "load_average": [round(each, 2) for each in os.getloadavg()],
        "build_seconds": {name: round(value, 1) for name, value in build_seconds.items()},
    }
    if {"same_events", "same_events_3m"} <= results.keys():
        small, large = results["same_events"], results["same_events_3m"]
        about["same_events_exponent"] = round(math.log(large.seconds / small.seconds) / math.log(3), 3)
        about["same_events_growth_percent"] = round(100 * (large.seconds / small.seconds - 1), 1)
    if {"ordinary_day", "catch_up_30"} <= results.keys():
        about["catch_up_over_one_day"] = round(results["catch_up_30"].seconds / results["ordinary_day"].seconds, 2)
    if {"ordinary_day", "month_end"} <= results.keys():
        day, end = results["ordinary_day"], results["month_end"]
        about["scaling_exponent"] = round(math.log(end.seconds / day.seconds) / math.log(end.events / day.events), 3)
    return report | {"about": about}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def _show(report: dict[str, object]) -> None:
    print(f"\n{'scenario':<16}{'loans':>11}{'events':>11}{'seconds':>9}{'floor':>8}{'ratio':>7}{'plain':>8}{'MiB':>7}"
          f"{'rows written':>14}")  # fmt: skip
    for name, result in report.items():
        if name == "about":
            continue
        assert isinstance(result, dict)
        ratio = f"{result['ratio']:.2f}" if result["ratio"] else "–"
        print(f"{name:<16}{result['loans']:>11,}{result['events']:>11,}{result['seconds']:>9.2f}"
              f"{result['floor_seconds']:>8.2f}{ratio:>7}{result['plain_seconds']:>8.2f}{result['peak_rss_mib']:>7.0f}"
              f"{result['rows_written']:>14,}")  # fmt: skip
        print(f"    {result['partitions']} partitions held their slots for {result['lock_seconds_p50']:.2f} s (median), "
              f"{result['lock_seconds_p99']:.2f} s (99 of 100), {result['lock_seconds_max']:.2f} s at most")  # fmt: skip
        if storm := result["storm"]:
            print(f"    storm: {storm['receipts']:,} receipts waited {storm['wait_seconds_p50']:.2f} s (median), "
                  f"{storm['wait_seconds_p99']:.2f} s (99 of 100), {storm['wait_seconds_max']:.2f} s at most; "
                  f"without a close {storm['calm_seconds_p50']:.2f} and {storm['calm_seconds_max']:.2f} s")  # fmt: skip
        steps = sorted(result["step_seconds"].items(), key=lambda item: -item[1])
        print("    " + ", ".join(f"{step} {seconds:.2f}" for step, seconds in steps if seconds >= 0.01))
    print(json.dumps(report["about"], indent=1))


if __name__ == "__main__":
    main()
