"""
Every page under axe-core: nothing serious or critical, in both languages, light and dark, at 360 and 1440 px.

Four profiles meet every pair of language, scheme and width. `axe-core/` holds the checker with its licence.
"""

import hashlib
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch

from postloan.ground.access.roles import Role
from tests.browsers import stay_local
from tests.factories.people import make_login
from tests.web.test_permissions import LEADS_ELSEWHERE, NOTHING_THERE, address, open_to_roles, page_names, things

AXE = Path(__file__).parent / "axe-core"
PROFILES = (
    ("en-GB", "light", 360),
    ("en-GB", "dark", 1440),
    ("zh-CN", "light", 1440),
    ("zh-CN", "dark", 360),
)
EVERYBODYS = ("/login", "/ui/gallery", "/ui/gallery?state=error", "/ui/gallery?state=loading&errors", "/nothing/here")
# Answers that are no pages of their own: fragments, files, streams.
NO_PAGES = ("_live", "_file", "_csv", "_stream", "_pdf")
CHECKED = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")

__all__ = ["things"]


def test_the_checker_is_the_one_its_checksums_name():
    listed = dict(reversed(line.split("  ", 1)) for line in (AXE / "CHECKSUMS").read_text().splitlines())

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in AXE.iterdir()}

    assert {name: sum_ for name, sum_ in found.items() if name != "CHECKSUMS"} == listed


def paths_for(role: Role, things: dict) -> list[str]:
    """Return the address of every page that a role may open; files and what is only sent to are left out later."""
    names = [
        name
        for name in page_names()
        if role in open_to_roles(name)
        and name not in LEADS_ELSEWHERE
        and name not in NOTHING_THERE
        and not name.endswith(NO_PAGES)
    ]
    paths = []
    for name in names:
        with suppress(NoReverseMatch, KeyError):  # tests/web/test_permissions.py says so of an address it cannot make
            paths.append(address(name, things))
    return paths if role == Role.BORROWER else [*paths, *EVERYBODYS[1:]]


@pytest.fixture
def page_as(live_server, browser, things):
    """Return a function that opens a page of a browser with one profile, logged in with one role."""
    contexts = []

    def open_page(role: Role, language: str, scheme: str, width: int):
        customer_id = things["customer_id"] if role == Role.BORROWER else None
        client = Client()
        client.force_login(make_login(username=f"axe-{role}", roles=[role], customer_id=customer_id))
        context = browser.new_context(locale=language, color_scheme=scheme, viewport={"width": width, "height": 900})
        context.set_default_timeout(15_000)
        context.route("**/*", stay_local)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def violations(page) -> list[str]:
    """Return what axe finds serious or critical, each with the first place."""
    page.evaluate((AXE / "axe.min.js").read_text())
    found = page.evaluate(
        """(tags) => axe.run(document, {
            runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
        }).then((result) => result.violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0].html, why: nodes[0].failureSummary, count: nodes.length })))""",
        list(CHECKED),
    )
    return [
        f"{one['id']} ({one['impact']}, {one['count']}×): {one['html'][:160]} – {' '.join(one['why'].split())[:240]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_the_checker_finds_what_is_wrong(page_as, live_server, things):
    page = page_as(Role.SUPERVISOR, "en-GB", "light", 1440)
    page.goto(f"{live_server.url}/office/loans/")

    page.evaluate(
        """() => {
            document.querySelector('h1').insertAdjacentHTML('afterend', '<img src="/static/ui/postloan.svg"><p id="pale">pale</p>');
            document.getElementById('pale').style.color = '#ccc';
        }"""
    )

    assert {fault.split(" ")[0] for fault in violations(page)} == {"image-alt", "color-contrast"}


@pytest.mark.parametrize(("language", "scheme", "width"), PROFILES)
@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.BORROWER])
def test_no_page_has_a_serious_fault(page_as, live_server, things, role, language, scheme, width):
    page = page_as(role, language, scheme, width)

    faults = {}
    paths = [path for path in paths_for(role, things) if is_page(page, live_server.url + path)]
    for path in paths:
        page.goto(live_server.url + path)
        if found := violations(page):
            faults[path] = found

    assert faults == {}
    assert len(paths) > 2


def is_page(page, url: str) -> bool:
    """Say whether an address answers with a page: not with a file, a part of a page, or a refusal of GET."""
    answer = page.request.get(url, max_redirects=0)
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status in (200, 404) and is_html and "<html" in answer.text()


def test_the_profiles_meet_every_pair():
    for first, second in ((0, 1), (0, 2), (1, 2)):
        values = [sorted({profile[place] for profile in PROFILES}, key=str) for place in (first, second)]
        assert {(profile[first], profile[second]) for profile in PROFILES} == set(product(*values))


def test_the_login_and_what_opens_over_a_page_have_no_serious_fault(page_as, live_server, things):
    page = page_as(Role.SUPERVISOR, "en-GB", "light", 1440)
    faults = []

    page.goto(f"{live_server.url}/office/loans/")
    page.keyboard.press("Control+k")
    page.locator(".found").first.wait_for()
    faults += violations(page)
    page.keyboard.press("Escape")
    page.locator("#palette").wait_for(state="hidden")
    page.keyboard.press("?")
    page.locator("#keys").wait_for()
    faults += violations(page)
    page.goto(f"{live_server.url}/ui/gallery")
    page.locator("[data-dialog]").click()
    page.locator("[data-toast]").evaluate("button => button.click()")
    faults += violations(page)
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login")
    faults += violations(page)

    assert faults == []
