"""Fixtures of the page tests: a small book, logins for every role, places of their own for files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.conf import LazySettings
from django.test import Client

from postloan.books.loans.models import Loan
from postloan.care.outreach.channels import mail_channel
from postloan.ground.access.roles import Role
from tests.factories.loans import AS_OF, make_book, make_loan
from tests.factories.people import make_login
from tests.factories.positions import make_positions

LoginAs = Callable[..., Client]


@pytest.fixture(autouse=True)
def _own_places(settings: LazySettings, tmp_path) -> None:
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.MAIL_CHANNEL = {"class": "postloan.outside.mail.fake.FakeMailChannel", "options": {}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    mail_channel.cache_clear()
    yield
    mail_channel.cache_clear()


@dataclass(frozen=True)
class SmallBook:
    """Loans in several buckets, as of the close of 30 June 2018; `late` is 76 days past due, `current` is not."""

    loans: list[Loan]
    late: Loan
    current: Loan


@pytest.fixture
def small_book(db) -> SmallBook:
    late = make_loan(disbursed_date=date(2018, 1, 15), paid_rows=2)
    current = make_loan(disbursed_date=date(2018, 2, 10))
    loans = [late, current, *make_book(loans=12, seed=4)]
    make_positions(loans=loans, business_date=AS_OF)
    return SmallBook(loans=loans, late=late, current=current)


@pytest.fixture
def login_as(db, client: Client) -> LoginAs:
    """Return a function that logs the client in with some roles."""

    def login(*roles: Role, customer_id: int | None = None) -> Client:
        name = "-".join(sorted(roles)) or "nobody"
        client.force_login(make_login(username=f"test-{name}", roles=roles, customer_id=customer_id))
        return client

    return login
