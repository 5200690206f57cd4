"""Template tags and filters: money, dates, chips, words for codes, navigation."""

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans.models import Instalment
from postloan.care.outreach.models import Message
from postloan.ground.access.roles import STAFF
from postloan.web.ui import figures, marks, words
from postloan.web.ui.access import roles_of
from postloan.web.ui.navigation import is_in_row, places_for

register = template.Library()
register.filter(marks.day)
register.filter(marks.instant)
register.filter(marks.seconds)
register.simple_tag(marks.chip)
register.simple_tag(marks.bucket_chip)
register.filter(marks.grouped)


@register.filter
def money(amount_minor: int | None, currency: str) -> str:
    """`{{ 1250|money:"CNY" }}` is ¥12.50; nothing for None."""
    return "" if amount_minor is None else figures.amount_text(amount_minor=amount_minor, currency=currency)


@register.filter
def amount(amount_minor: int, currency: str) -> str:
    """An amount without its symbol, for dense tables whose heading names the currency."""
    return figures.grouped_amount(amount_minor=amount_minor, currency=currency)


@register.filter
def still_open(instalment: Instalment, component: str) -> int:
    """What is still owed of one component of an instalment, in minor units."""
    return instalment.open_minor(component)


@register.filter
def money_or_dash(amount_minor: int | None, currency: str) -> str:
    """An amount, or a dash for zero: for columns in which most rows have nothing."""
    return figures.amount_text(amount_minor=amount_minor, currency=currency) if amount_minor else "–"


@register.filter
def weekday(value: date | None) -> str:
    """A calendar date with its weekday."""
    return "–" if value is None else figures.weekday_text(day=value)


@register.filter
def contact_date(message: Message) -> date:
    """The day a message reaches its reader, where the reader lives."""
    return figures.contact_date_of(message=message)


@register.filter
def rate(rate_ppm: int, per: str) -> str:
    """A rate as quoted."""
    return figures.rate_text(rate_ppm=rate_ppm, per=per)


@register.filter
def percent(ppm: int) -> str:
    """Millionths as a percentage."""
    return figures.percent_text(ppm=ppm)


@register.filter
def share(ppm: int) -> str:
    """Millionths as a percentage with one decimal."""
    return figures.share_text(ppm=ppm)


@register.filter
def month(value: date) -> str:
    """A month and its year."""
    return figures.month_text(month=value)


@register.filter
def minutes(value: timedelta) -> str:
    """A duration in whole minutes."""
    number = int(value.total_seconds() // 60)
    return ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number}


@register.filter
def clock(value: datetime) -> SafeString:
    """The time of day in the lender's time zone, to the second."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures.clock_text(at=value))


@register.filter
def words_for(code: str | None, table: str) -> str:
    """`{{ message.state|words_for:"message_state" }}`."""
    return words.word(table=table, code=code) if code else ""


@register.filter
def bucket_name(bucket: int) -> str:
    """The name of a bucket."""
    return words.bucket_name(bucket=bucket)


@register.filter
def bucket_days(bucket: int) -> str:
    """The days past due a bucket stands for."""
    first, last = words.bucket_days(bucket=bucket)
    if last == 0:
        return gettext("nothing past due")
    if last is None:
        return gettext("%(first)d days past due or more") % {"first": first}
    return gettext("%(first)d–%(last)d days past due") % {"first": first, "last": last}


@register.simple_tag(takes_context=True)
def places(context: Context) -> list[dict[str, Any]]:
    """The entries of the navigation for the person who asks."""
    request = context.get("request")
    if request is None or not getattr(request, "user", None):
        return []
    open_places = places_for(roles=roles_of(request=request))
    lit = max(open_places, key=lambda place: place.match(path=request.path), default=None)
    return [
        {
            "label": place.label,
            "url": place.url,
            "is_lit": place is lit and place.match(path=request.path) > 0,
            "is_in_row": is_in_row(place=place, places=open_places),
        }
        for place in open_places
    ]


@register.simple_tag
def aside(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of the navigation that stand under "More"."""
    return [entry for entry in entries if not entry["is_in_row"]]


@register.simple_tag(takes_context=True)
def is_staff(context: Context) -> bool:
    """Say whether the person who asks works here: the palette and the keys are for them."""
    request = context.get("request")
    if request is None or not getattr(request, "user", None):
        return False
    return not STAFF.isdisjoint(roles_of(request=request))


@register.simple_tag(takes_context=True)
def may_open(context: Context, place: str) -> bool:
    """Say whether the person who asks may open a page, by its name: links to closed doors are not shown."""
    return any(entry.url_name == place for entry in places_for(roles=roles_of(request=context["request"])))


@register.simple_tag
def business_date() -> date | None:
    """The day the books are open for, None before anything is loaded."""
    try:
        return get_business_date()
    except BooksNotOpen:
        return None


@register.filter
def at(table: dict[str, Any], name: str) -> Any:
    """The value under a name that is itself a variable; None where there is none."""
    return table.get(name)


@register.simple_tag
def figure_url(url_name: str, loan_id: int, figure: str, instalment_no: int) -> str:
    """The address that explains one figure of one instalment."""
    return reverse(url_name, args=[loan_id, f"{figure}-{instalment_no}"])
