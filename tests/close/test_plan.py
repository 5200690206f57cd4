"""How a night is cut: small partitions of equal work, smaller still where the machine is slow."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.books.ledger.models import SLOT_COUNT, slot_of
from postloan.books.loans.models import Loan
from postloan.close.models import ClosePartition, CloseRun
from postloan.close.plan import cut_slots, plan_partitions
from tests.close.books import AS_OF, a_seeded_book
from tests.factories.nights import make_close_run

FIRST = AS_OF + timedelta(days=1)


@given(st.lists(st.integers(0, 900), min_size=1, max_size=200), st.integers(1, 4000))
def test_a_cut_covers_every_slot_once_and_no_partition_holds_more_than_its_share_and_a_slot(loans, size):
    parts = cut_slots(loans=loans, size=size)

    assert [slot for part in parts for slot in range(part.from_slot, part.to_slot)] == list(range(len(loans)))
    assert [part.partition_no for part in parts] == list(range(len(parts)))
    assert max(sum(loans[part.from_slot : part.to_slot]) for part in parts) <= size + max(loans)


def test_a_night_with_nothing_to_do_is_one_partition():
    assert len(cut_slots(loans=[0] * SLOT_COUNT, size=4000)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_and_the_code_put_a_customer_into_the_same_slot():
    a_seeded_book(loans=400)

    slots = list(Loan.objects.values_list("customer_id", "slot"))

    assert all(slot == slot_of(customer_id=customer_id) for customer_id, slot in slots)
    assert len({slot for _, slot in slots}) > 10


def a_night(*, day: date, held_ms: int, loans: int, pass_through: date | None = None) -> None:
    run = make_close_run(business_date=day, partitions=1)
    CloseRun.objects.filter(pk=run.pk).update(pass_through_date=pass_through or day)
    ClosePartition.objects.filter(run=run).update(held_ms=held_ms, counts={"loans": loans})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("nights", "parts"),
    [
        ([], 1),  # nothing is known: as many loans as the setting says
        ([(1, 100, 1_000, 1)], 1),  # quick enough: not more than the setting
        ([(1, 400, 500, 1)], 2),  # 0.8 ms a loan: 500 of them take 400 ms
        ([(1, 4_000, 500, 1), (2, 100, 1_000, 2)], 2),  # the slowest of the last nights counts; never fewer than 500
        ([(1, 4_000, 499, 1)], 1),  # too little work to tell
        ([(1, 9_000, 1_000, 2), (2, 9_000, 1_000, 2)], 1),  # several days at once tell nothing
    ],
)
def test_a_slow_machine_gets_smaller_partitions(settings, nights, parts):
    settings.CLOSE_LOANS_PER_PARTITION = 1_000
    settings.CLOSE_HELD_MS_AIM = 400
    a_seeded_book(loans=900, as_of_date=date(2026, 9, 29))
    for day, held_ms, loans, through in nights:
        a_night(day=date(2026, 8, day), held_ms=held_ms, loans=loans, pass_through=date(2026, 8, through))

    planned = plan_partitions(from_date=date(2026, 9, 30), through_date=date(2026, 9, 30))

    assert len(planned) == parts
