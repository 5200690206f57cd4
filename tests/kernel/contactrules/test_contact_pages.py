import doctest
import tomllib
from pathlib import Path

import pytest

from postloan.care.outreach.packs import load_pack, overlay_names, pack_names
from postloan.kernel.contactrules import Overlay, overlay, pack_text

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {"cn": "cn", "us-reg-f": "us-reg-f+us-ma", "uk": "uk", "eu": "eu"}


def test_the_worked_example_holds():
    assert doctest.testfile(str(DOCS / "rules/contact_rules.md"), module_relative=False).failed == 0


def test_the_overlay_of_the_page_fits():
    page = (DOCS / "rules/contact_rules.md").read_text(encoding="utf-8")
    text = page.split("```toml\n")[1].split("```")[0]

    laid = overlay(base=load_pack("cn"), stricter=Overlay.model_validate(tomllib.loads(text)))

    assert laid.overlays == ("my-bank@1",)
    assert laid.entries("CN-A2")[0].enabled


@pytest.mark.parametrize(("page", "pack"), PAGES.items())
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_of_the_regulations_say_what_the_packs_say(page, pack, language):
    text = (DOCS / f"regulation/{page}.{language}.md").read_text(encoding="utf-8")

    assert text == pack_text(pack=load_pack(pack), language=language)


def test_every_pack_has_a_page():
    assert set(pack_names()) == set(PAGES)
    assert set(overlay_names()) == {"house", "us-ma"}
