"""Which pack protects whom: the default, a jurisdiction's, and the lender's own stricter files."""

from datetime import timedelta

import pytest

from postloan.care.outreach import operations
from postloan.care.outreach.policy import pack_for, pack_named
from postloan.kernel.contactrules import OverlayLoosens
from tests.factories.gate import NOON, call
from tests.factories.people import make_customer

STRICTER = """
code = "lender"
version = "1"
title = { en = "Ours", zh = "自有" }
effective_from = 2020-01-01
over = []

[[rules]]
id = "LENDER-QUIET-NOON"
kind = "window"
title = { en = "Lunch in peace", zh = "午休" }
text = { en = "Nobody is called at lunch.", zh = "午休不致电。" }
source = "the lender"
confidence = "H"
channels = ["voice"]
start = 12:00:00
end = 14:00:00
zones = "pack"
"""


@pytest.fixture(autouse=True)
def _read_anew():
    pack_named.cache_clear()
    yield
    pack_named.cache_clear()


def test_the_default_is_china_with_the_houses_own_rules():
    pack = pack_for(jurisdiction="")

    assert (pack.code, pack.overlays[0].partition("@")[0]) == ("cn", "house")
    assert pack_for(jurisdiction="nowhere known") == pack


@pytest.mark.django_db
def test_a_lenders_overlay_is_named_in_the_decision(settings, tmp_path):
    file = tmp_path / "lender.toml"
    file.write_text(STRICTER)
    settings.CONTACT_OVERLAYS = [str(file)]
    customer = make_customer()
    customer.time_zone = "Asia/Shanghai"
    customer.save()

    [answer] = operations.may_contact(asks=[call(customer)], at=NOON + timedelta(minutes=30))

    assert (answer.verdict, answer.rule_ids) == ("deny", ("LENDER-QUIET-NOON",))
    assert answer.pack.startswith("cn+house@") and "+lender@1" in answer.pack


def test_an_overlay_that_loosens_is_refused(settings, tmp_path):
    file = tmp_path / "lender.toml"
    file.write_text(STRICTER.replace("LENDER-QUIET-NOON", "CN-T1").replace("12:00:00", "23:00:00"))
    settings.CONTACT_OVERLAYS = [str(file)]

    with pytest.raises(OverlayLoosens):
        pack_for(jurisdiction="")
