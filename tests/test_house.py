"""Rules of the house that a linter does not know."""

import re
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
LINES_AT_MOST = 500


def files(*endings: str) -> list[Path]:
    """Return the files of the project; outside a git checkout, those that lie here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, text=True, check=False)
    names = [name for name in listed.stdout.split("\0") if name] or [
        str(path.relative_to(HOUSE)) for path in HOUSE.rglob("*") if ".venv" not in path.parts and path.is_file()
    ]
    return [HOUSE / name for name in names if name.endswith(endings) and (HOUSE / name).exists()]


def test_no_source_file_is_longer_than_a_newcomer_can_hold():
    long = {
        str(path.relative_to(HOUSE)): lines
        for path in files(".py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > LINES_AT_MOST
    }
    assert long == {}


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc", "core"])
def test_no_module_is_named_for_nothing(name):
    assert [path for path in files(".py") if path.stem == name or name in path.parts] == []


def test_every_operation_is_offered_by_its_package():
    forgotten = []
    for path in files(".py"):
        if path.parent.name == "operations" and path.name.startswith("_") and path.name != "__init__.py":
            offered = (path.parent / "__init__.py").read_text()
            if f"._{path.stem.removeprefix('_')} import" not in offered:
                forgotten.append(str(path.relative_to(HOUSE)))
    assert forgotten == []


def test_links_between_our_pages_lead_somewhere():
    broken = []
    for page in files(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)|src=\"([^\"]+)\"", page.read_text()):
            link = target[0] or target[1]
            if "://" not in link and not (page.parent / link).exists():
                broken.append(f"{page.relative_to(HOUSE)} → {link}")
    assert broken == []


def test_floors_below_the_doors_do_not_read_the_clock():
    asks = re.compile(r"timezone\.now\(|datetime\.now\(|date\.today\(|datetime\.utcnow\(|localdate\(\)")
    floors = ("kernel", "outside", "ground", "books", "care", "close")
    guilty = [
        str(path.relative_to(HOUSE))
        for path in files(".py")
        if path.parts[len(HOUSE.parts) : len(HOUSE.parts) + 1] == ("postloan",)
        and path.parts[len(HOUSE.parts) + 1] in floors
        and path.name not in {"tasks.py", "demo_mailbox.py", "demo_centre.py"}
        and not {"vendors", "simulator"} & set(path.parts)
        and asks.search(path.read_text())
    ]
    assert guilty == []
