"""Take what reaches us by message: on the timeline, and in force at once where it is a word that opts out."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.care.outreach.asking import Ask
from postloan.care.outreach.operations._record_consent import record_consent
from postloan.care.outreach.operations._record_contacts import Report, record_contacts
from postloan.care.outreach.opting_out import read_link, read_word


@dataclass(frozen=True)
class Taken:
    """What an inbound message was: the contact it is kept as, and `opt_out`, `opt_in` or nothing."""

    contact_id: int
    word: str | None


@transaction.atomic
def take_inbound(
    *,
    customer_id: int,
    channel: str,
    text: str,
    key: str,
    at: datetime,
    by: str,
    contact_point_id: int | None = None,
) -> Taken:
    """
    Return what was taken; the same `key` again is the same message.

    The text is read for the words that opt out or in again and not kept here. Refuses customers and points we do not
    know (CustomerUnknown, PointNotTheirs).
    """
    ask = Ask(
        key=f"inbound:{key}",
        customer_id=customer_id,
        channel=channel,
        purpose="service",
        contact_point_id=contact_point_id,
    )
    [recorded] = record_contacts(reports=[Report(ask, "inbound", at, is_inbound=True)], at=at, by=by)
    word = read_word(text=text)
    if word is not None:
        record_consent(
            customer_id=customer_id,
            act=word,
            channel=channel,
            contact_point_id=contact_point_id,
            via="keyword",
            evidence=f"contact {recorded.contact_id}",
            at=at,
            by=by,
            key=f"inbound:{key}",
        )
    return Taken(contact_id=recorded.contact_id, word=word)


def opt_out_by_link(*, token: str, at: datetime) -> None:
    """Refuse the channel or address a link names, from now on; twice is once. Refuses forged links (LinkInvalid)."""
    link = read_link(token=token)
    record_consent(
        customer_id=link.customer_id,
        act="opt_out",
        channel=link.channel,
        contact_point_id=link.contact_point_id,
        via="link",
        evidence="a signed link in a message to this address",
        at=at,
        by="opt-out link",
        key=f"link:{link.customer_id}:{link.channel}:{link.contact_point_id}:{at:%Y-%m-%d}",
    )
