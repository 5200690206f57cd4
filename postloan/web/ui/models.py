"""What a reader has arranged for themselves: how they like their lists. Nothing here is about money or customers."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """
    A list as one reader wants to see it again: `query` is the part of an address with filters, order and columns.

    `table` is the name of the table.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    table = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "table", "name"], name="view_has_one_name"),
            models.CheckConstraint(condition=~models.Q(name=""), name="view_is_named"),
        ]

    def __str__(self) -> str:
        return f"view {self.name} of {self.table}"
