"""The channel by which money leaves in this installation. Vendors are named in settings, never imported."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from postloan.outside.bank.transfers_port import TransferChannel


@cache
def transfer_channel() -> TransferChannel:
    """Return the channel that settings.TRANSFER_CHANNEL names: a class by its path, and its options."""
    chosen: dict[str, Any] = settings.TRANSFER_CHANNEL
    channel: TransferChannel = import_string(chosen["class"])(**chosen["options"])
    return channel
