"""Files of another core: taken in whole or not at all, in any order, as often as they come."""

import gzip
import json
import random
from datetime import date, timedelta

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.importing.reading import ColumnsMissing, TapeUnreadable
from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
from postloan.books.mirror import operations
from postloan.books.mirror.models import FollowedInstalment, FollowedLoan, SyncFile
from postloan.books.mirror.projecting import PlanHasGaps
from postloan.books.payments import operations as payments
from postloan.books.payments.debit_amounts import get_amounts_due
from postloan.books.payments.models import Receipt
from postloan.books.payments.ties import get_ties
from postloan.ground.customers.models import Customer
from tests.factories.books import AT, make_books
from tests.factories.cores import OtherCore, followed

pytestmark = pytest.mark.django_db

D = date(2018, 6, 30)  # closed; the books are open for 1 July
DUES = [date(2018, 6, 10), date(2018, 7, 1), date(2018, 8, 10)]


@pytest.fixture
def core(tmp_path, db):
    make_books()
    found = OtherCore(tmp_path / "core")
    found.lend("A1", due_dates=DUES)
    found.lend("A2", due_dates=DUES).pay_row(0)
    yield found
    assert all(tie.holds for tie in get_ties())
    assert not JournalEntry.objects.exists()


def state():
    """All that the rest of the house reads of followed loans, without ids and versions that depend on the way there."""
    ids = dict(Loan.objects.values_list("pk", "external_id"))
    loans = list(
        Loan.objects.order_by("external_id").values_list(
            "external_id", "status", "next_instalment_no", "next_due_date", "principal_outstanding_minor",
            "past_due_since_date", "bucket", "next_event_date",
        )
    )  # fmt: skip
    rows = sorted(
        (ids[row.loan_id], row.instalment_no, row.due_date, row.open_minor("principal"), row.open_minor("interest"),
         row.settled_date is None)
        for row in Instalment.objects.all()
    )  # fmt: skip
    plans = sorted(
        (ids[plan.loan_id], plan.due_dates, plan.principal_minor, plan.interest_minor)
        for plan in ScheduleVersion.objects.all()
        if plan.version_no == Loan.objects.get(pk=plan.loan_id).schedule_version_no
    )
    receipts = sorted(Receipt.objects.values_list("bank_reference", "allocated_minor", "unapplied_minor"))
    return loans, rows, plans, receipts


def test_a_loan_of_another_core_stands_here_as_it_stands_there(core):
    core.night(D)

    late, current = followed("A1"), followed("A2")
    assert late.kept_elsewhere
    assert (late.past_due_since_date, late.bucket) == (DUES[0], 1)
    assert (current.past_due_since_date, current.bucket) == (DUES[1], 0)  # due today
    assert (late.principal_outstanding_minor, current.principal_outstanding_minor) == (30_000, 20_000)
    assert (late.next_instalment_no, late.next_due_date) == (3, DUES[2])
    assert [row.open_minor("principal") for row in late.raised_instalments.order_by("instalment_no")] == [
        10_000,
        10_000,
    ]
    assert late.customer.external_id == "c-A1"
    assert late.next_event_date == date(2018, 7, 1)


def test_the_same_file_again_changes_nothing(core):
    core.night(D)
    before, files = state(), SyncFile.objects.count()

    again = core.sync(core.folder / f"positions-{D}.csv", "positions", D)

    assert again.was_there
    assert (state(), SyncFile.objects.count()) == (before, files)
    assert Customer.objects.filter(source="oldcore").count() == 2


def test_equal_facts_in_another_file_are_counted_as_known(core):
    core.night(D)
    before = state()

    file = core.instalments(D, name="again.csv")
    head, *lines = file.read_text().splitlines()
    file.write_text("\n".join([head, *reversed(lines)]))
    found = core.sync(file, "instalments", D).file

    assert (found.rows_taken, found.rows_same, found.rows_older) == (0, 6, 0)
    assert state() == before
    assert ScheduleVersion.objects.filter(loan=followed("A1")).count() == 2  # the empty one, and the plan


def test_an_older_file_never_overwrites_newer_facts(core):
    old = D - timedelta(days=1)
    old_positions, old_instalments = core.positions(old), core.instalments(old)
    core.loans["A1"].pay_row(0)
    core.night(D)
    before = state()

    late = [core.sync(old_positions, "positions", old).file, core.sync(old_instalments, "instalments", old).file]

    assert [(file.rows_taken, file.rows_older) for file in late] == [(0, 2), (0, 6)]
    assert state() == before


@pytest.mark.parametrize("seed", range(6))
def test_files_in_any_order_give_the_same_books(core, seed):
    """Five days of files and receipts, in order and shuffled (positions of a loan come first, as they must)."""
    days = [D - timedelta(days=place) for place in (4, 3, 2, 1, 0)]
    first = core.positions(days[0], name="first.csv")
    files = []
    for place, day in enumerate(days):
        files.append((core.positions(day), "positions", day))
        files.append((core.instalments(day), "instalments", day))
        if place == 1:
            amount = core.loans["A1"].pay_row(0)
            files.append((core.receipts(days[2], [("R1", "A1", amount)]), "receipts", days[2]))
        if place == 3:
            files.append((core.receipts(D + timedelta(days=1), [("R2", "A2", 60)]), "receipts", D + timedelta(days=1)))
    core.sync(first, "positions", days[0])
    for file in files:
        core.sync(*file)
    in_order = state()
    Receipt.objects.all().delete()
    FollowedInstalment.objects.all().delete()
    FollowedLoan.objects.update(instalments_as_of_date=None, positions_as_of_date=days[0])
    Instalment.objects.all().delete()
    SyncFile.objects.all().delete()

    shuffled = random.Random(seed).sample(files, len(files))
    for file in shuffled:
        core.sync(*file)

    assert state() == in_order


def test_a_delta_touches_only_what_it_tells(core):
    core.night(D)
    core.loans["A1"].pay_row(0)
    file = core.sync(core.instalments(D, only=["A1"], name="delta.csv"), "instalments", D, is_full=False).file

    assert (file.rows_read, file.rows_taken) == (3, 1)
    assert followed("A1").bucket == 0
    assert followed("A2").principal_outstanding_minor == 20_000


def test_a_row_that_a_full_file_tells_no_more_demands_nothing(core):
    core.night(D)
    core.loans["A1"].rows.pop()
    core.loans["A1"].rows[1].due = date(2018, 9, 10)  # raised here, then deferred there

    core.sync(core.instalments(D, name="fewer.csv"), "instalments", D)

    loan = followed("A1")
    assert loan.next_instalment_no is None
    assert [row.due_date for row in loan.raised_instalments.order_by("instalment_no")] == [DUES[0], date(2018, 9, 10)]


def test_a_loan_absent_from_a_full_file_is_left_alone_until_it_is_told_again(core):
    core.night(D)
    found = core.sync(core.positions(D, only=["A1"], name="less.csv"), "positions", D + timedelta(days=1)).file

    assert found.loans_absent == 1
    assert followed("A2").next_event_date is None
    core.sync(core.positions(D, only=["A2"], name="back.csv"), "positions", D + timedelta(days=1), is_full=False)
    assert followed("A2").next_event_date == date(2018, 7, 1)


def test_money_told_at_noon_pays_what_is_open_and_the_next_file_takes_its_place(core):
    core.night(D)
    today = D + timedelta(days=1)

    core.sync(core.receipts(today, [("R1", "A1", 150), ("R2", "A1", 70)]), "receipts", today)

    loan = followed("A1")
    assert [row.settled_date is not None for row in loan.raised_instalments.order_by("instalment_no")] == [True, True]
    assert loan.past_due_since_date is None
    assert loan.principal_outstanding_minor == 10_000
    held = dict(Receipt.objects.values_list("bank_reference", "unapplied_minor"))
    assert held == {"R1": 0, "R2": 1_600}  # 220 less twice 102

    core.loans["A1"].rows[0].paid_interest = 2  # the other core saw it otherwise
    core.sync(core.instalments(today), "instalments", today)

    assert followed("A1").past_due_since_date == DUES[0]
    assert set(Receipt.objects.values_list("unapplied_minor", flat=True)) == {0}


def test_a_receipt_comes_twice_and_counts_once(core):
    core.night(D)
    today = D + timedelta(days=1)
    core.sync(core.receipts(today, [("R1", "A1", 50)]), "receipts", today)
    before = state()

    file = core.receipts(today, [("R1", "A1", 50), ("R1", "A1", 50)], name="twice.csv")
    found = core.sync(file, "receipts", today).file

    assert (found.rows_read, found.rows_taken, found.rows_same) == (2, 0, 2)
    assert state() == before


def bad(core, file, kind, day=D):
    before = (state(), Customer.objects.count(), SyncFile.objects.count())
    with pytest.raises(operations.SyncRefused) as refusal:
        core.sync(file, kind, day)
    assert (state(), Customer.objects.count(), SyncFile.objects.count()) == before
    return [(row.row_no, row.column, row.kind) for row in refusal.value.bad_rows]


def test_bad_rows_are_named_with_row_and_column_and_nothing_is_written(core):
    core.night(D)
    text = core.instalments(D, name="bad.csv").read_text().splitlines()
    text[1] = text[1].replace(",100,", ",1oo,", 1)
    text[2] = text[2].replace("A1", "A9")
    file = core.folder / "bad.csv"

    file.write_text("\n".join(text))
    assert bad(core, file, "instalments") == [(2, "principal", "text")]
    file.write_text("\n".join([text[0], *text[2:]]))
    assert bad(core, file, "instalments") == [(2, "id", "unknown loan")]
    file.write_text("\n".join([text[0], text[3], text[3]]))
    assert {kind for *_, kind in bad(core, file, "instalments")} == {"repeated row"}


def test_a_receipt_reference_that_means_another_receipt_is_refused(core):
    core.night(D)
    core.sync(core.receipts(D, [("R1", "A1", 50)]), "receipts", D)

    assert bad(core, core.receipts(D, [("R1", "A1", 51)], name="other.csv"), "receipts") == [
        (2, "ref", "known reference")
    ]
    twice = core.receipts(D, [("R2", "A1", 51), ("R2", "A2", 51)], name="both.csv")
    assert {kind for *_, kind in bad(core, twice, "receipts")} == {"repeated reference"}


def test_bad_positions_leave_no_customer_behind(core):
    file = core.positions(D)
    file.write_text(file.read_text().replace("a2@example.org", "no address"))

    assert [kind for *_, kind in bad(core, file, "positions")] == ["text"]


def test_what_is_no_file_is_refused(core):
    core.night(D)
    file = core.folder / "odd.csv"
    file.write_text("id,no\nA1,1\n")
    with pytest.raises(ColumnsMissing):
        core.sync(file, "instalments", D)
    for name, content in (("broken.jsonl", b"{"), ("broken.parquet", b"PAR1"), ("empty.csv", b"")):
        (core.folder / name).write_bytes(content)
        with pytest.raises(TapeUnreadable):
            core.sync(core.folder / name, "instalments", D)
    file.write_text(core.instalments(D).read_text().splitlines()[0] + "\n")
    with pytest.raises(operations.NothingTold):
        core.sync(file, "instalments", D)


def test_rows_with_a_gap_in_their_numbers_are_refused(core):
    core.night(D)
    lines = core.instalments(D, only=["A1"]).read_text().splitlines()
    file = core.folder / "gap.csv"
    file.write_text("\n".join([lines[0], lines[1], lines[3].replace("A1,3", "A1,7")]))

    with pytest.raises(PlanHasGaps, match="A1"):
        core.sync(file, "instalments", D)


def test_a_day_that_has_not_come_is_refused(core):
    with pytest.raises(operations.DayInFuture):
        core.sync(core.positions(D), "positions", D + timedelta(days=2))


@pytest.mark.parametrize("form", ["jsonl", "parquet", "csv.gz"])
def test_every_form_of_file_says_the_same(core, form):
    core.sync(core.positions(D), "positions", D)
    file = core.instalments(D)
    other = core.folder / f"rows.{form}"
    if form == "jsonl":
        lines = file.read_text().splitlines()
        names = lines[0].split(",")
        rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]
        numbers = ("no", "principal", "interest")
        objects = [{name: int(value) if name in numbers else value for name, value in row.items()} for row in rows]
        other.write_text("\n".join(json.dumps(each) for each in objects))
    elif form == "parquet":
        pq.write_table(pa_csv.read_csv(file), other)
    else:
        other.write_bytes(gzip.compress(file.read_bytes()))

    core.sync(other, "instalments", D)
    told = state()
    core.sync(file, "instalments", D)

    assert state() == told
    assert len(told[1]) == 4


def test_our_bank_posts_no_receipt_for_a_loan_of_another_core(core):
    core.night(D)
    item = payments.NewReceipt("bank", "R1", followed("A1").pk, 100, "CNY", D)

    with pytest.raises(payments.LoanKeptElsewhere):
        payments.post_receipt(receipt=item, by="test", at=AT)


def test_a_source_of_our_own_cannot_be_followed(core):
    core.night(D)
    Loan.objects.filter(external_id="A1").update(kept_elsewhere=False)

    with pytest.raises(operations.SourceTaken):
        core.sync(core.positions(D, name="more.csv", only=["A2"]), "positions", D)
    Loan.objects.update(kept_elsewhere=True)


def test_the_worked_example_of_the_rule_page(core):
    core.night(D)
    today = D + timedelta(days=1)
    assert followed("A1").past_due_since_date == DUES[0]

    core.sync(core.receipts(today, [("R1", "A1", 150)]), "receipts", today)
    loan = followed("A1")
    assert loan.past_due_since_date == DUES[1]
    assert get_amounts_due(rows=[(loan.pk, 2)]) == {(loan.pk, 2): 5_400}

    core.loans["A1"].pay_row(0)
    core.sync(core.instalments(today), "instalments", today)
    assert get_amounts_due(rows=[(loan.pk, 2)]) == {(loan.pk, 2): 10_200}
