"""Dates in addresses: `/office/close/2018-07-01`."""

from datetime import date


class DayConverter:
    """A calendar date as ISO 8601 writes it; anything else is no such page."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()
