"""Messages over HTTP: the outbox, without the texts, which are the customers' own."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from postloan.api.v1.doors import PageIn, PageOut, needs, page_of
from postloan.care.outreach import queries
from postloan.care.outreach.models import Message
from postloan.ground.access.scopes import Scope

router = Router(tags=["messages"])


class MessageOut(Schema):
    """A message to a customer: what about and what became of it. `occasion` holds ids, dates and amounts only."""

    message_id: int
    customer_id: int
    channel: str
    purpose: str
    template: str
    language: str
    state: str
    reason: str
    attempts: int
    occasion: dict[str, Any]
    queued_at: datetime
    not_before_at: datetime
    sent_at: datetime | None
    read_at: datetime | None

    @staticmethod
    def resolve_message_id(message: Message) -> int:
        return message.pk


class MessagesIn(PageIn):
    on_date: date | None = None
    purpose: str = ""
    channel: str = ""
    state: str = ""


@router.get("", response=PageOut[MessageOut], auth=needs(Scope.MESSAGES_READ), operation_id="list_messages")
def list_messages(request: HttpRequest, asked: Query[MessagesIn]) -> dict[str, Any]:
    """Return messages, the newest first; `on_date` is a day in the lender's time zone."""
    found = queries.find_messages(
        on_date=asked.on_date, purpose=asked.purpose, channel=asked.channel, state=asked.state
    )
    return page_of(found, asked=asked, spell=lambda message: message)


@router.get("/{int:message_id}", response=MessageOut, auth=needs(Scope.MESSAGES_READ), operation_id="get_message")
def get_message(request: HttpRequest, message_id: int) -> Message:
    """Return one message without its text."""
    try:
        return queries.get_message(message_id=message_id)
    except Message.DoesNotExist:
        raise Http404 from None
