"""The life of the embedded server: started, shared, killed, recovered, refused. Every test runs a real one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from postloan.config.database import DataDirectoryRefused, EmbeddedServer, EmbeddedServerFailed, embedded
from postloan.config.database.embedded import socket_dir
from postloan.config.database.locks import LockBusy, open_lock, try_lock

JOIN_AND_HOLD = """
import sys, time
from pathlib import Path
from postloan.config.database import EmbeddedServer
server = EmbeddedServer(data_dir=Path(sys.argv[1]), durable=False)
server.join()
print("joined", flush=True)
sys.stdin.readline()
server.leave()
print("left", flush=True)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that has been made once; tests work on copies, which is quicker than initdb."""
    data_dir = tmp_path_factory.mktemp("made") / "postgres"
    with EmbeddedServer(data_dir=data_dir, durable=False) as server:
        server.ensure_database(name="books")
    return data_dir


@pytest.fixture
def data_dir(made: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "postgres"
    subprocess.run(["cp", "-a", str(made), str(copy)], check=True)
    yield copy
    try:
        EmbeddedServer(data_dir=copy).stop_orphan()
    except EmbeddedServerFailed:
        pass


def server_at(data_dir: Path) -> EmbeddedServer:
    return EmbeddedServer(data_dir=data_dir, durable=False)


def ask(server: EmbeddedServer, question: str = "SELECT 1") -> object:
    with psycopg.connect(**server.address().connection_arguments(), connect_timeout=5, autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().splitlines()[0])


def nobody_runs(data_dir: Path) -> bool:
    """No process of any server is left: the lock they inherit is free."""
    lock = open_lock(data_dir.parent / "locks" / f"{data_dir.name}.alive")
    try:
        return try_lock(lock)
    finally:
        os.close(lock)


class Holder:
    """Another process that uses the server."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, "-c", JOIN_AND_HOLD, str(data_dir)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "joined\n"

    def leave(self) -> None:
        out, _ = self.process.communicate("\n", timeout=60)
        assert out == "left\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_it_runs_for_the_length_of_a_block(data_dir: Path) -> None:
    with server_at(data_dir) as server:
        assert ask(server) == 1
        assert not nobody_runs(data_dir)

    assert nobody_runs(data_dir)


def test_it_listens_on_no_tcp_port_and_its_socket_is_closed_to_others(data_dir: Path) -> None:
    with server_at(data_dir) as server:
        assert ask(server, "SHOW listen_addresses") == ""
        assert socket_dir(data_dir=data_dir).stat().st_mode & 0o777 == 0o700


def test_the_last_to_leave_stops_it(data_dir: Path) -> None:
    other = Holder(data_dir)
    server = server_at(data_dir)
    server.join()

    other.leave()
    still_answers = ask(server)
    server.leave()

    assert still_answers == 1
    assert nobody_runs(data_dir)


def test_whoever_comes_first_may_leave_first(data_dir: Path) -> None:
    server = server_at(data_dir)
    server.join()
    other = Holder(data_dir)

    server.leave()

    assert ask(server) == 1
    other.leave()
    assert nobody_runs(data_dir)


def test_a_server_whose_user_was_killed_is_joined_and_stopped(data_dir: Path) -> None:
    other = Holder(data_dir)
    running = postmaster(data_dir)

    other.kill()

    with server_at(data_dir) as server:
        assert ask(server) == 1
        assert postmaster(data_dir) == running
    assert nobody_runs(data_dir)


def test_an_orphan_is_stopped_on_request_and_a_used_server_is_not(data_dir: Path) -> None:
    other = Holder(data_dir)
    with pytest.raises(LockBusy):
        server_at(data_dir).stop_orphan()

    other.kill()

    assert server_at(data_dir).stop_orphan() is True
    assert nobody_runs(data_dir)
    assert server_at(data_dir).stop_orphan() is False


def test_what_was_committed_survives_the_kill_of_the_postmaster(data_dir: Path) -> None:
    with EmbeddedServer(data_dir=data_dir, durable=True) as server:
        ask(server, "CREATE TABLE receipts AS SELECT 17 AS amount_minor")
        os.kill(postmaster(data_dir), signal.SIGKILL)

        server.ensure_running()

        assert ask(server, "SELECT amount_minor FROM receipts") == 17
    assert nobody_runs(data_dir)


def test_a_new_postmaster_waits_for_the_processes_of_the_killed_one(data_dir: Path) -> None:
    with server_at(data_dir) as server:
        address = server.address().connection_arguments()
        program = "import psycopg, sys; psycopg.connect(sys.argv[1]).execute(sys.argv[2])"
        question = "SELECT sum(sqrt(n)) FROM generate_series(1, 1000000000) AS n"
        command = [sys.executable, "-c", program, server.address().url(), question]
        busy = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT sum(sqrt%'"
        while not ask(server, running):
            time.sleep(0.05)
        os.kill(postmaster(data_dir), signal.SIGKILL)

        server.ensure_running()

        busy.wait(timeout=30)
        assert ask(server) == 1
        assert psycopg.connect(**address).info.server_version // 10_000 == 18


def test_a_number_that_now_belongs_to_another_program_misleads_nobody(data_dir: Path) -> None:
    lines = [str(os.getpid()), str(data_dir), "1500000000", "5432", "/nowhere", "", "1 1", "ready"]
    (data_dir / "postmaster.pid").write_text("\n".join(lines) + "\n")

    with server_at(data_dir) as server:
        assert ask(server) == 1


def test_a_directory_made_anew_does_not_meet_the_server_of_the_old_one(data_dir: Path, made: Path) -> None:
    other = Holder(data_dir)
    other.kill()
    data_dir.rename(data_dir.with_name("moved"))
    for lock in (data_dir.parent / "locks").iterdir():
        lock.unlink()
    subprocess.run(["cp", "-a", str(made), str(data_dir)], check=True)

    with server_at(data_dir) as server:
        assert Path(str(ask(server, "SHOW data_directory"))) == data_dir
        assert ask(server, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'checkpointer'") == 1


def test_a_half_made_directory_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")

    with server_at(tmp_path / "postgres") as server:
        assert ask(server, "SELECT datlocprovider FROM pg_database LIMIT 1") == "b"  # the same order on any machine
        assert ask(server, "SHOW server_encoding") == "UTF8"

    assert not (tmp_path / "postgres.new").exists()


def test_a_path_may_be_as_long_as_it_likes(made: Path, tmp_path: Path) -> None:
    long = tmp_path.joinpath(*["a-long-name-of-a-directory"] * 8) / "postgres"
    long.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(made), str(long)], check=True)

    with server_at(long) as server:
        assert len(str(long)) > 200
        assert ask(server) == 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: (path / "PG_VERSION").write_text("16\n"), "made by PostgreSQL 16"),
        (lambda path: (path / "PG_VERSION").unlink(), "PG_VERSION is missing"),
    ],
)
def test_a_directory_of_another_kind_is_refused_untouched(data_dir: Path, damage, message: str) -> None:
    damage(data_dir)

    with pytest.raises(DataDirectoryRefused, match=message):
        server_at(data_dir).join()

    assert not (data_dir / "postmaster.pid").exists()


def test_a_damaged_directory_is_refused_with_the_servers_reason(data_dir: Path) -> None:
    (data_dir / "global" / "pg_control").unlink()

    with pytest.raises(EmbeddedServerFailed, match="pg_control"):
        server_at(data_dir).join()

    assert nobody_runs(data_dir)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a directory to the server's account")
def test_root_need_not_open_its_closed_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = embedded.programs_dir().parents[1]
    for folder in (wheel, wheel.with_name(wheel.name + ".libs")):
        subprocess.run(["cp", "-a", str(folder), str(closed)], check=True)
    programs = closed / wheel.name / "pginstall18" / "bin"
    monkeypatch.setattr(embedded, "programs_dir", lambda: programs)

    with server_at(closed / "postgres") as server:
        assert ask(server) == 1
        executable = Path(f"/proc/{postmaster(closed / 'postgres')}/exe").readlink()

    assert executable == programs / "postgres"
    assert closed.stat().st_mode & 0o777 == 0o700
