"""Simulated borrowers decide by seed, loan and instalment alone, so an interrupted rehearsal goes on as it would have."""

from datetime import date, timedelta

from postloan.lab.borrowers import LATE_SHARE, SimulatedBorrowers

DUE = date(2018, 7, 10)


def payments(seed: int, grade: str, loans: int = 4_000) -> list[date | None]:
    borrowers = SimulatedBorrowers(seed=seed)
    return [borrowers.pays_on(loan_id=loan_id, instalment_no=3, due_date=DUE, grade=grade) for loan_id in range(loans)]


def test_the_same_seed_gives_the_same_people():
    assert payments(1, "B2") == payments(1, "B2")
    assert payments(1, "B2") != payments(2, "B2")


def test_nobody_pays_earlier_or_later_than_the_simulation_says():
    paid = [day for day in payments(1, "D1") if day is not None]

    assert min(paid) >= DUE - timedelta(days=5)
    assert max(paid) <= DUE + timedelta(days=20)


def test_a_worse_grade_is_late_more_often():
    def late_share(grade: str) -> float:
        days = payments(1, grade)
        return sum(day is None or day > DUE for day in days) / len(days)

    assert late_share("A1") < late_share("D1") < late_share("G1")
    assert abs(late_share("D1") - LATE_SHARE["D"]) < 0.012
