"""The command `postloan`: usage, refusals and exit codes."""

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Self

import psycopg
import pytest

from postloan.config.database import DatabaseAddress, DatabaseUnfit, check_server


def postloan(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "postloan.config.main", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "usage: postloan COMMAND"),
        (("help",), 0, "run"),
        (("help", "migrate"), 0, "usage: postloan migrate"),
        (("close-dya",), 2, "no command 'close-dya'"),
        (("stauts",), 2, "Did you mean 'status'?"),
        (("makemigrations", "--nonsense"), 2, "unrecognized arguments: --nonsense"),
        (("run", "--port", "web"), 2, "invalid int value"),
        (("--version",), 0, "postloan 0."),
        (("check", "--tag", "nonsense"), 1, 'no system check with the "nonsense" tag'),
    ],
)
def test_usage_and_exit_codes(words: tuple[str, ...], code: int, said: str) -> None:
    done = postloan(*words)

    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://db/books", "PostgreSQL only"),
        ("postgresql://nobody@127.0.0.1:1/books", "does not answer"),
        ("postgresql://nobody@no-such-host.invalid/books?connect_timeout=5", "does not answer"),
    ],
)
def test_a_database_that_is_not_there_is_one_clear_line(url: str, said: str) -> None:
    done = postloan("migrate", "--check", DATABASE_URL=url)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("version", "encoding", "refusal"),
    [
        (140_011, "UTF8", "PostgreSQL 14; Postloan needs 15"),
        (150_000, "SQL_ASCII", "needs UTF8"),
        (150_000, "UTF8", None),
    ],
)
def test_a_server_must_be_new_enough_and_store_utf8(
    monkeypatch: pytest.MonkeyPatch, version: int, encoding: str, refusal: str | None
) -> None:
    class Connection:
        info = SimpleNamespace(server_version=version, parameter_status=lambda name: encoding)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(psycopg, "connect", lambda **_: Connection())

    if refusal is None:
        check_server(address=DatabaseAddress(name="books"))
    else:
        with pytest.raises(DatabaseUnfit, match=refusal):
            check_server(address=DatabaseAddress(name="books"))
