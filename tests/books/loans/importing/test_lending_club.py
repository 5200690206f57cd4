"""The example book: read with its mapping, tied out to the cent, and cut where its README says."""

import csv
import gzip
import importlib.util
import sys
from datetime import date
from pathlib import Path

import pytest
from django.db.models import Count, F, Sum

from postloan.books.loans import operations
from postloan.books.loans.importing.mapping import load_mapping
from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
from postloan.books.payments.ties import get_ties
from postloan.ground.customers.models import Customer
from postloan.lab.persons import InventedPeople
from tests.factories.tapes import AT

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "lending_club"
SOURCE = ROOT.parent / "shared" / "data" / "lending_club" / "lc_2018q1_full_schema_10k.csv.gz"
AS_OF = date(2018, 6, 30)


def rows_of(file: Path) -> list[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


@pytest.fixture
def imported(db):
    mapping = load_mapping(file=EXAMPLE / "mapping.toml")
    return operations.import_book(
        tape=EXAMPLE / "tape.csv.gz",
        mapping=mapping,
        as_of=AS_OF,
        by="test",
        at=AT,
        people=InventedPeople(seed=mapping.mapping.people.seed),
        workers=0,
    )


def test_the_example_is_the_source_column_by_column():
    if not SOURCE.exists():
        pytest.skip("the full Lending Club table is not beside this project")
    example, source = rows_of(EXAMPLE / "tape.csv.gz"), rows_of(SOURCE)

    assert len(example) == len(source) == 10_000
    assert all(row == {name: full[name] for name in row} for row, full in zip(example, source, strict=True))


def test_the_book_stands_as_the_tape_says(imported):
    tape = rows_of(EXAMPLE / "tape.csv.gz")

    # Tied out to the cent, status by status, against sums taken here by other means.
    by_status = {
        each["opening_status"]: each
        for each in Loan.objects.values("opening_status").annotate(
            loans=Count("pk"),
            outstanding=Sum("principal_outstanding_minor"),
            principal=Sum("opening_paid_principal_minor"),
            interest=Sum("opening_paid_interest_minor"),
        )
    }
    for status in {row["loan_status"] for row in tape}:
        rows = [row for row in tape if row["loan_status"] == status]
        assert by_status[status] == {
            "opening_status": status,
            "loans": len(rows),
            "outstanding": sum(cents(row["balance"]) for row in rows),
            "principal": sum(cents(row["paid_principal"]) for row in rows),
            "interest": sum(cents(row["paid_interest"]) for row in rows),
        }
    assert sum(each["loans"] for each in by_status.values()) == 10_000
    assert all(line.difference == 0 for line in imported.lines)
    assert all(tie.holds for tie in get_ties())

    # The contractual instalment is the tape's in all loans, and the terms' in all but three.
    held = dict(Loan.objects.values_list("external_id", "instalment_minor"))
    assert held == {row["row"]: cents(row["installment"]) for row in tape}
    assert imported.warnings["instalment"].count == 3
    assert [row_no - 1 for row_no in imported.warnings["instalment"].first_rows] == [1548, 1968, 9687]
    assert imported.warnings["nothing_left"].first_rows == [4167]
    assert set(imported.warnings) == {"instalment", "nothing_left", "total"} and imported.warnings["total"].count == 1

    # Late loans are as late as their status says.
    bands = {"In Grace Period": (1, 15), "Late (16-30 days)": (16, 30), "Late (31-120 days)": (31, 120)}
    late = Loan.objects.filter(bucket__gt=0)
    assert late.count() == Loan.objects.filter(opening_status__in=bands).count() == 171
    for loan in late:
        low, high = bands[loan.opening_status]
        assert low <= (AS_OF - loan.past_due_since_date).days <= high

    # Raised rows and rows ahead come to the outstanding principal of every loan, on the active version.
    raised = dict(Instalment.objects.values_list("loan_id").annotate(Sum("principal_due_minor")))
    plans = ScheduleVersion.objects.filter(version_no=F("loan__schedule_version_no"), loan__status="active")
    checked = 0
    for plan in plans.select_related("loan"):
        first = (plan.loan.next_instalment_no or 1_000) - plan.from_instalment_no
        ahead = sum(plan.principal_minor[first:])
        assert raised.get(plan.loan_id, 0) + ahead == plan.loan.principal_outstanding_minor
        checked += 1
    assert checked == 9_545  # 9,546 are current or late by their word; loan 4166 is current and owes nothing

    assert not Customer.objects.filter(is_invented=False).exists()
    shared = Loan.objects.values("customer").annotate(
        loans=Count("pk"), days=Count("disbursed_date__day", distinct=True)
    )
    several = shared.filter(loans__gt=1)
    assert several.count() == 295
    assert several.exclude(customer__in=late.values("customer")).filter(days=1).count() > 270


def test_the_cut_off_is_the_end_of_june():
    spec = importlib.util.spec_from_file_location("fit_cut_off", EXAMPLE / "fit_cut_off.py")
    fit_cut_off = importlib.util.module_from_spec(spec)
    sys.modules["fit_cut_off"] = fit_cut_off
    spec.loader.exec_module(fit_cut_off)

    fits = {fit.day: fit for fit in fit_cut_off.fit_days()}
    best = fit_cut_off.best_fit(list(fits.values()))

    assert best.day == AS_OF == load_mapping(file=EXAMPLE / "mapping.toml").mapping.tape.as_of
    assert 0.41 < best.to_the_cent < 0.43 and 0.78 < best.within_one_percent < 0.80
    assert fits[date(2018, 5, 31)].within_one_percent < 0.2 and fits[date(2018, 7, 31)].within_one_percent < 0.05
    assert min(fits.values(), key=lambda fit: fit.mean_distance_minor).mean_distance_minor == best.mean_distance_minor
