"""How messages leave: the texts and who approves them, the ways out and their health, what could not be delivered."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from postloan.care.outreach import operations, text_queries
from postloan.care.outreach.models import Message, TemplateVersion
from postloan.care.reminders.queries import get_effects
from postloan.ground.access.roles import OFFICE, Role
from postloan.kernel.message_texts import LANGUAGES, TextRefused
from postloan.web.ui import words
from postloan.web.ui.access import for_roles, login_of, never_stored, roles_of
from postloan.web.ui.asking import way_back
from postloan.web.ui.tables import BulkAction, Column, Emptiness, Filter, QueryRows, Sort, Table

WRITERS = frozenset({Role.SUPERVISOR, Role.COMPLIANCE, Role.ENGINEER})
MOST_AT_ONCE = 500
SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def _channels() -> list[tuple[str, Any]]:
    return [(code, words.CHANNEL.get(code, code)) for code in Message.Channel.values]


def _languages() -> list[tuple[str, Any]]:
    return [(code, words.LANGUAGE.get(code, code)) for code in LANGUAGES]


def _codes() -> list[tuple[str, Any]]:
    return [(code, words.OCCASION.get(code, code)) for code in text_queries.occasions()]


def _states() -> list[tuple[str, Any]]:
    return [(code, words.TEXT_STATE[code]) for code in TemplateVersion.State.values]


TEXTS = Table(
    name="office.texts",
    caption=_("Texts"),
    order="text",
    columns=(
        Column(
            name="text",
            label=_("Text"),
            kind="words",
            value="code",
            words="occasion",
            link="office:text",
            is_fixed=True,
        ),
        Column(name="channel", label=_("Channel"), kind="words", words="channel"),
        Column(name="language", label=_("Language"), kind="words", words="language"),
        Column(name="version", label=_("Version"), kind="number", value="version_no"),
        Column(name="state", label=_("State"), kind="chip", words="text_state"),
        Column(name="drafted_by", label=_("Drafted by")),
        Column(name="decided_by", label=_("Decided by")),
        Column(name="decided", label=_("Decided at"), kind="instant", value="decided_at"),
    ),
    filters=(
        Filter(name="code", label=_("Text"), choices=_codes),
        Filter(name="channel", label=_("Channel"), choices=_channels),
        Filter(name="language", label=_("Language"), choices=_languages),
        Filter(name="state", label=_("State"), choices=_states, default="approved"),
    ),
    empty=Emptiness(title=_("There is no text"), text=_("The shipped texts are put in when the tables are set up.")),
)

DEAD = Table(
    name="office.dead_letters",
    topic="outbox",
    caption=_("Not delivered"),
    order="-message",
    columns=(
        Column(name="message", label=_("Message"), value="pk", link="office:message", is_fixed=True),
        Column(name="queued", label=_("Queued"), kind="instant", value="queued_at"),
        Column(name="channel", label=_("Channel"), kind="words", words="channel"),
        Column(name="purpose", label=_("Purpose"), kind="words", words="purpose"),
        Column(name="reason", label=_("Reason"), breaks=True),
        Column(name="attempts", label=_("Attempts"), kind="number"),
        Column(name="redriven", label=_("Sent again"), kind="number", is_shown=False),
    ),
    filters=(Filter(name="channel", label=_("Channel"), choices=_channels),),
    actions=(
        BulkAction(label=_("Send again"), url_name="office:redrive", asks=_("Why they are sent again"), tone="primary"),
    ),
    empty=Emptiness(
        title=_("Everything was delivered, or went on by another channel"),
        text=_("What a carrier refuses for good, or too often, is listed here until a person sends it again."),
    ),
)


@for_roles(OFFICE)
def texts(request: HttpRequest) -> HttpResponseBase:
    """The texts in force, or whichever versions are asked for."""
    asked = TEXTS.asked(request)
    found = text_queries.find_texts(**{name: asked[name] or "" for name in ("code", "channel", "language", "state")})
    rows = QueryRows(found.order_by(), {"text": Sort("code", has_index=False)})
    return TEXTS.answer(request, asked=asked, rows=rows, template="office/texts.html")


@for_roles(OFFICE)
def text(request: HttpRequest, version_id: int) -> HttpResponse:
    """One version: how it reads on sample data, what it changed, and what can be done with it."""
    return render(request, "office/text.html", _text_context(request, _version_or_404(version_id)))


@for_roles(WRITERS)
def draft_text(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show how changed words would read, or keep them as a draft."""
    version = _version_or_404(version_id)
    if request.method != "POST":
        return redirect("office:text", version_id)
    said = {
        name: request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "") for name in ("subject", "body", "line")
    }
    said["subject"], said["line"] = said["subject"][:200], said["line"][:300]
    carrier_code = request.POST.get("carrier_code", "")[:60]
    if "preview" in request.POST:
        context = _text_context(request, version, said | {"carrier_code": carrier_code})
        return never_stored(render(request, "office/text.html", context))
    draft = operations.draft_text(
        code=version.code,
        channel=version.channel,
        language=version.language,
        carrier_code=carrier_code,
        by=login_of(request=request).get_username(),
        at=timezone.now(),
        **said,
    )
    messages.success(request, _("Kept as a draft. Hand it in when it is ready."))
    return redirect("office:text", draft.pk)


@for_roles(WRITERS)
def submit_text(request: HttpRequest, version_id: int) -> HttpResponse:
    """Hand a draft in for approval."""
    return _done(request, version_id, operations.submit_text, said=_("Handed in. A second person approves it."))


@for_roles(WRITERS)
def approve_text(request: HttpRequest, version_id: int) -> HttpResponse:
    """Let a text be sent from now on."""
    return _done(request, version_id, operations.approve_text, said=_("Approved. It is sent from now on."))


@for_roles(WRITERS)
def reject_text(request: HttpRequest, version_id: int) -> HttpResponse:
    """Send a text back."""
    reason = request.POST.get("reason", "").replace("\0", "")
    return _done(request, version_id, operations.reject_text, said=_("Sent back."), reason=reason)


@for_roles(OFFICE)
def dead_letters(request: HttpRequest) -> HttpResponseBase:
    """What ended undelivered."""
    asked = DEAD.asked(request)
    rows = QueryRows(text_queries.find_dead_letters(channel=asked["channel"] or "").order_by(), {"message": Sort("pk")})
    may_send = not WRITERS.isdisjoint(roles_of(request=request))
    return DEAD.answer(
        request, asked=asked, rows=rows, template="office/dead_letters.html", actions=DEAD.actions if may_send else ()
    )


@for_roles(WRITERS)
def redrive(request: HttpRequest) -> HttpResponse:
    """Send the selected messages again, for one stated reason."""
    if request.method == "POST":
        keys = [int(key) for key in request.POST.getlist("key") if key.isdecimal() and len(key) < 18][:MOST_AT_ONCE]
        try:
            again = operations.redrive_messages(
                message_ids=keys,
                reason=request.POST.get("reason", "").replace("\0", ""),
                by=login_of(request=request).get_username(),
                at=timezone.now(),
            )
        except operations.ReasonMissing:
            messages.error(request, _("Please say why; it goes on record with your name."))
        else:
            said = ngettext("%(messages)d message waits again.", "%(messages)d messages wait again.", again)
            messages.success(request, said % {"messages": again})
    return redirect(way_back(request) if request.POST.get("next") else "office:dead_letters")


@for_roles(OFFICE)
def channels(request: HttpRequest) -> HttpResponse:
    """The ways out, each with its circuit, its rate and its last receipt."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    context = {"routes": text_queries.get_routes(today_at=midnight), "doubts": text_queries.count_doubts()}
    return render(request, "office/channels.html", context)


@for_roles(OFFICE)
def reminder_effects(request: HttpRequest) -> HttpResponse:
    """What became of the reminders that left."""
    effects = get_effects(since_at=SINCE_EVER)
    return render(request, "office/reminder_effects.html", {"effects": effects})


@for_roles(OFFICE)
def phones(request: HttpRequest) -> HttpResponse:
    """What arrived on the phones of the demonstration."""
    return never_stored(render(request, "office/phones.html", {"texts": text_queries.get_phone_texts(limit=60)}))


def _version_or_404(version_id: int) -> TemplateVersion:
    try:
        return text_queries.get_text_version(version_id=version_id)
    except TemplateVersion.DoesNotExist as error:
        raise Http404 from error


def _text_context(
    request: HttpRequest, version: TemplateVersion, words_given: dict[str, str] | None = None
) -> dict[str, Any]:
    shown = words_given or {
        "subject": version.subject,
        "body": version.body,
        "line": version.line,
        "carrier_code": version.carrier_code,
    }
    versions = text_queries.get_versions(version=version)
    before = next((other for other in versions if other.version_no < version.version_no), None)
    occasion = text_queries.occasions()[version.code]
    return {
        "version": version,
        "versions": versions,
        "shown": shown,
        "is_preview": words_given is not None,
        "preview": text_queries.preview_text(
            code=version.code,
            channel=version.channel,
            language=version.language,
            **{name: shown[name] for name in ("subject", "body", "line")},
        ),
        "diff": text_queries.diff_texts(before=before, after=version) if before else [],
        "places": sorted(occasion.places),
        "may_write": not WRITERS.isdisjoint(roles_of(request=request)),
        "is_own": version.drafted_by == login_of(request=request).get_username(),
    }


def _done(
    request: HttpRequest, version_id: int, operation: Callable[..., TemplateVersion], *, said: Any, **more: str
) -> HttpResponse:
    if request.method == "POST":
        _version_or_404(version_id)
        try:
            operation(version_id=version_id, by=login_of(request=request).get_username(), at=timezone.now(), **more)
            messages.success(request, said)
        except TextRefused as refused:
            for problem in refused.problems:
                word = words.word(table="text_problem", code=problem.code)
                messages.error(request, f"{word} {problem.about}".strip())
        except operations.SamePerson:
            messages.error(request, _("Whoever drafted a text does not approve it: ask a second person."))
        except operations.ReasonForText:
            messages.error(request, _("Please say what is to be changed."))
        except operations.TextNotOpen:
            messages.error(request, _("Somebody was faster: its state has changed."))
    return redirect("office:text", version_id)
