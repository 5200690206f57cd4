"""The night is seen: progress, report, metrics, alarms; faulty loans are rehearsed, released, explained."""

import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments.ties import get_ties
from postloan.close import operations, queries, watching
from postloan.close.explaining import NeverClosed, UnknownLoan, explain_close
from postloan.close.models import CloseAlarm, CloseRun, FaultyLoan, PartitionAtWork
from postloan.close.progress import phase_recorder
from postloan.close.run import close_day
from tests.factories.books import AT, make_books, make_loan, make_product
from tests.factories.nights import make_close_run

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = date(2018, 7, 1)
DUE = date(2018, 7, 10)


@pytest.fixture(autouse=True)
def _places(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.VAR_DIR = tmp_path
    settings.CLOSE_EXECUTOR = "inline"
    settings.TIME_ZONE = "Asia/Shanghai"


def a_loan() -> Loan:
    return make_loan(
        product=make_product(),
        due_dates=[DUE, date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )


def close_to(day: date) -> CloseRun:
    last = None
    for place in range((day - FIRST).days + 1):
        wanted = FIRST + timedelta(days=place)
        if not CloseRun.objects.filter(business_date=wanted).exists():
            last = close_day(business_date=wanted, by="test", clock=lambda: AT)
    assert last is not None
    return last


def a_faulty_loan() -> tuple[Loan, FaultyLoan]:
    """A loan whose outstanding principal someone broke before its instalment was raised."""
    make_books()
    loan = a_loan()
    Loan.objects.filter(pk=loan.pk).update(principal_outstanding_minor=100)
    close_to(date(2018, 7, 9))
    return loan, FaultyLoan.objects.get()


def mend(loan: Loan) -> None:
    Loan.objects.filter(pk=loan.pk).update(principal_outstanding_minor=100_000)


def test_a_faulty_loan_that_still_fails_is_not_released():
    _, fault = a_faulty_loan()

    retry = operations.retry_fault(fault_id=fault.pk, by="anna", at=AT)

    fault.refresh_from_db()
    assert not retry.is_released
    assert retry.failure is not None and "more principal is due" in retry.failure.reason
    assert fault.solved_at is None


def test_a_mended_loan_is_released_and_the_next_close_makes_up_for_the_nights_it_missed():
    loan, fault = a_faulty_loan()
    mend(loan)

    retry = operations.retry_fault(fault_id=fault.pk, by="anna", at=AT)
    run = close_to(date(2018, 7, 12))

    loan.refresh_from_db()
    assert retry.is_released
    assert run.state == CloseRun.State.FINISHED
    assert Instalment.objects.get(loan=loan).due_date == DUE
    assert (loan.bucket, loan.past_due_since_date, loan.set_aside_at) == (1, DUE, None)
    assert all(tie.holds for tie in get_ties())


def test_a_loan_released_too_early_is_set_aside_again_with_a_new_fault():
    loan, fault = a_faulty_loan()

    operations.release_fault(fault_id=fault.pk, by="anna", at=AT, reason="to see")
    run = close_to(date(2018, 7, 10))

    faults = FaultyLoan.objects.filter(loan=loan).order_by("pk")
    assert [each.solved_at is None for each in faults] == [False, True]
    assert run.state == CloseRun.State.AMBER


def test_a_fault_is_released_once_and_an_unknown_one_is_refused():
    _, fault = a_faulty_loan()
    operations.release_fault(fault_id=fault.pk, by="anna", at=AT, reason="to see")

    with pytest.raises(operations.FaultIsSolved):
        operations.release_fault(fault_id=fault.pk, by="anna", at=AT, reason="again")
    with pytest.raises(operations.FaultIsSolved):
        operations.retry_fault(fault_id=fault.pk, by="anna", at=AT)
    with pytest.raises(operations.UnknownFault):
        operations.retry_fault(fault_id=fault.pk + 1, by="anna", at=AT)


@pytest.mark.parametrize(
    ("hour_utc", "kinds"),
    [
        (16, []),  # midnight in Shanghai
        (17, ["not_started"]),  # 01:00: it should have begun
        (22, ["not_finished", "not_started"]),  # 06:00: it should be over
    ],
)
def test_a_day_nobody_closed_raises_an_alarm_at_its_hour(hour_utc, kinds):
    make_books()

    alarms = operations.raise_alarms(at=datetime(2018, 7, 1, hour_utc, tzinfo=UTC))
    again = operations.raise_alarms(at=datetime(2018, 7, 1, hour_utc, 1, tzinfo=UTC))

    assert sorted(alarm.kind for alarm in alarms) == kinds
    assert [alarm.pk for alarm in again] == [alarm.pk for alarm in alarms]


def test_an_alarm_is_solved_when_the_day_is_closed():
    make_books()
    late = datetime(2018, 7, 2, 0, tzinfo=UTC)
    operations.raise_alarms(at=late)

    close_to(FIRST)
    left = operations.raise_alarms(at=late + timedelta(hours=1))

    assert left == []
    assert CloseAlarm.objects.filter(solved_at=late + timedelta(hours=1)).count() == 2


def test_a_failed_check_is_an_alarm():
    make_books()
    close_to(FIRST)
    CloseRun.objects.update(state=CloseRun.State.FAILED)

    alarms = operations.raise_alarms(at=AT)

    assert [(alarm.business_date, alarm.kind) for alarm in alarms] == [(FIRST, "failed")]


def test_progress_tells_phases_and_expects_the_end():
    run = make_close_run(partitions=2)
    CloseRun.objects.filter(pk=run.pk).update(finished_at=None, partitions=[[0, 16], [16, 32], [32, 48], [48, 64]])
    run.refresh_from_db()
    PartitionAtWork.objects.create(run=run, partition_no=2, phase="write", worker="host:1", since_at=run.started_at)

    seen = watching.get_progress(run=run, at=run.started_at + timedelta(seconds=10))

    assert [part.state for part in seen.partitions] == ["done", "done", "write", "waiting"]
    assert (seen.done, seen.share_done_mille) == (2, 500)
    assert seen.expected_end_at == run.started_at + timedelta(seconds=20)
    assert watching.get_run_under_way() == run
    steps = {step.step: step for step in seen.steps}
    assert (steps["write"].at_work, steps["read"].at_work) == (1, 0)
    assert steps["write"].seconds == pytest.approx(1.1)
    assert steps["write"].expected_seconds == pytest.approx(2.2)  # two of four partitions are done


def test_the_phases_of_a_partition_are_told_and_do_not_wait_for_the_disk(monkeypatch):
    run = make_close_run(partitions=1)
    told = iter([0.0, 0.01, 0.1, 0.11])
    monkeypatch.setattr("postloan.close.progress.monotonic", lambda: next(told, 9.0))
    record = phase_recorder(run_id=run.pk, partition_no=0, clock=lambda: AT)
    seen = []
    for phase in ("wait", "read", "raise_due", "write"):
        record(phase)
        seen.append(PartitionAtWork.objects.get().phase)

    assert seen == ["wait", "wait", "raise_due", "write"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == (_synchronous_commit_at_first(),)


def _synchronous_commit_at_first() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'")
        return str(cursor.fetchone()[0])


def test_nobody_is_at_work_when_the_close_is_over():
    make_books()
    a_loan()

    run = close_to(FIRST)

    assert not PartitionAtWork.objects.exists()
    assert watching.get_run_under_way() is None
    assert watching.get_progress(run=run, at=AT).share_done_mille == 1000


def test_metrics_speak_of_duration_loans_lag_and_faults(client, monkeypatch):
    a_faulty_loan()
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2018, 7, 12, 4, tzinfo=UTC))

    text = client.get("/metrics").content.decode()

    assert "postloan_close_faulty_loans 1.0" in text
    assert "postloan_close_lag_days 2.0" in text  # the books are open for the 10th, the 10th and 11th are over
    assert 'postloan_close_rows{kind="faults"} 1.0' in text
    assert "postloan_close_duration_seconds 0.0" in text
    assert "postloan_close_share_done 1.0" in text


def test_metrics_can_be_switched_off(client, settings):
    settings.METRICS = False

    assert client.get("/metrics").status_code == 404


def test_close_day_writes_a_report(tmp_path):
    make_books()
    a_loan()
    out = io.StringIO()

    call_command("close_day", through=date(2018, 7, 2), stdout=out)

    report = json.loads((tmp_path / "close" / "2018-07-02.json").read_text())
    assert report["counts"]["reminders"] == 1
    assert report["partitions"][0]["held_ms"] == report["held_ms_max"] >= 0
    assert report["pass_through_date"] == "2018-07-02"
    assert all(check["holds"] for check in report["checks"])
    assert "2018-07-01 finished" in out.getvalue() and "2018-07-02 finished" in out.getvalue()


def test_a_night_is_explained_with_its_steps_postings_and_versions():
    make_books()
    loan = a_loan()
    close_to(date(2018, 7, 11))

    raised = explain_close(loan_id=loan.pk, business_date=date(2018, 7, 9))
    aged = explain_close(loan_id=loan.pk, business_date=date(2018, 7, 11))
    quiet = explain_close(loan_id=loan.pk, business_date=date(2018, 7, 4))

    assert [acted.step for acted in raised.acted][:2] == ["raise_due", "plan_reminders"]
    assert "49500 principal, 1000 interest" in raised.acted[0].what
    assert [row["amount_minor"] for row in raised.postings] == [1_000]
    assert raised.versions.schedule_version_no == 1
    assert raised.partition_no == 0
    assert any("bucket 0 → 1" in acted.what for acted in aged.acted)
    assert not quiet.was_looked_at and quiet.acted == []


def test_the_open_day_is_explained_by_a_rehearsal_that_writes_nothing():
    make_books()
    loan = a_loan()
    close_to(date(2018, 7, 8))

    night = explain_close(loan_id=loan.pk, business_date=date(2018, 7, 9))

    assert night.rehearsal is not None
    assert next(acted.step for acted in night.acted) == "raise_due"
    assert not Instalment.objects.filter(loan=loan).exists()


def test_a_night_that_failed_for_the_loan_says_why():
    loan, fault = a_faulty_loan()

    night = explain_close(loan_id=loan.pk, business_date=fault.business_date)

    assert [acted.step for acted in night.acted] == ["verify"]
    assert "more principal is due" in night.acted[0].what


def test_explaining_refuses_loans_and_days_that_are_not_there():
    make_books()
    loan = a_loan()
    close_to(FIRST)

    with pytest.raises(UnknownLoan):
        explain_close(loan_id=loan.pk + 1, business_date=FIRST)
    for day in (date(2018, 6, 30), date(2018, 7, 3)):
        with pytest.raises(NeverClosed):
            explain_close(loan_id=loan.pk, business_date=day)


def test_the_command_explains_a_night():
    make_books()
    loan = a_loan()
    close_to(date(2018, 7, 9))
    out = io.StringIO()

    call_command("explain_close", loan=loan.pk, date=date(2018, 7, 9), stdout=out)

    assert "step       raise_due: instalment 1 due 2018-07-10" in out.getvalue()
    assert "posted     1000 interest_receivable ← interest_income" in out.getvalue()


def test_the_last_finished_run_is_the_latest_day():
    make_books()
    run = close_to(date(2018, 7, 2))

    assert queries.get_last_finished_run() == run
