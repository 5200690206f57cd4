"""Relief in the books: each change makes a new plan, keeps the old one, posts the difference today, and the nights agree."""

from datetime import date

import pytest

from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Loan, LoanEvent, ScheduleVersion
from postloan.books.payments.servicing import EventKeyReused, UnknownLoan
from postloan.books.relief import operations, queries
from postloan.books.relief.changes import Change
from postloan.books.relief.models import ChangeRequest
from postloan.ground.access.roles import Role
from postloan.ground.audit.models import AuditRecord
from postloan.kernel.engine import EventRefused
from tests.factories.servicing import AT, assert_books_are_replay, close_to, make_loan, pay

pytestmark = pytest.mark.django_db(transaction=True)

ON = date(2024, 3, 11)

CHANGES = {
    "rate_change": {"rate_ppm": 60_000},
    "due_day_change": {"due_day": 20},
    "deferral": {"periods": 2, "interest": "accrues"},
    "extension": {"more_instalments": 6},
    "reduced_instalments": {"instalment_minor": 50_000, "rows": 3},
    "personalised_plan": {"instalments": 24, "first_due_date": "2024-04-15", "rate_ppm": 0},
    "reageing": {"instalments": 12, "first_due_date": "2024-04-11"},
    "reamortisation": {},
    "interest_pause": {"to_date": "2024-05-11"},
    "death": {},
}


@pytest.fixture
def loan(tmp_path, settings):
    """Two instalments are past due on 11 March 2024."""
    settings.POSITIONS_DIR = tmp_path / "positions"
    made = make_loan()
    close_to(date(2024, 3, 10))
    yield made
    assert_books_are_replay(*Loan.objects.all())


def change(kind, *, key="k1", value_date=ON, **fields):
    return Change(kind=kind, value_date=value_date, key=key, fields=fields or CHANGES[kind])


def propose(loan, wanted, *, roles=(Role.FINANCE,), by="fay", reason="hardship"):
    return operations.propose_change(loan_id=loan.pk, change=wanted, reason=reason, roles=roles, by=by, at=AT)


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_a_change_keeps_the_old_plan_and_the_nights_go_on_by_the_new_one(loan, kind):
    before = list(ScheduleVersion.objects.filter(loan=loan).values())

    request = propose(loan, change(kind))

    assert request.state == "done"
    assert list(ScheduleVersion.objects.filter(loan=loan).values())[: len(before)] == before
    assert_books_are_replay(loan)
    close_to(date(2024, 4, 30))
    assert_books_are_replay(loan)
    pay(loan, 150_000, date(2024, 5, 1))
    close_to(date(2024, 6, 2))


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_a_preview_writes_nothing_and_says_what_comes(loan, kind):
    seen = queries.preview_change(loan_id=loan.pk, change=change(kind))

    assert not LoanEvent.objects.exists()
    assert not ChangeRequest.objects.exists()
    propose(loan, change(kind))
    loan.refresh_from_db()
    still_open = sum(row.due.principal_minor - row.paid.principal_minor for row in seen.after.rows)
    assert loan.principal_outstanding_minor == still_open
    assert sum(seen.legs.values()) == 0
    assert [check.cap_ppm for check in seen.caps] == [240_000, 360_000]


def test_the_same_change_twice_happens_once(loan):
    first, again = propose(loan, change("deferral")), propose(loan, change("deferral"))

    assert first.pk == again.pk
    assert LoanEvent.objects.count() == 1


def test_a_key_of_another_change_is_refused(loan):
    propose(loan, change("deferral"))

    with pytest.raises(operations.ChangeKeyReused):
        propose(loan, change("extension"))
    with pytest.raises(EventKeyReused):
        operations.extend_term(
            loan_id=loan.pk, value_date=ON, more_instalments=1, key="k1", reason="again", by="fay", at=AT
        )
    assert LoanEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (change("deferral", value_date=date(2024, 3, 12)), "EventInFuture"),
        (change("deferral", value_date=date(2023, 12, 31)), "EventBeforeOpening"),
        (change("deferral", periods=0), "PlanNotPossible"),
        (change("deferral", periods=1, new_due_date="2024-06-01"), "PlanNotPossible"),
        (change("due_day_change", due_day=32), "PlanNotPossible"),
        (change("personalised_plan", instalments=61, first_due_date="2024-04-15"), "PlanNotPossible"),
        (change("extension", more_instalments=0), "PlanNotPossible"),
        (change("waiver", amount_minor=10**9), "MoreThanOpen"),
        (change("waiver", amount_minor=-1), "AmountNotPositive"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name_and_changes_nothing(loan, wanted, refusal):
    entries = JournalEntry.objects.count()

    with pytest.raises(EventRefused) as refused:
        propose(loan, wanted)

    assert refused.value.name == refusal
    assert (LoanEvent.objects.count(), ChangeRequest.objects.count()) == (0, 0)
    assert JournalEntry.objects.count() == entries


def test_a_closed_loan_gets_no_relief(loan):
    pay(loan, 1_400_000, ON)
    close_to(date(2025, 1, 2))
    loan.refresh_from_db()
    assert loan.status == "closed"

    with pytest.raises(EventRefused) as refused:
        propose(loan, change("extension", value_date=date(2025, 1, 3)))

    assert refused.value.name == "LoanClosed"


def test_an_unknown_loan_or_kind_and_a_missing_reason_are_refused(loan):
    with pytest.raises(UnknownLoan):
        operations.propose_change(
            loan_id=10**9, change=change("death"), reason="x", roles=[Role.FINANCE], by="fay", at=AT
        )
    with pytest.raises(operations.UnknownChange):
        change("gift", amount_minor=1)
    with pytest.raises(operations.ReasonMissing):
        propose(loan, change("deferral"), reason=" ")


def test_re_ageing_starts_the_days_anew_and_is_no_cure(loan):
    loan.refresh_from_db()
    since = loan.past_due_since_date

    operations.re_age(
        loan_id=loan.pk,
        value_date=ON,
        instalments=12,
        first_due_date=date(2024, 4, 11),
        key="k1",
        reason="agreed by phone",
        by="fay",
        at=AT,
    )

    loan.refresh_from_db()
    assert since == date(2024, 2, 1)
    assert loan.past_due_since_date is None
    assert loan.contractual_past_due_since_date == since


def test_beyond_ones_authority_a_second_person_agrees(loan):
    request = propose(loan, change("personalised_plan"), roles=[Role.AGENT], by="ada")
    assert (request.state, LoanEvent.objects.count()) == ("proposed", 0)

    with pytest.raises(operations.NotTheirsToDecide):
        operations.approve_change(request_id=request.pk, roles=[Role.FINANCE], by="ada", at=AT)
    with pytest.raises(operations.NotTheirsToDecide):
        operations.approve_change(request_id=request.pk, roles=[Role.AGENT], by="bob", at=AT)
    done = operations.approve_change(request_id=request.pk, roles=[Role.SUPERVISOR], by="sue", at=AT)
    again = operations.approve_change(request_id=request.pk, roles=[Role.SUPERVISOR], by="sue", at=AT)

    assert (done.state, done.decided_by, again.event_id) == ("done", "sue", done.event_id)
    assert LoanEvent.objects.count() == 1
    acts = set(AuditRecord.objects.filter(subject_kind="loan", subject_id=loan.pk).values_list("by", "action"))
    assert {("ada", "propose_change"), ("sue", "change_done")} <= acts


def test_within_ones_authority_it_is_done_at_once(loan):
    small = propose(loan, change("deferral", periods=1, interest="accrues"), roles=[Role.AGENT], by="ada")
    large = propose(loan, change("waiver", key="k2", amount_minor=5_001), roles=[Role.AGENT], by="ada")

    assert (small.state, small.decided_by) == ("done", "")
    assert large.state == "proposed"
    assert large.given_up_minor == 5_001


def test_a_refused_or_withdrawn_change_never_happens(loan):
    refused = propose(loan, change("extension"), roles=[Role.AGENT], by="ada")
    withdrawn = propose(loan, change("extension", key="k2"), roles=[Role.AGENT], by="ada")

    operations.refuse_change(request_id=refused.pk, reason="not needed", roles=[Role.SUPERVISOR], by="sue", at=AT)
    operations.withdraw_change(request_id=withdrawn.pk, by="ada", at=AT)

    for request in (refused, withdrawn):
        with pytest.raises(operations.ChangeIsDecided):
            operations.approve_change(request_id=request.pk, roles=[Role.FINANCE], by="fay", at=AT)
    assert not LoanEvent.objects.exists()
    with pytest.raises(operations.UnknownRequest):
        operations.approve_change(request_id=10**9, roles=[Role.FINANCE], by="fay", at=AT)


def test_a_backdated_rate_change_posts_the_difference_today(loan):
    posted = list(JournalEntry.objects.order_by("pk").values())

    operations.change_rate(
        loan_id=loan.pk, value_date=date(2024, 2, 15), rate_ppm=60_000, key="k1", reason="promised", by="fay", at=AT
    )

    assert list(JournalEntry.objects.order_by("pk").values())[: len(posted)] == posted
    assert set(JournalEntry.objects.order_by("pk")[len(posted) :].values_list("business_date", flat=True)) == {ON}
    close_to(date(2024, 5, 2))
