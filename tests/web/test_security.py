"""What every answer says to the browser, and that the settings of a site behind TLS hold what Django's own check asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from postloan.ground.access.roles import Role
from tests.factories.people import make_login

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "POSTLOAN_HTTPS": "1",
    "POSTLOAN_HOSTS": "lender.example",
    "POSTLOAN_ORIGINS": "https://lender.example",
}


def in_production(*command: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRODUCTION, "POSTLOAN_VAR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment |= {"DATABASE_URL": "postgresql://nobody@localhost:1/nothing"}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_check_of_a_deployment_finds_nothing(tmp_path):
    command = "from postloan.config.main import main; import sys; sys.argv[1:] = ['check', '--deploy', '--fail-level', 'WARNING']; sys.exit(main())"

    checked = in_production("-c", command, tmp_path=tmp_path)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "WARNINGS" not in checked.stderr


def test_behind_tls_cookies_are_secure_the_browser_remembers_tls_and_plain_requests_are_sent_to_it(tmp_path):
    script = """
import django
from django.conf import settings
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
django.setup()
from django.test import RequestFactory
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
answer = SecurityMiddleware(lambda request: HttpResponse("x"))
ask = RequestFactory(HTTP_HOST="lender.example")
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.LANGUAGE_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY)
print(answer(ask.get("/office/"))["Location"])
print(answer(ask.get("/office/", HTTP_X_FORWARDED_PROTO="https"))["Strict-Transport-Security"])
print(answer(ask.get("/healthz")).status_code)
"""
    said = in_production("-c", script, tmp_path=tmp_path)

    assert said.stdout.splitlines() == [
        "True True True True",
        "https://lender.example/office/",
        "max-age=31536000; includeSubDomains; preload",
        "200",
    ], said.stderr


@pytest.mark.parametrize("path", ["/login", "/nothing/here", "/office/", "/healthz", "/api/v1/docs"])
def test_every_answer_carries_the_policies(client, login_as, small_book, path):
    login_as(Role.SUPERVISOR)

    answer = client.get(path)

    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]


OUTSIDE = ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]


@pytest.mark.parametrize("outside", OUTSIDE)
def test_no_way_back_leads_outside(client, db, outside):
    make_login(username="agent", roles=[Role.AGENT])

    language = client.post("/language", {"language": "zh-hans", "next": outside})
    entered = client.post("/login", {"username": "agent", "password": "a long pass phrase", "next": outside})
    again = client.get("/login", {"next": outside})
    view = client.post("/views/save", {"table": "office.loans", "name": "x", "query": "", "next": outside})

    places = [answer.url for answer in (language, entered, again, view)]
    assert all(place.startswith("/") and "evil" not in place and "javascript" not in place for place in places), places


def test_a_form_that_brings_too_much_is_refused(client, login_as, db):
    login_as(Role.AGENT)

    many = client.post("/ui/find", {f"field{number}": "x" for number in range(600)})
    long = client.post("/ui/find", {"text": "x" * 3_000_000}, content_type="application/x-www-form-urlencoded")

    assert (many.status_code, long.status_code) == (400, 400)


def test_a_form_from_another_site_changes_nothing(small_book):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_login(username="sam", roles=[Role.SUPERVISOR]))

    answers = [
        strict.post(path, {"purpose": "none of your business", "reason": "x", "key": "1"}).status_code
        for path in (
            "/ui/find",
            "/views/save",
            "/office/faults/release",
            f"/desk/customers/{small_book.late.customer_id}/reveal",
        )
    ]

    assert answers == [403] * 4
