import csv
from datetime import date, timedelta

import pytest

from postloan.books.ledger.models import BookSlot, JournalEntry, Posting
from postloan.books.loans.importing import reading
from postloan.books.loans.models import ImportBatch, Instalment, Loan, ScheduleVersion
from postloan.books.payments.ties import get_ties
from postloan.ground.audit.models import AuditRecord
from postloan.ground.customers import operations as customers
from postloan.ground.customers.models import ContactPoint, Customer
from postloan.ground.customers.queries import find_customer_ids
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import ScheduleTerms, build_schedule
from tests.factories.tapes import AS_OF, AT, MAPPING, TERMS, row, write_tape

pytestmark = pytest.mark.django_db


def ties_hold() -> bool:
    return all(tie.holds for tie in get_ties())


def test_a_current_loan_stands_where_the_tape_says(tmp_path):
    imported = write_tape(tmp_path).load()

    loan = Loan.objects.get()
    assert (loan.external_id, loan.principal_minor, loan.rate_ppm, loan.rate_per) == ("L1", 120_000, 120_000, "year")
    assert (loan.instalment_minor, loan.disbursed_date, loan.takeover_date) == (10_662, date(2018, 3, 15), AS_OF)
    assert (loan.opening_paid_principal_minor, loan.opening_paid_interest_minor) == (28_671, 3_315)
    assert (loan.status, loan.principal_outstanding_minor, loan.schedule_version_no) == ("active", 91_329, 1)
    assert (loan.next_instalment_no, loan.next_due_date) == (4, date(2018, 7, 15))
    assert (loan.past_due_since_date, loan.bucket, loan.next_event_date) == (None, 0, date(2018, 7, 1))
    # 9.13 of the running row over 16 of its 30 days, 15 to 30 June
    assert loan.accrued_interest_minor == 487
    assert not Instalment.objects.exists()
    assert imported.loaded == 1 and not imported.warnings
    assert ties_hold()


def test_the_contract_is_the_schedule_of_the_kernel(tmp_path):
    write_tape(tmp_path).load()

    plan = ScheduleVersion.objects.get()
    expected = build_schedule(
        terms=ScheduleTerms(
            principal_minor=120_000,
            rate=Rate(120_000, "year"),
            instalments=12,
            start_date=date(2018, 3, 15),
            day_count=DayCount.SAME_AS_PERIOD,
            instalment_rounding=Rounding.UP,
        )
    )
    assert (plan.version_no, plan.reason, plan.business_date, plan.from_instalment_no) == (1, "opened", AS_OF, 1)
    assert plan.row_from_date == date(2018, 3, 15)
    assert tuple(plan.due_dates) == expected.due_dates
    assert plan.principal_minor == [each.principal_minor for each in expected.rows]
    assert plan.interest_minor == [each.interest_minor for each in expected.rows]


def test_a_balance_off_the_plan_is_cast_again_with_the_contractual_instalment(tmp_path):
    write_tape(tmp_path, [row(1, balance="500.00", paid_principal="700.00")]).load()

    loan = Loan.objects.get()
    plan = ScheduleVersion.objects.get(version_no=2)
    left = build_schedule(
        terms=ScheduleTerms(
            principal_minor=50_000,
            rate=Rate(120_000, "year"),
            instalments=9,
            start_date=date(2018, 6, 15),
            day_count=DayCount.SAME_AS_PERIOD,
            fixed_instalment_minor=10_662,
        )
    )
    assert loan.schedule_version_no == 2
    assert (plan.reason, plan.from_instalment_no, plan.row_from_date) == ("taken_over", 4, date(2018, 6, 15))
    assert plan.principal_minor == [each.principal_minor for each in left.rows]
    assert plan.interest_minor == [each.interest_minor for each in left.rows]
    assert len(plan.due_dates) == 5 and plan.due_dates[0] == date(2018, 7, 15)
    assert sum(plan.principal_minor) == 50_000
    assert ties_hold()


def test_a_balance_above_the_plan_is_left_to_the_last_row(tmp_path):
    write_tape(tmp_path, [row(1, balance="1150.00", paid_principal="50.00")]).load()

    plan = ScheduleVersion.objects.get(version_no=2)
    assert len(plan.due_dates) == 9
    paid = [principal + interest for principal, interest in zip(plan.principal_minor, plan.interest_minor, strict=True)]
    assert set(paid[:-1]) == {10_662} and paid[-1] > 10_662
    assert sum(plan.principal_minor) == 115_000


def test_a_late_loan_owes_its_unsettled_rows_and_ages_from_the_oldest(tmp_path):
    # One row paid: the row of 15 May is 46 days past due.
    write_tape(tmp_path, [row(1, status="late 31-60", balance="1105.38", paid_principal="94.62")]).load()

    loan = Loan.objects.get()
    rows = list(Instalment.objects.order_by("instalment_no"))
    assert [(each.instalment_no, each.due_date) for each in rows] == [(2, date(2018, 5, 15)), (3, date(2018, 6, 15))]
    assert [(each.principal_due_minor, each.interest_due_minor) for each in rows] == [(9_557, 1_105), (9_652, 1_010)]
    assert [each.penalty_counted_through_date for each in rows] == [AS_OF, AS_OF]
    assert (loan.past_due_since_date, loan.bucket) == (date(2018, 5, 15), 2)
    assert (loan.next_instalment_no, loan.schedule_version_no) == (4, 1)
    posted = Posting.objects.order_by("debit_id", "instalment_no").values_list(
        "debit_id", "amount_minor", "instalment_no"
    )
    # Principal; 9.13 of the running row over 16 of 30 days; the interest of rows 2 and 3.
    assert list(posted) == [(2, 110_538, None), (3, 487, None), (4, 1_105, 2), (4, 1_010, 3)]
    assert set(Posting.objects.values_list("credit_id", flat=True)) == {8}
    assert ties_hold()


def test_among_the_rows_that_fit_the_balance_decides(tmp_path):
    mapping = MAPPING.replace("from_days = 31, to_days = 60", "from_days = 10, to_days = 60")
    rows = [
        row(1, status="late 31-60", balance="1105.00", paid_principal="95.00"),  # near the balance after row 1
        row(2, status="late 31-60", balance="1010.00", paid_principal="190.00"),  # near the balance after row 2
    ]
    write_tape(tmp_path, rows, mapping=mapping).load()

    first, second = Loan.objects.order_by("external_id")
    assert (first.past_due_since_date, second.past_due_since_date) == (date(2018, 5, 15), date(2018, 6, 15))


def test_what_falls_due_the_day_after_the_tape_is_raised_and_fully_earned(tmp_path):
    write_tape(tmp_path, [row(1, paid_out="2018-04-01", balance="1009.81", paid_principal="190.19")]).load()

    loan = Loan.objects.get()
    raised = Instalment.objects.get()
    assert (raised.instalment_no, raised.due_date, raised.interest_due_minor) == (3, date(2018, 7, 1), 1_010)
    assert raised.penalty_counted_through_date is None
    assert (loan.accrued_interest_minor, loan.next_instalment_no, loan.bucket) == (0, 4, 0)
    assert ties_hold()


def test_paid_off_and_charged_off_loans_have_nothing_left_to_do(tmp_path):
    rows = [
        row(1, status="paid off", balance="0", paid_principal="1200.00"),
        row(2, status="charged off", balance="800.00", paid_principal="400.00"),
    ]
    imported = write_tape(tmp_path, rows).load()

    paid, lost = Loan.objects.order_by("external_id")
    assert (paid.status, lost.status) == ("closed", "charged_off")
    for loan in (paid, lost):
        assert (loan.principal_outstanding_minor, loan.next_event_date, loan.next_instalment_no) == (0, None, None)
        assert loan.schedule_versions.count() == 1
    # The claim is 800.00 still: what was lent less what was paid. It left the books, and the tie-out says how much.
    assert lost.principal_minor - lost.opening_paid_principal_minor == 80_000
    assert imported.totals["charged off"].written_off_minor == 80_000
    assert not Posting.objects.exists()
    assert ties_hold()


def test_a_loan_past_its_last_due_date_owes_its_last_row(tmp_path):
    imported = write_tape(tmp_path, [row(1, paid_out="2017-01-10", balance="50.00", paid_principal="1150.00")]).load()

    loan = Loan.objects.get()
    raised = Instalment.objects.get()
    assert (raised.instalment_no, raised.due_date) == (12, date(2018, 1, 10))
    assert raised.principal_due_minor == 5_000
    assert (loan.next_instalment_no, loan.next_due_date, loan.accrued_interest_minor) == (None, None, 0)
    assert imported.warnings["matured"].first_rows == [2]
    assert ties_hold()


def test_an_instalment_that_the_terms_do_not_give_is_kept_and_told(tmp_path):
    mapping = MAPPING.replace('loan_id = "loan"', 'loan_id = "loan"\ninstalment = "instalment"')
    rows = [row(1, instalment="106.62"), row(2, instalment="110.00")]
    imported = write_tape(tmp_path, rows, mapping=mapping).load()

    loan = Loan.objects.get(external_id="L2")
    plan = loan.schedule_versions.get(version_no=1)
    assert loan.instalment_minor == 11_000
    assert plan.principal_minor[0] + plan.interest_minor[0] == 11_000
    assert (imported.warnings["instalment"].count, imported.warnings["instalment"].first_rows) == (1, [3])


def test_figures_that_contradict_each_other_are_told_and_loaded(tmp_path):
    mapping = MAPPING.replace('loan_id = "loan"', 'loan_id = "loan"\npaid_total = "paid_total"')
    rows = [row(1, paid_total="319.86"), row(2, paid_total="400.00"), row(3, paid_principal="200", paid_total="233.15")]
    imported = write_tape(tmp_path, rows, mapping=mapping).load()

    assert imported.warnings["total"].first_rows == [3]
    assert imported.warnings["balance"].first_rows == [4]
    assert Loan.objects.count() == 3


def test_customers_are_encrypted_found_again_and_written_once(tmp_path):
    rows = [row(1), row(2, customer="C1", email="testa@example.org"), row(3, email="", phone="")]
    write_tape(tmp_path, rows).load()

    assert Customer.objects.count() == 2
    customer = Customer.objects.get(external_id="C1")
    assert customer.loans.count() == 2
    assert b"Testa" not in bytes(customer.name_encrypted)
    revealed = customers.reveal_customer(customer_id=customer.pk, purpose="test", by="test", at=AT)
    assert (revealed.name, revealed.emails, revealed.phones) == (
        "Testa Quillmere",
        ("c1@example.org",),
        ("+12125550101",),
    )
    assert find_customer_ids(text="212 555 0101", phone_region="US") == [customer.pk]
    assert not ContactPoint.objects.filter(customer__external_id="C3").exists()
    assert not customer.is_invented


def test_a_customer_known_from_another_tape_keeps_one_row(tmp_path):
    write_tape(tmp_path, [row(1)]).load()
    write_tape(tmp_path, [row(2, customer="C1", name="Another Name"), row(3)]).load()

    assert Customer.objects.count() == 2
    assert Customer.objects.get(external_id="C1").loans.count() == 2


def test_a_customer_whose_first_row_is_bad_comes_with_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "ROWS_OF_BLOCK", 2)
    monkeypatch.setattr("postloan.books.loans.importing.surveying.ROWS_OF_BLOCK", 2)
    rows = [row(1, balance="x"), row(2), row(3, customer="C1"), row(4, customer="C1")]
    write_tape(tmp_path, rows).load(rejects=tmp_path / "rejects.csv")

    assert Customer.objects.get(external_id="C1").loans.count() == 2


def test_the_same_tape_again_changes_nothing(tmp_path):
    files = write_tape(tmp_path, [row(1), row(2)])
    first = files.load()
    again = files.load(at=AT + timedelta(days=1))

    assert again.was_there and again.batch == first.batch
    assert (Loan.objects.count(), Customer.objects.count(), ImportBatch.objects.count()) == (2, 2, 1)


def test_good_rows_are_loaded_and_bad_ones_put_aside_with_their_reasons(tmp_path):
    rejects = tmp_path / "rejects.csv"
    rows = [row(1), row(2, balance="x", rate=""), row(3), row(4, name="Testa, Jr.", phone="?")]
    imported = write_tape(tmp_path, rows).load(rejects=rejects)

    assert (imported.loaded, imported.bad_row_count, Loan.objects.count()) == (2, 2, 2)
    with rejects.open(newline="") as text:
        put_aside = list(csv.DictReader(text))
    assert [(each["loan"], each["postloan_row"]) for each in put_aside] == [("L2", "3"), ("L4", "5")]
    assert put_aside[0]["postloan_reasons"] == "balance: must be a number; rate: must be given"
    assert rejects.stat().st_mode & 0o077 == 0
    assert (imported.batch.rows_read, imported.batch.rows_loaded, imported.batch.rows_rejected) == (4, 2, 2)


def test_corrected_rejects_are_imported_with_the_same_mapping(tmp_path):
    rejects = tmp_path / "rejects.csv"
    write_tape(tmp_path, [row(1), row(2, balance="x")]).load(rejects=rejects)
    corrected = rejects.read_text().replace(",x,", ",913.29,")

    write_tape(tmp_path, data=corrected.encode()).load()

    assert Loan.objects.count() == 2
    assert ties_hold()


def test_a_dry_run_counts_and_writes_nothing(tmp_path):
    files = write_tape(tmp_path, [row(1), row(2, status="paid off", balance="0", paid_principal="1200")])

    found = files.load(dry_run=True)

    assert (found.rows, found.loaded) == (2, 2)
    assert found.totals["current"].outstanding_minor == 91_329
    assert found.totals["paid off"].paid_principal_minor == 120_000
    assert not Loan.objects.exists() and not BookSlot.objects.exists() and not AuditRecord.objects.exists()


def test_the_import_is_recorded_tied_out_and_audited(tmp_path):
    imported = write_tape(tmp_path, [row(1), row(2)], name="tape.csv.gz").load()

    batch = ImportBatch.objects.get()
    assert batch == imported.batch
    assert all(line["tape"] == line["books"] for line in batch.tie_out)
    assert {line["status"] for line in batch.tie_out} == {"current", "ledger"}
    assert batch.control_totals["current"]["loans"] == 2
    assert Loan.objects.filter(pk__gte=batch.first_loan_id, pk__lte=batch.last_loan_id).count() == 2
    entry = JournalEntry.objects.get()
    assert batch.entry == entry and entry.kind == "takeover" and entry.source.startswith("import:")
    assert AuditRecord.objects.filter(action="import_book", subject_id=str(batch.pk)).count() == 1
    assert set(BookSlot.objects.values_list("closed_through_date", flat=True)) == {AS_OF}


def test_progress_is_told_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr("postloan.books.loans.importing.surveying.ROWS_OF_BLOCK", 2)
    told = []

    write_tape(tmp_path, [row(n) for n in range(5)]).load(progress=lambda done, total: told.append((done, total)))

    assert told == [(2, 5), (4, 5), (5, 5)]


def test_processes_prepare_the_same_rows_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr("postloan.books.loans.importing.surveying.ROWS_OF_BLOCK", 3)
    rows = [row(n, balance=f"{900 + n}.00", paid_principal=f"{300 - n}.00") for n in range(8)]
    write_tape(tmp_path, rows).load(workers=1)

    here = tmp_path / "here"
    here.mkdir()
    write_tape(here, rows, mapping=MAPPING.replace("small_lender", "other")).load(workers=0)

    def plans(source):
        return list(
            ScheduleVersion.objects.filter(loan__source=source)
            .order_by("loan__external_id", "version_no")
            .values_list("version_no", "due_dates", "principal_minor", "interest_minor")
        )

    assert len(plans("other")) == 16 and plans("small_lender") == plans("other")
    assert ties_hold()


DATED = MAPPING.replace(
    'loan_id = "loan"',
    'loan_id = "loan"\nfirst_due_date = { column = "first_due", formats = ["%d/%m/%Y"] }\n'
    'next_due_date = { column = "next_due", formats = ["%d/%m/%Y"] }',
).replace('status = "status"', "")
DATED = DATED[: DATED.index("[statuses]")] + DATED[DATED.index("[customer]") :]


def test_a_tape_with_due_dates_tells_the_position_by_itself(tmp_path):
    rows = [
        row(1, first_due="01/05/2018", next_due="01/07/2018", balance="1010.00", paid_principal="190.00"),
        row(2, first_due="01/05/2018", next_due="01/06/2018", balance="1105.00", paid_principal="95.00"),
    ]
    write_tape(tmp_path, rows, mapping=DATED).load()

    current, late = Loan.objects.order_by("external_id")
    first = current.schedule_versions.get(version_no=1)
    assert first.due_dates[:2] == [date(2018, 5, 1), date(2018, 6, 1)] and first.row_from_date == date(2018, 3, 15)
    # 47 days in place of the 30 of April: the first row bears more interest than 12.00.
    assert first.interest_minor[0] == 1_880
    assert (current.bucket, late.past_due_since_date) == (0, date(2018, 6, 1))
    assert ties_hold()


def test_a_next_due_date_that_is_none_of_the_plans_is_a_bad_row(tmp_path):
    files = write_tape(tmp_path, [row(1, first_due="01/05/2018", next_due="03/07/2018")], mapping=DATED)

    found = files.load(dry_run=True)

    assert [(bad.column, bad.reason) for bad in found.bad_rows] == [
        ("next_due", "no row of the plan falls due on this date")
    ]


@pytest.mark.parametrize("method", ["equal_principal", "interest_only", "bullet"])
def test_other_methods_of_repayment_are_taken_over_too(tmp_path, method):
    terms = f'currency = "USD"\n[schedule]\nmethod = "{method}"\nday_count = "act_365"\n'
    rows = [row(1, balance="900.00", paid_principal="300.00"), row(2, balance="1200.00", paid_principal="0")]
    write_tape(tmp_path, rows, terms=terms).load()

    for loan in Loan.objects.all():
        plan = loan.schedule_versions.get(version_no=loan.schedule_version_no)
        raised = sum(each.principal_due_minor for each in Instalment.objects.filter(loan=loan))
        first = (loan.next_instalment_no or 0) - plan.from_instalment_no
        assert raised + sum(plan.principal_minor[first:]) == loan.principal_outstanding_minor
    assert ties_hold()


def test_other_spellings_of_numbers_and_names_are_read_as_the_mapping_says(tmp_path):
    mapping = (
        MAPPING.replace(
            'source = "small_lender"',
            'source = "small_lender"\nencoding = "gb18030"\ndelimiter = ";"\ndecimal_mark = ","\nthousands_mark = "."',
        )
        .replace('principal = "amount"', 'principal = { column = "amount", strip = ["USD"] }')
        .replace('rate = "rate"', 'rate = { column = "rate", unit = "fraction" }')
        .replace('instalments = "term"', 'instalments = { column = "term", strip = ["months"] }')
        .replace('balance = "balance"', 'balance = { column = "balance", unit = "minor" }')
        .replace(
            'paid_interest = "paid_interest"', 'paid_interest = { column = "paid_interest", rounding = "half_even" }'
        )
    )
    from tests.factories.tapes import tape_text

    changed = row(
        1,
        amount="USD 1.200,00",
        rate="0,12",
        term=" 12 months",
        balance="91329",
        paid_principal="286,71",
        paid_interest="33,145",
        name="赵示例",
    )
    data = tape_text([changed], delimiter=";").encode("gb18030")
    write_tape(tmp_path, data=data, mapping=mapping).load()

    loan = Loan.objects.get()
    assert (loan.principal_minor, loan.rate_ppm, loan.instalments) == (120_000, 120_000, 12)
    assert (loan.principal_outstanding_minor, loan.opening_paid_interest_minor) == (91_329, 3_314)
    assert customers.reveal_customer(customer_id=loan.customer_id, purpose="test", by="test", at=AT).name == "赵示例"


def test_a_byte_order_mark_and_quoted_line_ends_are_no_trouble(tmp_path):
    from tests.factories.tapes import tape_text

    data = b"\xef\xbb\xbf" + tape_text([row(1, name='Testa "T"\nQuillmere'), row(2)]).encode()
    write_tape(tmp_path, data=data).load()

    assert Loan.objects.count() == 2


def test_odd_contact_points_are_left_out_where_the_mapping_says_so(tmp_path):
    mapping = MAPPING + 'unreadable_contact_points = "leave_out"\n'
    write_tape(tmp_path, [row(1, email="nothing", phone="+86 138 0013 8000")], mapping=mapping).load()

    assert list(ContactPoint.objects.values_list("kind", flat=True)) == ["phone"]


def test_a_very_large_loan_and_a_very_dear_one_stand_in_one_tape(tmp_path):
    rows = [
        row(1, amount="300000000", balance="300000000", paid_principal="0", paid_out="2018-06-10"),
        row(2, rate="5000", balance="1200", paid_principal="0", paid_out="2018-06-10"),
        row(3, amount="0.05", balance="0.05", paid_principal="0", paid_out="2018-06-10"),
    ]
    terms = 'currency = "USD"\n[schedule]\nday_count = "act_365"\n'
    # Neither is too large by itself, but the larger principal times the larger rate would be.
    write_tape(tmp_path, rows, terms=terms).load()

    for loan in Loan.objects.all():
        plan = loan.schedule_versions.get(version_no=loan.schedule_version_no)
        assert sum(plan.principal_minor) == loan.principal_minor
    assert ties_hold()


def test_the_terms_of_a_product_are_published_once(tmp_path):
    write_tape(tmp_path, [row(1)]).load()
    write_tape(tmp_path, [row(2)]).load()
    write_tape(tmp_path, [row(3)], terms=TERMS.replace("up", "half_even")).load()

    versions = Loan.objects.order_by("external_id").values_list("product_version__version_no", flat=True)
    assert list(versions) == [1, 1, 2]
