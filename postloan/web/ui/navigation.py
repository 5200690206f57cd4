"""Where each role can go, and where it starts."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postloan.ground.access.roles import DESK, OFFICE, Role


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; `lights_on` are the beginnings of the addresses that belong to it."""

    label: str | Promise
    url_name: str
    lights_on: tuple[str, ...]
    roles: frozenset[Role]

    @property
    def url(self) -> str:
        """The address of the place."""
        return reverse(self.url_name)

    def match(self, *, path: str) -> int:
        """Return how much of `path` belongs to this place; 0 for nothing."""
        return max((len(start) for start in self.lights_on if path.startswith(start)), default=0)


_BORROWER = frozenset({Role.BORROWER})
_READERS = frozenset({Role.COMPLIANCE, Role.SUPERVISOR, Role.ENGINEER})  # of the record of acts

PLACES = (
    Place(_("Book"), "office:book", ("/office/",), OFFICE),
    Place(_("Portfolio"), "office:roll_rates", ("/office/portfolio/",), OFFICE),
    Place(_("Loans"), "office:loans", ("/office/loans/",), OFFICE),
    Place(_("Customers"), "desk:customers", ("/desk/",), DESK),
    Place(_("Changes of loans"), "desk:changes", ("/desk/changes/",), DESK),
    Place(_("Messages"), "office:messages", ("/office/messages/",), OFFICE),
    Place(
        _("Contacts"), "office:decisions", ("/office/decisions/", "/office/contact-rules/", "/office/evidence/"), OFFICE
    ),
    Place(_("Mailbox"), "office:mailbox", ("/office/mailbox/",), OFFICE),
    Place(_("Journal"), "office:journal", ("/office/journal/", "/office/accounts/"), OFFICE),
    Place(_("Nights"), "office:close_runs", ("/office/close/", "/office/faults/", "/office/schedule/"), OFFICE),
    Place(_("Imports"), "office:imports", ("/office/imports/", "/office/cores/"), OFFICE),
    Place(_("Record of acts"), "office:audit", ("/office/audit/",), _READERS),
    Place(_("API tokens"), "office:tokens", ("/office/tokens/",), frozenset({Role.ENGINEER})),
    Place(_("To pay"), "portal:home", ("/portal/", "/portal/loans/"), _BORROWER),
    Place(_("Notices"), "portal:notices", ("/portal/notices/",), _BORROWER),
)


# Looked at now and then: they stand under "More" where the row would not hold all.
NOW_AND_THEN = frozenset(
    {"office:mailbox", "office:imports", "office:audit", "office:tokens", "office:decisions", "desk:changes"}
)
ROW_HOLDS = 8


def is_in_row(*, place: Place, places: Collection[Place]) -> bool:
    """Say whether a place stands in the row of the navigation, and not under "More"."""
    if len(places) <= ROW_HOLDS:
        return True
    often = [each for each in places if each.url_name not in NOW_AND_THEN]
    return place in often[:ROW_HOLDS]


def places_for(*, roles: Collection[Role]) -> list[Place]:
    """Return what these roles can open, in the order of the navigation."""
    return [place for place in PLACES if not place.roles.isdisjoint(roles)]


def home_url_name(*, roles: Collection[Role]) -> str | None:
    """Return the name of the page a person starts on; None for a login without a role."""
    if not OFFICE.isdisjoint(roles):
        return "office:book"
    if not DESK.isdisjoint(roles):
        return "desk:customers"
    if Role.BORROWER in roles:
        return "portal:home"
    return None
