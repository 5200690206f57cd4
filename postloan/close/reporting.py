"""The report of a run: what it did, partition by partition and step by step, what was checked, who was set aside."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from postloan.close import queries
from postloan.close.models import CloseRun


def report_of(*, run: CloseRun) -> dict[str, Any]:
    """Return the report of a run as it stands, ready to be written as JSON. Loans are named by id; nobody else is."""
    marks = list(run.marks.order_by("partition_no"))
    summary = queries.summarise(run=run, marks=marks)
    return {
        "business_date": run.business_date.isoformat(),
        "state": run.state,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "seconds": (summary.elapsed or timedelta()).total_seconds(),
        "pass_through_date": run.pass_through_date.isoformat() if run.pass_through_date else None,
        "software_version": run.software_version,
        "executor": run.executor,
        "counts": summary.counts,
        "step_seconds": {step.step: round(step.seconds, 4) for step in summary.steps},
        "held_ms_max": max((mark.held_ms for mark in marks if mark.held_ms is not None), default=None),
        "partitions": [
            {
                "partition_no": mark.partition_no,
                "slots": [mark.from_slot, mark.to_slot],
                "counts": mark.counts,
                "step_seconds": mark.step_seconds,
                "held_ms": mark.held_ms,
            }
            for mark in marks
        ],
        "checks": run.checks,
        "faults": [
            {"loan_id": fault.loan_id, "step": fault.step, "reason": fault.reason}
            for fault in queries.get_faults(business_date=run.business_date)
        ],
    }


def write_report(*, run: CloseRun, at: datetime) -> Path:
    """Write the report into var/close and return the file; whole or not at all, in place of an earlier one."""
    file = Path(settings.VAR_DIR) / "close" / f"{run.business_date}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(report_of(run=run) | {"written_at": at.isoformat()}, indent=1))
    draft.replace(file)
    return file
