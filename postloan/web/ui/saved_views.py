"""Lists as their readers want to see them again: kept by name, each for its own reader only."""

from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest, QueryDict

from postloan.web.ui.models import SavedView

MOST_VIEWS = 20  # of one reader and table
NOT_KEPT = ("after", "before", "format", "page")


class TooManyViews(Exception):
    """A reader has as many views of one table as fit beside it."""


class ViewUnnamed(Exception):
    """A view needs a name."""


class QueryTooLong(Exception):
    """An address asks for more than a view can keep."""


@dataclass(frozen=True)
class ViewShown:
    """A saved view beside its table; `is_here` where the page shows just that."""

    view_id: int
    name: str
    query: str
    is_here: bool


def views_of(*, request: HttpRequest, table: str) -> tuple[ViewShown, ...]:
    """Return the views that the person who asks has saved of a table, by name."""
    if not request.user.is_authenticated:
        return ()
    here = kept_query(request.GET.urlencode())
    found = SavedView.objects.filter(user_id=request.user.pk, table=table).order_by("name")
    return tuple(ViewShown(view.pk, view.name, view.query, view.query == here) for view in found)


@transaction.atomic
def save_view(*, user_id: int, table: str, name: str, query: str) -> SavedView:
    """Keep a view under its name; the same name again replaces it. Raises ViewUnnamed, QueryTooLong, TooManyViews."""
    name, query = name.replace("\0", "").strip()[:40], kept_query(query)
    if not name:
        raise ViewUnnamed
    if len(query) > 500:
        raise QueryTooLong
    view, is_new = SavedView.objects.update_or_create(
        user_id=user_id, table=table, name=name, defaults={"query": query}
    )
    if is_new and SavedView.objects.filter(user_id=user_id, table=table).count() > MOST_VIEWS:
        raise TooManyViews
    return view


def forget_view(*, user_id: int, view_id: int) -> None:
    """Forget a view of this reader's; one that is gone already is as good."""
    SavedView.objects.filter(pk=view_id, user_id=user_id).delete()


def kept_query(query: str) -> str:
    """Return what of an address is kept: filters, order and columns, in one spelling, without the place in the list."""
    given = QueryDict(query.replace("\0", "").lstrip("?"), mutable=True)
    for name in NOT_KEPT:
        given.pop(name, None)
    return "&".join(sorted(part for part in given.urlencode().split("&") if part and not part.endswith("=")))
