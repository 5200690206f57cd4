"""What a killed worker left half done is done by the next one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from postloan.care.reminders.tasks import send_reminders
from postloan.config.housekeeping import retry_stalled_jobs
from tests.factories.books import make_books


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_is_done_by_the_next_one():
    make_books()
    job_id = send_reminders.defer(contact_date="2018-07-01", rehearsal_at=datetime(2018, 7, 1, tzinfo=UTC).isoformat())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '10 minutes') RETURNING id"
        )
        worker_id = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker_id, job_id]
        )
    retry_stalled_jobs.defer(timestamp=0)

    with app.replace_connector(app.connector.get_worker_connector()) as worker, ThreadPoolExecutor(1) as thread:
        for _ in range(2):  # in a thread of its own: a browser test may have left an event loop running in this one
            run = thread.submit(worker.run_worker, wait=False, install_signal_handlers=False, listen_notify=False)
            run.result()
        thread.submit(connections.close_all).result()

    assert ProcrastinateJob.objects.get(pk=job_id).status == "succeeded"
