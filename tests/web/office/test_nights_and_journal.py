"""Close runs, the journal and the trial balance."""

from datetime import date

import pytest

from postloan.books.ledger.journal_queries import find_postings
from postloan.ground.access.roles import Role
from tests.factories.nights import COUNTS, STEP_SECONDS, make_close_run, make_fault


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.FINANCE)


def test_a_run_shows_its_steps_in_the_order_they_ran_with_the_seconds_of_all_partitions(client, small_book):
    run = make_close_run(partitions=3)

    summary = client.get(f"/office/close/{run.business_date}").context["summary"]

    assert [step.step for step in summary.steps] == [
        "read",
        "raise_due",
        "charge_penalties",
        "age",
        "plan_reminders",
        "write",
    ]
    assert summary.steps[0].seconds == pytest.approx(3 * STEP_SECONDS["read"])
    assert max(step.share_of_slowest_mille for step in summary.steps) == 1000
    assert summary.counts["loans"] == 3 * COUNTS["loans"]


def test_loans_set_aside_are_named_with_their_reason(client, small_book):
    make_close_run(state="amber")
    make_fault(loan=small_book.late)

    one = client.get("/office/close/2018-07-01").content.decode()
    every = client.get("/office/faults/").content.decode()

    for page in (one, every):
        assert "The plan has no row 5" in page
        assert small_book.late.external_id in page


def test_a_check_that_does_not_hold_is_said_plainly(client, small_book):
    make_close_run(state="failed", checks=[{"name": "slots_behind", "expected": 0, "found": 3, "holds": False}])

    page = client.get("/office/close/2018-07-01").content.decode()

    assert "Does not hold" in page
    assert "expected 0, found 3" in page


@pytest.mark.parametrize("path", ["2018-07-09", "2018-02-30", "20180701"])
def test_a_day_that_was_not_closed_has_no_page(client, small_book, path):
    assert client.get(f"/office/close/{path}").status_code == 404


def test_neighbouring_days_lead_to_each_other(client, small_book):
    for day in (1, 2, 4):
        make_close_run(business_date=date(2018, 7, day))

    context = client.get("/office/close/2018-07-02").context

    assert (context["before"], context["after"]) == (date(2018, 7, 1), date(2018, 7, 4))


def test_from_the_trial_balance_to_the_account_to_the_entry_to_the_loan(client, small_book):
    balance = client.get("/office/accounts/")
    account = client.get("/office/accounts/loan_principal")
    posting = account.context["page"][0]
    entry = client.get(f"/office/journal/{posting.entry_id}")

    assert balance.context["difference_minor"] == 0
    assert balance.context["debits_minor"] > 0
    assert 'href="/office/accounts/loan_principal"' in balance.content.decode()
    assert f'href="/office/journal/{posting.entry_id}"' in account.content.decode()
    assert f'href="/desk/loans/{posting.loan_id}"' in entry.content.decode()


def test_an_entry_shows_the_sum_of_its_postings(client, small_book):
    entry_id = find_postings(loan_id=small_book.late.pk)[0].entry_id
    expected = sum(posting.amount_minor for posting in find_postings(entry_id=entry_id))

    total = client.get(f"/office/journal/{entry_id}").context["total"]

    assert total.amount_minor == expected


def test_the_trial_balance_of_an_earlier_day_leaves_out_what_came_later(client, small_book):
    balances = client.get("/office/accounts/", {"on": "2018-06-29"}).context["balances"]

    assert all(balance.debit_minor == balance.credit_minor == 0 for balance in balances)


def test_an_engineer_sees_loans_in_the_list_without_a_link_that_would_be_refused(login_as, small_book):
    page = login_as(Role.ENGINEER).get("/office/loans/").content.decode()

    assert small_book.late.external_id in page
    assert "/desk/loans/" not in page


@pytest.mark.parametrize("path", ["/office/journal/", "/office/accounts/loan_principal", "/office/close/"])
def test_lists_ask_a_fixed_number_of_questions(client, small_book, path, django_assert_max_num_queries):
    for day in range(1, 20):
        make_close_run(business_date=date(2018, 7, day))

    with django_assert_max_num_queries(10):
        client.get(path)
