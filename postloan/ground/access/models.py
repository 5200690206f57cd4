"""Which customer a borrower's account belongs to; the tokens of the API."""

from django.conf import settings
from django.db import models

from postloan.ground.access.token_models import ApiAnswer, ApiMinute, ApiToken

__all__ = ["ApiAnswer", "ApiMinute", "ApiToken", "BorrowerAccount"]


class BorrowerAccount(models.Model):
    """Links one login to one customer; the customer's id is kept plain, for customers live on the floor above."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="borrower_account")
    customer_id = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"login {self.user_id} of customer {self.customer_id}"
