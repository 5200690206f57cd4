"""Template tags of the parts of pages."""

from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField

register = template.Library()


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """One field of a form: label, control, help and errors, tied together for those who hear the page."""
    widget = bound.field.widget
    is_check = isinstance(widget, forms.CheckboxInput)
    is_select = isinstance(widget, forms.Select)
    described = [f"{bound.id_for_label}-help"] if bound.help_text else []
    attributes: dict[str, str | bool] = {"class": "" if is_check else "form-select" if is_select else "form-control"}
    if bound.errors:
        attributes["aria-invalid"] = "true"
        described.append(f"{bound.id_for_label}-error")
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return {"bound": bound, "control": bound.as_widget(attrs=attributes), "is_check": is_check}
