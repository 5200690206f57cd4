"""
The system account the embedded server runs as.

PostgreSQL refuses to run as root. Started by root, it therefore runs as the
owner of its data directory, and a new data directory belongs to an account
made for it. That account often cannot pass through the directories above
(`/root` is closed to others). Opening them with chmod, as other embedded
servers do, would change the machine behind its owner's back; instead the
server is given the single capability to read and pass, and nothing is changed.
Only the owner of its socket can talk to it in either case.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT_NAME = "postloan-db"

CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}  # the narrower first; numbers as in capability.h
SETPCAP = 8


class ServerAccountUnavailable(Exception):
    """The server cannot run as another account than root here; the message says what is missing."""


class DataDirectoryForeign(Exception):
    """The data directory belongs to another user; the message names both."""


@dataclass(frozen=True, kw_only=True)
class ServerAccount:
    """Whom the server runs as, and how a process of that account is started."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    spawn: dict[str, Any] = field(default_factory=dict)

    def own(self, path: Path) -> None:
        """Make the account the owner of `path` and, where it is a directory, of all that is in it."""
        if os.geteuid() != 0:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                self.own(child)


def server_account(*, data_dir: Path, programs: Path) -> ServerAccount:
    """
    Return the account for the server of `data_dir`, whose programs lie in `programs`.

    Raises DataDirectoryForeign where an ordinary user meets another user's
    data, and ServerAccountUnavailable where root can make no account or the
    account could not reach its files.
    """
    owner = data_dir.stat().st_uid if data_dir.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise DataDirectoryForeign(
                f"{data_dir} belongs to {_name(owner)}, and this is {_name(os.geteuid())}. "
                f"Run as {_name(owner)} or as root, or set POSTLOAN_VAR to a directory of your own."
            )
        return ServerAccount(uid=os.geteuid(), gid=os.getegid())
    entry = _entry_of(owner) if owner else None
    entry = entry or _own_account()
    if all(_others_can_reach(path, uid=entry.pw_uid) for path in (data_dir.parent, programs / "postgres")):
        spawn = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        return ServerAccount(uid=entry.pw_uid, gid=entry.pw_gid, spawn=spawn)
    return ServerAccount(uid=entry.pw_uid, gid=entry.pw_gid, prefix=_prefix_with_capability(entry, near=data_dir))


def _name(uid: int) -> str:
    entry = _entry_of(uid)
    return entry.pw_name if entry else f"user {uid}"


def _entry_of(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _own_account() -> pwd.struct_passwd:
    """Return the account made for the server, making it on first use."""
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        pass
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", ACCOUNT_NAME],
    ):
        if shutil.which(command[0]) is None:
            continue
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return pwd.getpwnam(ACCOUNT_NAME)
        reason = done.stderr.strip()
        break
    else:
        reason = "neither useradd nor adduser is installed"
    raise ServerAccountUnavailable(
        f"PostgreSQL does not run as root, and the account {ACCOUNT_NAME!r} could not be made: {reason}. "
        "Run as an ordinary user, or set DATABASE_URL to a PostgreSQL that is already running."
    )


def _others_can_reach(path: Path, *, uid: int) -> bool:
    """Say whether an account that is in no group of ours can pass to `path` and read it."""
    resolved = path.resolve()
    for step in (resolved, *resolved.parents):
        status = step.stat()
        wanted = stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH
        if not status.st_mode & wanted:
            return False
    return True


def _prefix_with_capability(entry: pwd.struct_passwd, *, near: Path) -> tuple[str, ...]:
    """Return the command line that starts a program as `entry`, with the capability to pass closed directories."""
    setpriv = shutil.which("setpriv")
    held = _capabilities()
    for name, number in CAPABILITIES.items():
        if setpriv and held >> number & 1 and held >> SETPCAP & 1:
            return (
                setpriv,
                f"--reuid={entry.pw_uid}",
                f"--regid={entry.pw_gid}",
                "--clear-groups",
                f"--inh-caps=+{name}",
                f"--ambient-caps=+{name}",
                # PostgreSQL looks for its own programs with access(), which leaves a capability out without this bit.
                "--securebits=+no_setuid_fixup",
                "--",
            )
    raise ServerAccountUnavailable(
        f"The server runs as {entry.pw_name!r} and cannot reach {near}: a directory above it, or above Postloan's own, "
        "is closed to other users, and setpriv (util-linux) is not available. Move the project to an open directory, "
        "or run as an ordinary user."
    )


def _capabilities() -> int:
    """Return the set of capabilities this process may hand on, as bits (Linux)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    sets = dict(line.split(":\t", 1) for line in lines if line.startswith("Cap"))
    return int(sets.get("CapPrm", "0"), 16) & int(sets.get("CapBnd", "0"), 16)
