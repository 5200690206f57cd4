"""A site with a small book, a closed day and a message, seen through a real browser."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from postloan.books.loans.models import Loan
from postloan.ground.access.roles import Role
from tests.factories.loans import AS_OF, make_book, make_loan
from tests.factories.messages import make_message
from tests.factories.nights import make_close_run
from tests.factories.people import PASSWORD, make_login
from tests.factories.positions import make_positions


@dataclass(frozen=True)
class Site:
    """Where the site is, and a loan that is late."""

    url: str
    late: Loan


@pytest.fixture
def site(live_server) -> Site:
    late = make_loan(disbursed_date=date(2018, 1, 15), paid_rows=2)
    loans = [late, *make_book(loans=25, seed=4)]
    make_positions(loans=loans, business_date=AS_OF)
    make_close_run()
    make_message(customer=late.customer)
    make_login(username="sam", roles=[Role.SUPERVISOR])
    make_login(username="bea", roles=[Role.BORROWER], customer_id=late.customer_id)
    return Site(url=live_server.url, late=late)


@pytest.fixture
def enter(site) -> Callable[..., None]:
    """Return a function that logs a page in by the form."""

    def log_in(page, username: str = "sam") -> None:
        page.goto(f"{site.url}/")
        page.get_by_label("User name").or_(page.get_by_label("用户名")).fill(username)
        page.get_by_label("Password").or_(page.get_by_label("密码")).fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/*/")

    return log_in
