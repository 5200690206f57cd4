"""A close that runs is followed: how far it is, what is in hand, when it will end."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from postloan.close.models import ClosePartition, CloseRun, PartitionAtWork
from postloan.ground.access.roles import Role

DAY = date(2018, 7, 1)
LIVE = f"/office/close/{DAY}/live"


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.ENGINEER)


def make_running(*, done: int, of: int, begun: timedelta, business_date: date = DAY, through: date = DAY) -> CloseRun:
    """Return a run begun so long ago with some partitions done, each after the same time, and one in hand."""
    now = timezone.now()
    run = CloseRun.objects.create(
        business_date=business_date,
        pass_through_date=through,
        partitions=[[number, number + 1] for number in range(of)],
        started_at=now - begun,
    )
    for number in range(done):
        ClosePartition.objects.create(
            run=run,
            partition_no=number,
            from_slot=number,
            to_slot=number + 1,
            finished_at=run.started_at + begun * (number + 1) / (done + 1),
            counts={"loans": 100, "postings": 40},
            step_seconds={"read": 0.5, "write": 1.0},
        )
    if business_date == through:
        PartitionAtWork.objects.create(
            run=run, partition_no=done, phase="age", worker="host:1", since_at=now - timedelta(seconds=1)
        )
    return run


def test_the_page_of_a_running_night_says_how_far_it_is_and_asks_again(client, small_book):
    make_running(done=3, of=10, begun=timedelta(seconds=40))

    answer = client.get(f"/office/close/{DAY}")
    page = answer.content.decode()
    night = answer.context["night"]

    assert "3 of 10 partitions done" in page
    assert f'hx-get="{LIVE}"' in page
    assert "data-live" in page
    assert (night["waiting"], [row.partition_no for row in night["at_work"]]) == (6, [3])
    assert night["progress"].expected_end_at > timezone.now()
    assert answer.context["summary"].counts["loans"] == 300


def test_the_part_that_asks_again_is_a_part_and_follows_what_is_done(client, small_book):
    run = make_running(done=3, of=10, begun=timedelta(seconds=40))

    before = client.get(LIVE).content.decode()
    run.marks.create(
        partition_no=3, from_slot=3, to_slot=4, finished_at=timezone.now(), counts={"loans": 7}, step_seconds={}
    )
    after = client.get(LIVE).content.decode()

    assert "<html" not in before
    assert "3 of 10 partitions done" in before
    assert "4 of 10 partitions done" in after
    assert "partition 3 since" in before
    assert "partition 3 since" not in after


def test_of_a_pass_of_several_days_every_day_shows_what_the_workers_do(client, small_book):
    through = DAY + timedelta(days=1)
    make_running(done=2, of=4, begun=timedelta(seconds=40), through=through)
    make_running(done=2, of=4, begun=timedelta(seconds=40), business_date=through, through=through)

    night = client.get(LIVE).context["night"]

    assert [row.worker for row in night["at_work"]] == ["host:1"]


def test_when_the_run_is_finished_the_whole_page_is_loaded_once(client, small_book):
    run = make_running(done=1, of=1, begun=timedelta(seconds=4))
    run.state, run.finished_at = CloseRun.State.FINISHED, timezone.now()
    run.save()

    live = client.get(LIVE)
    page = client.get(f"/office/close/{DAY}").content.decode()

    assert live["HX-Refresh"] == "true"
    assert "data-live" not in page


def test_a_run_of_which_nothing_is_heard_is_said_to_be_silent(client, small_book):
    make_running(done=0, of=4, begun=timedelta(minutes=9))
    PartitionAtWork.objects.update(since_at=timezone.now() - timedelta(minutes=7))

    assert "Nothing has been heard of this run for 7 minutes" in client.get(LIVE).content.decode()


def test_one_look_asks_few_questions(client, small_book, django_assert_max_num_queries):
    make_running(done=40, of=64, begun=timedelta(seconds=40))

    with django_assert_max_num_queries(7):
        client.get(LIVE)


def test_the_steps_of_a_running_night_say_what_is_at_work_and_what_to_expect(client, small_book):
    make_running(done=2, of=4, begun=timedelta(seconds=40))

    steps = {step.step: step for step in client.get(LIVE).context["night"]["progress"].steps}

    assert steps["age"].at_work == 1
    assert (steps["read"].seconds, steps["read"].expected_seconds) == (1.0, 2.0)


def test_the_report_of_a_night_is_a_file(client, small_book):
    make_running(done=2, of=4, begun=timedelta(seconds=40))

    answer = client.get(f"/office/close/{DAY}/report")

    assert answer["Content-Disposition"] == f'attachment; filename="close-{DAY}.json"'
    assert answer.json()["counts"] == {"loans": 200, "postings": 80}
    assert client.get("/office/close/2001-01-01/report").status_code == 404
