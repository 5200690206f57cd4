"""
Blocks on their way: handed to the processes that prepare them, and written to the database.

Everything is written through Django's own connection, in the transaction of the
import. COPY takes the text as the preparing processes made it.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from postloan.books.loans.importing.blocks import Block, Job, People, Prepared, RepeatedCustomer
from postloan.books.loans.importing.copy_text import CONTACT_POINTS, CUSTOMERS, FORMATS, LOANS, TABLES
from postloan.books.loans.importing.mapping import Mapping
from postloan.books.loans.importing.preparing import prepare_block
from postloan.books.loans.importing.surveying import Survey, blocks_of_rows, customer_keys, loan_ids

WORKERS_MOST = 4
ROWS_WORTH_A_PROCESS = 20_000


def read_blocks(
    *, file: Path, mapping: Mapping, people: People | None, survey: Survey, dry_run: bool
) -> Iterator[Block]:
    """Give the blocks of the tape with their ids; those of new loans and customers are drawn from the database."""
    seen = _Customers(source=mapping.tape.source)
    has_loans = _exists(LOANS, mapping.tape.source)
    for rows in blocks_of_rows(file=file, mapping=mapping):
        ids = loan_ids(rows=rows, mapping=mapping)
        keys = customer_keys(rows=rows, ids=ids, mapping=mapping, people=people)
        known = set(held_ids(LOANS, mapping.tape.source, ids)) if has_loans else set()
        block = Block(
            rows=rows,
            duplicates=survey.repeated_loans.flags(texts=ids),
            loans_known=[each in known for each in ids],
            customer_keys=keys,
        )
        if not dry_run:
            seen.add_ids(block=block, repeated=survey.repeated_customers.flags(texts=keys))
            block.loan_ids.extend(draw_ids(LOANS, len(rows)))
        yield block


class _Customers:
    """Gives every customer of the tape one id, also where rows far apart name the same one."""

    def __init__(self, *, source: str) -> None:
        self._source = source
        self._has_customers = _exists(CUSTOMERS, source)
        self._ids: dict[str, int] = {}

    def add_ids(self, *, block: Block, repeated: list[bool]) -> None:
        """Fill in the customers of a block."""
        held = held_ids(CUSTOMERS, self._source, block.customer_keys) if self._has_customers else {}
        fresh = draw_ids(CUSTOMERS, len(block.rows))
        for key, is_repeated, new_id in zip(block.customer_keys, repeated, fresh, strict=True):
            if key in held:
                customer_id = held[key]
            elif is_repeated:
                customer_id = self._ids.setdefault(key, new_id)
            else:
                customer_id = new_id
            block.customer_ids.append(customer_id)
            block.customers_known.append(key in held)
        block.customers_repeated.extend(repeated)


def prepare_blocks(*, job: Job, blocks: Iterable[Block], workers: int) -> Iterator[tuple[Block, Prepared]]:
    """
    Give the blocks prepared, in order, worked out by `workers` processes; by this one where that is 0.

    No more blocks are under way than keep the processes busy, so memory does not grow with the tape.
    """
    if workers == 0:
        for block in blocks:
            yield block, prepare_block(job=job, block=block)
        return
    pool = worker_pool(workers=workers)
    under_way: deque[tuple[Block, Future[Prepared]]] = deque()
    try:
        for block in blocks:
            under_way.append((block, pool.submit(prepare_block, job=job, block=block)))
            if len(under_way) > workers + 1:
                first, future = under_way.popleft()
                yield first, future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def worker_pool(*, workers: int) -> ProcessPoolExecutor:
    """Return a pool of fresh processes, none of which outlives this one, even where this one is killed."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def workers_for(*, rows: int) -> int:
    """
    Return how many processes prepare a tape of so many rows: none beside this one where that is not worth starting them.

    One processor is left to the database, which has about as much to do as one of them.
    """
    if rows <= ROWS_WORTH_A_PROCESS:
        return 0
    return max(1, min((os.cpu_count() or 1) - 1, WORKERS_MOST))


@dataclass
class Writer:
    """Writes prepared blocks. `first_loan_id` to `last_loan_id` holds every loan written."""

    first_loan_id: int = 0
    last_loan_id: int = 0
    _written: set[int] = field(default_factory=set)

    def write(self, *, block: Block, prepared: Prepared) -> None:
        """Write the rows of a block, each table after those it points at."""
        copies = dict(prepared.copies)
        fresh = [each for each in prepared.repeated_customers if each.customer_id not in self._written]
        self._written.update(each.customer_id for each in fresh)
        copies[CUSTOMERS] = copies.get(CUSTOMERS, b"") + _joined(fresh, "customer_row")
        copies[CONTACT_POINTS] = copies.get(CONTACT_POINTS, b"") + _joined(fresh, "contact_rows")
        with connection.cursor() as cursor:
            for table, names in TABLES.items():
                if text := copies.get(table):
                    layout = f"FORMAT {FORMATS[table]}, ENCODING 'UTF8'"
                    statement = f"COPY {table} ({', '.join(names)}) FROM STDIN ({layout})"
                    with cursor.copy(statement) as copy:
                        copy.write(text)
        if prepared.loaded:
            first, last = min(block.loan_ids), max(block.loan_ids)
            self.first_loan_id = min(self.first_loan_id or first, first)
            self.last_loan_id = max(self.last_loan_id, last)


def _joined(customers: list[RepeatedCustomer], name: str) -> bytes:
    return b"".join(getattr(customer, name) for customer in customers)


def _exists(table: str, source: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE source = %s)", [source])
        return bool(cursor.fetchone()[0])


def held_ids(table: str, source: str, external_ids: list[str]) -> dict[str, int]:
    """Return the ids of the rows of a table that this source knows under these names."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT external_id, id FROM {table} WHERE source = %s AND external_id = ANY(%s)", [source, external_ids]
        )
        return dict(cursor.fetchall())


def draw_ids(table: str, count: int) -> list[int]:
    """Return so many ids of a table that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [number for (number,) in cursor.fetchall()]
