"""Tables: how a list is declared, asked, shown and handed out as a file. docs/design_system.md tells how to use them."""

from postloan.web.ui.tables.columns import Column
from postloan.web.ui.tables.filters import Filter
from postloan.web.ui.tables.rows import COUNT_MOST, FrameRows, ListRows, QueryRows, Sort
from postloan.web.ui.tables.table import PAGE_ROWS, Asked, BulkAction, Emptiness, Listing, Table

__all__ = [
    "COUNT_MOST",
    "PAGE_ROWS",
    "Asked",
    "BulkAction",
    "Column",
    "Emptiness",
    "Filter",
    "FrameRows",
    "ListRows",
    "Listing",
    "QueryRows",
    "Sort",
    "Table",
]
