"""The pack a test decides by."""

import pytest

from postloan.care.outreach import deciding


@pytest.fixture
def use_pack(monkeypatch):
    """Return a function that makes the gate decide by the given pack."""

    def use(pack):
        monkeypatch.setattr(deciding, "pack_for", lambda *, jurisdiction: pack)
        return pack

    return use
