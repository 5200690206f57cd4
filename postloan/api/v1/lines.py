"""Credit lines over HTTP: open, change, and what is available and why."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from postloan.api.v1.doors import by_of, needs, once
from postloan.books.applications.queries import get_open_date
from postloan.books.lines import operations, queries
from postloan.books.lines.models import CreditLine
from postloan.ground.access.scopes import Scope
from postloan.kernel.rates import Rate

router = Router(tags=["lines"])
MOST_MINOR = 10**15


class RateIn(Schema):
    """A rate as quoted, in millionths of its period."""

    rate_ppm: int = Field(ge=0, le=10**7)
    rate_per: Literal["year", "month", "day"]


class LineIn(Schema):
    """A new line. Without a product it is a total over the lines under it."""

    customer_id: int = Field(ge=1, lt=2**63)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    limit_minor: int = Field(ge=0, le=MOST_MINOR)
    expires_date: date
    reason: str = Field(min_length=3, max_length=200)
    product_code: str | None = Field(None, max_length=40)
    parent_id: int | None = Field(None, ge=1, lt=2**63)
    price: RateIn | None = None


class LimitIn(Schema):
    """A new permanent limit, or with `to_date` a raise by `amount_minor` that ends the day before it."""

    amount_minor: int = Field(ge=0, le=MOST_MINOR)
    from_date: date
    to_date: date | None = None
    reason: str = Field(min_length=3, max_length=200)


class PriceIn(RateIn):
    from_date: date
    reason: str = Field(min_length=3, max_length=200)


class StateIn(Schema):
    state: Literal["open", "frozen", "closed"]
    from_date: date
    reason: str = Field(min_length=3, max_length=200)


class ChangeOut(Schema):
    """One dated change of a limit. Append-only."""

    kind: str
    from_date: date
    to_date: date | None
    amount_minor: int
    limit_before_minor: int
    limit_after_minor: int
    reason: str
    by: str
    recorded_at: datetime


class FiguresOut(Schema):
    """One line of the path up to the root on a day; the least of `available_minor` is what can be drawn."""

    line_id: int
    limit_minor: int
    used_minor: int
    available_minor: int
    state: str


class LineOut(Schema):
    line_id: int
    customer_id: int
    parent_id: int | None
    product: str | None
    currency: str
    opened_date: date
    expires_date: date
    on_date: date
    limit_minor: int
    used_minor: int
    available_minor: int
    set_by_line_id: int
    path: list[FiguresOut]
    price: dict[str, Any] | None
    limit_changes: list[ChangeOut]


@router.get("", response=list[LineOut], auth=needs(Scope.LINES_READ), operation_id="list_lines")
def list_lines(request: HttpRequest, customer_id: Query[int]) -> list[LineOut]:
    """Return a customer's lines, those above before those under them."""
    return [_told(line) for line in queries.find_lines(customer_id=customer_id)]


@router.get("/{int:line_id}", response=LineOut, auth=needs(Scope.LINES_READ), operation_id="get_line")
def get_line(request: HttpRequest, line_id: int) -> LineOut:
    """Return a line with what is used and available now, and the dated changes behind it."""
    return _told(_line_or_404(line_id))


@router.post("", response=LineOut, auth=needs(Scope.LINES_CHANGE), operation_id="open_line")
@once
def open_line(request: HttpRequest, body: LineIn) -> LineOut:
    """Open a line from the customer's open business date on."""
    at = timezone.now()
    told = body.model_dump(exclude={"price"})
    line = operations.open_line(
        **told,
        price=_rate(body.price) if body.price else None,
        opened_date=get_open_date(customer_id=body.customer_id),
        by=by_of(request=request),
        at=at,
    )
    return _told(line)


@router.post("/{int:line_id}/limits", response=LineOut, auth=needs(Scope.LINES_CHANGE), operation_id="change_limit")
@once
def change_limit(request: HttpRequest, line_id: int, body: LimitIn) -> LineOut:
    """Change the limit for good, or raise it until the day before `to_date`."""
    about: dict[str, Any] = {"line_id": line_id, "from_date": body.from_date, "reason": body.reason}
    who: dict[str, Any] = {"by": by_of(request=request), "at": timezone.now()}
    if body.to_date is None:
        operations.change_limit(limit_minor=body.amount_minor, **about, **who)
    else:
        operations.raise_temporarily(amount_minor=body.amount_minor, to_date=body.to_date, **about, **who)
    return _told(_line_or_404(line_id))


@router.post("/{int:line_id}/prices", response=LineOut, auth=needs(Scope.LINES_CHANGE), operation_id="change_price")
@once
def change_price(request: HttpRequest, line_id: int, body: PriceIn) -> LineOut:
    """Change what draws cost from a day on; loans drawn before keep their rate."""
    operations.change_price(
        line_id=line_id,
        rate=_rate(body),
        from_date=body.from_date,
        reason=body.reason,
        by=by_of(request=request),
        at=timezone.now(),
    )
    return _told(_line_or_404(line_id))


@router.post(
    "/{int:line_id}/states", response=LineOut, auth=needs(Scope.LINES_CHANGE), operation_id="change_line_state"
)
@once
def change_line_state(request: HttpRequest, line_id: int, body: StateIn) -> LineOut:
    """Freeze, open again or close a line. What is owed on it stays owed."""
    change = {"open": operations.unfreeze_line, "frozen": operations.freeze_line, "closed": operations.close_line}
    change[body.state](
        line_id=line_id, from_date=body.from_date, reason=body.reason, by=by_of(request=request), at=timezone.now()
    )
    return _told(_line_or_404(line_id))


def _rate(body: RateIn) -> Rate:
    return Rate(ppm=body.rate_ppm, per=body.rate_per)


def _line_or_404(line_id: int) -> CreditLine:
    try:
        return queries.get_line(line_id=line_id)
    except CreditLine.DoesNotExist:
        raise Http404 from None


def _told(line: CreditLine) -> LineOut:
    on_date = max(get_open_date(customer_id=line.customer_id), line.opened_date)
    availability = queries.get_available(line_id=line.pk, on_date=on_date)
    own = availability.path[0]
    price = queries.get_price(line_id=line.pk, on_date=on_date)
    return LineOut(
        line_id=line.pk,
        customer_id=line.customer_id,
        parent_id=line.parent_id,
        product=line.product.code if line.product else None,
        currency=line.currency,
        opened_date=line.opened_date,
        expires_date=line.expires_date,
        on_date=on_date,
        limit_minor=own.limit_minor,
        used_minor=own.used_minor,
        available_minor=availability.available_minor,
        set_by_line_id=availability.binding.line_id,
        path=[
            FiguresOut(
                line_id=each.line_id,
                limit_minor=each.limit_minor,
                used_minor=each.used_minor,
                available_minor=each.available_minor,
                state=each.state,
            )
            for each in availability.path
        ],
        price={"rate_ppm": price.ppm, "rate_per": str(price.per)} if price else None,
        limit_changes=[ChangeOut.from_orm(change) for change in queries.get_limit_changes(line_id=line.pk)],
    )
