from postloan.books.mirror.operations._raise_file_alarms import raise_file_alarms
from postloan.books.mirror.operations._sync_book import (
    DayInFuture,
    NothingTold,
    SourceTaken,
    Synced,
    SyncRefused,
    sync_file,
    sync_objects,
)

__all__ = [
    "DayInFuture",
    "NothingTold",
    "SourceTaken",
    "SyncRefused",
    "Synced",
    "raise_file_alarms",
    "sync_file",
    "sync_objects",
]
