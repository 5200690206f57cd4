"""Roles come from groups; a borrower's login leads to one customer."""

import pytest
from django.contrib.auth.models import AnonymousUser

from postloan.ground.access import operations
from postloan.ground.access.queries import get_customer_id, get_roles
from postloan.ground.access.roles import STAFF, Role
from tests.factories.books import AT

pytestmark = pytest.mark.django_db


def test_a_login_has_exactly_the_roles_it_was_given_last():
    operations.add_login(username="lin", password="a long secret", roles=[Role.AGENT, Role.RISK], by="test", at=AT)

    user = operations.add_login(username="lin", password="a long secret", roles=[Role.FINANCE], by="test", at=AT)

    assert get_roles(user=user) == {Role.FINANCE}
    assert user.check_password("a long secret")


def test_a_stranger_has_no_role_and_a_superuser_has_all_inside_ones(django_user_model):
    assert get_roles(user=AnonymousUser()) == frozenset()
    assert get_roles(user=django_user_model.objects.create_superuser("root")) == STAFF


def test_a_borrowers_login_leads_to_one_customer():
    user = operations.add_login(
        username="b", password="a long secret", roles=[Role.BORROWER], by="test", at=AT, customer_id=7
    )

    assert get_customer_id(user=user) == 7
