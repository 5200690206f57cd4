"""The nightly close over HTTP: runs, loans set aside, alarms."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from postloan.api.v1.doors import PageIn, PageOut, by_of, needs, once, page_of
from postloan.close import operations, queries
from postloan.close.models import CloseRun, FaultyLoan
from postloan.ground.access.scopes import Scope

router = Router(tags=["close"])


class RunOut(Schema):
    """The close of one business date."""

    business_date: date
    pass_through_date: date | None
    state: str
    executor: str
    software_version: str
    started_at: datetime
    finished_at: datetime | None
    checks: list[Any]


class RunDetailOut(RunOut):
    counts: dict[str, int]
    step_seconds: dict[str, float]
    elapsed_seconds: float | None


class FaultOut(Schema):
    """A loan the close could not work out, set aside until somebody solves it."""

    fault_id: int
    loan_id: int
    business_date: date
    step: str
    reason: str
    found_at: datetime
    solved_at: datetime | None
    solved_by: str
    resolution: str

    @staticmethod
    def resolve_fault_id(fault: FaultyLoan) -> int:
        return fault.pk


class RetryOut(FaultOut):
    is_released: bool


class AlarmOut(Schema):
    business_date: date
    kind: str
    raised_at: datetime


class FaultsIn(PageIn):
    only: str = Field("open", pattern="^(open|solved|all)$")


class ReleaseIn(Schema):
    reason: str = Field(min_length=3, max_length=200)


@router.get("/runs", response=PageOut[RunOut], auth=needs(Scope.CLOSE_READ), operation_id="list_close_runs")
def list_close_runs(request: HttpRequest, asked: Query[PageIn]) -> dict[str, Any]:
    """Return the closes, the newest first."""
    return page_of(queries.find_runs(), asked=asked, spell=lambda run: run)


@router.get("/runs/{business_date}", response=RunDetailOut, auth=needs(Scope.CLOSE_READ), operation_id="get_close_run")
def get_close_run(request: HttpRequest, business_date: date) -> dict[str, Any]:
    """Return one close with what it read and wrote and the workers' seconds of each step."""
    try:
        run = queries.get_run(business_date=business_date)
    except CloseRun.DoesNotExist:
        raise Http404 from None
    summary = queries.summarise(run=run, marks=list(run.marks.all()))
    return {
        **{name: getattr(run, name) for name in RunOut.model_fields},
        "counts": summary.counts,
        "step_seconds": {step.step: step.seconds for step in summary.steps},
        "elapsed_seconds": summary.elapsed.total_seconds() if summary.elapsed else None,
    }


@router.get("/faults", response=PageOut[FaultOut], auth=needs(Scope.CLOSE_READ), operation_id="list_faults")
def list_faults(request: HttpRequest, asked: Query[FaultsIn]) -> dict[str, Any]:
    """Return loans set aside: those open, those solved, or all."""
    return page_of(queries.find_faults(only=asked.only), asked=asked, spell=lambda fault: fault)


@router.post(
    "/faults/{int:fault_id}/retry", response=RetryOut, auth=needs(Scope.CLOSE_MEND), operation_id="retry_fault"
)
@once
def retry_fault(request: HttpRequest, fault_id: int) -> RetryOut:
    """Rehearse the close for the loan alone, and release it where that goes well."""
    retry = operations.retry_fault(fault_id=fault_id, by=by_of(request=request), at=timezone.now())
    return RetryOut(**FaultOut.from_orm(retry.fault).model_dump(), is_released=retry.is_released)


@router.post(
    "/faults/{int:fault_id}/release", response=FaultOut, auth=needs(Scope.CLOSE_MEND), operation_id="release_fault"
)
@once
def release_fault(request: HttpRequest, fault_id: int, body: ReleaseIn) -> FaultOut:
    """Solve a fault by hand: the loan is closed again from the open business date on."""
    fault = operations.release_fault(
        fault_id=fault_id, by=by_of(request=request), at=timezone.now(), reason=body.reason
    )
    return FaultOut.from_orm(fault)


@router.get("/alarms", response=list[AlarmOut], auth=needs(Scope.CLOSE_READ), operation_id="list_alarms")
def list_alarms(request: HttpRequest) -> list[AlarmOut]:
    """Return the alarms not put right yet, the oldest day first."""
    return [AlarmOut.from_orm(alarm) for alarm in queries.get_open_alarms()]
