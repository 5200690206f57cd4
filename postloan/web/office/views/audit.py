"""The record of acts: who changed what, and who read whose data, for what purpose."""

import json

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from postloan.ground.access.roles import Role
from postloan.ground.audit.models import AuditRecord
from postloan.ground.audit.queries import find_records, get_actions, get_subject_kinds
from postloan.web.ui.access import for_roles
from postloan.web.ui.tables import Column, Emptiness, Filter, QueryRows, Sort, Table
from postloan.web.ui.words import word

READERS = frozenset({Role.COMPLIANCE, Role.SUPERVISOR, Role.ENGINEER})


def _details(record: AuditRecord) -> str:
    return json.dumps(record.details, ensure_ascii=False) if record.details else ""


def _named(table: str, codes: list[str]) -> list[tuple[str, str]]:
    return [(code, word(table=table, code=code)) for code in codes]


RECORDS = Table(
    name="office.audit",
    caption=_("Record of acts"),
    order="-at",
    columns=(
        Column(name="at", label=_("When"), kind="instant", value="recorded_at", is_fixed=True),
        Column(name="by", label=_("Who")),
        Column(name="action", label=_("What"), kind="words", words="audit_action"),
        Column(name="subject_kind", label=_("To what"), kind="words", words="audit_subject"),
        Column(name="subject_id", label=_("Number")),
        Column(name="purpose", label=_("Purpose"), breaks=True),
        Column(name="details", label=_("Details"), value=_details, breaks=True),
    ),
    filters=(
        Filter(name="on", label=_("Day"), kind="day"),
        Filter(name="action", label=_("What"), choices=lambda: _named("audit_action", get_actions())),
        Filter(name="kind", label=_("To what"), choices=lambda: _named("audit_subject", get_subject_kinds())),
        Filter(name="number", label=_("Number"), kind="text"),
        Filter(name="by", label=_("Who"), kind="text"),
    ),
    empty=Emptiness(
        title=_("Nothing on record fits"), text=_("Widen the filters: another day, another person, any act.")
    ),
)


@for_roles(READERS)
def audit(request: HttpRequest) -> HttpResponseBase:
    """Every act on record, the latest first."""
    asked = RECORDS.asked(request)
    found = find_records(
        on_date=asked["on"],
        action=asked["action"] or "",
        subject_kind=asked["kind"] or "",
        subject_id=asked["number"] or "",
        by=asked["by"] or "",
    )
    rows = QueryRows(found, {"at": Sort("recorded_at")})
    return RECORDS.answer(request, asked=asked, rows=rows, template="office/audit.html")
