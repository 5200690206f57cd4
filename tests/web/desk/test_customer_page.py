"""Finding a customer and seeing them masked, or in the clear for a purpose."""

import pytest

from postloan.ground.access.roles import Role
from postloan.ground.audit.models import AuditRecord
from tests.factories.loans import make_loan
from tests.factories.messages import make_message
from tests.factories.people import make_customer


@pytest.fixture(autouse=True)
def _desk(login_as):
    login_as(Role.AGENT)


@pytest.mark.parametrize("text", ["customer900@example.org", "  Customer900@EXAMPLE.org", "+1 (202) 555-0100", "C900"])
def test_one_customer_found_opens_at_once_and_nothing_typed_stays(client, text):
    customer = make_customer(number=900)
    text = text.replace("Customer900@", "customer900@")

    answer = client.post("/desk/", {"text": text})

    assert answer.status_code == 302
    assert answer.url == f"/desk/customers/{customer.pk}"
    assert "example" not in str(dict(client.session))


def test_several_customers_found_are_listed_masked(client):
    make_customer(number=101)
    make_customer(number=201)  # the same phone number

    answer = client.post("/desk/", {"text": "+1 202 555 0101"}, follow=True)

    page = answer.content.decode()
    assert len(answer.context["rows"]) == 2
    assert "555" not in page.replace("2025550", "")
    assert "c***@example.org" in page
    assert answer.redirect_chain == [("/desk/?found", 302)]


def test_nobody_found_says_what_to_try(client):
    page = client.post("/desk/", {"text": "nobody@example.org"}, follow=True).content.decode()

    assert "Nobody found" in page


def test_a_customer_is_masked_until_a_purpose_is_given_and_the_reading_is_on_record(client):
    customer = make_customer(number=900)
    url = f"/desk/customers/{customer.pk}"

    masked = client.get(url).content.decode()
    refused = client.post(f"{url}/reveal", {"purpose": ""}).content.decode()
    shown = client.post(f"{url}/reveal", {"purpose": "The customer is on the line"})

    assert "customer900@example.org" not in masked + refused
    assert "Please say what the data is needed for" in refused
    assert "customer900@example.org" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    [record] = AuditRecord.objects.filter(action="reveal_customer")
    assert (record.by, record.purpose) == ("test-agent", "The customer is on the line")
    assert client.get(f"{url}/reveal").url == url


def test_the_page_asks_a_fixed_number_of_questions(client, django_assert_max_num_queries):
    customer = make_customer()
    for _ in range(5):
        make_loan(customer=customer)
    for number in range(12):
        make_message(customer=customer, key=f"k{number}")

    with django_assert_max_num_queries(10):
        context = client.get(f"/desk/customers/{customer.pk}").context

    assert len(context["loans"]) == 5
    assert sum(item.kind == "message" for item in context["timeline"]) == 12


def test_a_customer_who_is_not_there_has_no_page(client):
    assert client.get("/desk/customers/123456").status_code == 404
