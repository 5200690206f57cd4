"""Questions about texts: which there are, how a version reads, what it changed; and about ways out and their health."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from postloan.care.outreach.models import Message, Route, TemplateVersion
from postloan.care.outreach.text_rules import text_problems
from postloan.care.outreach.wordings import occasion_of, occasions
from postloan.kernel.message_texts import Problem, Rendered, SmsLength, Wording, render, sms_length
from postloan.outside.sms import demo_centre
from postloan.outside.sms.demo_centre import ReceivedSms

__all__ = ["ReceivedSms", "occasions"]


@dataclass(frozen=True)
class Preview:
    """How a text reads on sample data, how long it is as an SMS, and what is wrong with it."""

    rendered: Rendered | None
    length: SmsLength | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class DiffLine:
    """One line of a comparison: `kind` is same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True)
class RouteHealth:
    """A way out as it stands."""

    code: str
    channels: tuple[str, ...]
    state: str  # closed (working), open, half_open, unused
    per_second: float
    route: Route | None
    waiting: int
    sent_today: int


def find_texts(*, code: str = "", channel: str = "", language: str = "", state: str = "") -> QuerySet[TemplateVersion]:
    """Return versions of texts that fit, by text, the latest version first."""
    given = {"code": code, "channel": channel, "language": language, "state": state}
    found = TemplateVersion.objects.filter(**{name: value for name, value in given.items() if value})
    return found.order_by("code", "channel", "language", "-version_no")


def get_text_version(*, version_id: int) -> TemplateVersion:
    """Return one version. Raises TemplateVersion.DoesNotExist."""
    return TemplateVersion.objects.get(pk=version_id)


def get_versions(*, version: TemplateVersion) -> list[TemplateVersion]:
    """Return all versions of the same text, the latest first."""
    return list(find_texts(code=version.code, channel=version.channel, language=version.language))


def preview_text(*, code: str, channel: str, language: str, subject: str, body: str, line: str) -> Preview:
    """Return how these words would read. Raises OccasionUnknown."""
    problems = text_problems(code=code, channel=channel, language=language, subject=subject, body=body, line=line)
    if any(problem.code in {"unknown_place", "stray_brace", "empty"} for problem in problems):
        return Preview(None, None, problems)
    wording = Wording(subject=subject, body=body, line=line)
    rendered = render(wording=wording, values=occasion_of(code=code).sample, language=language)
    length = sms_length(text=settings.SMS_SIGNATURE + rendered.body) if channel == "sms" else None
    return Preview(rendered, length, problems)


def diff_texts(*, before: TemplateVersion | None, after: TemplateVersion) -> list[DiffLine]:
    """Return the lines of two versions, those that went and those that came marked."""
    kinds = {"-": "gone", "+": "new", " ": "same"}
    lines = difflib.ndiff(_lines(before) if before else [], _lines(after))
    return [DiffLine(kinds[line[0]], line[2:]) for line in lines if line[0] in kinds]


def get_routes(*, today_at: datetime) -> list[RouteHealth]:
    """Return every way out with its circuit, what waits for its channels, and what it sent since `today_at`."""
    rows = Route.objects.in_bulk()
    channels: dict[str, list[str]] = {code: [] for code in settings.ROUTES}
    for channel, codes in settings.CHANNEL_ROUTES.items():
        for code in codes:
            channels[code].append(channel)
    waiting = dict(
        Message.objects.filter(state__in=["queued", "sending"]).values_list("channel").annotate(Count("pk")).order_by()
    )
    sent = dict(Message.objects.filter(sent_at__gte=today_at).values_list("route").annotate(Count("pk")).order_by())
    return [
        RouteHealth(
            code=code,
            channels=tuple(served),
            state=_circuit(rows.get(code), today_at),
            per_second=float(settings.ROUTES[code].get("per_second", 0)),
            route=rows.get(code),
            waiting=sum(waiting.get(channel, 0) for channel in served),
            sent_today=sent.get(code, 0),
        )
        for code, served in channels.items()
    ]


def find_dead_letters(*, channel: str = "", purpose: str = "") -> QuerySet[Message]:
    """Return the messages that ended undelivered and that no further channel took over, the latest first."""
    dead = Message.objects.select_related("customer").defer("subject_encrypted", "body_encrypted")
    dead = dead.filter(state=Message.State.FAILED, further_steps=[])
    given = {"channel": channel, "purpose": purpose}
    return dead.filter(**{name: value for name, value in given.items() if value}).order_by("-queued_at", "-pk")


def count_doubts() -> int:
    """Return how many messages may have arrived more than once."""
    return Message.objects.filter(Q(doubts__gt=0)).count()


def get_phone_texts(*, limit: int = 50) -> list[ReceivedSms]:
    """Return what arrived on the demonstration's phones (settings.PHONES_DIR), the latest first."""
    return demo_centre.newest(directory=settings.PHONES_DIR, limit=limit)


def _lines(version: TemplateVersion) -> Sequence[str]:
    return [*([version.subject] if version.subject else []), *version.body.splitlines(), version.line]


def _circuit(route: Route | None, at: datetime) -> str:
    if route is None:
        return "unused"
    if route.opened_at is None:
        return "closed"
    return "open" if route.closed_until_at else "half_open"
