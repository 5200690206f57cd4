"""Open a credit line for a customer, alone or under another line."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.lines.holding import hold_path, refuse_past, refuse_without_reason
from postloan.books.lines.models import CreditLine, LimitChange, PriceChange
from postloan.books.lines.queries import get_available
from postloan.books.products.models import Product
from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import Customer
from postloan.kernel.rates import Rate


class UnknownCustomer(LookupError):
    """No customer with this id."""


class UnknownProduct(LookupError):
    """No product with this code."""


class LineOfAnotherCustomer(ValueError):
    """The line above belongs to another customer, or is in another currency."""


class LineIsThere(ValueError):
    """The customer already has a line for this product that is not closed and runs on that day."""


class LimitNotPossible(ValueError):
    """A limit is a whole number of minor units, zero or more; the line must run for at least a day."""


@transaction.atomic
def open_line(
    *,
    customer_id: int,
    currency: str,
    limit_minor: int,
    opened_date: date,
    expires_date: date,
    reason: str,
    by: str,
    at: datetime,
    product_code: str | None = None,
    parent_id: int | None = None,
    price: Rate | None = None,
) -> CreditLine:
    """
    Return the new line, its first limit (minor units) and, where given, its first price recorded with `reason`.

    Without a product it is a total over the lines under it. `expires_date` is the first day without draws.
    Refusals: UnknownCustomer, UnknownProduct, UnknownLine, LineOfAnotherCustomer, LineIsThere, LimitNotPossible,
    ChangeInThePast, ReasonMissing.
    """
    refuse_without_reason(reason=reason)
    refuse_past(from_date=opened_date)
    if limit_minor < 0 or expires_date <= opened_date:
        raise LimitNotPossible(f"{limit_minor} from {opened_date} to {expires_date}")
    # Two lines of one customer are opened one after the other.
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if customer is None:
        raise UnknownCustomer(f"customer {customer_id}")
    product = _product(code=product_code)
    if parent_id is not None:
        parent = hold_path(line_id=parent_id)[0]
        if (parent.customer_id, parent.currency) != (customer_id, currency):
            raise LineOfAnotherCustomer(f"line {parent_id}")
    _refuse_second(customer=customer, product=product, on_date=opened_date, is_root=parent_id is None)
    line = CreditLine.objects.create(
        customer=customer,
        parent_id=parent_id,
        product=product,
        currency=currency,
        opened_date=opened_date,
        expires_date=expires_date,
        opened_at=at,
    )
    LimitChange.objects.create(
        line=line,
        kind=LimitChange.Kind.PERMANENT,
        from_date=opened_date,
        amount_minor=limit_minor,
        limit_before_minor=0,
        limit_after_minor=limit_minor,
        reason=reason,
        by=by,
        recorded_at=at,
    )
    if price is not None:
        PriceChange.objects.create(
            line=line,
            from_date=opened_date,
            rate_ppm=price.ppm,
            rate_per=price.per,
            reason=reason,
            by=by,
            recorded_at=at,
        )
    audit.record_act(
        by=by,
        action="open_line",
        subject_kind="credit_line",
        subject_id=line.pk,
        at=at,
        details={"customer_id": customer_id, "limit_minor": limit_minor, "product": product_code or ""},
    )
    return line


def _product(*, code: str | None) -> Product | None:
    if code is None:
        return None
    product = Product.objects.filter(code=code).first()
    if product is None:
        raise UnknownProduct(code)
    return product


def _refuse_second(*, customer: Customer, product: Product | None, on_date: date, is_root: bool) -> None:
    """Refuse a second running line for one product, or a second total at the root."""
    held = CreditLine.objects.filter(customer=customer, product=product, expires_date__gt=on_date)
    for line in held if product else held.filter(parent__isnull=is_root):
        if get_available(line_id=line.pk, on_date=on_date).path[0].state != "closed":
            raise LineIsThere(f"line {line.pk}")
