"""
What the children of `postloan run` do, each a function by its name.

    python -m postloan.config.serving.child site

Before anything else a child asks the kernel to be ended with its supervisor,
so that a killed run leaves no worker behind that nobody knows of.
"""

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys

from postloan.config.places import var_dir

PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """Be killed when the supervisor dies (Linux); end at once where it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(os.environ["POSTLOAN_SUPERVISOR"]):
        sys.exit("the supervisor is gone")


def mailbox() -> None:
    """Receive mail on the socket that the supervisor has opened."""
    from postloan.outside.mail.demo_mailbox import MailboxHandler, serve_mail

    listening = socket.socket(fileno=int(os.environ["POSTLOAN_LISTENING_FD"]))
    directory = os.environ.get("POSTLOAN_MAILBOX") or var_dir() / "mailbox"
    asyncio.run(serve_mail(handler=MailboxHandler(directory=type(var_dir())(directory)), listening=listening))


def phones() -> None:
    """Be an SMS centre and the phones behind it, on the socket that the supervisor has opened."""
    from postloan.outside.sms.demo_centre import Centre, keep_in, serve_sms

    listening = socket.socket(fileno=int(os.environ["POSTLOAN_LISTENING_FD"]))
    directory = type(var_dir())(os.environ.get("POSTLOAN_PHONES") or var_dir() / "phones")
    asyncio.run(serve_sms(centre=Centre(keep=keep_in(directory=directory)), listening=listening))


def bank() -> None:
    """Be the simulated bank, over the directory in which Postloan leaves its files."""
    from postloan.outside.bank.simulator import Faults
    from postloan.outside.bank.simulator.serving import day_in, load_faults, serve

    directory = var_dir() / "bank"
    faults_file = directory / "faults.json"
    serve(
        directory=directory,
        faults=load_faults(file=faults_file) if faults_file.exists() else Faults(),
        today=lambda: day_in(file=directory / "date"),
    )


def preparation() -> None:
    """Migrate the database and prepare the demonstration, telling the supervisor how far it is."""
    with os.fdopen(int(os.environ["POSTLOAN_PROGRESS_FD"]), "w", buffering=1, encoding="utf-8") as out:

        def progress(step: str, percent: float | None = None) -> None:
            print(json.dumps({"step": step, "percent": percent}), file=out)

        progress("setting up the tables")
        _set_up_django()
        from django.core.management import call_command

        from postloan.lab.demo import prepare_demo

        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        lines = prepare_demo(progress=progress)
        print(json.dumps({"lines": list(lines)}), file=out)


def worker() -> None:
    """Do background jobs until asked to end, all but the close where that has a worker of its own."""
    _set_up_django()
    from django.core.management import call_command
    from procrastinate.contrib.django import app

    queues = {task.queue for task in app.tasks.values()} | {"close"}
    if has_closer():
        queues.remove("close")
    call_command("procrastinate", "worker", "--queues", ",".join(sorted(queues)))


def closer() -> None:
    """Close the books at their hour, beside the worker, so that nothing else waits for the night."""
    _set_up_django()
    from django.core.management import call_command

    call_command("procrastinate", "worker", "--queues", "close")


def has_closer() -> bool:
    """Say whether the books close by themselves: where an hour is given. A demonstration's calendar stands still."""
    return bool(os.environ.get("POSTLOAN_CLOSE_AT"))


def site() -> None:
    """Serve the site on the socket that the supervisor has opened; a waiting page until the run is ready."""
    from postloan.config.serving.waiting_site import serve

    _choose_schedule()
    os.environ["POSTLOAN_STATIC"] = "collected"  # by the preparation, before the site is loaded
    asyncio.run(serve(listening=socket.socket(fileno=int(os.environ["POSTLOAN_LISTENING_FD"]))))


def _set_up_django() -> None:
    _choose_schedule()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    import django

    django.setup()


def _choose_schedule() -> None:
    os.environ.setdefault("POSTLOAN_SCHEDULE", "on" if has_closer() else "off")
    os.environ.setdefault("POSTLOAN_CLOSE_WATCHED", "1" if has_closer() else "0")


CHILDREN = {
    "bank": bank,
    "closer": closer,
    "mailbox": mailbox,
    "phones": phones,
    "preparation": preparation,
    "worker": worker,
    "site": site,
}

if __name__ == "__main__":
    end_with_supervisor()
    CHILDREN[sys.argv[1]]()
