"""Put an explained night into the words of the page: what changed, which steps acted, what was posted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postloan.books.ledger.chart import AccountNo
from postloan.close.explaining import Acted, NightExplained
from postloan.web.ui import words
from postloan.web.ui.figures import amount_text, day_text

FIGURES: words.Words = {
    "status": gettext_lazy("Status"),
    "bucket": gettext_lazy("Bucket"),
    "days_past_due": gettext_lazy("Days past due"),
    "principal_outstanding_minor": gettext_lazy("Principal outstanding"),
    "accrued_interest_minor": gettext_lazy("Accrued interest"),
    "past_due_minor": gettext_lazy("Past due"),
    "next_due_date": gettext_lazy("Next due date"),
    "next_event_date": gettext_lazy("Next day with something to do"),
}
FRAMES: words.Words = {
    "loans": gettext_lazy("Loan"),
    "instalments": gettext_lazy("Instalments"),
    "postings": gettext_lazy("Postings"),
    "allocations": gettext_lazy("Allocations"),
    "reminders": gettext_lazy("Reminders planned"),
}


@dataclass(frozen=True)
class Line:
    """A figure before and after the night, as the reader sees it; empty where it was not known."""

    title: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Whether the night moved it."""
        return bool(self.before and self.after) and self.before != self.after


@dataclass(frozen=True)
class WordedNight:
    """An explained night as a reader sees it."""

    night: NightExplained
    lines: tuple[Line, ...]
    steps: tuple[tuple[str, str], ...]
    postings: tuple[tuple[str, str, str, str], ...]  # kind, debit, credit, amount


def worded_night(*, night: NightExplained, currency: str) -> WordedNight:
    """Return the night in the language of the page; amounts in `currency`."""
    return WordedNight(
        night=night,
        lines=tuple(_lines(night, currency)),
        steps=tuple((words.word(table="close_step", code=acted.step), _said(acted, currency)) for acted in night.acted),
        postings=tuple(
            (
                words.word(table="entry_kind", code=row["entry__kind"]),
                words.word(table="account", code=AccountNo(row["debit_id"]).name),
                words.word(table="account", code=AccountNo(row["credit_id"]).name),
                amount_text(amount_minor=row["amount_minor"], currency=currency),
            )
            for row in night.postings
        ),
    )


def _lines(night: NightExplained, currency: str) -> list[Line]:
    before, after = night.before or {}, night.after or {}
    lines = []
    for name, title in FIGURES.items():
        if name in before or name in after:
            was, now = (_figure(name, state.get(name), currency) for state in (before, after))
            lines.append(Line(title=str(title), before=was, after=now))
    return lines


def _figure(name: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return day_text(day=value)
    if name.endswith("_minor"):
        return amount_text(amount_minor=value, currency=currency)
    if name == "bucket":
        return words.bucket_name(bucket=value)
    return words.word(table="loan_status", code=value) if name == "status" else str(value)


def _said(acted: Acted, currency: str) -> str:
    """Return what a step did, from its facts."""
    facts = acted.facts
    if "reason" in facts:
        return _("Failed: %(reason)s") % {"reason": facts["reason"]}
    if "rows" in facts:
        return ", ".join(f"{FRAMES.get(name, name)}: {number}" for name, number in facts["rows"].items())
    said = SAID.get(acted.step)
    return said(facts, currency) if said else acted.what


def _raised(facts: Mapping[str, Any], currency: str) -> str:
    return _("instalment %(number)s due %(day)s: principal %(principal)s, interest %(interest)s") % {
        "number": facts["instalment_no"],
        "day": day_text(day=facts["due_date"]),
        "principal": amount_text(amount_minor=facts["principal_minor"], currency=currency),
        "interest": amount_text(amount_minor=facts["interest_minor"], currency=currency),
    }


def _applied(facts: Mapping[str, Any], currency: str) -> str:
    return _("%(amount)s to %(component)s of instalment %(number)s") % {
        "amount": amount_text(amount_minor=facts["amount_minor"], currency=currency),
        "component": words.word(table="component", code=facts["component"]),
        "number": facts["instalment_no"],
    }


def _charged(facts: Mapping[str, Any], currency: str) -> str:
    return _("%(amount)s on instalment %(number)s") % {
        "amount": amount_text(amount_minor=facts["amount_minor"], currency=currency),
        "number": facts["instalment_no"],
    }


def _aged(facts: Mapping[str, Any], currency: str) -> str:
    return ", ".join(
        f"{FIGURES[name]} {_figure(name, was, currency)} → {_figure(name, now, currency)}"
        for name, (was, now) in facts["changes"].items()
    )


def _reminded(facts: Mapping[str, Any], currency: str) -> str:
    return _("instalment %(number)s: %(kind)s, on %(day)s") % {
        "number": facts["instalment_no"],
        "kind": words.word(table="reminder_kind", code=facts["kind"]),
        "day": day_text(day=facts["contact_date"]),
    }


def _next_date(facts: Mapping[str, Any], currency: str) -> str:
    return day_text(day=facts["next_event_date"])


SAID: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "raise_due": _raised,
    "apply_unapplied": _applied,
    "charge_penalties": _charged,
    "accrue": _charged,
    "age": _aged,
    "plan_reminders": _reminded,
    "set_next_dates": _next_date,
}
