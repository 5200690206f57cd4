"""The text of a message, kept encrypted and bound to the message it belongs to."""

from dataclasses import dataclass

from postloan.care.outreach.models import Message
from postloan.ground.customers.cipher import field_cipher


@dataclass(frozen=True)
class MessageText:
    """What a message says, in the clear. Never log it."""

    subject: str
    body: str


def put_text(*, message: Message, text: MessageText) -> None:
    """Set the encrypted fields of a saved message; the caller saves it."""
    cipher = field_cipher()
    message.subject_encrypted = cipher.encrypt(value=text.subject, field="message.subject", row_id=message.pk)
    message.body_encrypted = cipher.encrypt(value=text.body, field="message.body", row_id=message.pk)


def get_text(*, message: Message) -> MessageText:
    """Return what the message says; empty while it has not left. Whoever shows it records the reading."""
    cipher = field_cipher()
    return MessageText(
        subject=cipher.decrypt(ciphertext=message.subject_encrypted, field="message.subject", row_id=message.pk),
        body=cipher.decrypt(ciphertext=message.body_encrypted, field="message.body", row_id=message.pk),
    )
