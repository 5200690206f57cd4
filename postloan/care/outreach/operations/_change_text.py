"""
The life of a text: drafted, submitted, approved or rejected by a second person, retired by its successor.

A draft is checked when it is submitted and again when it is approved, for what is forbidden may have changed between.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from postloan.care.outreach.models import TemplateVersion
from postloan.care.outreach.text_rules import check_text
from postloan.ground.audit import operations as audit

State = TemplateVersion.State


class TextNotOpen(ValueError):
    """The version is not in the state in which this can be done."""


class SamePerson(PermissionError):
    """Whoever drafted a text does not approve it."""


class ReasonForText(ValueError):
    """A text is rejected with a reason."""


@transaction.atomic
def draft_text(
    *,
    code: str,
    channel: str,
    language: str,
    subject: str,
    body: str,
    line: str,
    carrier_code: str,
    by: str,
    at: datetime,
) -> TemplateVersion:
    """
    Return a new draft, or the person's own open draft of this text with the new words.

    Refuses an occasion that does not exist (OccasionUnknown). A draft may still be wrong.
    """
    check_text(code=code, channel=channel, language=language, subject="", body="", line="", only_known=True)
    texts = TemplateVersion.objects.filter(code=code, channel=channel, language=language)
    words = {"subject": subject.strip(), "body": body, "line": line, "carrier_code": carrier_code.strip()}
    draft = texts.select_for_update().filter(state=State.DRAFT, drafted_by=by).first()
    if draft is None:
        last = texts.aggregate(last=Max("version_no"))["last"] or 0
        draft = TemplateVersion(
            code=code, channel=channel, language=language, version_no=last + 1, drafted_by=by, drafted_at=at
        )
    for name, value in words.items():
        setattr(draft, name, value)
    draft.drafted_at = at
    draft.save()
    _record(draft, "draft_text", by, at)
    return draft


@transaction.atomic
def submit_text(*, version_id: int, by: str, at: datetime) -> TemplateVersion:
    """Hand a draft in for approval. Refuses a text that breaks a rule (TextRefused) and what is no draft (TextNotOpen)."""
    version = _open(version_id, State.DRAFT)
    _check(version)
    version.state, version.submitted_at = State.SUBMITTED, at
    version.save(update_fields=["state", "submitted_at"])
    _record(version, "submit_text", by, at)
    return version


@transaction.atomic
def approve_text(*, version_id: int, by: str, at: datetime) -> TemplateVersion:
    """
    Let a submitted text be the one that is sent from now on; the one before it is retired.

    Refuses whoever drafted it (SamePerson), a text that breaks a rule by now (TextRefused), what was not submitted
    (TextNotOpen).
    """
    version = _open(version_id, State.SUBMITTED)
    if version.drafted_by == by:
        raise SamePerson("a second person approves a text")
    _check(version)
    before = TemplateVersion.objects.filter(
        code=version.code, channel=version.channel, language=version.language, state=State.APPROVED
    )
    before.update(state=State.RETIRED, retired_at=at)
    version.state, version.decided_by, version.decided_at = State.APPROVED, by, at
    version.save(update_fields=["state", "decided_by", "decided_at"])
    _record(version, "approve_text", by, at)
    return version


@transaction.atomic
def reject_text(*, version_id: int, reason: str, by: str, at: datetime) -> TemplateVersion:
    """Send a submitted text back, with a reason (ReasonForText without one, TextNotOpen where it was not submitted)."""
    version = _open(version_id, State.SUBMITTED)
    if not reason.strip():
        raise ReasonForText("say what is to be changed")
    version.state, version.decided_by, version.decided_at = State.REJECTED, by, at
    version.reason = reason.strip()[:300]
    version.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    _record(version, "reject_text", by, at)
    return version


def _open(version_id: int, state: State) -> TemplateVersion:
    version = TemplateVersion.objects.select_for_update().get(pk=version_id)
    if version.state != state:
        raise TextNotOpen(f"version {version_id} is {version.state}")
    return version


def _check(version: TemplateVersion) -> None:
    check_text(
        code=version.code,
        channel=version.channel,
        language=version.language,
        subject=version.subject,
        body=version.body,
        line=version.line,
    )


def _record(version: TemplateVersion, action: str, by: str, at: datetime) -> None:
    audit.record_act(
        by=by,
        action=action,
        subject_kind="text",
        subject_id=version.pk,
        at=at,
        details={
            "code": version.code,
            "channel": version.channel,
            "language": version.language,
            "version": version.version_no,
        },
    )
