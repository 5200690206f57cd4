"""The key by which push services know the lender (RFC 8292): made on first use, readable by its owner only."""

import base64
import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid


def ensure_key(*, file: Path) -> Path:
    """Make the key on first use; the first of several processes wins."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = Vapid()
        made.generate_keys()
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(made.private_pem())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file


@cache
def key_of(*, file: Path) -> Vapid:
    """Return the key that lies in `file`."""
    return Vapid.from_file(str(ensure_key(file=file)))


def public_key(*, file: Path) -> str:
    """Return the public half as browsers take it when they subscribe: URL-safe base64 without padding."""
    point = key_of(file=file).public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
