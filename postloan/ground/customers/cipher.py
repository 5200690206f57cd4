"""
Encryption of single fields and the keyed hash they are found by (Google Tink).

The key file holds two keysets: AES-256-GCM for the values, HMAC-SHA256 as a
pseudo-random function for look-ups. A ciphertext is bound to its field and row
by associated data. Keys rotate by adding a key to the keyset: old values stay
readable, new ones use the new key. Guard the file as you guard the data; a
database copy without it tells nobody's name.
"""

import json
import os
from functools import cache
from pathlib import Path

import tink
from django.conf import settings
from tink import aead, prf, secret_key_access

HASH_BYTES = 16

aead.register()
prf.register()


class KeysetDamaged(RuntimeError):
    """The key file exists but cannot be read as the two keysets."""


class FieldUnreadable(ValueError):
    """The ciphertext was not made with these keys for this field of this row."""


class FieldCipher:
    """Encrypts and decrypts fields, and hashes look-up values, with the keys of one file."""

    def __init__(self, *, keyset_file: Path) -> None:
        ensure_keyset_file(keyset_file=keyset_file)
        try:
            held = json.loads(keyset_file.read_text())
            access = secret_key_access.TOKEN
            values = tink.json_proto_keyset_format.parse(json.dumps(held["values"]), access)
            lookups = tink.json_proto_keyset_format.parse(json.dumps(held["lookups"]), access)
            self._aead = values.primitive(aead.Aead)
            self._prf = lookups.primitive(prf.PrfSet).primary()
        except (ValueError, KeyError, tink.TinkError) as error:
            raise KeysetDamaged(f"{keyset_file} is not a key file of Postloan") from error

    def encrypt(self, *, value: str, field: str, row_id: int) -> bytes:
        """Return the ciphertext of `value` bound to `field` of row `row_id`; the empty string stays empty."""
        if not value:
            return b""
        ciphertext: bytes = self._aead.encrypt(value.encode(), f"{field}:{row_id}".encode())
        return ciphertext

    def decrypt(self, *, ciphertext: bytes | memoryview, field: str, row_id: int) -> str:
        """Return the value again. Refuses with FieldUnreadable what was not encrypted for this place."""
        if not ciphertext:
            return ""
        try:
            value: bytes = self._aead.decrypt(bytes(ciphertext), f"{field}:{row_id}".encode())
        except tink.TinkError as error:
            raise FieldUnreadable(f"{field} of row {row_id}") from error
        return value.decode()

    def lookup_hash(self, *, value: str) -> bytes:
        """Return the keyed hash (16 bytes) under which `value`, already normalised, is found."""
        found: bytes = self._prf.compute(value.encode(), HASH_BYTES)
        return found


def ensure_keyset_file(*, keyset_file: Path) -> None:
    """Make the key file on first use, readable by its owner only; the first of several processes wins."""
    if keyset_file.exists():
        return
    keyset_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    access = secret_key_access.TOKEN
    values = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    lookups = tink.new_keyset_handle(prf.prf_key_templates.HMAC_SHA256)
    text = json.dumps(
        {
            "values": json.loads(tink.json_proto_keyset_format.serialize(values, access)),
            "lookups": json.loads(tink.json_proto_keyset_format.serialize(lookups, access)),
        }
    )
    draft = keyset_file.with_name(f"{keyset_file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, keyset_file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@cache
def field_cipher() -> FieldCipher:
    """The cipher of this installation (settings.KEYSET_FILE)."""
    return FieldCipher(keyset_file=settings.KEYSET_FILE)
