"""
Mail: the port, the channel that settings choose, and a mailbox of our own for demonstrations.

Importing this package needs no Django; `mail_channel` reads its settings.
"""

from postloan.outside.mail.fake import FakeMailChannel
from postloan.outside.mail.port import Failure, MailChannel, MessageMalformed, OutgoingMail, SendResult
from postloan.outside.mail.vendors.smtp import SmtpChannel

__all__ = [
    "Failure",
    "FakeMailChannel",
    "MailChannel",
    "MailChannelUnknown",
    "MessageMalformed",
    "OutgoingMail",
    "SendResult",
    "SmtpChannel",
    "mail_channel",
    "memory_channel",
]


class MailChannelUnknown(ValueError):
    """The setting MAIL_CHANNEL names no channel there is."""


memory_channel = FakeMailChannel()
"""What `MAIL_CHANNEL = "memory"` sends with; tests look into it and clear it."""


def mail_channel() -> MailChannel:
    """Return the channel that the settings choose: "smtp" (EMAIL_HOST …) or "memory". Raises MailChannelUnknown."""
    from django.conf import settings

    if settings.MAIL_CHANNEL == "memory":
        return memory_channel
    if settings.MAIL_CHANNEL == "smtp":
        return SmtpChannel(
            host=settings.EMAIL_HOST,
            port=settings.EMAIL_PORT,
            user=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD,
            starttls=settings.EMAIL_USE_TLS,
            timeout_seconds=float(settings.EMAIL_TIMEOUT or 20),
        )
    raise MailChannelUnknown(f"MAIL_CHANNEL is {settings.MAIL_CHANNEL!r}; known are 'smtp' and 'memory'")
