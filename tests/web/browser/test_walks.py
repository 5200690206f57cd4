"""Walks through the pages in a real browser, under the content security policy."""

import re

import pytest

PHONE = {"width": 360, "height": 740}
OFFICE_PAGES = (
    "/office/",
    "/office/loans/",
    "/office/close/",
    "/office/close/2018-07-01",
    "/office/messages/",
    "/office/journal/",
    "/office/accounts/",
    "/office/accounts/loan_principal",
    "/office/imports/",
    "/office/mailbox/",
    "/desk/",
)


def test_from_the_book_to_a_bucket_to_a_loan_to_why(site, enter, browser_page):
    page = browser_page
    enter(page)

    page.locator("#bucket-chart canvas").wait_for()
    page.locator(f"a[href$='/office/loans/?bucket={site.late.bucket}']").first.click()
    page.get_by_role("link", name=site.late.external_id, exact=True).click()
    page.wait_for_load_state()
    shown = page.locator("a[href$='/why/interest-5']").inner_text()
    page.locator("a[href$='/why/interest-5']").click()

    panel = page.locator("#why")
    panel.wait_for(state="visible")
    assert panel.locator(".result").inner_text() == shown
    assert "×" in panel.inner_text()
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('href')").endswith("/why/interest-5")


def test_a_bar_of_the_chart_leads_to_the_loans_behind_it(site, enter, browser_page):
    enter(browser_page)
    canvas = browser_page.locator("#bucket-chart canvas")
    canvas.wait_for()
    box = canvas.bounding_box()

    browser_page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 60)

    browser_page.wait_for_url(re.compile(r"/office/loans/\?bucket=\d&on=2018-06-30"))


def test_the_language_switch_keeps_the_page_and_its_filters(site, enter, browser_page):
    page = browser_page
    enter(page)
    page.goto(f"{site.url}/office/loans/?bucket={site.late.bucket}")

    page.get_by_role("button", name="中文").click()
    page.get_by_role("heading", name="贷款", level=1).wait_for()
    chinese = page.url
    page.get_by_role("button", name="EN").click()
    page.get_by_role("heading", name="Loans", level=1).wait_for()

    assert chinese == page.url == f"{site.url}/office/loans/?bucket={site.late.bucket}"


def test_a_chinese_browser_is_greeted_in_chinese(site, browser):
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()

    page.goto(f"{site.url}/login")

    assert page.locator("h1").inner_text() == "登录"
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    context.close()


@pytest.mark.parametrize("username", ["sam", "bea"])
def test_no_page_scrolls_sideways_on_a_phone(site, enter, browser_page, username):
    page = browser_page
    page.set_viewport_size(PHONE)
    enter(page, username)
    loan = site.late.pk
    paths = ("/portal/", "/portal/notices/", f"/portal/loans/{loan}", f"/portal/loans/{loan}/why/interest-4")
    if username == "sam":
        paths = (*OFFICE_PAGES, f"/desk/loans/{loan}", f"/desk/customers/{site.late.customer_id}")

    wide = []
    for path in paths:
        page.goto(site.url + path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)

    assert wide == []


def test_the_menu_of_a_phone_opens_by_keyboard(site, enter, browser_page):
    page = browser_page
    page.set_viewport_size(PHONE)
    enter(page)
    menu = page.get_by_role("button", name="Menu")

    menu.focus()
    page.keyboard.press("Enter")

    assert menu.get_attribute("aria-expanded") == "true"
    page.get_by_role("link", name="Journal").click()
    page.wait_for_url("**/office/journal/")


def test_every_stop_of_the_tab_key_is_seen(site, enter, browser_page):
    page = browser_page
    enter(page)
    page.goto(f"{site.url}/office/loans/")

    unseen = []
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
                const at = document.activeElement, style = getComputedStyle(at);
                return { what: at.outerHTML.slice(0, 60), width: parseFloat(style.outlineWidth), kind: style.outlineStyle };
            }"""
        )
        if seen["kind"] == "none" or seen["width"] < 2:
            unseen.append(seen["what"])

    assert unseen == []


def test_light_and_dark_are_remembered(site, enter, browser_page):
    page = browser_page
    enter(page)

    page.get_by_role("button", name="Light or dark").click()
    chosen = page.locator("html").get_attribute("data-bs-theme")
    page.goto(f"{site.url}/office/journal/")

    assert chosen == "dark"
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_no_page_breaks_its_own_content_security_policy(site, enter, browser_page):
    page = browser_page
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    enter(page)

    for path in (*OFFICE_PAGES, f"/desk/loans/{site.late.pk}"):
        answer = page.goto(site.url + path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]

    assert complaints == []


def test_pages_work_without_script(site, browser):
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.get_by_label("User name").fill("sam")
    page.get_by_label("Password").fill("a long pass phrase")
    page.locator("main button[type=submit]").click()

    page.goto(f"{site.url}/desk/loans/{site.late.pk}")
    page.locator("a[href$='/why/interest-5']").click()

    assert page.get_by_role("heading", name="Why this number").is_visible()
    context.close()


def test_a_filter_refreshes_the_list_in_place_and_the_address_with_it(site, enter, browser_page):
    page = browser_page
    enter(page)
    page.goto(f"{site.url}/office/loans/")
    page.wait_for_load_state()
    page.evaluate("window.sameDocument = true")

    page.locator("select[name=bucket]").select_option(label="M3")
    page.wait_for_url(re.compile(r"bucket=3"))
    page.get_by_role("link", name=site.late.external_id, exact=True).wait_for()
    shown = page.locator("#results tbody tr").count()
    in_place = page.evaluate("window.sameDocument === true")
    csv = page.locator("#actions a").get_attribute("href")
    page.get_by_role("button", name="中文").click()
    page.get_by_role("heading", name="贷款", level=1).wait_for()

    assert in_place
    assert f"{shown} 笔贷款" in page.locator("#subtitle").inner_text()
    assert "bucket=3" in str(csv)
    assert "bucket=3" in page.url
