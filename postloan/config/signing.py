"""The signing key of sessions: from the environment, or made once and kept in `var/`."""

import os
import secrets
from pathlib import Path


def secret_key(*, var_dir: Path) -> str:
    """Return POSTLOAN_SECRET_KEY, or the key in `var/keys/django.txt`, made on first use, readable by its owner only."""
    if given := os.environ.get("POSTLOAN_SECRET_KEY"):
        return given
    path = var_dir / "keys" / "django.txt"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)  # fails where another process was quicker: then its key is the key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
