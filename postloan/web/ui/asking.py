"""Read what the address of a page asks for. A value that makes no sense is as good as none: old links keep working."""

from collections.abc import Collection
from datetime import date

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def asked_day(*, request: HttpRequest, name: str) -> date | None:
    """Return the date given as `?name=2018-07-01`."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def asked_number(*, request: HttpRequest, name: str, most: int) -> int | None:
    """Return the whole number from 0 to `most` given as `?name=3`."""
    text = request.GET.get(name, "")
    if not text.isdecimal() or len(text) > 18:
        return None
    return int(text) if int(text) <= most else None


def asked_choice(*, request: HttpRequest, name: str, choices: Collection[str]) -> str:
    """Return one of the choices given as `?name=sent`, or the empty string."""
    text = request.GET.get(name, "")
    return text if text in choices else ""


def asked_text(*, request: HttpRequest, name: str, longest: int = 80) -> str:
    """Return a text given as `?name=…`, cut to a sane length, without the NUL that no database takes."""
    return request.GET.get(name, "").replace("\0", "").strip()[:longest]


def way_back(request: HttpRequest) -> str:
    """Return the page of ours that a form names as `next`, or the first page: never an address outside."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours and wanted.startswith("/") else "/"
