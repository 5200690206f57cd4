import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import os, time
from postloan.books.loans.importing.loading import worker_pool

if __name__ == "__main__":
    pool = worker_pool(workers=1)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_worker_does_not_outlive_an_import_that_is_killed(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as importing:
        worker = int(importing.stdout.readline())
        assert is_running(worker)

        importing.send_signal(signal.SIGKILL)
        importing.wait()

    deadline = time.monotonic() + 20
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(worker)
