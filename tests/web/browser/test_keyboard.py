"""The main tasks by keyboard alone: to a loan, along a list, a view of one's own, several faults at once, a dialog."""

import re

import pytest

from tests.factories.loans import make_book
from tests.factories.nights import make_fault


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_to_a_loan_by_its_number(site, enter, browser_page):
    page = browser_page
    enter(page)

    press(page, "Control+k")
    page.keyboard.type(site.late.external_id)
    page.locator(f".found[href='/desk/loans/{site.late.pk}'][aria-selected=true]").wait_for()
    press(page, "Enter")

    page.wait_for_url(f"**/desk/loans/{site.late.pk}")


def test_along_a_list_and_into_a_row_and_to_the_next_page(site, enter, browser_page):
    page = browser_page
    make_book(loans=60, seed=8)
    enter(page)
    page.goto(f"{site.url}/office/loans/")
    page.wait_for_load_state("networkidle")
    keys = page.locator("tbody tr").evaluate_all("rows => rows.map((row) => row.dataset.key)")

    press(page, "j", "j", "j", "k")
    at = page.locator("tr.is-active").get_attribute("data-key")
    press(page, "n")
    page.wait_for_url(re.compile("after="))
    page.locator("#page-previous").wait_for()
    following = page.locator("tbody tr").first.get_attribute("data-key")
    press(page, "j", "Enter")
    page.wait_for_url(f"**/desk/loans/{following}")

    assert at == keys[1]
    assert following not in keys


def test_a_list_is_ordered_and_kept_as_a_view(site, enter, browser_page):
    page = browser_page
    enter(page)
    page.goto(f"{site.url}/office/loans/")
    page.wait_for_load_state("networkidle")

    page.locator("#sort-outstanding").focus()
    press(page, "Enter")
    page.wait_for_url(re.compile("sort=outstanding"))
    page.locator("th[aria-sort=ascending] #sort-outstanding").wait_for()
    page.get_by_text("Views", exact=True).focus()
    press(page, "Enter")
    page.get_by_label("Name of the view").fill("Smallest first")
    press(page, "Enter")
    page.wait_for_load_state()
    page.get_by_text("Views", exact=True).focus()
    press(page, "Enter")

    page.get_by_role("link", name="Smallest first").wait_for()
    assert "sort=outstanding" in page.url
    press(page, "Escape")
    page.get_by_role("link", name="Smallest first").wait_for(state="hidden")


def test_several_faults_are_selected_and_released_for_a_reason(site, enter, browser_page):
    page = browser_page
    faults = [make_fault(loan=loan) for loan in make_book(loans=3, seed=9)]
    enter(page)
    page.goto(f"{site.url}/office/faults/")
    page.wait_for_load_state("networkidle")

    press(page, "j", "x", "j", "x")
    page.get_by_text("Selected: 2").wait_for()
    page.get_by_role("button", name="Release").focus()
    press(page, "Enter")  # refused: no reason yet
    stays = page.locator("[name=reason]").evaluate("field => !field.checkValidity()")
    page.locator("[name=reason]").focus()
    page.keyboard.type("Looked at by hand")
    page.get_by_role("button", name="Release").focus()
    press(page, "Enter")

    page.get_by_text("2 loans are given back to the close.").wait_for()
    for fault in faults:
        fault.refresh_from_db()
    assert stays
    assert sum(fault.solved_at is not None for fault in faults) == 2


def test_a_refreshed_list_keeps_the_place_and_what_is_selected(site, enter, browser_page):
    page = browser_page
    [fault, other] = [make_fault(loan=loan) for loan in make_book(loans=2, seed=9)]
    enter(page)
    page.goto(f"{site.url}/office/faults/")
    page.wait_for_load_state("networkidle")
    press(page, "j", "x")
    at = page.locator("tr.is-active").get_attribute("data-key")

    other.reason = fault.reason = "Said anew"
    other.save()
    fault.save()
    third = make_fault(loan=site.late)
    press(page, "r")
    page.get_by_text("Said anew").first.wait_for()

    assert page.locator("tr.is-active").get_attribute("data-key") == at
    assert page.locator("tr.is-picked").get_attribute("data-key") == at
    assert page.locator(f"tr[data-key='{third.pk}']").count() == 1
    assert page.evaluate("document.activeElement.closest('tr')?.dataset.key") == at


def test_a_dialog_takes_the_focus_and_gives_it_back(site, enter, browser_page):
    page = browser_page
    enter(page)
    page.goto(f"{site.url}/ui/gallery")
    opener = page.locator("[data-dialog='#ask']")

    opener.focus()
    press(page, "Enter")
    page.locator("#ask").wait_for()
    inside = page.evaluate("document.activeElement.id")
    press(page, "Escape")
    page.locator("#ask").wait_for(state="hidden")

    assert inside == "ask-reason"
    assert page.evaluate("document.activeElement.dataset.dialog") == "#ask"


@pytest.mark.parametrize("path", ["/office/loans/", "/office/messages/", "/ui/gallery"])
def test_when_the_site_is_gone_the_list_stays_and_says_so(site, enter, browser_page, path):
    page = browser_page
    enter(page)
    page.goto(site.url + path)
    page.wait_for_load_state("networkidle")
    before = page.locator("tbody tr").count()

    page.context.set_offline(True)
    press(page, "r")
    page.get_by_text("The site cannot be reached just now.").first.wait_for()
    after = page.locator("tbody tr").count()
    page.context.set_offline(False)

    assert (before > 0, after) == (True, before)
