"""Loans set aside: found, understood, tried again, released; and what the office is told when a night went wrong."""

from datetime import UTC, date, datetime

import pytest

from postloan.books.loans.models import Loan
from postloan.close.models import CloseAlarm, FaultyLoan
from postloan.ground.access.roles import Role
from postloan.ground.audit.models import AuditRecord
from tests.factories.nights import make_close_run, make_fault

AT = datetime(2018, 7, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.FINANCE)


def set_aside(loan) -> FaultyLoan:
    """Set a loan aside as the close does: the fault, and the mark on the loan."""
    loan.set_aside_at, loan.next_event_date = AT, None
    loan.save()
    return make_fault(loan=loan)


def test_faults_that_wait_are_shown_unless_others_are_asked_for(client, small_book):
    solved = make_fault(loan=small_book.current)
    FaultyLoan.objects.filter(pk=solved.pk).update(solved_at=AT, solved_by="sam", step="age")
    waiting = make_fault(loan=small_book.late)

    def shown(**asked: str) -> list[int]:
        return [fault.pk for fault in client.get("/office/faults/", asked).context["listing"].rows]

    assert shown() == [waiting.pk]
    assert shown(only="solved") == [solved.pk]
    assert shown(only="all") == [waiting.pk, solved.pk]
    assert shown(only="all", step="age") == [solved.pk]
    assert shown(text=small_book.late.external_id) == [waiting.pk]
    assert shown(text="no such loan") == []


def test_the_list_is_also_a_file(client, small_book):
    make_fault(loan=small_book.late)

    lines = (
        b"".join(client.get("/office/faults/", {"format": "csv"}).streaming_content).decode("utf-8-sig").splitlines()
    )

    assert len(lines) == 2
    assert "The plan has no row 5" in lines[1]


def test_the_page_of_a_fault_shows_reason_step_and_the_loan_as_the_close_meets_it(client, small_book):
    page = client.get(f"/office/faults/{set_aside(small_book.late).pk}").content.decode()

    assert "The plan has no row 5" in page
    assert "Raise what falls due tomorrow" in page
    assert "Instalments with something open" in page
    assert "Try again" in page


def test_the_page_of_a_fault_asks_a_fixed_number_of_questions(client, small_book, django_assert_max_num_queries):
    fault = set_aside(small_book.late)

    with django_assert_max_num_queries(11):
        client.get(f"/office/faults/{fault.pk}")


def test_a_release_needs_a_reason_and_goes_on_record(client, small_book):
    fault = set_aside(small_book.late)
    url = f"/office/faults/{fault.pk}/release"

    refused = client.post(url, {"reason": "  "}).content.decode()
    still_open = FaultyLoan.objects.get(pk=fault.pk).solved_at is None
    released = client.post(url, {"reason": "Terms corrected"}, follow=True).content.decode()

    fault.refresh_from_db()
    small_book.late.refresh_from_db()
    record = AuditRecord.objects.get(action="release_fault")
    assert "Please say why" in refused
    assert still_open
    assert (fault.solved_by, "Terms corrected" in fault.resolution) == ("test-finance", True)
    assert small_book.late.set_aside_at is None
    assert record.by == "test-finance"
    assert "The next close takes the loan up again" in released
    assert "Try again" not in released


@pytest.mark.django_db(transaction=True)
def test_a_loan_that_can_be_worked_out_is_released_by_trying_again(client, small_book):
    fault = set_aside(small_book.late)

    page = client.post(f"/office/faults/{fault.pk}/retry", follow=True).content.decode()

    fault.refresh_from_db()
    assert "The loan can be worked out now" in page
    assert fault.solved_by == "test-finance"


@pytest.mark.django_db(transaction=True)
def test_a_loan_that_still_fails_stays_set_aside_and_the_page_says_where_it_fails(client, small_book):
    fault = set_aside(small_book.late)
    Loan.objects.filter(pk=small_book.late.pk).update(principal_outstanding_minor=100)  # less than is still to fall due

    page = client.post(f"/office/faults/{fault.pk}/retry").content.decode()

    fault.refresh_from_db()
    assert "Nothing was written" in page
    assert "more principal is due" in page
    assert fault.solved_at is None


def test_what_was_put_right_before_is_not_put_right_again(client, small_book):
    fault = set_aside(small_book.late)
    FaultyLoan.objects.filter(pk=fault.pk).update(solved_at=AT, solved_by="sam")

    for act in ("retry", "release"):
        page = client.post(f"/office/faults/{fault.pk}/{act}", {"reason": "again"}, follow=True).content.decode()
        assert "This was put right before" in page


@pytest.mark.parametrize("act", ["retry", "release"])
def test_who_only_reads_sees_no_buttons_and_is_refused(login_as, small_book, act):
    fault = set_aside(small_book.late)
    client = login_as(Role.RISK)

    page = client.get(f"/office/faults/{fault.pk}").content.decode()
    answer = client.post(f"/office/faults/{fault.pk}/{act}", {"reason": "please"})

    assert "Try again" not in page
    assert answer.status_code == 403
    assert FaultyLoan.objects.get(pk=fault.pk).solved_at is None


@pytest.mark.parametrize("act", ["", "/retry", "/release"])
def test_a_fault_that_is_not_there_has_no_page(client, small_book, act):
    path = f"/office/faults/999999{act}"

    assert (client.post(path, {"reason": "x"}) if act else client.get(path)).status_code == 404


def test_a_quiet_night_shows_no_banner(client, small_book):
    make_close_run()

    assert 'class="notice notice-warning"' not in client.get("/office/").content.decode()


def test_days_that_were_late_are_one_line_and_lead_on(client, small_book):
    make_close_run(business_date=date(2018, 7, 1), state="failed")
    for day in (2, 3, 4):
        for kind in (CloseAlarm.Kind.NOT_STARTED, CloseAlarm.Kind.NOT_FINISHED):
            CloseAlarm.objects.create(business_date=date(2018, 7, day), kind=kind, raised_at=AT)
    CloseAlarm.objects.create(business_date=date(2018, 7, 1), kind=CloseAlarm.Kind.FAILED, raised_at=AT)
    CloseAlarm.objects.create(business_date=date(2018, 6, 1), kind=CloseAlarm.Kind.FAILED, raised_at=AT, solved_at=AT)
    set_aside(small_book.late)

    page = client.get("/office/").content.decode()

    assert page.count("were not begun by their hour") == 1
    assert "3 closes, from" in page
    assert "not finished" not in page
    assert "Checks of the close of" in page
    assert 'href="/office/close/2018-07-01"' in page
    assert "1 loan is set aside and waits for a person." in page
    assert 'href="/office/faults/"' in page


def test_several_loans_are_released_at_once_for_one_reason(client, small_book):
    faults = [set_aside(small_book.late), set_aside(small_book.current)]
    keys = [str(fault.pk) for fault in faults]

    refused = client.post("/office/faults/release", {"key": keys, "reason": " "}, follow=True).content.decode()
    still_open = FaultyLoan.objects.filter(solved_at__isnull=True).count()
    given = {"key": [*keys, "x", "999999"], "reason": "Looked at by hand"}
    said = client.post("/office/faults/release", given, follow=True).content.decode()
    again = client.post("/office/faults/release", given, follow=True).content.decode()

    assert "Please say why" in refused
    assert still_open == 2
    assert "2 loans are given back to the close." in said
    assert "Nothing was left to do" in again
    assert FaultyLoan.objects.filter(solved_at__isnull=True).count() == 0
    assert AuditRecord.objects.filter(action="release_fault").count() == 2


@pytest.mark.django_db(transaction=True)
def test_several_loans_are_tried_again_and_each_is_told_of(client, small_book):
    faults = [set_aside(small_book.late), set_aside(small_book.current)]
    Loan.objects.filter(pk=small_book.late.pk).update(principal_outstanding_minor=100)

    answer = client.post("/office/faults/retry", {"key": [fault.pk for fault in faults]}, follow=True)

    page = answer.content.decode()
    assert "1 loan is given back to the close." in page
    assert "1 loan still fails; open it to see why." in page


def test_who_only_reads_is_offered_nothing_to_do_with_several(login_as, small_book):
    set_aside(small_book.late)

    page = login_as(Role.RISK).get("/office/faults/").content.decode()

    assert "data-bulk" not in page
    assert "data-pick" not in page
