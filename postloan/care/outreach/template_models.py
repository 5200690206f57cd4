"""The texts of messages: versions of each template, and who approved them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, UniqueConstraint

from postloan.kernel.message_texts import Wording


class TemplateVersion(models.Model):
    """
    One version of the text of an occasion (`code`) on a channel in a language.

    A draft may change; what was submitted may not. At most one version of each text is approved; approving the next
    one retires it. `carrier_code` is the number under which a carrier has registered the text, where it wants one.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        SUBMITTED = "submitted"
        APPROVED = "approved"
        REJECTED = "rejected"
        RETIRED = "retired"

    code = models.CharField(max_length=40)
    channel = models.CharField(max_length=8)
    language = models.CharField(max_length=10)
    version_no = models.IntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    line = models.CharField(max_length=300, blank=True)
    carrier_code = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    drafted_by = models.CharField(max_length=150)
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["code", "channel", "language", "version_no"], name="template_version_is_one"),
            UniqueConstraint(
                fields=["code", "channel", "language"],
                name="one_text_is_approved_at_a_time",
                condition=Q(state="approved"),
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | (~Q(decided_by="") & ~Q(decided_by=models.F("drafted_by"))),
                name="text_is_approved_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.channel} {self.language} version {self.version_no}"

    @property
    def wording(self) -> Wording:
        """The text as the kernel takes it."""
        return Wording(subject=self.subject, body=self.body, line=self.line)
