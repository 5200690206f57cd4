"""
Where this installation keeps its files.

Everything that Postloan writes lies under one directory: `POSTLOAN_VAR`, or
`var/` beside the source tree, or `var/` in the current directory where the
package was installed without its tree.
"""

import os
from pathlib import Path

MARK = "postloan-var"
MARK_TEXT = "Postloan keeps its files here. `postloan reset` removes everything in this directory.\n"


class VarUnusable(Exception):
    """This user cannot write where Postloan keeps its files; the message names the directory."""


def project_dir() -> Path:
    """Return the root of the source tree, or the current directory where there is none."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


def var_dir() -> Path:
    """Return the directory of everything that is written; it need not exist yet."""
    if given := os.environ.get("POSTLOAN_VAR"):
        return Path(given).expanduser().absolute()
    return project_dir() / "var"


def prepare_var_dir() -> None:
    """
    Make the directory of everything that is written, and mark it as ours where it was empty.

    Only a marked directory is ever emptied by `postloan reset`, so that a
    POSTLOAN_VAR that points at somebody's home costs nobody a home. Raises
    VarUnusable.
    """
    var = var_dir()
    try:
        var.mkdir(parents=True, exist_ok=True)
        if not any(var.iterdir()):
            (var / MARK).write_text(MARK_TEXT)
    except OSError as error:
        raise VarUnusable(
            f"{var} cannot be used: {error.strerror}. Set POSTLOAN_VAR to a directory of yours."
        ) from None
    for path in (var, var / "locks", var / "log"):
        if path.exists() and not os.access(path, os.W_OK | os.X_OK):
            raise VarUnusable(
                f"{path} belongs to {path.owner()}, and you may not write there. Run as {path.owner()} or as root, "
                "or set POSTLOAN_VAR to a directory of yours."
            )


def is_ours(path: Path) -> bool:
    """Say whether `path` was made by Postloan and may be emptied by it."""
    return (path / MARK).is_file() or path == project_dir() / "var"
