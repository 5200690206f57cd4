"""Which customer a borrower's account belongs to; the tokens of the API."""

from django.conf import settings
from django.db import models

from postloan.ground.access.token_models import ApiAnswer, ApiMinute, ApiToken

__all__ = ["ApiAnswer", "ApiMinute", "ApiToken", "BorrowerAccount", "LoginGuard"]


class BorrowerAccount(models.Model):
    """Links one login to one customer; the customer's id is kept plain, for customers live on the floor above."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="borrower_account")
    customer_id = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"login {self.user_id} of customer {self.customer_id}"


class LoginGuard(models.Model):
    """
    How often somebody tried to log in, by name or by address, since `counted_from_at`; locked until `locked_until_at`.

    Only a keyed hash of the name or address is kept. A name nobody has is counted like any other.
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    attempts = models.IntegerField()
    counted_from_at = models.DateTimeField()
    locked_until_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.attempts} attempts since {self.counted_from_at}"
