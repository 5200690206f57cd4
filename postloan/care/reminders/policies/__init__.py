"""How reminders reach people, as data: hours, channels in their order, when the next one follows, who signs (TOML)."""

import tomllib
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, model_validator

from postloan.kernel.working_calendars import CALENDARS

DIRECTORY = Path(__file__).parent
Channel = Literal["inbox", "push", "wechat", "email", "sms"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """One channel of an order, and what has to happen for the next one not to follow."""

    channel: Channel
    after_minutes: int = Field(default=240, ge=1, le=60 * 24)
    unless: Literal["delivered", "read"] = "read"


class KindPolicy(_Part):
    """How reminders of one kind leave."""

    together: tuple[Channel, ...] = ()
    in_order: tuple[Step, ...] = ()


class ReminderPolicy(_Part):
    """One policy. `hour` and `holiday_hour` are in the reader's own time zone."""

    code: str
    hour: time
    holiday_hour: time
    calendar: str = "weekends"
    sender: str = ""
    kinds: dict[str, KindPolicy]

    @model_validator(mode="after")
    def _is_whole(self) -> "ReminderPolicy":
        if "default" not in self.kinds:
            raise ValueError("kinds.default: every kind without a policy of its own needs one")
        if self.calendar not in CALENDARS:
            raise ValueError(f"calendar: there is no {self.calendar}")
        return self

    def of_kind(self, *, kind: str) -> KindPolicy:
        """Return how a kind leaves."""
        return self.kinds.get(kind, self.kinds["default"])

    def leaves_at(self, *, contact_date: date, time_zone: str) -> datetime:
        """Return when reminders of a day leave: later where no business is done on it."""
        is_working = CALENDARS[self.calendar].is_working_day(contact_date)
        hour = self.hour if is_working else self.holiday_hour
        return datetime.combine(contact_date, hour, tzinfo=ZoneInfo(time_zone))


def policy_of(*, product: str) -> ReminderPolicy:
    """Return the policy of a product, by its code; the default's where it has none."""
    chosen: dict[str, str] = settings.REMINDER_POLICIES
    return load_policy(name=chosen.get(product, chosen["default"]))


@cache
def load_policy(*, name: str) -> ReminderPolicy:
    """Return a shipped policy by its name, or one of a TOML file; pydantic's ValidationError names what is wrong."""
    file = Path(name) if name.endswith(".toml") else DIRECTORY / f"{name}.toml"
    held: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return ReminderPolicy.model_validate(held)
