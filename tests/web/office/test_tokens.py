"""Tokens of the API: made with no more than the login may, shown once, taken back."""

import re

from django.urls import reverse

from postloan.ground.access.models import ApiToken
from postloan.ground.access.roles import Role

URL = "/office/tokens/"


def make(client, **changes):
    return client.post(URL, {"name": "nightly export", "days": "30", "scopes": ["loans:read"]} | changes)


def test_a_new_token_is_shown_once_and_works(login_as, small_book):
    client = login_as(Role.FINANCE)

    page = make(client)
    bearer = re.search(r"plt_[\w-]+", page.content.decode())[0]

    assert page["Cache-Control"] == "no-store"
    assert client.get("/api/v1/loans", headers={"Authorization": f"Bearer {bearer}"}).status_code == 200
    assert bearer not in client.get(URL).content.decode()


def test_a_token_without_name_or_scope_is_refused_at_its_field(login_as):
    client = login_as(Role.FINANCE)

    nameless, powerless = make(client, name=" "), make(client, scopes=[])

    assert (nameless.status_code, powerless.status_code) == (422, 422)
    assert "Please give it a name" in nameless.content.decode()
    assert "choose at least one" in powerless.content.decode()
    assert not ApiToken.objects.exists()


def test_the_form_offers_only_what_the_roles_allow(login_as):
    client = login_as(Role.RISK)

    page = client.get(URL).content.decode()
    refused = make(client, scopes=["receipts:post"])

    assert 'value="receipts:post"' not in page
    assert refused.status_code == 422


def test_a_person_sees_and_revokes_their_own_tokens_and_an_engineer_all(login_as):
    make(login_as(Role.FINANCE))
    token = ApiToken.objects.get()

    assert "nightly export" not in login_as(Role.RISK).get(URL).content.decode()
    assert login_as(Role.RISK).post(reverse("office:revoke_token", args=[token.pk])).status_code == 404
    assert "nightly export" in login_as(Role.ENGINEER).get(URL).content.decode()
    assert login_as(Role.ENGINEER).post(reverse("office:revoke_token", args=[token.pk])).status_code == 302

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "Revoked" in login_as(Role.FINANCE).get(URL).content.decode()
