"""Record what a person wants: consent asked, given or withdrawn, a refusal, a cease request, hours, a channel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from postloan.care.outreach.gate_session import NOTHING, open_session
from postloan.care.outreach.models import Consent
from postloan.care.outreach.statement_columns import CONSENT_COLUMNS
from postloan.ground.audit import operations as audit


class EvidenceMissing(ValueError):
    """A consent is given without saying to which text, or where the proof of it lies."""


@transaction.atomic
def record_consent(
    *,
    customer_id: int,
    act: str,
    via: str,
    at: datetime,
    by: str,
    purpose: str = "",
    channel: str = "",
    contact_point_id: int | None = None,
    point_hash: bytes | None = None,
    loan_ids: tuple[int, ...] = (),
    text_version: str = "",
    evidence: str = "",
    until_at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Consent:
    """
    Return the statement, on record and in force before the next send to this person: it waits for no one and whoever
    asks the gate after it sees it.

    An empty purpose, channel or point means all of them. `facts` are further fields of the rules' event (hours, scope,
    written), codes and times only. The same `key` again is the statement recorded first. Refuses a consent given
    without text version and evidence (EvidenceMissing).
    """
    wanted = Consent.Act(act)
    if wanted == Consent.Act.CONSENT_GIVEN and not (text_version and evidence):
        raise EvidenceMissing("say which text was agreed to, and where the proof lies")
    session = open_session(customer_ids=[customer_id], at=at, is_locking=True, look_back=NOTHING)
    if key and (known := Consent.objects.filter(key=key).first()):
        return known
    said = Consent.objects.create(
        customer_id=customer_id,
        act=wanted,
        purpose=purpose,
        channel=channel,
        contact_point_id=contact_point_id,
        point_hash=point_hash,
        loan_ids=sorted(loan_ids),
        text_version=text_version,
        evidence=evidence,
        via=via,
        facts=dict(facts or {}),
        at=at,
        until_at=until_at,
        by=by,
        key=key,
    )
    session.chains.add(
        customer_id=customer_id,
        kind="consent",
        subject_id=said.pk,
        at=at,
        row={name: getattr(said, name) for name in CONSENT_COLUMNS},
        facts={"act": wanted.value},
    )
    session.write()
    audit.record_act(
        by=by,
        action="record_consent",
        subject_kind="customer",
        subject_id=customer_id,
        at=at,
        details={"act": wanted.value, "purpose": purpose, "channel": channel, "consent_id": said.pk, "via": via},
    )
    return said
