"""
How long lists take on the server, on a seeded book: first page, next page, filtered, ordered, searched, on the way through.

    python benchmarks/lists.py [--size 1m] [--times 20] [--explain] [--keep]

Milliseconds from the request to the last byte, in one process, without the network: the least, the median, the 95th
percentile, and how long this process was busy. On a machine that others use only the least and the last say much. Of
the journal and the messages the book has few; they are made here, a message for each loan. Results on the terminal and
in var/bench/lists.json. `--keep` leaves the book for the next time.
"""

import argparse
import html
import json
import os
import re
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).parent))

SIZES = {"100k": 100_000, "1m": 1_000_000}
AS_OF = date(2026, 9, 1)
BAR_MS = 100

MESSAGES = """
INSERT INTO outreach_message (key, customer_id, channel, purpose, template, language, subject_encrypted, body_encrypted,
    occasion, state, reason, attempts, not_before_at, queued_at, sent_at{more})
SELECT 'bench:' || id, customer_id, 'email', 'reminder', 'reminder', 'en', '', '', '{{}}', 'sent', '', 1,
    '2026-08-01'::timestamptz + id * interval '1 second', '2026-08-01'::timestamptz + id * interval '1 second',
    '2026-08-01'::timestamptz + id * interval '1 second'{values}
FROM loans_loan
"""
ENTRIES = """
WITH written AS (
    INSERT INTO ledger_journalentry (business_date, kind, source, currency, recorded_at)
    SELECT '2026-01-01'::date + (number %% 240), 'receipt', 'bench:' || number, 'CNY', now()
    FROM generate_series(1, %s) AS number RETURNING id)
INSERT INTO ledger_posting (entry_id, debit_id, credit_id, amount_minor, loan_id)
SELECT id, (SELECT id FROM ledger_account ORDER BY id LIMIT 1),
    (SELECT id FROM ledger_account ORDER BY id OFFSET 1 LIMIT 1), 1250, 1 FROM written
"""


def main() -> None:
    """Build, measure, print."""
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    from postloan.config.database import database_in_use

    with tempfile.TemporaryDirectory() as folder, database_in_use() as keeper:
        django.setup()
        from books_for_close import Books
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["testserver"]
        settings.POSITIONS_DIR = Path(folder) / "positions"
        books = Books(keeper=keeper, folder=Path(folder))
        books._name = lambda book: f"bench_lists_{options.loans}_{book}"  # type: ignore[method-assign]  # noqa: SLF001
        try:
            _ready(books, options)
            results = _measure_all(times=options.times, explain=options.explain)
        finally:
            if not options.keep:
                books.drop_all()
    place = Path(settings.VAR_DIR) / "bench"
    place.mkdir(parents=True, exist_ok=True)
    (place / "lists.json").write_text(json.dumps({"loans": options.loans, "lists": results}, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the lists.")
    parser.add_argument("--size", default="100k", help="loans: 100k, 1m or a number")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--explain", action="store_true", help="print the questions asked that took 20 ms or more")
    parser.add_argument("--keep", action="store_true", help="leave the book for the next time")
    options = parser.parse_args()
    options.loans = SIZES.get(options.size) or int(options.size)
    return options


def _ready(books: Any, options: argparse.Namespace) -> None:
    """Point Django at the book; build it where it is not there."""
    from django.core.management import call_command
    from django.db import OperationalError, connection

    books._point_at(books._name("book"))  # noqa: SLF001
    try:
        connection.ensure_connection()
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError:
        print(f"building {options.loans:,} loans", file=sys.stderr)
        books.build(book="book", loans=options.loans, as_of_date=AS_OF)
    _fill(options.loans)


def _fill(loans: int) -> None:
    from django.db import connection

    from postloan.books.ledger.models import JournalEntry
    from postloan.care.outreach.models import Message

    known = {"key", "customer_id", "channel", "purpose", "template", "language", "subject_encrypted", "body_encrypted"}
    known |= {"id", "occasion", "state", "reason", "attempts", "not_before_at", "queued_at", "sent_at"}
    blank = {
        field.column: field.get_default()
        for field in Message._meta.concrete_fields  # noqa: SLF001
        if field.column not in known and not field.null and not field.has_db_default()
    }
    if JournalEntry.objects.filter(source="bench:1").exists():
        return
    with connection.cursor() as cursor:
        more = "".join(f", {name}" for name in blank)
        values = "".join(", %s" for _ in blank)
        given = [json.dumps(value) if isinstance(value, dict | list) else value for value in blank.values()]
        cursor.execute("DELETE FROM outreach_message")
        cursor.execute(MESSAGES.format(more=more, values=values), given)
        cursor.execute(ENTRIES, [loans // 4])
        for table in ("outreach_message", "ledger_journalentry", "ledger_posting"):
            cursor.execute(f"ANALYZE {table}")


def _measure_all(*, times: int, explain: bool) -> dict[str, dict[str, float]]:
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from postloan.books.loans.models import Loan
    from postloan.ground.access.operations import add_login
    from postloan.ground.access.roles import Role

    name = "bench"
    if not User.objects.filter(username=name).exists():
        add_login(username=name, password=os.urandom(9).hex(), roles=[Role.SUPERVISOR], by=name, at=timezone.now())
    client = Client()
    client.force_login(User.objects.get(username=name))
    late = Loan.objects.filter(bucket__gt=1).first()
    assert late is not None
    pages = {
        "loans": "/office/loans/",
        "loans in a bucket": "/office/loans/?bucket=2",
        "loans not past due": "/office/loans/?bucket=0",
        "loans paid off": "/office/loans/?status=closed",
        "loans by amount": "/office/loans/?bucket=4&sort=-outstanding",
        "loans by number": f"/office/loans/?text={late.external_id}",
        "loans, nobody's number": "/office/loans/?text=nobody",
        "messages": "/office/messages/",
        "messages of a day": "/office/messages/?on=2026-08-05",
        "messages that failed": "/office/messages/?state=failed",
        "journal": "/office/journal/",
        "journal of a day": "/office/journal/?on=2026-03-01",
        "a customer": f"/desk/customers/{late.customer_id}",
        "a loan": f"/desk/loans/{late.pk}",
    }
    results = {}
    for title, path in pages.items():
        results[title] = _measure(client, path, times, explain)
        if following := re.search(r'rel="next" href="([^"]+)"', client.get(path).content.decode()):
            url = path.partition("?")[0] + html.unescape(following.group(1))
            results[f"{title}, next"] = _measure(client, url, times, explain)
    for text, title in ((late.external_id, "palette"), ("nobody", "palette, nothing")):
        results[title] = _measure(client, "/ui/find", times, explain, text=text)
    print(f"\n{'':28}{'least':>9}{'median':>9}{'p95':>9}{'cpu':>9}  ms")
    for title, took in results.items():
        figures = "".join(f"{took[name]:9.1f}" for name in ("least", "median", "p95", "cpu"))
        print(f"{title:28}{figures}{'' if took['least'] <= BAR_MS else '  over the bar'}")
    return results


def _measure(client: Any, path: str, times: int, explain: bool, text: str = "") -> dict[str, float]:
    from django.conf import settings
    from django.db import connection, reset_queries

    took = []
    cpu = time.process_time()
    for turn in range(times + 1):
        settings.DEBUG = explain and turn == times
        reset_queries()
        began = time.perf_counter()
        answer = client.post(path, {"text": text}) if text else client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
        if settings.DEBUG:
            for asked in connection.queries:
                if float(asked["time"]) >= 0.02:
                    print(f"{path}: {asked['time']} s {asked['sql'][:400]}", file=sys.stderr)
    settings.DEBUG = False
    cpu = (time.process_time() - cpu) * 1000 / len(took)
    took = sorted(took[1:])
    return {"least": took[0], "cpu": cpu, "median": statistics.median(took), "p95": took[int(0.95 * (len(took) - 1))]}


if __name__ == "__main__":
    main()
