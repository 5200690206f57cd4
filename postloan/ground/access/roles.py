"""
Who may open which door. A role is a group of Django's; a person may have several.

`borrower` is the only role outside the house: it opens the portal, and there
only the customer the account is linked to.
"""

from enum import StrEnum


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    FINANCE = "finance"
    RISK = "risk"
    COMPLIANCE = "compliance"
    ENGINEER = "engineer"
    BORROWER = "borrower"


STAFF = frozenset(Role) - {Role.BORROWER}
OFFICE = frozenset({Role.SUPERVISOR, Role.FINANCE, Role.RISK, Role.COMPLIANCE, Role.ENGINEER})
DESK = frozenset({Role.AGENT, Role.SUPERVISOR, Role.COMPLIANCE, Role.FINANCE, Role.RISK})
