"""The gallery: every part in every state, in both languages, for staff."""

from datetime import date

import pytest
from django.utils.translation import override

from postloan.ground.access.roles import Role
from postloan.web.ui.gallery import STATES
from postloan.web.ui.parts import Chart, Series


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_shown_in_both_languages(client, login_as, state, language):
    login_as(Role.ENGINEER)
    client.cookies["django_language"] = language

    answer = client.get("/ui/gallery", {"state": state, "errors": ""})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "data-chart" in page
    assert ('class="skeleton"' in page) == (state == "loading")
    assert ("is-failed" in page.replace("step is-failed", "")) == (state == "error")


def test_a_list_of_very_many_shows_a_page_and_leads_on(client, login_as):
    login_as(Role.ENGINEER)

    listing = client.get("/ui/gallery", {"state": "very_many"}).context["listing"]
    later = client.get("/ui/gallery" + listing.next_url).context["listing"]

    assert [row.pk for row in listing.rows] == list(range(1, 13))
    assert [row.pk for row in later.rows] == list(range(13, 25))
    assert not listing.is_counted


def test_a_form_with_mistakes_says_which_and_ties_them_to_their_fields(client, login_as):
    login_as(Role.ENGINEER)

    page = client.get("/ui/gallery", {"errors": ""}).content.decode()

    assert '<a href="#id_amount">' in page
    assert 'aria-describedby="id_amount-help id_amount-error"' in page
    assert page.count('aria-invalid="true"') == 4


@pytest.mark.parametrize(("role", "status"), [(Role.BORROWER, 403), (Role.AGENT, 200)])
def test_the_gallery_is_for_staff(client, login_as, role, status):
    login_as(role)

    assert client.get("/ui/gallery").status_code == status


def test_a_chart_and_its_table_say_the_same():
    chart = Chart(
        name="c",
        title="t",
        across=[date(2024, 1, 31), date(2024, 2, 29)],
        unit="money",
        currency="CNY",
        series=[Series(name="a", values=[1_250, None]), Series(name="b", values=[-5, 0])],
    )

    with override("zh-hans"):
        rows = chart.rows

    assert rows == [("2024年1月31日", ["¥12.50", "−¥0.05"]), ("2024年2月29日", ["–", "¥0.00"])]
    assert chart.spec["minorUnits"] == 100
    assert [one["values"] for one in chart.spec["series"]] == [[1_250, None], [-5, 0]]
