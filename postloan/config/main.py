"""
The command `postloan`.

    postloan run                      everything, as `make run`
    postloan close-day --through …    a command of Postloan's
    postloan migrate                  a command of Django's

A command that needs the database has it for as long as it runs: the one at
DATABASE_URL, or the embedded one, joined where it runs and started where it
does not. Commands that need none say so (`needs_database = False`).

Exit codes: 0 done, 1 refused, 2 wrong usage, 130 and 143 interrupted.
"""

import difflib
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib.metadata import version
from types import FrameType
from typing import NoReturn

from postloan.config.database import DATABASE_REFUSALS, database_in_use
from postloan.config.places import VarUnusable, prepare_var_dir
from postloan.config.serving.state import environment_of_run

PROGRAM = "postloan"

OWN_COMMANDS = {
    "run": "start everything: database, book of the demonstration, worker, mailbox, site",
    "status": "say what `run` is doing",
    "stop": "stop what `run` has started",
    "reset": "remove everything that `run` has made",
}

# Commands of Django's that are about files only.
FILES_ONLY = {"check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "makemessages"}
FILES_ONLY |= {"makemigrations", "version"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _dispatch(words)
    except (VarUnusable, *DATABASE_REFUSALS) as refusal:
        return _refuse(str(refusal), code=1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough (`| head`): end quietly, also when Python flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _dispatch(words: list[str]) -> int:
    if not words:
        print(_usage(), file=sys.stderr)
        return 2
    name, rest = words[0], words[1:]
    if name in {"help", "-h", "--help"} and not rest:
        print(_usage())
        return 0
    if name == "help":
        return _dispatch([rest[0], "--help"])
    if name == "--version":
        print(f"{PROGRAM} {version('postloan')}")
        return 0
    prepare_var_dir()
    if name in OWN_COMMANDS:
        from postloan.config.serving import commands

        run: Callable[..., int] = getattr(commands, name)
        return run(arguments=rest)
    return _run_management_command(name, rest)


def _run_management_command(name: str, arguments: list[str]) -> int:
    """Run a management command in this process. Its refusals are one line on standard error."""
    _set_up_django()
    from django.core.management import base, get_commands, load_command_class
    from django.db import connections

    known = get_commands()
    module = name if name in known else name.replace("-", "_")
    if module not in known:
        return _refuse(f"no command {name!r}.{_nearest(name, [*known, *OWN_COMMANDS])} `postloan help` lists them", 2)
    app = known[module]
    command = app if isinstance(app, base.BaseCommand) else load_command_class(app, module)
    # What Django's own entry sets: wrong usage then exits with 2.
    vars(command)["_called_from_command_line"] = True
    parser = command.create_parser(PROGRAM, module.replace("_", "-"))
    options = vars(parser.parse_args(arguments))
    positional = options.pop("args", ())
    needs_database = getattr(command, "needs_database", module not in FILES_ONLY)
    signal.signal(signal.SIGTERM, _end_tidily)
    warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")
    with database_in_use(note=_noting()) if needs_database else nullcontext():
        try:
            command.execute(*positional, **options)
        except base.CommandError as refusal:
            if options.get("traceback"):
                raise
            return _refuse(str(refusal), code=refusal.returncode)
        finally:
            connections.close_all()
    return 0


def _set_up_django() -> None:
    os.environ.update(environment_of_run())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    import django

    django.setup()


def _usage() -> str:
    """Return the list of commands, each with the first line of its help."""
    from django.core.management import get_commands, load_command_class

    _set_up_django()
    rows = dict(OWN_COMMANDS)
    others = []
    for name, app in sorted(get_commands().items()):
        if app == "postloan.cli":
            rows[name.replace("_", "-")] = load_command_class(app, name).help.strip().partition("\n")[0]
        else:
            others.append(name)
    width = max(len(name) for name in rows)
    lines = [f"usage: {PROGRAM} COMMAND [ARGUMENTS]", ""]
    lines += [f"  {name:{width}}  {text}" for name, text in rows.items()]
    lines += ["", "Each explains itself: postloan COMMAND --help", f"Of Django's: {', '.join(others)}"]
    return "\n".join(lines)


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
    return f" Did you mean {near[0].replace('_', '-')!r}?" if near else ""


def _refuse(text: str, code: int) -> int:
    print(f"{PROGRAM}: {text}", file=sys.stderr)
    return code


def _noting() -> Callable[[str], None]:
    """Return a function that tells a person at the terminal why they wait, each reason once."""
    told: set[str] = set()

    def note(text: str) -> None:
        if sys.stderr.isatty() and text not in told:
            told.add(text)
            print(f"{PROGRAM}: {text}", file=sys.stderr)

    return note


def _end_tidily(number: int, frame: FrameType | None) -> NoReturn:
    """End as by exit(), so that the database is left properly."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
