"""Customers and logins, plainly invented."""

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import count

from django.contrib.auth.models import User

from postloan.ground.access import operations as access
from postloan.ground.access.roles import Role
from postloan.ground.customers import operations as customers
from postloan.ground.customers.models import Customer

NOW = datetime(2018, 7, 1, 1, 0, tzinfo=UTC)
PASSWORD = "a long pass phrase"

FIRST_NAMES = ("Ada", "Bruno", "Clara", "Dario", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas")
LAST_NAMES = ("Sample", "Example", "Placeholder", "Specimen", "Test", "Model")

_numbers = count(1)


def make_customer(*, number: int | None = None, language: str = "en", source: str = "factory") -> Customer:
    """Return an invented customer with an e-mail address on a reserved domain and a reserved phone number."""
    number = next(_numbers) if number is None else number
    name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number // 10 % len(LAST_NAMES)]}"
    return customers.add_customer(
        source=source,
        external_id=f"C{number}",
        name=name,
        time_zone="America/New_York",
        email=f"customer{number}@example.org",
        phone=f"+1 202 555 {100 + number % 100:04d}",
        phone_region="US",
        language=language,
        region="NY",
        is_invented=True,
        by="factory",
        at=NOW,
    )


def make_login(*, username: str, roles: Collection[Role], customer_id: int | None = None) -> User:
    """Return a login with these roles whose password is PASSWORD."""
    return access.add_login(
        username=username, password=PASSWORD, roles=roles, customer_id=customer_id, by="factory", at=NOW
    )
