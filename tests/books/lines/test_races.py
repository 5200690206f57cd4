"""Draws and repayments race: whatever the order, no line is overdrawn and nothing is lost."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread

import psycopg
import pytest
from django.db import connections

from postloan.books.lines import operations, queries
from postloan.books.lines.models import CreditLine
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from tests.factories.lines import AT, TODAY, draw, make_line, make_product

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 16


def at_once(acts: list[Callable[[], str]]) -> Counter[str]:
    """Do all acts at the same moment, each on a connection of its own; count what they answer or are refused with."""
    barrier, found = Barrier(len(acts)), Counter()

    def hand(act: Callable[[], str]) -> None:
        barrier.wait()
        try:
            found[act()] += 1
        except Exception as error:  # noqa: BLE001 - every refusal is counted by its name
            found[type(error).__name__] += 1
        finally:
            connections.close_all()

    hands = [Thread(target=hand, args=[act]) for act in acts]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    return found


def reserving(line: CreditLine, amount_minor: int, reference: str, on_date: date = TODAY) -> Callable[[], str]:
    def act() -> str:
        operations.reserve_draw(
            line_id=line.pk, amount_minor=amount_minor, on_date=on_date, reference=reference, by="test", at=AT
        )
        return "drawn"

    return act


def test_of_sixteen_who_fight_for_the_last_amount_one_gets_it():
    line = make_line(limit_minor=1_000_000)
    draw(line, 900_000, reference="before")

    found = at_once([reserving(line, 100_000, f"D{no}") for no in range(HANDS)])

    assert found == {"drawn": 1, "LimitExceeded": HANDS - 1}
    assert queries.get_available(line_id=line.pk, on_date=TODAY).available_minor == 0


def test_lines_under_one_total_never_take_more_than_it_together():
    total = make_line(limit_minor=1_000_000)
    under = []
    for code in ("a", "b", "c", "d"):
        make_product(code=code)
        under.append(make_line(limit_minor=900_000, parent=total, product_code=code))

    found = at_once([reserving(under[no % 4], 150_000, f"D{no}") for no in range(HANDS)])

    assert found == {"drawn": 6, "LimitExceeded": HANDS - 6}
    assert queries.get_used(line_id=total.pk) == 900_000


def test_one_request_asked_by_sixteen_hands_is_one_draw():
    line = make_line(limit_minor=1_000_000)

    found = at_once([reserving(line, 600_000, "the same") for _ in range(HANDS)])

    assert found == {"drawn": HANDS}
    assert queries.get_used(line_id=line.pk) == 600_000


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_the_database_alone_keeps_sixteen_raw_writers_within_the_limit(database_url, isolation):
    line = make_line(limit_minor=1_000_000)

    def raw(no: int) -> Callable[[], str]:
        def act() -> str:
            with psycopg.connect(database_url, autocommit=True) as own:
                own.execute(f"BEGIN ISOLATION LEVEL {isolation}")
                own.execute("SELECT sum(amount_minor) FROM lines_drawdown")  # the snapshot is taken here
                own.execute(
                    "INSERT INTO lines_drawdown (line_id, reference, amount_minor, state, reserved_date, reserved_at) "
                    "VALUES (%s, %s, 300000, 'reserved', %s, now())",
                    [line.pk, f"raw {no}", TODAY],
                )
                own.execute("COMMIT")
            return "drawn"

        return act

    found = at_once([raw(no) for no in range(HANDS)])

    assert 1 <= found["drawn"] <= 3
    assert set(found) <= {"drawn", "CheckViolation", "SerializationFailure"}
    assert queries.get_used(line_id=line.pk) == found["drawn"] * 300_000
    if isolation == "READ COMMITTED":
        assert found == {"drawn": 3, "CheckViolation": HANDS - 3}


def test_draws_and_repayments_at_once_leave_every_figure_right(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    line = make_line(limit_minor=1_000_000)
    loans = [draw(line, 125_000, reference=f"L{no}") for no in range(8)]
    close_through(through_date=date(2024, 4, 3), by="test", clock=lambda: AT)
    due_date = date(2024, 4, 4)
    due = [loan.raised_instalments.get() for loan in loans]

    def paying(no: int) -> Callable[[], str]:
        amount = due[no].principal_due_minor + due[no].interest_due_minor

        def act() -> str:
            item = payments.NewReceipt("bank", f"R{no}", loans[no].pk, amount, "CNY", due_date)
            payments.post_receipt(receipt=item, by="test", at=AT)
            return "paid"

        return act

    found = at_once(
        [paying(no) for no in range(8)] + [reserving(line, 20_000, f"D{no}", due_date) for no in range(HANDS)]
    )

    back = sum(row.principal_due_minor for row in due)
    figures = queries.get_available(line_id=line.pk, on_date=due_date)
    assert found["paid"] == 8
    assert set(found) <= {"paid", "drawn", "LimitExceeded"}
    assert figures.available_minor == back - 20_000 * found["drawn"] >= 0
    assert all(tie.holds for tie in get_ties())


def test_a_freeze_and_draws_at_once_leave_no_draw_after_the_freeze():
    line = make_line(limit_minor=10_000_000)

    def freezing() -> str:
        operations.freeze_line(line_id=line.pk, from_date=TODAY, reason="fraud", by="risk", at=AT)
        return "frozen"

    found = at_once([*[reserving(line, 1_000, f"D{no}") for no in range(HANDS)], freezing])

    assert found["frozen"] == 1
    assert found["drawn"] + found["LineFrozen"] == HANDS
    assert at_once([reserving(line, 1_000, "later")]) == {"LineFrozen": 1}
