"""
Which database, and that it is there.

`DATABASE_URL` names a PostgreSQL (15 or newer) that somebody else runs. Where
it is unset, Postloan runs its own in `var/postgres`. Settings only ask for the
address; whoever needs the database itself holds `database_in_use` meanwhile.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from postloan.config.database.account import DataDirectoryForeign, ServerAccountUnavailable
from postloan.config.database.address import DatabaseAddress, DatabaseUrlInvalid, parse_database_url
from postloan.config.database.embedded import (
    DataDirectoryRefused,
    EmbeddedServer,
    EmbeddedServerFailed,
    embedded_address,
)
from postloan.config.database.locks import LockBusy
from postloan.config.places import project_dir, var_dir

__all__ = [
    "DATABASE_NAME",
    "DATABASE_REFUSALS",
    "DataDirectoryForeign",
    "DataDirectoryRefused",
    "DatabaseAddress",
    "DatabaseUnfit",
    "DatabaseUrlInvalid",
    "EmbeddedServer",
    "EmbeddedServerFailed",
    "ServerAccountUnavailable",
    "check_server",
    "database_address",
    "database_in_use",
    "database_settings",
    "embedded_server",
    "is_embedded",
    "parse_database_url",
    "project_dir",
    "var_dir",
]

DATABASE_NAME = "postloan"
VERSION_MIN = 15


class DatabaseUnfit(Exception):
    """The database at DATABASE_URL cannot be reached or cannot carry Postloan; the message says why."""


DATABASE_REFUSALS = (
    DatabaseUrlInvalid,
    DatabaseUnfit,
    DataDirectoryForeign,
    DataDirectoryRefused,
    EmbeddedServerFailed,
    LockBusy,
    ServerAccountUnavailable,
)


def is_embedded() -> bool:
    """Say whether Postloan runs its own PostgreSQL."""
    return not os.environ.get("DATABASE_URL")


def embedded_data_dir() -> Path:
    """Return the data directory of Postloan's own PostgreSQL."""
    return var_dir() / "postgres"


def database_address() -> DatabaseAddress:
    """Return the address of Postloan's database. Starts nothing. Raises DatabaseUrlInvalid."""
    if is_embedded():
        return embedded_address(data_dir=embedded_data_dir(), database=DATABASE_NAME)
    return parse_database_url(url=os.environ["DATABASE_URL"])


def database_settings() -> dict[str, Any]:
    """Return Django's settings of the default database. Starts nothing. Raises DatabaseUrlInvalid."""
    return database_address().settings()


def embedded_server(*, note: Callable[[str], None] = lambda text: None) -> EmbeddedServer:
    """Return a share in Postloan's own PostgreSQL, to be joined; a context manager."""
    return EmbeddedServer(data_dir=embedded_data_dir(), note=note)


@contextmanager
def database_in_use(*, note: Callable[[str], None] = lambda text: None) -> Iterator[DatabaseAddress]:
    """
    Hold Postloan's database for the length of the block: start or join the embedded one, or check the one given.

    `note` is told when one has to wait. Raises one of DATABASE_REFUSALS.
    """
    address = database_address()
    if not is_embedded():
        check_server(address=address)
        yield address
        return
    with embedded_server(note=note) as server:
        server.ensure_database(name=DATABASE_NAME)
        yield address


def check_server(*, address: DatabaseAddress) -> None:
    """Raise DatabaseUnfit unless the database answers, is PostgreSQL 15 or newer, and stores UTF-8."""
    arguments = {"connect_timeout": 10} | address.connection_arguments()
    try:
        with psycopg.connect(**arguments) as connection:
            version = connection.info.server_version // 10_000
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.OperationalError as error:
        raise DatabaseUnfit(f"The database at DATABASE_URL does not answer: {str(error).strip()}") from None
    except psycopg.ProgrammingError as error:
        raise DatabaseUnfit(f"DATABASE_URL: {str(error).strip()}") from None
    if version < VERSION_MIN:
        raise DatabaseUnfit(
            f"The server at DATABASE_URL is PostgreSQL {version}; Postloan needs {VERSION_MIN} or newer."
        )
    if encoding != "UTF8":
        raise DatabaseUnfit(f"The database at DATABASE_URL stores {encoding}; Postloan needs UTF8.")
