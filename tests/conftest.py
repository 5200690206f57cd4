"""
Fixtures of every test: the database and the browser.

- `db` (or `@pytest.mark.django_db`): the test runs in a transaction that is
  rolled back. Use this.
- `transactional_db` (or `transaction=True`): the test really commits, and the
  database is put back from its template afterwards. Threads, processes and the
  browser need it; it costs about a tenth of a second.
- `database_url`: the address of the test database, for programs started by a test.
- `browser_page`: a page of a real browser; with `live_server` it shows the site.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest
from django import test as django_test

from tests import databases
from tests.browsers import FLAGS, chromium_program, stay_local

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# A busy machine is no failure; how long a test takes is pytest's --durations to tell.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

NO_BROWSER = "NO CHROMIUM WAS FOUND: the tests of the pages in a browser did not run"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[RUN] = databases.new_run()


RUN = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: "pytest.Item") -> None:
    """Tell each worker of pytest-xdist which run it belongs to."""
    node.workerinput["postloan_run"] = node.config.stash[RUN]  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def _copied_database(request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker):
    """Hold this worker's copy of the migrated template for the length of the session."""
    workerinput = getattr(request.config, "workerinput", None)
    run = workerinput["postloan_run"] if workerinput else request.config.stash[RUN]
    worker = workerinput["workerid"] if workerinput else "main"
    server, keeper = databases.server_of_tests()
    try:
        with django_db_blocker.unblock():
            database = databases.copied_database(keeper=keeper, run=run, worker=worker)
            databases.point_django_at(database.address)
        yield database
        with django_db_blocker.unblock():
            database.drop()
            if server is None and worker == "main":
                databases.drop_databases_of_run(keeper=keeper, run=run)
    finally:
        if server is not None:
            server.leave()


@pytest.fixture(scope="session")
def django_db_setup(_copied_database: databases.CopiedDatabase) -> Iterator[None]:
    """Take the place of pytest-django's own set-up: copies of a template instead of migrations for every worker."""

    def restore(self: django_test.TransactionTestCase) -> None:
        _copied_database.restore()

    patch = pytest.MonkeyPatch()
    patch.setattr(django_test.TransactionTestCase, "_fixture_teardown", restore)
    yield
    patch.undo()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop the template that the workers of pytest-xdist shared on a server that is not ours."""
    config = session.config
    is_controller = not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None)
    if is_controller and not databases.is_embedded():
        databases.drop_databases_of_run(keeper=databases.database_address(), run=config.stash[RUN])


@pytest.fixture
def database_url(_copied_database: databases.CopiedDatabase, transactional_db: None) -> str:
    """Return the address of the test database; what is committed there is thrown away after the test."""
    return _copied_database.address.url()


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A running Chromium, shared by the tests of a worker; skips where there is none."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, and Django takes that for an async context, which it is not.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        program = chromium_program(playwright=playwright)
        if program is None:
            pytest.skip(NO_BROWSER)
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def browser_context(browser: "Browser") -> "Iterator[BrowserContext]":
    """A fresh browser profile of a desktop in English; other sizes and languages: `browser.new_context(…)`."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Shanghai", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    context.route("**/*", stay_local)
    yield context
    context.close()


@pytest.fixture
def browser_page(browser_context: "BrowserContext") -> "Iterator[Page]":
    """A page in a real browser. The test fails where a script on the page failed."""
    page = browser_context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors, f"scripts on the page failed: {errors}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if any(NO_BROWSER in str(report.longrepr) for report in skipped):
        terminalreporter.write_sep("!", NO_BROWSER, red=True, bold=True)
