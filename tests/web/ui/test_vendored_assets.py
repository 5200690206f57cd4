"""What we carry of other projects is exactly what its CHECKSUMS say, with its licence, and nothing comes from outside."""

import hashlib
import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[3] / "postloan" / "web"
VENDOR = WEB / "ui" / "static" / "vendor"
PACKAGES = sorted(path.name for path in VENDOR.iterdir() if path.is_dir())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_vendored_file_is_the_one_its_checksum_names(package: str):
    folder = VENDOR / package
    listed = dict(reversed(line.split("  ", 1)) for line in (folder / "CHECKSUMS").read_text().splitlines())

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "CHECKSUMS"
    }

    assert found == listed


@pytest.mark.parametrize("package", PACKAGES)
def test_every_vendored_package_comes_with_its_licence_and_is_named_in_the_list(package: str):
    assert (VENDOR / package / "LICENSE").stat().st_size > 200
    assert f"| `{package}/` |" in (VENDOR / "README.md").read_text()


def _own_files(*patterns: str) -> list[Path]:
    files = [path for pattern in patterns for path in WEB.rglob(pattern) if VENDOR not in path.parents]
    assert files
    return files


@pytest.mark.parametrize("path", _own_files("*.html", "*.css", "*.js"), ids=lambda path: str(path.relative_to(WEB)))
def test_no_page_style_or_script_loads_anything_from_outside(path: Path):
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")

    assert not re.findall(r"""(?:src|href|url|import|fetch)\s*[=(]?\s*["'(]?(?:https?:)?//""", text)


@pytest.mark.parametrize("path", _own_files("*.html"), ids=lambda path: str(path.relative_to(WEB)))
def test_no_page_carries_script_or_style_inline(path: Path):
    text = path.read_text()

    assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text)
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=[\"']", text)
