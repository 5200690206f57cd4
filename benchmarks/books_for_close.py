"""
Books to measure the close on: built once, copied for every run, dropped at the end.

A copy is made from the built database file by file, so every run begins with the
same pages, none of them in PostgreSQL's own cache, all of them most likely in
the system's.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

AT = datetime(2026, 9, 1, 16, tzinfo=UTC)
# Due days in the first ten days of the month, after pay day; the 3rd, 6th and 10th are chosen so that on the
# evening of the 2nd, 22 % of the loans fall due, are to be reminded, or change their bucket.
DUE_DAYS = {1: 113, 2: 113, 3: 100, 4: 113, 5: 113, 6: 60, 7: 113, 8: 113, 9: 112, 10: 50}
PAST_DUE_MILLE = 70  # of these some are due on the very day: 6 % of the loans are past due


def in_fresh_process(function: Any, *arguments: Any) -> Any:
    """Return what the function returns in a process of its own, so that no memory of earlier work is counted."""
    from postloan.close.workers import begin_work, workplace

    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), initializer=begin_work, initargs=(workplace(),)
    ) as pool:
        return pool.submit(function, *arguments).result()


def _load(wishes: Any) -> None:
    from postloan.lab.load_book import load_book

    load_book(wishes=wishes, by="benchmark", at=AT)


class Books:
    """Databases on one server, named after this process."""

    def __init__(self, *, keeper: Any, folder: Path) -> None:
        self.keeper, self.folder = keeper, folder
        self.build_seconds: dict[str, float] = {}

    def create_empty(self, *, book: str) -> None:
        """Make a migrated database without a book and point Django at it."""
        from django.core.management import call_command

        self._create(name=self._name(book), template="template0")
        self._point_at(self._name(book))
        call_command("migrate", verbosity=0, interactive=False)

    def build(self, *, book: str, loans: int, as_of_date: date, certain_loans: int = 0) -> None:
        """Make a book that copies are taken from."""
        from django.core.management import call_command

        from postloan.lab.load_book import BookWishes

        self._create(name=self._name(book), template="template0")
        self._point_at(self._name(book))
        call_command("migrate", verbosity=0, interactive=False)
        began = time.perf_counter()
        wishes = BookWishes(
            loans=loans,
            as_of_date=as_of_date,
            due_days=DUE_DAYS,
            past_due_mille=PAST_DUE_MILLE,
            certain_loans=certain_loans,
            certain_day=16,
        )
        in_fresh_process(_load, wishes)
        self.build_seconds[book] = time.perf_counter() - began
        with self._connected(self._name(book)) as connection:
            connection.execute("VACUUM (ANALYZE, FREEZE)")

    @contextmanager
    def copy(self, *, book: str) -> Iterator[None]:
        """Point Django at a fresh copy of a book for the length of the block."""
        from django.conf import settings

        name = self._name("run")
        self._create(name=name, template=self._name(book))
        self._point_at(name)
        lake = self.folder / "positions"
        settings.POSITIONS_DIR = lake
        os.environ["POSTLOAN_POSITIONS"] = str(lake)  # for the workers
        try:
            yield
        finally:
            self._close_connections()
            self._drop(name)
            for file in sorted(lake.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()

    def drop(self, *, book: str) -> None:
        """Drop a book that is not needed any more."""
        self._close_connections()
        self._drop(self._name(book))

    def drop_all(self) -> None:
        """Drop whatever this process has made."""
        self._close_connections()
        with self._connected(self.keeper.name) as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{self._name('')}%"])
            names = [row[0] for row in rows]
        for name in names:
            self._drop(name)

    def _name(self, book: str) -> str:
        return f"bench_close_{os.getpid()}_{book}"

    def _create(self, *, name: str, template: str) -> None:
        self._close_connections()
        self._drop(name)
        with self._connected(self.keeper.name) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        with self._connected(name) as connection:  # nothing but the close works while it is measured
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET log_min_duration_statement = -1").format(sql.Identifier(name))
            )

    def _drop(self, name: str) -> None:
        with self._connected(self.keeper.name) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def _connected(self, name: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(**replace(self.keeper, name=name).connection_arguments(), autocommit=True) as connection:
            yield connection

    def _point_at(self, name: str) -> None:
        from django.db import connections

        address = replace(self.keeper, name=name)
        self._close_connections()
        for settings in (connections.settings["default"], connections["default"].settings_dict):
            settings.update(address.settings() | {"OPTIONS": settings.get("OPTIONS", {})})
        os.environ["POSTLOAN_BENCH_DATABASE"] = address.url()

    @staticmethod
    def _close_connections() -> None:
        from django.db import connections

        connections.close_all()
