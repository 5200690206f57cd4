"""The mail channel that this installation is set to use. Vendors are named in settings, never imported."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from postloan.outside.mail.port import MailChannel


@cache
def mail_channel() -> MailChannel:
    """Return the channel that settings.MAIL_CHANNEL names: a class by its path, and its options."""
    chosen: dict[str, Any] = settings.MAIL_CHANNEL
    channel: MailChannel = import_string(chosen["class"])(**chosen["options"])
    return channel
