"""The gallery: every part of the design system in all its states, with figures that are plainly invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from postloan.ground.access.roles import STAFF
from postloan.web.ui.access import for_roles
from postloan.web.ui.parts import Chart, Dialog, Happening, Series, Stat, Step, Tab
from postloan.web.ui.tables import BulkAction, Column, Emptiness, Filter, ListRows, Table

STATES = ("many", "empty", "one", "very_many", "filtered", "loading", "error", "offline")
ROWS = {"empty": 0, "one": 1, "many": 12, "very_many": 100_000, "filtered": 0, "loading": 0, "error": 0, "offline": 12}
STATE_WORDS = {
    "many": _("Many"),
    "empty": _("Empty"),
    "one": _("One"),
    "very_many": _("Very many"),
    "filtered": _("Nothing fits"),
    "loading": _("Loading"),
    "error": _("Failed"),
    "offline": _("Offline"),
}
NARROWED = {"filtered": "&text=none"}
TOKENS = (
    "page", "paper", "ink", "ink-soft", "line", "tint", "brand", "brand-strong", "focus",
    "tone-blue", "tone-green", "tone-amber", "tone-red", "tone-muted",
    "bucket-0", "bucket-1", "bucket-2", "bucket-3", "bucket-4", "bucket-5", "bucket-6", "bucket-7",
)  # fmt: skip
CODES = (
    ("active", "loan_status"), ("closed", "loan_status"), ("charged_off", "loan_status"), ("due", "row_state"),
    ("part_paid", "row_state"), ("past_due", "row_state"), ("paid", "row_state"), ("planned", "row_state"),
)  # fmt: skip
FIRST_DAY = date(2024, 1, 31)
AT = datetime(2024, 3, 5, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """A row that nobody owes."""

    pk: int
    day: date
    amount_minor: int
    status: str
    currency: str = "CNY"


def _samples(found: Sequence[int]) -> list[Sample]:
    statuses = ("active", "closed", "charged_off")
    return [
        Sample(
            pk=number + 1,
            day=FIRST_DAY + timedelta(days=number % 366),
            amount_minor=(number * 7_919_31) % 9_999_999,
            status=statuses[number % 3],
        )
        for number in found
    ]


SAMPLES = Table(
    name="gallery",
    caption=_("Examples"),
    order="sample",
    columns=(
        Column(name="sample", label=_("Example"), value="pk", is_fixed=True),
        Column(name="day", label=_("Due date"), kind="day"),
        Column(name="status", label=_("Status"), kind="chip", words="loan_status"),
        Column(name="amount", label=_("Amount"), kind="money", value="amount_minor"),
    ),
    filters=(Filter(name="text", label=_("Loan number"), kind="text"),),
    actions=(BulkAction(label=_("Release"), url_name="gallery", asks=_("Why?"), tone="primary"),),
    empty=Emptiness(title=_("Nothing here yet"), text=_("What would bring something here is said in this place.")),
    page_rows=12,
)


class SampleForm(forms.Form):
    """A form with every kind of field."""

    amount = forms.DecimalField(label=_("Amount"), help_text=_("In whole fen at the finest."), min_value=1)
    due = forms.DateField(label=_("Due date"), widget=forms.DateInput(attrs={"type": "date"}))
    status = forms.ChoiceField(label=_("Status"), choices=[("active", _("Active")), ("closed", _("Paid off"))])
    reason = forms.CharField(label=_("Reason"), required=False, max_length=150)
    agreed = forms.BooleanField(label=_("The customer has agreed"))


@for_roles(STAFF)
def gallery(request: HttpRequest) -> HttpResponseBase:
    """All parts, in all states."""
    state = request.GET.get("state", "")
    state = state if state in STATES else STATES[0]
    form = SampleForm({"amount": "-3", "due": "tomorrow"} if "errors" in request.GET else None)
    context = _parts() | {
        "state": state,
        "states": [
            Tab(label=STATE_WORDS[each], url=f"?state={each}{NARROWED.get(each, '')}#table", is_current=each == state)
            for each in STATES
        ],
        "form": form,
        "tokens": TOKENS,
        "codes": CODES,
        "happened_at": AT,
        "due": FIRST_DAY,
    }
    rows = ListRows(range(ROWS[state]))
    return SAMPLES.answer(request, rows=rows, present=_samples, template="ui/gallery.html", context=context)


def _parts() -> dict[str, Any]:
    days = [FIRST_DAY + timedelta(days=number) for number in range(10)]
    return {
        "stats": [
            Stat(label=_("Principal outstanding"), value="¥12,345,678.90", url="#table", hint=_("Leads to what it is made of")),
            Stat(label=_("Past due"), value="¥234,500.00", tone="amber"),
            Stat(label=_("Messages"), value="1,204"),
        ],
        "steps": [
            Step(label=_("Requested"), state="done", hint="2024-03-01"),
            Step(label=_("Decided"), state="current"),
            Step(label=_("Paid out"), state="to_come"),
        ],
        "failed_steps": [Step(label=_("Requested"), state="done"), Step(label=_("Paid out"), state="failed")],
        "tabs": [
            Tab(label=_("Days"), url="#", is_current=True),
            Tab(label=_("Loans set aside"), url="#tabs", count=3),
        ],
        "happenings": [
            Happening(when=AT, title=_("Reminder"), chip=_("Sent"), tone="green"),
            Happening(when=FIRST_DAY, title=_("Instalments fall due"), text="¥1,250.00", url="#timeline"),
        ],
        "charts": [
            Chart(
                name="bars", title=_("Principal outstanding by day"), across=days, unit="money", currency="CNY", is_stacked=True,
                series=[
                    Series(name=f"M{bucket}", bucket=bucket, values=[(11 - number) * 90_000 * (4 - bucket) for number in range(10)])
                    for bucket in (1, 2, 3)
                ],
            ),
            Chart(
                name="lines", title=_("Roll rate by month"), across=[f"{month}" for month in range(1, 7)], unit="share", kind="line",
                series=[
                    Series(name="M1", values=[210_000, 190_000, None, 180_000, 175_000, 160_000]),
                    Series(name="M2", values=[410_000, 420_000, 400_000, 380_000, 390_000, 370_000]),
                ],
            ),
            Chart(name="nothing", title=_("Nothing to draw yet"), across=[], series=[]),
        ],
        "dialog": Dialog(
            name="ask", title=_("Release the loan?"), text=_("The next close takes it up again."), url="#",
            button=_("Release"), asks=_("Why?"),
        ),
    }  # fmt: skip
