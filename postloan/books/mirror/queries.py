"""Questions about other cores: what came, what is missing, how each night tied out."""

from datetime import date

from django.db.models import QuerySet

from postloan.books.mirror.models import Core, FileAlarm, SyncFile, TieOut

FILES_SHOWN = 60


def get_cores() -> list[Core]:
    """Return all cores that are followed."""
    return list(Core.objects.order_by("source"))


def get_open_file_alarms() -> list[FileAlarm]:
    """Return the files that are missing, the oldest first."""
    return list(
        FileAlarm.objects.filter(solved_at=None).select_related("core").order_by("business_date", "core", "kind")
    )


def find_files() -> QuerySet[SyncFile]:
    """Return what came, the latest first."""
    return SyncFile.objects.select_related("core").order_by("-pk")


def find_tie_outs(*, core_id: int) -> QuerySet[TieOut]:
    """Return the nights of a core that were compared, the latest first."""
    return TieOut.objects.filter(core_id=core_id).order_by("-business_date")


def get_tie_out(*, core_id: int, business_date: date) -> TieOut:
    """Return the comparison of one night. Raises TieOut.DoesNotExist."""
    return TieOut.objects.select_related("core").get(core_id=core_id, business_date=business_date)


def count_followed(*, core_id: int) -> int:
    """Return how many loans of a core are followed."""
    return Core.objects.get(pk=core_id).loans.count()
