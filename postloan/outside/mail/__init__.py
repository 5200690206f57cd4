"""
Mail: the port, a fake, and a mailbox of our own for demonstrations. Importing this package needs no Django.

Vendors lie in `vendors/` and are named in settings by their path (settings.MAIL_CHANNEL).
"""

from postloan.outside.mail.fake import FakeMailChannel
from postloan.outside.mail.port import Failure, MailChannel, MessageMalformed, OutgoingMail, SendResult

__all__ = [
    "Failure",
    "FakeMailChannel",
    "MailChannel",
    "MessageMalformed",
    "OutgoingMail",
    "SendResult",
]
