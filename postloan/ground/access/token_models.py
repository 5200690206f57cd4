"""Tokens of the API, answers kept so that a repeat gets the first one, and the calls of each minute."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint


class ApiToken(models.Model):
    """
    A key to the API in the name of one login.

    Only the SHA-256 of the secret is kept; the secret has 256 random bits, so no slow hash is
    needed. `public_id` is the part that may be shown.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    public_id = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    calls_a_minute = models.IntegerField()
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="api_token_expires_after_issue"),
            CheckConstraint(condition=Q(calls_a_minute__gt=0), name="api_token_may_be_used"),
        ]

    def __str__(self) -> str:
        return f"API token {self.public_id}"


class ApiAnswer(models.Model):
    """The first answer to a call with an idempotency key. `request_sha256` covers method, path and body."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    request_sha256 = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    body = models.JSONField(default=dict)
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["user", "key"], name="api_answer_is_given_once")]
        indexes: ClassVar = [models.Index(fields=["answered_at"], name="api_answer_by_time")]

    def __str__(self) -> str:
        return f"answer to {self.key}"


class ApiMinute(models.Model):
    """How many calls a token made in one minute of the clock."""

    pk = models.CompositePrimaryKey("token_id", "minute_at")
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+", db_index=False)
    minute_at = models.DateTimeField()
    calls = models.IntegerField()

    def __str__(self) -> str:
        return f"calls of token {self.token_id} at {self.minute_at}"
