"""The forms of changes to a loan: for each kind the fields it has."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from postloan.books.loans.models import Loan
from postloan.books.relief.changes import Change
from postloan.web.ui.amounts import AmountField

MILLION = 1_000_000
Fields = dict[str, forms.Field]


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


def _count(most: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=most, **options)


def _rate(loan: Loan, **options: Any) -> forms.DecimalField:
    label = {"year": _("Rate in % a year"), "month": _("Rate in % a month"), "day": _("Rate in % a day")}
    return forms.DecimalField(min_value=0, max_value=100, decimal_places=4, label=label[loan.rate_per], **options)


FIELDS: dict[str, Callable[[Loan], Fields]] = {
    "waiver": lambda loan: {
        "amount_minor": AmountField(currency=loan.currency, label=_("How much is let off")),
        "component": forms.ChoiceField(
            label=_("Of what"),
            choices=[("penalty", _("Penalty")), ("fee", _("Fee")), ("interest", _("Interest"))],
        ),
    },
    "rate_change": lambda loan: {
        "rate_ppm": _rate(loan),
        "keep": forms.ChoiceField(
            label=_("What stays"), choices=[("term", _("The end of the loan")), ("instalment", _("The instalment"))]
        ),
    },
    "due_day_change": lambda loan: {"due_day": _count(31, label=_("New day of the month"))},
    "deferral": lambda loan: {
        "periods": _count(12, label=_("By how many months"), initial=1),
        "interest": forms.ChoiceField(
            label=_("The time in between"),
            choices=[("accrues", _("bears interest")), ("free", _("is free of interest"))],
        ),
    },
    "extension": lambda loan: {
        "more_instalments": _count(60, label=_("How many instalments more"), initial=3),
        "arrears": forms.ChoiceField(
            label=_("What is past due"), choices=[("keep", _("stays past due")), ("into_plan", _("joins the plan"))]
        ),
    },
    "reduced_instalments": lambda loan: {
        "instalment_minor": AmountField(currency=loan.currency, label=_("Instalment for the time being")),
        "rows": _count(24, label=_("For how many months"), initial=3),
    },
    "personalised_plan": lambda loan: {
        "instalments": _count(60, label=_("Number of instalments"), initial=12),
        "first_due_date": _day(label=_("First due date")),
        "rate_ppm": _rate(loan, required=False, help_text=_("Empty: the rate stays as it is.")),
    },
    "reageing": lambda loan: {
        "instalments": _count(60, label=_("Number of instalments"), initial=12),
        "first_due_date": _day(label=_("First due date")),
    },
    "reamortisation": lambda loan: {},
    "interest_pause": lambda loan: {"to_date": _day(label=_("Interest runs again from"))},
    "death": lambda loan: {},
    "charge_off": lambda loan: {},
}


class ChangeForm(forms.Form):
    """One kind of change on one loan: when, what, why. `key` makes sending it twice harmless."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput, initial=lambda: uuid4().hex)
    value_date = _day(label=_("From which day"))

    def __init__(self, *args: Any, kind: str, loan: Loan, business_date: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = kind
        self.fields["value_date"].initial = business_date
        self.fields |= FIELDS[kind](loan)
        self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=200)

    @property
    def change(self) -> Change:
        """What the form asks for; only for a form that is valid."""
        told = {
            name: _plain(name, self.cleaned_data[name])
            for name in self.fields
            if name not in {"key", "value_date", "reason"} and self.cleaned_data[name] not in (None, "")
        }
        return Change(
            kind=self.kind, value_date=self.cleaned_data["value_date"], key=self.cleaned_data["key"], fields=told
        )


def _plain(name: str, value: Any) -> Any:
    if name == "rate_ppm":
        return int(value * MILLION / 100)
    return value.isoformat() if isinstance(value, date) else value


class ReceiptForm(forms.Form):
    """Money that came in, posted by hand: from the account's statement, known by the bank's reference."""

    bank_reference = forms.CharField(label=_("Bank reference"), max_length=120)
    value_date = _day(label=_("Value date"))

    def __init__(self, *args: Any, loan: Loan, business_date: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount_minor"] = AmountField(currency=loan.currency, label=_("Amount"))
        self.fields["value_date"].initial = business_date


class ReversalForm(forms.Form):
    """A receipt taken back: since when, and why."""

    value_date = _day(label=_("Since which day the money is gone"))
    why = forms.ChoiceField(
        label=_("What happened"),
        choices=[
            ("error", _("It was posted in error, for instance to the wrong customer")),
            ("debit_return", _("The bank took a debit back")),
            ("bounced", _("A payment bounced")),
        ],
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)
