"""Callers of the API."""

import json
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from postloan.ground.access import operations as access
from postloan.ground.access.queries import get_roles
from postloan.ground.access.roles import Role
from postloan.ground.access.scopes import scopes_of
from tests.factories.loans import make_loan
from tests.factories.people import make_login


class ApiClient:
    """Calls the API with a token."""

    def __init__(self, *, client, bearer, token):
        self.client, self.bearer, self.token = client, bearer, token

    def _headers(self, key):
        return {"Authorization": f"Bearer {self.bearer}"} | ({"Idempotency-Key": key} if key else {})

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", data=query, headers=self._headers(""))

    def post(self, path, body, *, key=""):
        return self.client.post(
            f"/api/v1{path}", data=json.dumps(body), content_type="application/json", headers=self._headers(key)
        )


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def small_book(db):
    """Loans as of the close of 30 June 2018; `late` is past due."""
    late = make_loan(disbursed_date=date(2018, 1, 15), paid_rows=2)
    return SimpleNamespace(late=late, others=[make_loan(disbursed_date=date(2018, 2, 10)) for _ in range(3)])


@pytest.fixture
def call_as(client, db):
    """Return a function that makes a caller with these roles and, where wanted, fewer scopes than they allow."""

    def make(*roles: Role, scopes=None, calls_a_minute=600) -> ApiClient:
        user = make_login(username=f"caller-{'-'.join(roles)}", roles=roles)
        issued = access.issue_token(
            user=user,
            name="tests",
            scopes=scopes_of(roles=get_roles(user=user)) if scopes is None else scopes,
            life=timedelta(days=1),
            by="tests",
            at=timezone.now(),
            calls_a_minute=calls_a_minute,
        )
        return ApiClient(client=client, bearer=issued.bearer, token=issued.token)

    return make
