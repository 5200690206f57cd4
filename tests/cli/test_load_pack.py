"""`postloan load-pack` and `postloan settle-transfers` translate and say what they did."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from postloan.books.applications.models import OfferRules
from postloan.books.products.models import ProductVersion

pytestmark = pytest.mark.django_db


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_packs_for_china_are_published_once():
    first, again = said("load_pack", "cn"), said("load_pack", "cn")

    assert first == again
    assert "cn_instalment_cash_loan: terms v1, offer v1, 4 texts" in first
    assert (ProductVersion.objects.count(), OfferRules.objects.count()) == (9, 9)


def test_a_file_that_is_no_pack_is_refused_in_one_line(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("code = 'x'", encoding="utf-8")

    with pytest.raises(CommandError, match=r"mine\.toml: name"):
        said("load_pack", str(file))
    with pytest.raises(CommandError, match="neither a file nor a set"):
        said("load_pack", "nowhere")


def test_with_nothing_under_way_nothing_is_settled():
    assert said("settle_transfers") == "0 paid out, 0 failed, 0 waiting, 0 offers expired\n"
