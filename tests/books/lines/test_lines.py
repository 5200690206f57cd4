"""Limits, used and available; dated changes with reasons; and what the database refuses whatever the code does."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from postloan.books.lines import operations, queries
from postloan.books.lines.models import CreditLine, Drawdown, LimitChange
from postloan.books.loans.models import Loan
from postloan.books.loans.operations import Contract, open_loan
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.ground.audit.models import AuditRecord
from postloan.kernel.contracts import Agreed
from postloan.kernel.rates import Rate
from tests.factories.lines import A_YEAR_ON, AT, TODAY, draw, make_line, make_product

pytestmark = pytest.mark.django_db

WHO = {"reason": "reviewed", "by": "risk", "at": AT}


def available(line: CreditLine, on_date: date = TODAY) -> int:
    return queries.get_available(line_id=line.pk, on_date=on_date).available_minor


def reserve(line: CreditLine, amount_minor: int, reference: str = "D1", on_date: date = TODAY) -> Drawdown:
    return operations.reserve_draw(
        line_id=line.pk, amount_minor=amount_minor, on_date=on_date, reference=reference, by="test", at=AT
    )


def test_what_is_drawn_or_on_its_way_is_used():
    line = make_line(limit_minor=1_000_000)

    reserve(line, 100_000, "on its way")
    draw(line, 300_000, reference="drawn")

    assert queries.get_used(line_id=line.pk) == 400_000
    assert available(line) == 600_000
    assert all(tie.holds for tie in get_ties())


def test_a_released_draw_is_available_again_and_is_released_once():
    line = make_line(limit_minor=1_000_000)
    held = reserve(line, 700_000)

    operations.release_draw(draw_id=held.pk, on_date=TODAY, by="test", at=AT)
    operations.release_draw(draw_id=held.pk, on_date=TODAY, by="test", at=AT)

    assert available(line) == 1_000_000
    loan = draw(line, 1_000, reference="other")
    with pytest.raises(operations.DrawSettledBefore):
        operations.settle_draw(draw_id=held.pk, loan=loan, on_date=TODAY, by="test", at=AT)


def test_a_reference_reserves_once():
    line = make_line()

    first, again = reserve(line, 100_000), reserve(line, 100_000)

    assert first.pk == again.pk
    assert queries.get_used(line_id=line.pk) == 100_000
    with pytest.raises(operations.DrawReferenceReused):
        reserve(line, 100_001)


def test_all_lines_of_a_tree_share_their_total():
    total = make_line(limit_minor=1_000_000)
    make_product(code="cash"), make_product(code="bill")
    cash = make_line(limit_minor=800_000, parent=total, product_code="cash")
    bill = make_line(limit_minor=800_000, parent=total, product_code="bill")

    reserve(cash, 600_000)

    left = queries.get_available(line_id=bill.pk, on_date=TODAY)
    assert (left.available_minor, left.binding.line_id) == (400_000, total.pk)
    assert available(cash) == 200_000
    with pytest.raises(operations.LimitExceeded) as refusal:
        reserve(bill, 400_001, "D2")
    assert (refusal.value.line_id, refusal.value.available_minor) == (total.pk, 400_000)


def test_a_temporary_raise_ends_by_date_without_any_job():
    line = make_line(limit_minor=1_000_000)

    change = operations.raise_temporarily(
        line_id=line.pk, amount_minor=500_000, from_date=TODAY, to_date=date(2024, 3, 11), **WHO
    )

    assert (change.limit_before_minor, change.limit_after_minor) == (1_000_000, 1_500_000)
    assert [available(line, day) for day in (TODAY, date(2024, 3, 10), date(2024, 3, 11))] == [
        1_500_000,
        1_500_000,
        1_000_000,
    ]
    reserve(line, 1_400_000)
    assert available(line, date(2024, 3, 11)) == 0  # what was drawn stays owed


def test_a_limit_cut_below_what_is_used_leaves_nothing_to_draw():
    line = make_line(limit_minor=1_000_000)
    reserve(line, 600_000)

    change = operations.change_limit(line_id=line.pk, limit_minor=500_000, from_date=TODAY, **WHO)

    assert (change.limit_before_minor, change.limit_after_minor, change.reason) == (1_000_000, 500_000, "reviewed")
    assert available(line) == 0
    with pytest.raises(operations.LimitExceeded):
        reserve(line, 1, "D2")


def test_a_change_to_come_holds_from_its_day():
    line = make_line(limit_minor=1_000_000)

    operations.change_limit(line_id=line.pk, limit_minor=2_000_000, from_date=date(2024, 4, 1), **WHO)

    assert (available(line), available(line, date(2024, 4, 1))) == (1_000_000, 2_000_000)


def test_a_frozen_line_is_not_drawn_on_and_freezing_the_total_freezes_all():
    total = make_line()
    make_product(code="cash")
    under = make_line(parent=total, product_code="cash")

    operations.freeze_line(line_id=total.pk, from_date=TODAY, **WHO)

    with pytest.raises(operations.LineFrozen):
        reserve(under, 1_000)
    assert available(under) == 0
    operations.unfreeze_line(line_id=total.pk, from_date=TODAY, **WHO)
    assert reserve(under, 1_000).state == Drawdown.State.RESERVED


def test_a_closed_line_stays_closed():
    line = make_line()

    operations.close_line(line_id=line.pk, from_date=TODAY, **WHO)

    with pytest.raises(operations.LineClosed):
        reserve(line, 1_000)
    with pytest.raises(operations.LineClosedForGood):
        operations.unfreeze_line(line_id=line.pk, from_date=TODAY, **WHO)


@pytest.mark.parametrize("on_date", [A_YEAR_ON, date(2024, 3, 3)])
def test_nothing_is_drawn_after_expiry_or_before_the_line_opens(on_date):
    line = make_line()

    with pytest.raises(operations.LineExpired):
        reserve(line, 1_000, on_date=on_date)
    assert reserve(line, 1_000, on_date=date(2025, 3, 3)).amount_minor == 1_000


def test_a_price_holds_from_its_day_and_never_reaches_back():
    line = make_line()

    operations.change_price(line_id=line.pk, rate=Rate(450, "day"), from_date=TODAY, **WHO)
    operations.change_price(line_id=line.pk, rate=Rate(300, "day"), from_date=date(2024, 4, 1), **WHO)

    prices = [queries.get_price(line_id=line.pk, on_date=day) for day in (TODAY, date(2024, 4, 1))]
    assert prices == [Rate(450, "day"), Rate(300, "day")]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda id_: operations.change_limit(line_id=id_, limit_minor=-1, from_date=TODAY, **WHO), "LimitNotPossible"),
        (
            lambda id_: operations.change_limit(line_id=id_, limit_minor=1, from_date=date(2024, 3, 3), **WHO),
            "ChangeInThePast",
        ),
        (
            lambda id_: operations.change_limit(
                line_id=id_, limit_minor=1, from_date=TODAY, reason=" ", by="risk", at=AT
            ),
            "ReasonMissing",
        ),
        (
            lambda id_: operations.raise_temporarily(
                line_id=id_, amount_minor=5, from_date=TODAY, to_date=TODAY, **WHO
            ),
            "RaiseNeverRuns",
        ),
        (lambda id_: operations.change_limit(line_id=id_ + 999, limit_minor=1, from_date=TODAY, **WHO), "UnknownLine"),
        (lambda id_: reserve(queries.get_line(line_id=id_), 0), "NotADrawAmount"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_changes_nothing(change, refusal):
    line = make_line()
    before = (LimitChange.objects.count(), Drawdown.objects.count(), AuditRecord.objects.count())

    with pytest.raises(getattr(operations, refusal)):
        change(line.pk)

    assert (LimitChange.objects.count(), Drawdown.objects.count(), AuditRecord.objects.count()) == before


def test_a_second_line_for_a_product_is_refused_while_the_first_runs():
    make_product(code="cash")
    line = make_line(product_code="cash")

    with pytest.raises(operations.LineIsThere):
        make_line(customer=line.customer, product_code="cash")
    operations.close_line(line_id=line.pk, from_date=TODAY, **WHO)

    assert make_line(customer=line.customer, product_code="cash").pk != line.pk


def test_a_line_stands_under_a_line_of_the_same_customer():
    total, other = make_line(), make_line()

    with pytest.raises(operations.LineOfAnotherCustomer):
        make_line(parent=total, customer=other.customer)


def open_for(line: CreditLine) -> Loan:
    """A loan of the line's customer that is drawn on no line."""
    agreed = Agreed(principal_minor=5_000, rate_ppm=400, instalments=1, start_date=TODAY)
    contract = Contract("test", "no line", line.customer_id, make_product(), agreed)
    return open_loan(contract=contract, by="test", at=AT)


def refused_by_the_database(sql: str, *values: object) -> str:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(refusal.value)


RAW_DRAW = """
    INSERT INTO lines_drawdown (line_id, reference, amount_minor, state, reserved_date, reserved_at)
    VALUES (%s, 'raw', %s, 'reserved', %s, now())
"""


def test_the_database_refuses_an_overdraw_of_the_line_or_of_one_above():
    total = make_line(limit_minor=500_000)
    make_product(code="cash")
    under = make_line(limit_minor=900_000, parent=total, product_code="cash")

    assert "beyond its limit" in refused_by_the_database(RAW_DRAW, total.pk, 500_001, TODAY)
    assert f"line {total.pk} would be used" in refused_by_the_database(RAW_DRAW, under.pk, 500_001, TODAY)
    assert "not open for draws" in refused_by_the_database(RAW_DRAW, under.pk, 1, A_YEAR_ON)
    operations.freeze_line(line_id=total.pk, from_date=TODAY, **WHO)
    assert "not open for draws" in refused_by_the_database(RAW_DRAW, under.pk, 1, TODAY)


def test_the_database_keeps_draws_lines_and_changes_as_they_were_written():
    line, other = make_line(), make_line()
    held = reserve(line, 100_000)
    loan = draw(line, 5_000, reference="drawn")
    elsewhere = open_for(other)

    assert "settled once" in refused_by_the_database(
        "UPDATE lines_drawdown SET amount_minor = 1 WHERE id = %s", held.pk
    )
    assert "settled once" in refused_by_the_database(
        "UPDATE lines_drawdown SET state = 'released', loan_id = NULL WHERE loan_id = %s", loan.pk
    )
    assert "belong together" in refused_by_the_database(
        "UPDATE lines_drawdown SET state = 'drawn', loan_id = %s, resolved_date = now() WHERE id = %s",
        elsewhere.pk,
        held.pk,
    )
    assert "for ever" in refused_by_the_database("DELETE FROM lines_drawdown")
    assert "keeps its place" in refused_by_the_database("UPDATE lines_creditline SET expires_date = '2099-01-01'")
    assert "append-only" in refused_by_the_database("UPDATE lines_limitchange SET amount_minor = 1")
    assert "append-only" in refused_by_the_database("DELETE FROM lines_statechange")


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    draws=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 600_000), st.sampled_from(["keep", "draw", "release"])), max_size=8
    ),
    raised=st.integers(1, 300_000),
)
def test_no_sequence_of_draws_overdraws_and_the_database_counts_the_same(db, draws, raised):
    total = make_line(limit_minor=1_000_000)
    lines = [total]
    for code in ("cash", "bill"):
        make_product(code=code)
        lines.append(make_line(limit_minor=700_000, parent=total, product_code=code))
    operations.raise_temporarily(
        line_id=lines[1].pk, amount_minor=raised, from_date=TODAY, to_date=date(2024, 3, 11), **WHO
    )

    for no, (place, amount, then) in enumerate(draws):
        reference = f"{total.pk}-{no}"
        could = available(lines[place])
        try:
            if then == "draw":
                draw(lines[place], amount, reference=reference)
            else:
                held = reserve(lines[place], amount, reference)
        except operations.LimitExceeded:
            assert amount > could
            continue
        assert amount <= could
        if then == "release":
            operations.release_draw(draw_id=held.pk, on_date=TODAY, by="test", at=AT)

    for line in lines:
        figures = queries.get_available(line_id=line.pk, on_date=TODAY).path[0]
        assert figures.used_minor <= figures.limit_minor
        with connection.cursor() as cursor:
            cursor.execute("SELECT line_limit_minor(%s, %s), line_used_minor(%s)", [line.pk, TODAY, line.pk])
            assert cursor.fetchone() == (figures.limit_minor, figures.used_minor)
        assert queries.get_used(line_id=line.pk, as_of=TODAY) == figures.used_minor


@pytest.mark.django_db(transaction=True)
def test_the_limit_comes_back_with_principal_paid_and_with_nothing_else(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    line = make_line(limit_minor=1_000_000)
    loan = draw(line, 300_000, reference="R1")
    close_through(through_date=date(2024, 4, 3), by="test", clock=lambda: AT)
    first = loan.raised_instalments.get()
    interest, principal = first.interest_due_minor, first.principal_due_minor
    assert interest > 0

    def pay(amount_minor: int, reference: str) -> None:
        item = payments.NewReceipt("bank", reference, loan.pk, amount_minor, "CNY", date(2024, 4, 4))
        payments.post_receipt(receipt=item, by="test", at=AT)

    pay(interest, "I")
    after_interest = available(line, date(2024, 4, 4))
    pay(principal, "P")

    assert after_interest == 700_000
    assert available(line, date(2024, 4, 4)) == 700_000 + principal
    assert queries.get_available_as_of(line_id=line.pk, as_of=date(2024, 4, 3)).available_minor == 700_000
    assert queries.get_used(line_id=line.pk, as_of=date(2024, 4, 4)) == 300_000 - principal
    assert all(tie.holds for tie in get_ties())


def test_a_loan_charged_off_gives_nothing_back():
    line = make_line(limit_minor=1_000_000)
    loan = draw(line, 300_000, reference="R1")

    Loan.objects.filter(pk=loan.pk).update(status=Loan.Status.CHARGED_OFF, principal_outstanding_minor=0)

    assert available(line) == 700_000
