"""Template tags of tables."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from postloan.web.ui.tables.columns import Column, at_path
from postloan.web.ui.tables.columns import cell as cell_of
from postloan.web.ui.tables.table import Listing

register = template.Library()


@register.simple_tag
def cell(listing: Listing, column: Column, row: Any) -> SafeString:
    """A cell of a table with its classes; on a phone it says the name of its column."""
    leads = column is listing.columns[0]
    css = " ".join(part for part in (column.css, "leads" if leads else "") if part)
    written = cell_of(column=column, row=row, opens=listing.opens)
    return format_html('<td class="{}" data-label="{}">{}</td>', css, column.label, written)


@register.simple_tag
def key_of(listing: Listing, row: Any) -> Any:
    """What stays the same of a row while its list is refreshed."""
    return at_path(row, listing.table.key)
