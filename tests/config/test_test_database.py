"""The databases the tests themselves run on."""

import subprocess
import sys

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import connection

User = get_user_model()


@pytest.mark.django_db
def test_a_test_runs_in_a_database_of_its_own() -> None:
    assert connection.settings_dict["NAME"].startswith("test_postloan_")
    assert not User.objects.filter(username="committed").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", [1, 2])
def test_what_a_test_commits_is_gone_for_the_next(_round: int) -> None:
    assert not User.objects.filter(username="committed").exists()

    User.objects.create(username="committed")

    with psycopg.connect(**connection.get_connection_params()) as other:
        assert other.execute("SELECT count(*) FROM " + User._meta.db_table).fetchone() == (1,)


def test_a_program_started_by_a_test_sees_what_the_test_committed(database_url: str) -> None:
    User.objects.create(username="committed")
    program = "import sys, psycopg; print(psycopg.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"
    question = f"SELECT username FROM {User._meta.db_table}"
    command = [sys.executable, "-c", program, database_url, question]

    answer = subprocess.run(command, check=False, capture_output=True, text=True)

    assert answer.stdout == "committed\n", answer.stderr


def test_a_browser_shows_the_live_site(live_server, browser_page) -> None:
    response = browser_page.goto(f"{live_server.url}/healthz")

    assert response.status == 200
    assert browser_page.inner_text("body") == '{"status": "ok"}'
