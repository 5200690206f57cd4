"""A table: declared once, then asked by the address, answered as a page, a part of a page or a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postloan.web.ui.access import roles_of
from postloan.web.ui.navigation import places_for
from postloan.web.ui.saved_views import ViewShown, views_of
from postloan.web.ui.tables.columns import Column
from postloan.web.ui.tables.file import file_answer
from postloan.web.ui.tables.filters import Filter, FilterShown
from postloan.web.ui.tables.rows import COUNT_MOST, Cursor, Order, Placed, Rows

PAGE_ROWS = 50
Present = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """
    Something to do with the rows that are selected: their keys are sent as `key` to `url_name` by POST.

    `asks` is the label of a reason that must be given (`reason`); `tone` is `primary` for the one meant most often.
    """

    label: str | Promise
    url_name: str
    asks: str | Promise = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Emptiness:
    """What is said where there is nothing, and what to do next."""

    title: str | Promise
    text: str | Promise = ""


NOTHING_FITS = Emptiness(title=_("Nothing fits"), text=_("Widen the filters, or clear them."))


@dataclass(frozen=True, kw_only=True)
class Table:
    """
    One list of the site. `name` is what saved views are kept under; `order` is the order it begins with.

    `key` is the path of a row's key, which stays the same while the list is refreshed. `topic` names what is followed
    live (web/live): the list is refreshed in place when it changes.
    """

    name: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    order: str
    key: str = "pk"
    caption: str | Promise
    actions: tuple[BulkAction, ...] = ()
    empty: Emptiness
    nothing_fits: Emptiness = NOTHING_FITS
    page_rows: int = PAGE_ROWS
    topic: str = ""

    def asked(self, request: HttpRequest) -> "Asked":
        """Return what the address of the page asks of this table."""
        given = request.GET
        return Asked(
            values={filter_.name: filter_.read(given) for filter_ in self.filters},
            order=Order.read(given.get("sort", "") or self.order),
            after=Cursor.read(given.get("after", "")),
            before=Cursor.read(given.get("before", "")),
            columns=_chosen(self.columns, given.getlist("cols")),
        )

    def answer(
        self,
        request: HttpRequest,
        *,
        template: str,
        rows: Rows,
        asked: "Asked | None" = None,
        present: Present | None = None,
        context: Mapping[str, Any] | None = None,
        actions: Sequence[BulkAction] | None = None,
    ) -> HttpResponseBase:
        """
        Return the page, or with `?format=csv` all rows that fit as a file, in the columns and the order shown.

        `present` turns a page of rows into what the columns read, all at once. `actions` are those open to the reader.
        """
        asked = asked or self.asked(request)
        order = _possible(asked.order, rows) or Order.read(self.order)
        if request.GET.get("format") == "csv":
            return file_answer(
                request, name=self.name.rpartition(".")[2], columns=asked.columns, rows=rows, order=order,
                present=present,
            )  # fmt: skip
        listing = self._listing(request, asked, rows, order, present, self.actions if actions is None else actions)
        return render(request, template, {"listing": listing, **(context or {})})

    def _listing(
        self,
        request: HttpRequest,
        asked: "Asked",
        rows: Rows,
        order: Order,
        present: Present | None,
        actions: Sequence[BulkAction],
    ) -> "Listing":
        count = rows.count()
        sortable = {name for name, sort in rows.sorts.items() if sort.has_index or count <= COUNT_MOST}
        if order.name not in sortable:
            order = Order.read(self.order)
        backwards = asked.before is not None and asked.after is None
        cursor = asked.before if backwards else asked.after
        placed = rows.read(order=order, cursor=cursor, backwards=backwards, limit=self.page_rows + 1)
        has_more = len(placed) > self.page_rows
        placed = placed[-self.page_rows :] if backwards else placed[: self.page_rows]
        shown = [one.row for one in placed]
        return Listing(
            table=self,
            request=request,
            rows=tuple(present(shown) if present else shown),
            columns=asked.columns,
            order=order,
            sortable=frozenset(sortable),
            not_sortable=frozenset(rows.sorts) - sortable,
            count=count,
            filters=tuple(FilterShown(filter_, asked.values[filter_.name]) for filter_ in self.filters),
            previous=_place(placed[:1]) if cursor is not None and (not backwards or has_more) else None,
            next=_place(placed[-1:]) if backwards or has_more else None,
            is_first_page=cursor is None,
            actions=tuple(actions),
            opens=frozenset(place.url_name for place in places_for(roles=roles_of(request=request))),
            views=views_of(request=request, table=self.name),
        )


@dataclass(frozen=True)
class Asked:
    """What an address asks of a table; `asked["bucket"]` is the value of a filter."""

    values: Mapping[str, Any]
    order: Order
    after: Cursor | None
    before: Cursor | None
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class Head:
    """A column as the head of the table shows it: its label, and the address that orders by it."""

    column: Column
    sort_url: str
    is_sorted: bool
    is_descending: bool
    needs_filter: bool


@dataclass(frozen=True)
class Listing:
    """A table as one page shows it."""

    table: Table
    request: HttpRequest
    rows: tuple[Any, ...]
    columns: tuple[Column, ...]
    order: Order
    sortable: frozenset[str]
    not_sortable: frozenset[str]
    count: int
    filters: tuple[FilterShown, ...]
    previous: Cursor | None
    next: Cursor | None
    is_first_page: bool
    actions: tuple[BulkAction, ...]
    opens: frozenset[str]
    views: tuple[ViewShown, ...] = field(default=())

    @property
    def count_most(self) -> int:
        """The number beyond which rows are not counted."""
        return COUNT_MOST

    @property
    def is_counted(self) -> bool:
        """Say whether `count` is all of them."""
        return self.count <= COUNT_MOST

    @property
    def is_filtered(self) -> bool:
        """Say whether a filter narrows the list."""
        return any(filter_.is_set for filter_ in self.filters)

    @property
    def emptiness(self) -> Emptiness:
        """What to say where no row is shown."""
        return self.table.nothing_fits if self.is_filtered else self.table.empty

    @property
    def heads(self) -> list[Head]:
        """The head of each column shown."""
        return [self._head(column) for column in self.columns]

    @property
    def choosable(self) -> list[tuple[Column, bool]]:
        """Every column that can be left out, and whether it is shown."""
        names = {column.name for column in self.columns}
        return [(column, column.name in names) for column in self.table.columns if not column.is_fixed]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form of the table has to send along besides its own fields: filters and order."""
        given = [(filter_.filter.name, filter_.written) for filter_ in self.filters if filter_.is_set]
        if str(self.order) != self.table.order:
            given.append(("sort", str(self.order)))
        return given

    @property
    def kept_besides_filters(self) -> list[tuple[str, str]]:
        """What the form of the filters has to send along: order and columns."""
        given = [("cols", name) for name in self.request.GET.getlist("cols")]
        return given if str(self.order) == self.table.order else [*given, ("sort", str(self.order))]

    @property
    def here(self) -> str:
        """What a saved view keeps of this address: everything but the place."""
        return self._query(after=None, before=None, format=None)

    @property
    def previous_url(self) -> str:
        return "?" + self._query(before=str(self.previous), after=None)

    @property
    def next_url(self) -> str:
        return "?" + self._query(after=str(self.next), before=None)

    @property
    def first_url(self) -> str:
        return f"{self.request.path}?{self.here}" if self.here else self.request.path

    @property
    def csv_url(self) -> str:
        return "?" + self._query(format="csv", after=None, before=None)

    def _head(self, column: Column) -> Head:
        is_sorted = self.order.name == column.name
        turned = Order(column.name, is_descending=is_sorted and not self.order.is_descending)
        can = column.name in self.sortable
        url = "?" + self._query(sort=str(turned), after=None, before=None) if can else ""
        return Head(column, url, is_sorted, self.order.is_descending, column.name in self.not_sortable)

    def _query(self, **changes: str | None) -> str:
        query: QueryDict = self.request.GET.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return query.urlencode()


def _chosen(columns: tuple[Column, ...], names: Sequence[str]) -> tuple[Column, ...]:
    wanted = set(names)
    if wanted.isdisjoint(column.name for column in columns):
        return tuple(column for column in columns if column.is_shown)
    return tuple(column for column in columns if column.is_fixed or column.name in wanted)


def _possible(order: Order, rows: Rows) -> Order | None:
    return order if order.name in rows.sorts else None


def _place(placed: Sequence[Placed]) -> Cursor | None:
    return placed[0].place if placed else None
