"""
Databases of the test run's own: one migrated template, and copies of it.

The append-only tables refuse TRUNCATE, so Django's way of cleaning up after a
test that really commits (flush) does not work here, and switching triggers off
would test another schema than the real one. Instead such a test gets its
database back by `CREATE DATABASE … TEMPLATE`: exactly the migrated state,
sequences and all, at the right of CREATEDB and no more. The same template
serves every worker of pytest-xdist, so migrations run once.

Without DATABASE_URL the databases lie in a cluster of the tests' own,
`var/test-postgres`, which may lose its data in a power cut (fsync off); its
template is kept for the next run until a migration or a model changes. With
DATABASE_URL they lie on that server and all of them are dropped at the end.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from postloan.config.database import (
    DatabaseAddress,
    EmbeddedServer,
    check_server,
    database_address,
    is_embedded,
    var_dir,
)

ABANDONED_SECONDS = 6 * 3600  # a run that was killed leaves its databases; a later one drops them after this
LOCK_NUMBER = 0x706F7374  # advisory lock around the making of the template


@dataclass
class CopiedDatabase:
    """One worker's database: where it is, and what it is a copy of."""

    address: DatabaseAddress
    template: str
    keeper: DatabaseAddress  # another database of the server, to create and drop from

    def create(self) -> None:
        with keeping(self.keeper) as connection:
            _create(connection, self.address.name, template=self.template)

    def restore(self) -> None:
        """Throw away everything that was committed: back to the state after the migrations."""
        connections.close_all()
        with keeping(self.keeper) as connection:
            _drop(connection, self.address.name)
            _create(connection, self.address.name, template=self.template)

    def drop(self) -> None:
        connections.close_all()
        with keeping(self.keeper) as connection:
            _drop(connection, self.address.name)


def server_of_tests() -> tuple[EmbeddedServer | None, DatabaseAddress]:
    """Return the server to test on (joined, where it is the embedded one) and a database on it to work from."""
    if is_embedded():
        server = EmbeddedServer(data_dir=var_dir() / "test-postgres", durable=False)
        server.join()
        return server, server.address()
    address = database_address()
    check_server(address=address)
    return None, address


def copied_database(*, keeper: DatabaseAddress, run: str, worker: str) -> CopiedDatabase:
    """Create and return the database of one worker of one run, making the migrated template where it is missing."""
    template = f"testtemplate_postloan_{_fingerprint() if is_embedded() else run}"
    with keeping(keeper) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        _drop_abandoned(connection, keep=template)
        if not _exists(connection, template):
            _make_template(connection, keeper=keeper, name=template)
    database = CopiedDatabase(
        address=replace(keeper, name=f"test_postloan_{run}_{worker}"), template=template, keeper=keeper
    )
    database.create()
    return database


def point_django_at(address: DatabaseAddress) -> None:
    """Make `address` Django's default database in this process."""
    settings = address.settings()
    for place in (connections.settings["default"], connections["default"].settings_dict):
        place.update({key: value for key, value in settings.items() if key != "OPTIONS"})
        place["OPTIONS"] = place.get("OPTIONS", {}) | settings["OPTIONS"]


def drop_databases_of_run(*, keeper: DatabaseAddress, run: str) -> None:
    """Drop what a run made on a server that is not ours."""
    with keeping(keeper) as connection:
        for name in _names(connection):
            if f"_{run}" in name:
                _drop(connection, name)


def new_run() -> str:
    """Return a name for a test run that tells when it began."""
    return f"{int(time.time())}x{time.monotonic_ns() % 1_000_000}"


@contextmanager
def keeping(address: DatabaseAddress) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**address.connection_arguments(), autocommit=True) as connection:
        yield connection


def _make_template(connection: psycopg.Connection[Any], *, keeper: DatabaseAddress, name: str) -> None:
    """Migrate under another name and rename when complete, so that a kill leaves no half template."""
    draft = f"{name}_new"
    _drop(connection, draft)
    connection.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(draft)))
    point_django_at(replace(keeper, name=draft))
    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))


def _fingerprint() -> str:
    """Return a short hash of everything the migrated state depends on."""
    digest = hashlib.sha256()
    for package in ("django", "procrastinate"):
        digest.update(f"{package} {version(package)}\n".encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.name):
        root = Path(config.path)
        if not config.name.startswith("postloan."):
            continue
        for file in sorted([*root.glob("migrations/**/*.py"), *root.glob("migrations/**/*.sql"), *root.glob("*.py")]):
            digest.update(f"{config.name} {file.relative_to(root)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _drop_abandoned(connection: psycopg.Connection[Any], *, keep: str) -> None:
    """Drop databases of runs that were killed, and templates of earlier code, once they are old enough."""
    for name in _names(connection):
        began = re.match(r"test(?:template)?_postloan_(\d{10})x", name)
        is_old_copy = began is not None and time.time() - int(began[1]) > ABANDONED_SECONDS
        is_old_template = is_embedded() and name.startswith("testtemplate_") and name != keep
        if is_old_copy or is_old_template:
            _drop(connection, name)


def _names(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^test(template)?_postloan_'")
    return [row[0] for row in rows]


def _exists(connection: psycopg.Connection[Any], name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _create(connection: psycopg.Connection[Any], name: str, *, template: str) -> None:
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
