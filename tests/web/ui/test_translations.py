"""Both languages say everything: no text of a page is without its Chinese, and the compiled catalogue is current."""

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.utils.translation import override, trans_real
from django.utils.translation.template import templatize

WEB = Path(__file__).resolve().parents[3] / "postloan" / "web"
CATALOGUE = WEB / "ui" / "locale" / "zh_Hans" / "LC_MESSAGES"
SAID_IN_ENGLISH_TOO = {"%(number)s of %(amount)s"}


def _entries() -> dict[str, list[str]]:
    """Return the translations of each msgid of the .po file; plural forms are several."""
    found: dict[str, list[str]] = {}
    for block in (CATALOGUE / "django.po").read_text().split("\n\n")[1:]:
        msgid = re.search(r'^msgid "(.*)"$', block, re.MULTILINE)
        assert msgid is not None, block
        found[msgid[1].replace('\\"', '"')] = re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', block, re.MULTILINE)
    return found


def _texts_used() -> set[str]:
    """Extract every text that templates and modules hand to gettext, by Django's own reading of templates and xgettext."""
    if shutil.which("xgettext") is None:
        pytest.skip("xgettext is not installed: whether the catalogue is complete was NOT checked")
    sources = {
        str(path): path.read_text() if path.suffix == ".py" else templatize(path.read_text(), origin=str(path))
        for pattern in ("*.py", "*.html")
        for path in WEB.rglob(pattern)
    }
    keywords = [
        "gettext", "gettext_lazy", "ngettext:1,2", "ngettext_lazy:1,2", "_",
        "pgettext:1c,2", "pgettext_lazy:1c,2", "npgettext:1c,2,3",
    ]  # fmt: skip
    used: set[str] = set()
    for source in sources.values():
        command = ["xgettext", "-L", "Python", "--from-code=UTF-8", "--no-wrap", "-o", "-", "-"]
        command += [f"--keyword={keyword}" for keyword in keywords]
        out = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
        used |= {text.replace('\\"', '"') for text in re.findall(r'^msgid "(.+)"$', out, re.MULTILINE)}
    return used


def test_every_text_of_the_pages_is_in_the_catalogue():
    assert _texts_used() - set(_entries()) == set()


def test_the_catalogue_holds_nothing_that_no_page_says():
    assert set(_entries()) - _texts_used() == set()


def _placeholders(*texts: str) -> set[str]:
    return {found for text in texts for found in re.findall(r"%\(\w+\)[sd]", text)}


def test_every_entry_is_translated_with_the_same_placeholders():
    """Chinese has one form for one and many: it may say what the English plural says."""
    plurals = dict(
        re.findall(r'^msgid "(.*)"\nmsgid_plural "(.*)"$', (CATALOGUE / "django.po").read_text(), re.MULTILINE)
    )
    wrong = [
        msgid
        for msgid, translations in _entries().items()
        if not all(translations)
        or not all(
            _placeholders(msgid) <= _placeholders(text) <= _placeholders(msgid, plurals.get(msgid, ""))
            for text in translations
        )
    ]

    assert wrong == []


def test_no_entry_is_left_in_english():
    left = [msgid for msgid, texts in _entries().items() if msgid in texts and re.search(r"[A-Za-z]{3}", msgid)]

    assert [msgid for msgid in left if msgid not in SAID_IN_ENGLISH_TOO] == []


def test_the_compiled_catalogue_says_what_the_source_says():
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]

    said = {}
    for key, text in compiled.items():
        msgid = key[0] if isinstance(key, tuple) else key
        said[msgid.rpartition("\x04")[2]] = text
    said.pop("")
    assert said == {msgid: texts[0].replace('\\"', '"') for msgid, texts in _entries().items()}


def test_chinese_is_switched_on_by_its_language_code():
    with override("zh-hans"):
        assert trans_real.gettext("Principal outstanding") == "剩余本金"
