"""What the bank says: booked once however often it is told, and what does not fit waits for a person."""

from datetime import date, timedelta

import pytest

from postloan.books.loans.models import LoanEvent
from postloan.books.payments import operations
from postloan.books.payments.debit_queries import find_bank_items, get_unanswered
from postloan.books.payments.models import BankFile, BankItem, DebitAttempt, DebitFile, DebitOrder, DebitReturn, Receipt
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.outside.bank.simulator import Faults, Outcome
from postloan.outside.bank.simulator.bank import FileOutcome
from postloan.outside.bank.simulator.reports import Movement, Refusal, notification, status_report
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.debits import IBANS, announce, at, make_mandate, send, take, use_bank

pytestmark = pytest.mark.django_db(transaction=True)
DUE = date(2018, 7, 10)


@pytest.fixture
def bank(monkeypatch):
    return use_bank(monkeypatch, today=date(2018, 7, 9))


@pytest.fixture
def loan(tmp_path, settings, bank):
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_books()
    made = make_loan(
        product=make_product(currency="EUR"),
        due_dates=[DUE, date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )
    yield made
    assert all(tie.holds for tie in get_ties())


def sent(loan, bank, *outcomes: Outcome, files: tuple[FileOutcome, ...] = (), **facts) -> DebitAttempt:
    """A debit of 505.00 that is with the bank, on its due date."""
    bank.simulated.faults = Faults(accounts={IBANS[0]: outcomes}, files=files)
    make_mandate(loan, **facts)
    announce(date(2018, 7, 8))
    send(date(2018, 7, 9))
    close_through(through_date=date(2018, 7, 9), by="test", clock=lambda: at(DUE))
    bank.today = DUE
    send(DUE)  # what needs no lead time
    return DebitAttempt.objects.select_related("order").get()


def told(*movements: Movement, message_id: str = "N1", day: date = DUE) -> bytes:
    return notification(
        message_id=message_id,
        day=day,
        account="DE02120300000000202051",
        is_iban=True,
        currency="EUR",
        movements=movements,
    )


def take_content(content: bytes, day: date = DUE) -> operations.TakenBankFile:
    return operations.take_bank_file(content=content, on_date=day, by="test", at=at(day))


def items() -> list[tuple[str, int | None]]:
    return list(find_bank_items().values_list("kind", "amount_minor"))


def test_the_same_answer_twice_is_booked_once(loan, bank):
    attempt = sent(loan, bank, files=(FileOutcome.ANSWERED_TWICE,))

    post = take(DUE)

    assert (len(post.taken), len(post.known)) == (2, 2)
    assert Receipt.objects.get().bank_reference == attempt.end_to_end_id
    assert items() == []


def test_the_same_movement_in_two_files_is_booked_once(loan, bank):
    attempt = sent(loan, bank)
    movement = Movement(attempt.end_to_end_id, 50_500, True, "B1")
    take_content(told(movement))

    again = take_content(told(movement, message_id="N2"))

    assert again.is_new and again.bank_file.counts["told_again"] == 1
    assert Receipt.objects.count() == 1
    assert items() == []


def test_money_that_really_came_twice_is_not_lost_and_not_guessed_at(loan, bank):
    sent(loan, bank, Outcome.PAID_TWICE)

    take(DUE)

    assert Receipt.objects.count() == 1
    assert items() == [("second_credit", 50_500)]


def test_a_return_after_the_receipt_was_booked_takes_the_receipt_back(loan, bank):
    attempt = sent(loan, bank, Outcome.LATE_RETURN)
    take(DUE)
    assert Receipt.objects.get().allocated_minor == 50_500

    bank.today = DUE + timedelta(days=5)
    close_through(through_date=DUE + timedelta(days=4), by="test", clock=lambda: at(DUE))
    take(bank.today)

    found = DebitReturn.objects.get()
    assert (found.is_late, found.reason_code, found.value_date) == (True, "AM04", DUE + timedelta(days=5))
    order = DebitOrder.objects.get(pk=attempt.order_id)
    assert (order.state, order.collected_minor) == ("taken_back", 0)
    receipt = Receipt.objects.get()
    assert (receipt.allocated_minor, receipt.reversed_minor) == (0, 50_500)
    loan.refresh_from_db()
    assert loan.past_due_since_date == DUE
    item = BankItem.objects.get(kind="late_return")
    assert (item.closed_by, item.outcome) == ("test", f"receipt {receipt.pk} was taken back")
    take(bank.today)
    assert LoanEvent.objects.count() == 1


def test_where_a_receipt_cannot_be_taken_back_its_return_waits_for_a_person(loan, bank):
    sent(loan, bank, Outcome.LATE_RETURN)
    take(DUE)
    Receipt.objects.update(allocated_minor=50_499, refunded_minor=1)  # a part of it went back to the customer

    bank.today = DUE + timedelta(days=5)
    close_through(through_date=DUE + timedelta(days=4), by="test", clock=lambda: at(DUE))
    take(bank.today)

    assert items() == [("late_return", 50_500)]
    assert announce(bank.today) == []
    item = find_bank_items().get()
    with pytest.raises(operations.OutcomeMissing):
        operations.close_bank_item(item_id=item.pk, outcome=" ", by="ada", at=at(bank.today))
    operations.close_bank_item(item_id=item.pk, outcome="receipt reversed", by="ada", at=at(bank.today))
    operations.close_bank_item(item_id=item.pk, outcome="again", by="bob", at=at(bank.today))
    item.refresh_from_db()
    assert (item.closed_by, item.outcome) == ("ada", "receipt reversed")
    Receipt.objects.update(allocated_minor=50_500, refunded_minor=0)


def test_a_lost_answer_leaves_the_debit_with_the_bank_until_it_is_asked_for(loan, bank):
    sent(loan, bank, files=(FileOutcome.LOST_ANSWER,))
    later = DUE + timedelta(days=6)
    bank.today = later
    close_through(through_date=later - timedelta(days=1), by="test", clock=lambda: at(DUE))
    assert take(later).taken == {}
    assert [attempt.state for attempt in get_unanswered(on_date=later)] == ["sent"]
    assert send(later) == []  # never a second time in the dark

    [asked] = operations.ask_for_answers(on_date=later, by="test", at=at(later))
    assert operations.ask_for_answers(on_date=later, by="test", at=at(later, 2)) == []  # not every minute
    take(later)

    assert asked.asked_times == 1
    assert get_unanswered(on_date=later) == []
    assert Receipt.objects.get().value_date == DUE


def test_a_file_that_is_not_whole_is_refused_whole_with_its_line(loan, bank):
    attempt = sent(loan, bank)
    whole = told(Movement(attempt.end_to_end_id, 50_500, True, "B1"), Movement("PL9-1", 700, True, "B2")).decode()

    with pytest.raises(operations.BankFileRefused, match=r"^line \d+: not well-formed"):
        take_content(whole[: whole.rindex("<Ntry>")].encode())
    with pytest.raises(operations.BankFileRefused, match=r"^line \d+: .*7\.0000001"):
        take_content(whole.replace(">7.00<", ">7.0000001<").encode())

    assert (Receipt.objects.count(), BankFile.objects.count(), items()) == (0, 0, [])
    assert take_content(whole.encode()).bank_file.counts == {"collected": 1, "returned": 0, "items": 1, "told_again": 0}


def test_a_refused_file_is_laid_aside_and_does_not_hold_up_the_others(loan, bank, monkeypatch):
    sent(loan, bank)
    names = bank.waiting()
    fetch = bank.fetch
    monkeypatch.setattr(bank, "fetch", lambda *, name: b"<rubbish" if name == names[0] else fetch(name=name))

    post = take(DUE)

    assert list(post.refused) == [names[0]]
    assert bank.settled[names[0]] is True
    assert Receipt.objects.count() == 1


def test_a_message_id_with_other_content_is_refused(loan, bank):
    attempt = sent(loan, bank)
    take_content(told(Movement(attempt.end_to_end_id, 50_500, True, "B1")))

    with pytest.raises(operations.BankFileChanged):
        take_content(told(Movement(attempt.end_to_end_id, 50_400, True, "B1")))

    assert Receipt.objects.count() == 1


def test_a_file_of_a_day_the_books_are_not_open_for_waits_and_is_taken_then(loan, bank):
    sent(loan, bank)
    attempt = DebitAttempt.objects.get()
    early = told(Movement(attempt.end_to_end_id, 50_500, True, "B9"), day=DUE + timedelta(days=1))

    with pytest.raises(operations.ValueDateInFuture):
        take_content(early)
    assert BankFile.objects.count() == 0
    close_through(through_date=DUE, by="test", clock=lambda: at(DUE))

    assert take_content(early).bank_file.counts["collected"] == 1


@pytest.mark.parametrize(
    ("outcome", "state", "reason", "mandate_state", "expected_items"),
    [
        (Outcome.CLOSED_ACCOUNT, "failed", "returned", "suspended", []),
        (Outcome.MANDATE_UNKNOWN, "failed", "returned", "suspended", []),
        (Outcome.NO_FUNDS, "announced", "", "active", []),
    ],
)
def test_a_return_does_what_its_reason_asks_for(loan, bank, outcome, state, reason, mandate_state, expected_items):
    attempt = sent(loan, bank, outcome)

    take(DUE)

    order = DebitOrder.objects.select_related("mandate").get(pk=attempt.order_id)
    assert (order.state, order.reason, order.mandate.state) == (state, reason, mandate_state)
    assert items() == expected_items
    assert Receipt.objects.count() == 0


def refused(code: str, *, whole: bool = False, file_id: str) -> bytes:
    attempt = DebitAttempt.objects.get()
    return status_report(
        message_id="S1",
        day=DUE,
        file_id=file_id,
        group_status="RJCT" if whole else "PART",
        group_reason=code if whole else "",
        refusals=[] if whole else [Refusal(attempt.end_to_end_id, code)],
    )


@pytest.mark.parametrize(("code", "kind"), [("MD07", "deceased"), ("MD06", "disputed")])
def test_a_death_and_a_dispute_come_before_a_person_at_once(loan, bank, code, kind):
    attempt = sent(loan, bank)

    take_content(refused(code, file_id=DebitFile.objects.get().file_id))

    assert items() == [(kind, None)]
    assert DebitOrder.objects.get(pk=attempt.order_id).state == "failed"
    assert announce(DUE + timedelta(days=1)) == []


def test_a_file_refused_as_a_whole_is_announced_anew_without_a_try_being_spent(loan, bank):
    sent(loan, bank)

    take_content(refused("FF01", whole=True, file_id=DebitFile.objects.get().file_id))

    assert DebitFile.objects.get().state == "refused"
    assert items() == [("file_refused", None)]
    [order] = announce(DUE)
    assert (order.order_no, order.tries, order.collect_date) == (2, 0, date(2018, 7, 12))


def test_a_second_copy_that_the_bank_refused_as_a_duplicate_changes_nothing(loan, bank):
    attempt = sent(loan, bank)

    found = take_content(refused("AM05", whole=True, file_id=DebitFile.objects.get().file_id))
    take(DUE)

    assert found.bank_file.counts["told_again"] == 1
    assert DebitOrder.objects.get(pk=attempt.order_id).state == "collected"
    assert items() == []


def test_a_status_alone_books_no_money(loan, bank):
    sent(loan, bank)
    accepted = status_report(
        message_id="S1", day=DUE, file_id=DebitFile.objects.get().file_id, group_status="ACSC", refusals=[]
    )

    take_content(accepted)

    assert (DebitFile.objects.get().state, Receipt.objects.count()) == ("accepted", 0)


@pytest.mark.parametrize(
    ("movements", "expected_items", "receipts"),
    [
        ([Movement("PL999-1", 700, True, "B1")], [("unknown_reference", 700)], []),
        ([Movement("PL999-1", 700, False, "B1", "AM04")], [("unknown_reference", 700)], []),
        ([Movement("{own}", 50_400, True, "B1")], [("amount_differs", 50_400)], [50_400]),
        ([Movement("{own}", 50_600, True, "B1")], [("amount_differs", 50_600)], [50_600]),
        # returned before it was credited, and credited afterwards
        ([Movement("{own}", 50_500, False, "B1", "AM04")], [], []),
        # in one file, whatever the order: the money first, then its return, which takes it back
        (
            [Movement("{own}", 50_500, False, "B2", "AM04"), Movement("{own}", 50_500, True, "B1")],
            [],
            [50_500],
        ),
    ],
)
def test_what_does_not_fit_waits_for_a_person_and_money_is_never_lost(loan, bank, movements, expected_items, receipts):
    attempt = sent(loan, bank)
    own = [
        Movement(
            item.end_to_end_id.format(own=attempt.end_to_end_id),
            item.amount_minor,
            item.is_credit,
            item.bank_reference,
            item.reason_code,
        )
        for item in movements
    ]

    take_content(told(*own))
    take_content(told(*own, message_id="N2"))  # told again in another file

    assert items() == expected_items
    assert list(Receipt.objects.values_list("amount_minor", flat=True)) == receipts


def test_a_credit_after_its_refusal_waits_for_a_person(loan, bank):
    attempt = sent(loan, bank)
    take_content(refused("AM04", file_id=DebitFile.objects.get().file_id))

    take_content(told(Movement(attempt.end_to_end_id, 50_500, True, "B1")))

    assert items() == [("credit_after_return", 50_500)]
    assert Receipt.objects.count() == 0


def test_a_wallet_may_take_a_part_and_the_rest_is_announced(loan, bank):
    sent(loan, bank, Outcome.PART, policy="cn", announce_days=2)

    take(DUE)

    assert items() == []
    order = DebitOrder.objects.get()
    assert (order.state, order.collected_minor) == ("collected", 25_250)
    [rest] = announce(DUE)
    assert rest.amount_minor == 25_250


def test_an_item_is_raised_once(loan, bank):
    for number in range(3):
        take_content(told(Movement("PL999-1", 700, True, "B1"), message_id=f"N{number}"))

    assert BankItem.objects.count() == 1
