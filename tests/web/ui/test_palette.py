"""The palette: pages, loans and customers for those who may open them; what is typed stands in no address."""

import pytest

from postloan.ground.access.roles import Role


def found(client, text: str) -> str:
    return client.post("/ui/find", {"text": text}).content.decode()


def test_a_loan_and_a_customer_are_found_by_their_numbers_and_the_customer_is_masked(client, login_as, small_book):
    login_as(Role.AGENT)
    late = small_book.late

    by_number = found(client, late.external_id)
    by_customer = found(client, late.customer.external_id)
    by_mail = found(client, f" customer{late.customer.external_id[1:]}@EXAMPLE.org ")

    assert f'href="/desk/loans/{late.pk}"' in by_number
    for page in (by_customer, by_mail):
        assert f'href="/desk/customers/{late.customer_id}"' in page
        assert "@example.org" not in page
        assert "Sample" not in page


@pytest.mark.parametrize(("language", "text"), [("en", "jour"), ("zh-hans", "分录")])
def test_pages_are_found_by_their_names_in_the_language_of_the_reader(client, login_as, db, language, text):
    login_as(Role.ENGINEER)
    client.cookies["django_language"] = language

    page = found(client, text)

    assert 'href="/office/journal/"' in page
    assert page.count('role="option"') == 1


def test_who_may_not_open_customers_finds_none(client, login_as, small_book):
    login_as(Role.ENGINEER)

    assert "/desk/" not in found(client, small_book.late.external_id)


def test_what_is_typed_is_sent_by_post_and_the_answer_is_not_stored(client, login_as, db):
    login_as(Role.AGENT)

    assert client.get("/ui/find", {"text": "+86 139"}).status_code == 405
    assert client.post("/ui/find", {"text": "nobody at all"})["Cache-Control"] == "no-store"
    assert "Nothing by that number" in found(client, "nobody at all")


def test_borrowers_have_no_palette(client, login_as, small_book):
    login_as(Role.BORROWER, customer_id=small_book.late.customer_id)

    assert client.post("/ui/find", {"text": "1"}).status_code == 403
    assert "palette" not in client.get("/portal/").content.decode()


def test_a_search_asks_a_fixed_number_of_questions(client, login_as, small_book, django_assert_max_num_queries):
    login_as(Role.AGENT)

    with django_assert_max_num_queries(9):
        page = found(client, "L")

    assert page.count('role="option"') >= 6
