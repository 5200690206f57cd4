"""
How long the gate takes, and that no fight for the last slot ever ends wrongly.

    python benchmarks/gate.py [--decisions 3000] [--people 5000] [--pack cn+house]
    python benchmarks/gate.py --fight [--rounds 10000]
    python benchmarks/gate.py --plan [--loans 1000000]

The first measures one decision in a transaction of its own, committed: locks, history (20 contacts a person), rules,
decision, slot and evidence written; then its settlement. The second lets 16 connections in 4 processes fight for the
last slot of the day, round after round: in every round exactly one may win; the winner gives the slot back, so a slot
lost once would leave the next round without a winner. At the end the evidence is verified. The third gates a plan of
reminders in columns, reading people, addresses and two contacts a person included.

Uses the server at DATABASE_URL, or the embedded one; what it makes there is dropped again.
"""

import argparse
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).parent))

PROCESSES, THREADS = 4, 4
HANDS = PROCESSES * THREADS


def main() -> None:
    """Measure and print; exit 1 where a fight ended wrongly."""
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    from postloan.config.database import database_in_use

    with tempfile.TemporaryDirectory() as folder, database_in_use() as keeper:
        django.setup()
        from books_for_close import Books
        from django.conf import settings

        books = Books(keeper=keeper, folder=Path(folder))
        try:
            books.create_empty(book="gate")
            report = _fight(options) if options.fight else _plan(options) if options.plan else _decide(options)
        finally:
            books.drop_all()
        place = Path(settings.VAR_DIR) / "bench"
    place.mkdir(parents=True, exist_ok=True)
    (place / "gate.json").write_text(json.dumps(report, indent=2))
    for name, value in report.items():
        print(f"{name:<28} {value}")
    if report.get("wrong_rounds"):
        raise SystemExit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the gate.")
    parser.add_argument("--decisions", type=int, default=3000)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--contacts", type=int, default=20, help="past contacts of each person")
    parser.add_argument("--pack", default="cn+house")
    parser.add_argument("--fight", action="store_true")
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--loans", type=int, default=1_000_000)
    return parser.parse_args()


def _decide(options: argparse.Namespace) -> dict[str, Any]:
    from django.conf import settings
    from gate_people import AT, make_people, percentile

    from postloan.care.outreach import operations
    from postloan.care.outreach.operations import Outcome

    settings.CONTACT_POLICY = {"default": options.pack}
    people = make_people(people=options.people, contacts_each=options.contacts)
    dice = random.Random(1)
    reserve_ms: list[float] = []
    settle_ms: list[float] = []
    verdicts: dict[str, int] = {}
    own_cpu = 0.0
    for no in range(options.decisions + 50):
        customer, point = dice.choice(people)
        ask = _ask(f"bench:{no}", customer, point)
        at = AT + timedelta(seconds=no)
        began, cpu = time.perf_counter(), time.process_time()
        [answer] = operations.reserve_contacts(asks=[ask], at=at, by="bench")
        reserved = time.perf_counter()
        if no >= 50:
            own_cpu += time.process_time() - cpu
            reserve_ms.append((reserved - began) * 1000)
            verdicts[answer.verdict] = verdicts.get(answer.verdict, 0) + 1
        if answer.is_allowed:
            operations.settle_contacts(outcomes=[Outcome(answer.contact_id, "attempt")], at=at, by="bench")
            settle_ms.append((time.perf_counter() - reserved) * 1000)
    return {
        "pack": options.pack,
        "decisions": options.decisions,
        "reserve_ms_median": round(statistics.median(reserve_ms), 3),
        "reserve_ms_p95": round(percentile(values=reserve_ms, share=0.95), 3),
        "reserve_ms_p99": round(percentile(values=reserve_ms, share=0.99), 3),
        "reserve_own_cpu_ms": round(own_cpu * 1000 / options.decisions, 3),
        "bare_commit_ms_median": round(_bare_commit_ms(), 3),
        "settle_ms_median": round(statistics.median(settle_ms), 3) if settle_ms else None,
        "verdicts": verdicts,
    }


def _bare_commit_ms() -> float:
    """Return the median time of a one-row insert that is committed: what the disk alone asks for here and now."""
    from django.db import connection

    taken = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (n integer)")
        for no in range(300):
            began = time.perf_counter()
            cursor.execute("INSERT INTO bare VALUES (%s)", [no])
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _ask(key: str, customer: int, point: int) -> Any:
    from postloan.care.outreach.asking import Ask

    return Ask(
        key=key,
        customer_id=customer,
        channel="voice",
        purpose="collection",
        contact_point_id=point,
        loan_ids=(customer,),
        about={"mode": "interactive"},
    )


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    import polars as pl
    from django.conf import settings
    from gate_people import AT, make_people

    from postloan.care.outreach.planning import plan_contacts

    settings.CONTACT_POLICY = {"default": options.pack}
    people = make_people(people=options.loans * 4 // 5, contacts_each=2)
    owners = [people[loan * 4 // 5][0] for loan in range(options.loans)]
    planned = pl.DataFrame({"customer_id": owners, "loan_id": range(1, options.loans + 1)}).with_columns(
        pl.lit(AT).alias("at")
    )
    began = time.perf_counter()
    answers = plan_contacts(planned=planned, channel="sms", purpose="reminder", template="reminder", at=AT)
    seconds = time.perf_counter() - began
    return {
        "pack": options.pack,
        "loans": options.loans,
        "contacts_read": 2 * len(people),
        "seconds": round(seconds, 2),
        "outcomes": dict(answers["outcome"].value_counts().iter_rows()),
    }


def _fight(options: argparse.Namespace) -> dict[str, Any]:
    from gate_people import make_people

    from postloan.care.outreach.models import Contact, ContactDecision
    from postloan.care.outreach.verifying import verify_evidence
    from postloan.close.workers import workplace

    people = make_people(people=200, contacts_each=0)
    context = multiprocessing.get_context("spawn")
    barrier, winners = context.Barrier(HANDS), context.Array("i", options.rounds)
    began = time.perf_counter()
    workers = [
        context.Process(target=_fighters, args=(workplace(), people, barrier, winners, options.rounds, no))
        for no in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    wrong = [count for count in winners if count != 1]
    verdict = verify_evidence()
    return {
        "rounds": options.rounds,
        "connections": HANDS,
        "seconds": round(seconds, 1),
        "decisions": ContactDecision.objects.count(),
        "decisions_per_second": round(options.rounds * HANDS / seconds),
        "wrong_rounds": len(wrong) + (any(worker.exitcode for worker in workers)),
        "slots_left_reserved": Contact.objects.filter(state="reserved").count(),
        "evidence_entries": verdict.entries,
        "evidence_findings": len(verdict.findings),
    }


def _fighters(place: Any, people: list[tuple[int, int]], barrier: Any, winners: Any, rounds: int, no: int) -> None:
    from postloan.close.workers import begin_work

    begin_work(place)
    from gate_people import one_call_pack

    from postloan.care.outreach import deciding

    pack = one_call_pack()
    deciding.pack_for = lambda *, jurisdiction: pack
    hands = [Thread(target=_hand, args=(people, barrier, winners, rounds, f"{no}.{hand}")) for hand in range(THREADS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()


def _hand(people: list[tuple[int, int]], barrier: Any, winners: Any, rounds: int, name: str) -> None:
    from gate_people import AT

    from postloan.care.outreach import operations
    from postloan.care.outreach.operations import Outcome

    try:
        for no in range(rounds):
            customer, point = people[no % len(people)]
            barrier.wait(timeout=120)
            ask = _ask(f"fight:{no}:{name}", customer, point)
            [answer] = operations.reserve_contacts(asks=[ask], at=AT + timedelta(milliseconds=no), by=name)
            if answer.is_allowed:
                with winners.get_lock():
                    winners[no] += 1
            barrier.wait(timeout=120)
            if answer.is_allowed:
                lost = Outcome(answer.contact_id, ("busy", "not_sent")[no % 2])
                operations.settle_contacts(outcomes=[lost], at=AT + timedelta(milliseconds=no), by=name)
    except BaseException:
        barrier.abort()
        raise


if __name__ == "__main__":
    main()
