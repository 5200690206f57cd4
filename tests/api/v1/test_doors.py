"""Who calls, what they may do, calls that come twice, too many calls, pages."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone

from postloan.api.v1.api import api
from postloan.api.v1.doors import Bearer
from postloan.books.payments.models import Receipt
from postloan.ground.access import operations as access
from postloan.ground.access.models import ApiAnswer, ApiToken
from postloan.ground.access.roles import Role
from postloan.ground.access.scopes import Scope
from tests.factories.people import make_login

OPEN_TO_EVERYBODY = {"create_quote"}


def receipt_for(loan, *, reference="R1", amount_minor=100):
    return {
        "bank_account": "main",
        "bank_reference": reference,
        "loan_id": loan.pk,
        "amount_minor": amount_minor,
        "currency": loan.currency,
        "value_date": "2018-06-30",
    }


def operations():
    return [
        operation
        for router in api._routers
        for path in router[1].path_operations.values()
        for operation in path.operations
    ]


def test_every_endpoint_names_the_scope_it_needs():
    open_ones = {
        operation.operation_id
        for operation in operations()
        if not any(isinstance(guard, Bearer) for guard in operation.auth_callbacks)
    }

    assert open_ones == OPEN_TO_EVERYBODY


def test_every_call_that_changes_something_may_carry_an_idempotency_key():
    reading = {"create_quote", "find_customers", "preview_offer", "reveal_customer"}
    without = {
        operation.operation_id
        for operation in operations()
        if set(operation.methods) - {"GET"} and not getattr(operation.view_func, "takes_idempotency_key", False)
    }

    assert without <= reading


@pytest.mark.parametrize("bearer", ["", "Bearer", "Bearer nonsense", "Bearer plt_000000000000_wrong", "Basic YTpi"])
def test_without_a_good_token_nothing_opens(client, bearer, small_book):
    answer = client.get("/api/v1/loans", headers={"Authorization": bearer})

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_wrong_secret_with_a_right_id_opens_nothing(client, call_as):
    caller = call_as(Role.FINANCE)

    answer = client.get("/api/v1/loans", headers={"Authorization": f"Bearer plt_{caller.token.public_id}_guess"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: access.revoke_token(token_id=token.pk, by="test", at=timezone.now()),
        lambda token: ApiToken.objects.filter(pk=token.pk).update(
            issued_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(days=1)
        ),
        lambda token: type(token.user).objects.filter(pk=token.user_id).update(is_active=False),
    ],
    ids=["revoked", "expired", "login switched off"],
)
def test_a_token_ends(call_as, small_book, spoil):
    caller = call_as(Role.FINANCE)
    assert caller.get("/loans").status_code == 200

    spoil(caller.token)

    assert caller.get("/loans").status_code == 401


def test_a_scope_the_token_lacks_is_named(call_as, small_book):
    caller = call_as(Role.FINANCE, scopes=[Scope.LEDGER_READ])

    answer = caller.get("/loans")

    assert answer.status_code == 403
    assert "loans:read" in answer.json()["title"]


def test_taking_a_role_away_takes_it_from_the_tokens(call_as, small_book):
    caller = call_as(Role.FINANCE)
    caller.token.user.groups.set([Group.objects.get_or_create(name=Role.AGENT)[0]])

    assert caller.post("/receipts", receipt_for(small_book.late)).status_code == 403
    assert caller.get("/loans").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": [Scope.RECEIPTS_POST]}, "scopes"),
        ({"life": timedelta(0)}, "expires"),
        ({"life": timedelta(days=400)}, "expires"),
    ],
)
def test_a_token_beyond_its_login_is_refused(db, change, field):
    user = make_login(username="agent", roles=[Role.AGENT])
    terms = {"name": "x", "scopes": [Scope.LOANS_READ], "life": timedelta(days=1)} | change

    with pytest.raises(access.TokenRefused) as refused:
        access.issue_token(user=user, **terms, by="test", at=timezone.now())

    assert refused.value.field == field
    assert not ApiToken.objects.exists()


def test_too_many_calls_are_told_to_wait(call_as, small_book):
    caller = call_as(Role.FINANCE, calls_a_minute=2)

    answers = [caller.get("/loans") for _ in range(6)]

    slow = [answer for answer in answers if answer.status_code == 429]
    assert len(slow) >= 2  # a new minute may have begun once in between
    assert 1 <= int(slow[0]["Retry-After"]) <= 60


def test_a_call_with_a_key_is_done_once_and_answered_twice(call_as, small_book):
    caller = call_as(Role.FINANCE)

    first = caller.post("/receipts", receipt_for(small_book.late), key="k1")
    again = caller.post("/receipts", receipt_for(small_book.late), key="k1")

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Receipt.objects.filter(bank_reference="R1").count() == 1


def test_a_key_of_another_call_is_refused(call_as, small_book):
    caller = call_as(Role.FINANCE)
    caller.post("/receipts", receipt_for(small_book.late), key="k1")

    answer = caller.post("/receipts", receipt_for(small_book.late, reference="R2"), key="k1")

    assert answer.status_code == 409
    assert not Receipt.objects.filter(bank_reference="R2").exists()


def test_what_was_refused_may_be_tried_again_under_its_key(call_as, small_book):
    caller = call_as(Role.FINANCE)
    body = receipt_for(small_book.late)

    refused = caller.post("/receipts", body | {"currency": "XXX"}, key="k1")
    answer = caller.post("/receipts", body, key="k1")

    assert refused.status_code == 422
    assert answer.status_code == 200


def test_a_list_comes_in_pages_that_neither_repeat_nor_skip(call_as, small_book):
    caller = call_as(Role.FINANCE)
    whole = [loan["loan_id"] for loan in caller.get("/loans").json()["items"]]

    seen, after = [], None
    while True:
        page = caller.get("/loans", limit=1, **({"after": after} if after else {})).json()
        seen += [loan["loan_id"] for loan in page["items"]]
        after = page["next_after"]
        if after is None:
            break

    assert seen == whole == sorted(whole, reverse=True)
    assert len(whole) > 1


@pytest.mark.django_db(transaction=True)
def test_two_calls_with_one_key_at_once_are_one_receipt(small_book, call_as):
    caller = call_as(Role.FINANCE)
    body = receipt_for(small_book.late)
    answers = []

    def call():
        caller_of_thread = type(caller)(client=Client(), bearer=caller.bearer, token=caller.token)
        answers.append(caller_of_thread.post("/receipts", body, key="k1").json())
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)
    assert Receipt.objects.filter(bank_reference="R1").count() == 1


def test_old_answers_are_forgotten(call_as, small_book):
    caller = call_as(Role.FINANCE)
    caller.post("/receipts", receipt_for(small_book.late), key="k1")

    assert access.forget_old_answers(at=timezone.now()) == 0
    assert access.forget_old_answers(at=timezone.now() + timedelta(days=8)) == 1
    assert not ApiAnswer.objects.exists()
