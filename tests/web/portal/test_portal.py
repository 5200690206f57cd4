"""What a borrower sees: what to pay, by when, on which loan; and their notices."""

from datetime import date

from postloan.care.outreach.models import Message
from postloan.ground.access.roles import Role
from tests.factories.loans import make_loan
from tests.factories.messages import make_message
from tests.factories.people import make_customer


def test_what_is_late_is_one_amount_per_loan_and_comes_first(login_as, db):
    customer = make_customer()
    late = make_loan(customer=customer, disbursed_date=date(2018, 1, 15), paid_rows=2)
    current = make_loan(customer=customer, disbursed_date=date(2018, 2, 10))

    asked = login_as(Role.BORROWER, customer_id=customer.pk).get("/portal/").context["asked"]

    assert [(item.loan.pk, item.is_late, len(item.dues)) for item in asked] == [
        (late.pk, True, 3),
        (current.pk, False, 1),
    ]
    assert asked[0].amount_minor == 3 * late.instalment_minor
    assert asked[1].due_date == date(2018, 7, 10)


def test_the_page_says_how_to_pay_and_whom_to_talk_to(login_as, settings):
    customer = make_customer()
    make_loan(customer=customer)

    page = login_as(Role.BORROWER, customer_id=customer.pk).get("/portal/").content.decode()

    assert settings.LENDER_NAME in page
    assert settings.LENDER_PHONE in page


def test_with_nothing_to_pay_the_page_says_so(login_as, db):
    customer = make_customer()

    page = login_as(Role.BORROWER, customer_id=customer.pk).get("/portal/").content.decode()

    assert "Nothing to pay" in page


def test_a_loan_shows_every_instalment_with_its_explanations(login_as, db):
    customer = make_customer()
    loan = make_loan(customer=customer, disbursed_date=date(2018, 1, 15), paid_rows=2)
    client = login_as(Role.BORROWER, customer_id=customer.pk)

    answer = client.get(f"/portal/loans/{loan.pk}")
    shown = len(answer.context["earlier_rows"]) + len(answer.context["rows_ahead"])
    why = client.get(f"/portal/loans/{loan.pk}/why/interest-4", headers={"HX-Request": "true"}).content.decode()

    assert shown == loan.instalments
    assert f"/portal/loans/{loan.pk}/why/interest-4" in answer.content.decode()
    assert "Interest of the instalment" in why


def test_a_notice_counts_as_new_until_it_is_opened(login_as, db):
    customer = make_customer()
    message = make_message(customer=customer)
    make_message(customer=customer, channel="email")
    make_message(customer=customer, state="queued")
    client = login_as(Role.BORROWER, customer_id=customer.pk)

    before = client.get("/portal/")
    notices = client.get("/portal/notices/").context["notices"]
    notice = client.get(f"/portal/notices/{message.pk}").content.decode()
    after = client.get("/portal/")

    assert before.context["unread"] == 1
    assert [item.message_id for item in notices] == [message.pk]
    assert "Dear Ada Sample" in notice
    assert after.context["unread"] == 0
    assert Message.objects.get(pk=message.pk).read_at is not None


def test_nothing_of_the_portal_is_kept_by_the_browser(login_as, db):
    customer = make_customer()
    client = login_as(Role.BORROWER, customer_id=customer.pk)

    assert all(client.get(path)["Cache-Control"] == "no-store" for path in ("/portal/", "/portal/notices/"))


def test_the_home_asks_the_same_number_of_questions_for_many_loans(login_as, django_assert_max_num_queries):
    customer = make_customer()
    for _ in range(6):
        make_loan(customer=customer, paid_rows=3)
    client = login_as(Role.BORROWER, customer_id=customer.pk)

    with django_assert_max_num_queries(10):
        client.get("/portal/")
