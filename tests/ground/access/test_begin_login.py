"""Guessing passwords is slow, however many guess at once, and tells nothing about which names exist."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from postloan.ground.access import operations as access
from postloan.ground.access.models import LoginGuard
from postloan.ground.access.roles import Role
from tests.factories.people import PASSWORD, make_login

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def attempts_until_locked(*, name="ada", address="192.0.2.1", at=AT, most=100):
    for number in range(1, most + 1):
        try:
            access.begin_login(name=name, address=address, at=at)
        except access.LoginLocked:
            return number
    return None


@pytest.mark.django_db
def test_the_sixth_attempt_by_a_name_is_refused_unseen():
    assert attempts_until_locked() == 6


@pytest.mark.django_db
def test_capitals_and_blanks_make_no_other_name():
    assert attempts_until_locked(name="ada") == 6
    assert attempts_until_locked(name=" Ada ") == 1


@pytest.mark.django_db
def test_an_address_that_tries_many_names_is_locked():
    for number in range(50):
        access.begin_login(name=f"name{number}", address="192.0.2.1", at=AT)

    with pytest.raises(access.LoginLocked):
        access.begin_login(name="one more", address="192.0.2.1", at=AT)


@pytest.mark.django_db
def test_a_lock_ends_after_a_quarter_of_an_hour_and_not_before():
    attempts_until_locked()

    with pytest.raises(access.LoginLocked):
        access.begin_login(name="ada", address="192.0.2.2", at=AT + timedelta(minutes=14))
    access.begin_login(name="ada", address="192.0.2.2", at=AT + timedelta(minutes=31))


@pytest.mark.django_db
def test_slow_attempts_are_not_locked():
    for number in range(40):
        access.begin_login(name="ada", address="192.0.2.1", at=AT + number * timedelta(minutes=4))


@pytest.mark.django_db
def test_a_right_password_forgets_the_attempts():
    for _ in range(12):
        access.begin_login(name="ada", address="192.0.2.1", at=AT)
        access.end_login(name="ada")


@pytest.mark.django_db
def test_neither_name_nor_address_is_kept():
    access.begin_login(name="wilhelmina", address="192.0.2.1", at=AT)

    kept = str(list(LoginGuard.objects.values()))
    assert "wilhelmina" not in kept
    assert "192.0.2.1" not in kept


@pytest.mark.django_db
def test_old_attempts_are_forgotten_and_locks_are_not():
    attempts_until_locked()
    access.begin_login(name="other", address="192.0.2.9", at=AT - timedelta(hours=1))

    assert access.forget_old_attempts(at=AT + timedelta(minutes=1)) == 2
    assert attempts_until_locked() == 1


@pytest.mark.django_db(transaction=True)
def test_guessing_from_many_places_at_once_gets_no_more_than_five_looks():
    looked = []

    def guess(number):
        try:
            access.begin_login(name="ada", address=f"192.0.2.{number}", at=AT)
            looked.append(number)
        except access.LoginLocked:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(looked) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["finance", "nobody"])
def test_the_page_says_the_same_of_names_that_exist_and_of_names_that_do_not(client, name):
    make_login(username="finance", roles=[Role.FINANCE])

    pages = [client.post(reverse("login"), {"username": name, "password": "wrong"}).content.decode() for _ in range(7)]

    assert all("do not belong together" in page for page in pages[:5])
    assert all("Too many attempts" in page for page in pages[5:])


@pytest.mark.django_db
def test_a_locked_name_does_not_get_in_with_the_right_password(client):
    make_login(username="finance", roles=[Role.FINANCE])
    for _ in range(6):
        client.post(reverse("login"), {"username": "finance", "password": "wrong"})

    client.post(reverse("login"), {"username": "finance", "password": PASSWORD})

    assert "_auth_user_id" not in client.session
