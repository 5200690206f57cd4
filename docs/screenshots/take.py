# ruff: noqa: INP001 - a script beside what it makes
"""
Take the screenshots of this folder: `make screenshots`.

    python docs/screenshots/take.py [http://localhost:8000]

Of a site that runs at the address; without one, of a demonstration of its own that is started, photographed and
stopped (in var/screenshots, kept for the next time).
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browsers import FLAGS, chromium_program

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PASSWORD = "postloan-demo"  # noqa: S105 - of the demonstration
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

PORT = 8099
READY_SECONDS_MAX = 1800

# name, login, language, window, address (LOAN stands for that of the first loan in bucket M2), figure to explain,
# or keys to press (KEYS:Control+k, then what is typed). A name that ends in .dark is taken dark.
SHOTS = (
    ("book.en", "sunil", "en-GB", DESK, "/office/", ""),
    ("book.zh", "sunil", "zh-CN", DESK, "/office/", ""),
    ("loan.en", "sunil", "en-GB", DESK, "LOAN", ""),
    ("why.en", "sunil", "en-GB", DESK, "LOAN", "interest-8"),
    ("why.zh", "sunil", "zh-CN", DESK, "LOAN", "interest-8"),
    ("close.en", "sunil", "en-GB", DESK, "/office/close/2018-07-31", ""),
    ("portfolio.en", "sunil", "en-GB", DESK, "/office/portfolio/", ""),
    ("portfolio.zh", "sunil", "zh-CN", DESK, "/office/portfolio/", ""),
    ("night.en", "sunil", "en-GB", DESK, "LOAN/night?on=2018-07-31", ""),
    ("loans.en", "sunil", "en-GB", DESK, "/office/loans/?bucket=1&sort=-outstanding", ""),
    ("loans.zh", "sunil", "zh-CN", DESK, "/office/loans/?bucket=1&sort=-outstanding", ""),
    ("loans.zh.dark", "sunil", "zh-CN", DESK, "/office/loans/?bucket=1&sort=-outstanding", ""),
    ("loans.phone", "sunil", "en-GB", PHONE, "/office/loans/?bucket=1", ""),
    ("palette.en", "sunil", "en-GB", DESK, "/office/", "KEYS:Control+k 12"),
    ("palette.zh", "sunil", "zh-CN", DESK, "/office/", "KEYS:Control+k 12"),
    ("close.zh", "sunil", "zh-CN", DESK, "/office/close/2018-07-31", ""),
    ("loan.zh", "sunil", "zh-CN", DESK, "LOAN", ""),
    ("journal.en", "sunil", "en-GB", DESK, "/office/journal/", ""),
    ("gallery.en", "sunil", "en-GB", DESK, "/ui/gallery", ""),
    ("messages.zh", "sunil", "zh-CN", DESK, "/office/messages/", ""),
    ("messages.en", "sunil", "en-GB", DESK, "/office/messages/", ""),
    ("portal.en", "borrower", "en-GB", PHONE, "/portal/", ""),
    ("portal.zh", "borrower", "zh-CN", PHONE, "/portal/", ""),
)


def main(base: str) -> None:
    """Take all of them."""
    with sync_playwright() as playwright:
        program = chromium_program(playwright=playwright)
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        for name, login, language, window, address, figure in SHOTS:
            scheme = "dark" if name.endswith(".dark") else "light"
            page = _entered(browser, base, login=login, language=language, window=window, scheme=scheme)
            page.goto(base + (address.replace("LOAN", _late_loan(page, base)) if "LOAN" in address else address))
            page.wait_for_load_state("networkidle")
            if figure.startswith("KEYS:"):
                keys, _, text = figure.removeprefix("KEYS:").partition(" ")
                page.keyboard.press(keys)
                page.keyboard.type(text)
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(600)  # what is typed is asked for a moment later
            elif figure:
                link = page.locator(f"a[href$='/why/{figure}']")
                link.scroll_into_view_if_needed()
                link.click()
                page.locator("#why").wait_for(state="visible")
            page.screenshot(path=HERE / f"{name}.png")
            page.context.close()
        browser.close()


def _entered(browser: Browser, base: str, *, login: str, language: str, window: dict[str, int], scheme: str) -> Page:
    context = browser.new_context(locale=language, viewport=window, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{base}/login")
    page.fill("#username", login)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    return page


def _late_loan(page: Page, base: str) -> str:
    page.goto(f"{base}/office/loans/?bucket=2")
    return str(page.locator("table a[href*='/desk/loans/']").first.get_attribute("href"))


@contextmanager
def _demonstration() -> Iterator[str]:
    """Serve a demonstration of its own until the block ends."""
    environment = os.environ | {"PORT": str(PORT), "POSTLOAN_VAR": str(ROOT / "var" / "screenshots")}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", "from postloan.config.main import main; raise SystemExit(main())", "run"]
    site = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield _ready(f"http://localhost:{PORT}", site)
    finally:
        site.terminate()
        site.wait()


def _ready(base: str, site: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not _answers(base):
        if site.poll() is not None or time.monotonic() > deadline:
            sys.exit("the demonstration did not get ready")
        time.sleep(1)
    return base


def _answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/healthz", timeout=5) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    elif _answers("http://localhost:8000"):
        main("http://localhost:8000")
    else:
        with _demonstration() as base:
            main(base)
