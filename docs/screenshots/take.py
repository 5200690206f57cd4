# ruff: noqa: INP001 - a script beside what it makes
"""
Take the screenshots of this folder from a running site: `make run` in one window, this in another.

    python docs/screenshots/take.py [http://localhost:8000]
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browsers import FLAGS, chromium_program

HERE = Path(__file__).parent
PASSWORD = "postloan-demo"  # noqa: S105 - of the demonstration
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# name, login, language, window, address (LOAN stands for that of the first loan in bucket M2), figure to explain
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
            page = _entered(browser, base, login=login, language=language, window=window)
            page.goto(base + (address.replace("LOAN", _late_loan(page, base)) if "LOAN" in address else address))
            page.wait_for_load_state("networkidle")
            if figure:
                link = page.locator(f"a[href$='/why/{figure}']")
                link.scroll_into_view_if_needed()
                link.click()
                page.locator("#why").wait_for(state="visible")
            page.screenshot(path=HERE / f"{name}.png")
            page.context.close()
        browser.close()


def _entered(browser: Browser, base: str, *, login: str, language: str, window: dict[str, int]) -> Page:
    page = browser.new_context(locale=language, viewport=window).new_page()  # type: ignore[arg-type]
    page.goto(f"{base}/login")
    page.fill("#username", login)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    return page


def _late_loan(page: Page, base: str) -> str:
    page.goto(f"{base}/office/loans/?bucket=2")
    return str(page.locator("table a[href*='/desk/loans/']").first.get_attribute("href"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
