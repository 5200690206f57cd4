"""
Which contact rules protect whom: the pack of a customer's jurisdiction, with the overlays of law and of the lender.

`settings.CONTACT_POLICY` names the default pack (`us-reg-f+us-ma` lays one over another) and the pack of each
jurisdiction a customer may have; `settings.CONTACT_OVERLAYS` the lender's own files, which can only be stricter.
"""

from functools import cache
from pathlib import Path

from django.conf import settings

from postloan.care.outreach.packs import load_pack, read_overlay
from postloan.kernel.contactrules import PolicyPack, overlay


def pack_for(*, jurisdiction: str) -> PolicyPack:
    """Return the pack that protects a customer of this jurisdiction; empty and unknown ones have the default."""
    names: dict[str, str] = settings.CONTACT_POLICY
    return pack_named(name=names.get(jurisdiction) or names["default"])


@cache
def pack_named(*, name: str) -> PolicyPack:
    """Return a pack by name with the lender's overlays upon it; read once a process."""
    pack = load_pack(name)
    for file in settings.CONTACT_OVERLAYS:
        pack = overlay(base=pack, stricter=read_overlay(path=Path(file)))
    return pack
