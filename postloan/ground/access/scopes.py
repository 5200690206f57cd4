"""
What a token of the API may do, and which roles may hand such a token out.

A call is allowed when its token carries the scope *and* the roles of the
token's login do: taking a role away takes it from every token at once.
"""

from collections.abc import Collection
from enum import StrEnum

from postloan.ground.access.roles import Role


class Scope(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_REVEAL = "customers:reveal"
    CUSTOMERS_CHANGE = "customers:change"
    LOANS_READ = "loans:read"
    LOANS_CHANGE = "loans:change"
    RECEIPTS_POST = "receipts:post"
    PURCHASES_POST = "purchases:post"
    LINES_READ = "lines:read"
    LINES_CHANGE = "lines:change"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_CHANGE = "applications:change"
    DEBITS_READ = "debits:read"
    DEBITS_CHANGE = "debits:change"
    LEDGER_READ = "ledger:read"
    CLOSE_READ = "close:read"
    CLOSE_MEND = "close:mend"
    MESSAGES_READ = "messages:read"
    CONTACTS_DECIDE = "contacts:decide"
    CONTACTS_REPORT = "contacts:report"
    POSITIONS_READ = "positions:read"
    BOOKS_SYNC = "books:sync"
    WEBHOOKS_CHANGE = "webhooks:change"


_READS = frozenset(scope for scope in Scope if scope.endswith(":read"))

SCOPES_OF: dict[Role, frozenset[Scope]] = {
    Role.AGENT: frozenset(
        {
            Scope.CUSTOMERS_READ,
            Scope.CUSTOMERS_REVEAL,
            Scope.LOANS_READ,
            Scope.LINES_READ,
            Scope.APPLICATIONS_READ,
            Scope.DEBITS_READ,
            Scope.MESSAGES_READ,
            Scope.CONTACTS_DECIDE,
            Scope.CONTACTS_REPORT,
        }
    ),
    Role.SUPERVISOR: _READS
    | {
        Scope.CUSTOMERS_REVEAL,
        Scope.CUSTOMERS_CHANGE,
        Scope.LOANS_CHANGE,
        Scope.CLOSE_MEND,
        Scope.CONTACTS_DECIDE,
        Scope.CONTACTS_REPORT,
    },
    Role.FINANCE: _READS
    | {
        Scope.RECEIPTS_POST,
        Scope.PURCHASES_POST,
        Scope.LOANS_CHANGE,
        Scope.LINES_CHANGE,
        Scope.DEBITS_CHANGE,
        Scope.CLOSE_MEND,
        Scope.BOOKS_SYNC,
    },
    Role.RISK: _READS | {Scope.LINES_CHANGE, Scope.APPLICATIONS_CHANGE},
    Role.COMPLIANCE: _READS | {Scope.CUSTOMERS_REVEAL, Scope.CONTACTS_DECIDE},
    Role.ENGINEER: frozenset(Scope) - {Scope.CUSTOMERS_REVEAL},
    Role.BORROWER: frozenset(),
}


def scopes_of(*, roles: Collection[Role]) -> frozenset[Scope]:
    """Return every scope that one of these roles allows."""
    return frozenset().union(*(SCOPES_OF[role] for role in roles))
