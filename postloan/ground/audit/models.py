"""
Who did what, when, to whom: the append-only record of every change and every reading of personal data.

Rows are written in the transaction of the change they tell of and are never
changed afterwards: the database refuses it.
"""

from typing import ClassVar

from django.db import models


class AuditRecord(models.Model):
    """One act by one person or part of the system. `details` holds ids and figures, never personal data."""

    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "-recorded_at"], name="audit_by_subject"),
            models.Index(fields=["-recorded_at"], name="audit_by_time"),
            models.Index(fields=["action", "-recorded_at"], name="audit_by_action"),
            models.Index(fields=["by"], name="audit_by_person", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_kind} {self.subject_id} by {self.by}"
