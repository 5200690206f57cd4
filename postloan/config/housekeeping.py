"""
The queue's own housekeeping: jobs whose worker died are started again.

Every task of Postloan may run twice; so a job that a killed worker left
"doing" is simply put back. A worker that has not been heard of for a minute
counts as dead.
"""

from datetime import UTC, datetime

from procrastinate import JobContext
from procrastinate.contrib.django import app

from postloan.ground.access import operations as access

DEAD_AFTER_SECONDS = 60


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> int:
    """Put back the jobs of dead workers and return how many."""
    manager = context.app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS))
    for job in stalled:
        await manager.retry_job(job)
    return len(stalled)


@app.periodic(cron="17 * * * *")
@app.task(queue="housekeeping", queueing_lock="forget_old_calls")
def forget_old_calls(timestamp: int) -> int:
    """Remove answers kept for repeats and counted attempts that are past their time; return how many."""
    at = datetime.fromtimestamp(timestamp, tz=UTC)
    return access.forget_old_answers(at=at) + access.forget_old_attempts(at=at)
