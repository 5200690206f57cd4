"""
Where this installation keeps its files.

Everything that Postloan writes lies under one directory: `POSTLOAN_VAR`, or
`var/` beside the source tree, or `var/` in the current directory where the
package was installed without its tree.
"""

import os
from pathlib import Path


def project_dir() -> Path:
    """Return the root of the source tree, or the current directory where there is none."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


def var_dir() -> Path:
    """Return the directory of everything that is written; it need not exist yet."""
    if given := os.environ.get("POSTLOAN_VAR"):
        return Path(given).expanduser().absolute()
    return project_dir() / "var"
