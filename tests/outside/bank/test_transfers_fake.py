"""What every bank for transfers must do: take an id once, say what became of it, and be asked again without harm."""

from dataclasses import replace
from datetime import date

import pytest

from postloan.outside.bank.transfers_fake import FakeTransferChannel
from postloan.outside.bank.transfers_port import (
    Beneficiary,
    OutgoingTransfer,
    TransferChannel,
    TransferMalformed,
    TransferState,
)

DAY = date(2024, 3, 4)


@pytest.fixture(params=[FakeTransferChannel])
def bank(request) -> TransferChannel:
    return request.param()


def a_transfer(*, number: str = "62001", end_to_end_id: str = "PL-PAY-1", amount_minor: int = 600_000):
    beneficiary = Beneficiary(name="Testa Person", number=number, bank_code="TESTCNBJ")
    return OutgoingTransfer(
        end_to_end_id=end_to_end_id, amount_minor=amount_minor, currency="CNY", beneficiary=beneficiary, text="payout"
    )


def test_money_leaves_on_the_day_asked_for(bank):
    answer = bank.send(transfer=a_transfer(), requested_date=DAY)

    assert (answer.state, answer.value_date) == (TransferState.SETTLED, DAY)
    assert bank.ask(end_to_end_id="PL-PAY-1") == answer


def test_the_same_id_twice_is_one_transfer(bank):
    first = bank.send(transfer=a_transfer(), requested_date=DAY)
    again = bank.send(transfer=a_transfer(), requested_date=date(2024, 3, 5))

    assert again == first
    assert len(bank.taken) == 1


def test_a_known_id_with_other_facts_is_rejected(bank):
    bank.send(transfer=a_transfer(), requested_date=DAY)

    answer = bank.send(transfer=replace(a_transfer(), amount_minor=1), requested_date=DAY)

    assert answer.state is TransferState.REJECTED
    assert bank.ask(end_to_end_id="PL-PAY-1").state is TransferState.SETTLED


def test_an_id_never_seen_is_not_known(bank):
    assert bank.ask(end_to_end_id="nothing").state is TransferState.NOT_KNOWN


@pytest.mark.parametrize("wrong", [{"amount_minor": 0}, {"end_to_end_id": ""}, {"end_to_end_id": "x" * 36}])
def test_what_cannot_be_written_is_refused(bank, wrong):
    with pytest.raises(TransferMalformed):
        bank.send(transfer=a_transfer(**wrong), requested_date=DAY)


@pytest.mark.parametrize(
    ("script", "said", "asked"),
    [
        ("accept", TransferState.ACCEPTED, TransferState.ACCEPTED),
        ("AC04", TransferState.REJECTED, TransferState.REJECTED),
        ("lose", TransferState.NO_ANSWER, TransferState.SETTLED),
        ("drop", TransferState.NO_ANSWER, TransferState.NOT_KNOWN),
    ],
)
def test_the_fake_plays_what_is_scripted(script, said, asked):
    bank = FakeTransferChannel(answers={"62001": script})

    assert bank.send(transfer=a_transfer(), requested_date=DAY).state is said
    assert bank.ask(end_to_end_id="PL-PAY-1").state is asked
