"""Small marks of the pages that templates and tables share: dates and instants, chips, counts, durations."""

from datetime import date, datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from postloan.web.ui import figures, words


def day(value: date | None) -> SafeString | str:
    """A calendar date as people write it."""
    if value is None:
        return "–"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures.day_text(day=value))


def instant(value: datetime | None) -> SafeString | str:
    """An instant in the lender's time zone."""
    if value is None:
        return "–"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures.instant_text(at=value))


def seconds(value: float) -> str:
    """A duration: `0.042 s`, `3.1 s`."""
    written = f"{value:.3f}" if value < 1 else f"{value:.1f}"
    return gettext("%(seconds)s s") % {"seconds": written}


def chip(code: str, table: str) -> SafeString:
    """A status as a coloured chip: the word carries the meaning, the colour only helps."""
    tone = words.TONES.get(code, "muted")
    return format_html('<span class="chip chip-{}">{}</span>', tone, words.word(table=table, code=code))


def bucket_chip(bucket: int, days_past_due: int | None = None) -> SafeString:
    """A bucket, and the days past due where they are known."""
    name = words.bucket_name(bucket=bucket)
    if not days_past_due:
        return format_html('<span class="chip bucket-{}">{}</span>', bucket, name)
    days = ngettext("%(days)d day", "%(days)d days", days_past_due) % {"days": days_past_due}
    return format_html('<span class="chip bucket-{}">{} · {}</span>', bucket, name, days)


def grouped(number: int | None) -> str:
    """A count with its thousands apart: 10,000."""
    return "–" if number is None else f"{number:,}"
