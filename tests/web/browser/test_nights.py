"""The night in a real browser: a close that runs is followed, a loan set aside is put right, the portfolio is drawn."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from postloan.books.loans.models import Loan
from postloan.close.models import CloseRun, FaultyLoan
from tests.factories.nights import make_fault
from tests.factories.positions import make_positions

DAY = date(2018, 7, 2)
AT = datetime(2018, 7, 2, 1, tzinfo=UTC)
PHONE = {"width": 360, "height": 740}


def make_running(*, partitions: int) -> CloseRun:
    return CloseRun.objects.create(
        business_date=DAY,
        pass_through_date=DAY,
        started_at=timezone.now(),
        partitions=[[number, number + 1] for number in range(partitions)],
    )


def finish(run: CloseRun, partition_no: int) -> None:
    run.marks.create(
        partition_no=partition_no,
        from_slot=partition_no,
        to_slot=partition_no + 1,
        finished_at=timezone.now(),
        counts={"loans": 250, "postings": 90},
        step_seconds={"read": 0.2, "write": 0.4},
    )


def test_a_running_close_is_followed_until_it_is_finished(site, enter, browser_page):
    page = browser_page
    run = make_running(partitions=4)
    enter(page)
    page.goto(f"{site.url}/office/close/{DAY}")
    page.get_by_text("0 of 4 partitions done").wait_for()

    finish(run, 0)
    page.get_by_text("1 of 4 partitions done").wait_for()
    bar = page.get_by_role("progressbar").get_attribute("aria-valuenow")
    page.get_by_text("Expected to end at").wait_for()
    for number in (1, 2, 3):
        finish(run, number)
    CloseRun.objects.filter(pk=run.pk).update(state="finished", finished_at=timezone.now())

    page.get_by_text("Each is one transaction").wait_for()
    page.get_by_role("heading", name="Finished").wait_for()
    assert bar == "1"
    assert page.locator("[data-live]").count() == 0


def test_a_loan_set_aside_is_tried_again_and_given_back(site, enter, browser_page):
    page = browser_page
    Loan.objects.filter(pk=site.late.pk).update(
        set_aside_at=AT, next_event_date=None, principal_outstanding_minor=100
    )  # less principal than is still to fall due: no close can work that out
    fault = make_fault(loan=site.late)
    enter(page)

    page.get_by_role("link", name="Loans set aside").click()
    page.get_by_role("link", name=site.late.external_id, exact=True).click()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("it still fails in the step").wait_for()
    still_open = FaultyLoan.objects.get(pk=fault.pk).solved_at is None
    Loan.objects.filter(pk=site.late.pk).update(principal_outstanding_minor=site.late.principal_outstanding_minor)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("The loan can be worked out now").wait_for()

    fault.refresh_from_db()
    assert still_open
    assert (fault.solved_by, Loan.objects.get(pk=site.late.pk).set_aside_at) == ("sam", None)
    page.goto(f"{site.url}/office/")
    assert page.get_by_text("is set aside and waits").count() == 0


def test_a_loan_is_released_for_a_reason(site, enter, browser_page):
    page = browser_page
    fault = make_fault(loan=site.late)
    enter(page)
    page.goto(f"{site.url}/office/faults/{fault.pk}")

    page.get_by_label("Release without trying: why").fill("Looked at by hand")
    page.get_by_role("button", name="Release").click()
    page.get_by_text("Released. The next close takes the loan up again.").wait_for()

    fault.refresh_from_db()
    assert "Looked at by hand" in fault.resolution


@pytest.mark.parametrize("size", [None, PHONE])
def test_the_portfolio_is_drawn_without_a_complaint_and_without_scrolling_sideways(site, enter, browser_page, size):
    page = browser_page
    make_positions(loans=list(Loan.objects.all()), business_date=date(2018, 5, 31))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    if size:
        page.set_viewport_size(size)
    enter(page)

    wide = []
    for name in ("", "cures", "cohorts"):
        page.goto(f"{site.url}/office/portfolio/{name}")
        page.locator("#rate-chart canvas").wait_for()
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(name)

    assert (complaints, wide) == ([], [])


def test_no_page_of_the_night_scrolls_sideways_on_a_phone(site, enter, browser_page):
    page = browser_page
    page.set_viewport_size(PHONE)
    fault = make_fault(loan=site.late)
    run = make_running(partitions=4)
    finish(run, 0)
    enter(page)

    wide = []
    for path in (
        f"/office/close/{DAY}",
        "/office/faults/",
        f"/office/faults/{fault.pk}",
        "/office/portfolio/",
        f"/desk/loans/{site.late.pk}/night",
    ):
        page.goto(site.url + path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)

    assert wide == []


def test_an_explained_night_has_an_address_of_its_own(site, enter, browser_page):
    page = browser_page
    enter(page)
    page.goto(f"{site.url}/desk/loans/{site.late.pk}/night?on=2018-07-01")

    assert page.get_by_role("heading", name="The night of 1 Jul 2018").is_visible()
