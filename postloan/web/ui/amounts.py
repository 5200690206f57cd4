"""Amounts as people type them."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from postloan.kernel.currencies import decimals_of, plain_amount

MOST_MINOR = 10**13


class AmountField(forms.CharField):
    """An amount of one currency, typed with a point; it becomes whole minor units. Refuses more decimals than it has."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)
        self.currency = currency

    def to_python(self, value: Any) -> Any:
        """Return minor units, or None for nothing typed."""
        text = str(super().to_python(value) or "").replace(",", "").replace("¥", "").strip()
        if not text:
            return None
        try:
            minor = Decimal(text).scaleb(decimals_of(currency=self.currency))
        except InvalidOperation:
            raise forms.ValidationError(_("Please write an amount, such as 120.50.")) from None
        if not minor.is_finite() or minor != int(minor):
            raise forms.ValidationError(_("This currency has fewer decimals."))
        if not 0 < minor <= MOST_MINOR:
            raise forms.ValidationError(_("Please write an amount above nought."))
        return int(minor)

    def prepare_value(self, value: Any) -> Any:
        """Write minor units the way they are typed."""
        return plain_amount(amount_minor=value, currency=self.currency) if isinstance(value, int) else value
