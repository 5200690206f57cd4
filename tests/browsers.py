"""
A real browser for the tests of pages: the system's Chromium, driven by Playwright.

Playwright's own Chromium is used where the system has none. `make test`
installs one of the two; where neither could be had, the tests that need a
browser are skipped and the summary says so loudly.
"""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Playwright, Route

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# No sandbox: it needs rights that root in a container lacks, and the pages are our own. The rest keeps the browser
# from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
)

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def chromium_program(*, playwright: "Playwright | None" = None) -> str | None:
    """Return the path of a Chromium: POSTLOAN_CHROMIUM, the system's, or the one Playwright has downloaded."""
    if given := os.environ.get("POSTLOAN_CHROMIUM"):
        return given
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    if playwright is not None and Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.executable_path
    return None


def stay_local(route: "Route") -> None:
    """Let requests to the tested site pass and refuse all others: no test reaches the network."""
    if urlsplit(route.request.url).hostname in LOCAL_HOSTS:
        route.continue_()
    else:
        route.abort("blockedbyclient")
