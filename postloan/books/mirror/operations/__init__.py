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
from postloan.books.mirror.operations._tie_out import (
    ControlLine,
    ControlUnreadable,
    UnknownCore,
    read_control,
    tie_out,
)

__all__ = [
    "ControlLine",
    "ControlUnreadable",
    "DayInFuture",
    "NothingTold",
    "SourceTaken",
    "SyncRefused",
    "Synced",
    "UnknownCore",
    "raise_file_alarms",
    "read_control",
    "sync_file",
    "sync_objects",
    "tie_out",
]
