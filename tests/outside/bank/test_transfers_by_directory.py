"""Transfers as files: valid pain.001, handed over once, and believed to have left only when a movement says so."""

import os
from datetime import date

import pytest
from lxml import etree

from postloan.outside.bank.iso20022._transfers import VERSION, is_iban, write_transfer
from postloan.outside.bank.simulator.reports import Movement, Refusal, notification, status_report
from postloan.outside.bank.transfers_port import Beneficiary, OutgoingTransfer, TransferMalformed, TransferState
from postloan.outside.bank.vendors.transfer_directory import DirectoryTransferChannel

DAY = date(2024, 3, 4)
LENDER = Beneficiary(name="Demo Lender", number="DE89370400440532013000", bank_code="COBADEFFXXX")


def a_transfer(*, number: str = "6222021234567890", bank_code: str = "102100099996", **changes):
    given = {"end_to_end_id": "PL-PAY-1", "amount_minor": 600_005, "currency": "CNY", "text": "Loan payout"}
    beneficiary = Beneficiary(name="王小明", number=number, bank_code=bank_code)
    return OutgoingTransfer(beneficiary=beneficiary, **(given | changes))


@pytest.fixture
def bank(tmp_path) -> DirectoryTransferChannel:
    return DirectoryTransferChannel(
        directory=tmp_path,
        account_name=LENDER.name,
        account_number=LENDER.number,
        bank_code=LENDER.bank_code,
    )


def leave(bank: DirectoryTransferChannel, name: str, content: bytes, *, folder: str = "from_bank") -> None:
    place = bank.directory / folder
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(content)


def moved(*, amount_minor: int = 600_005, is_credit: bool = False, end_to_end_id: str = "PL-PAY-1") -> bytes:
    movement = Movement(end_to_end_id, amount_minor, is_credit, "B-77")
    return notification(
        message_id="N1",
        day=date(2024, 3, 5),
        account=LENDER.number,
        is_iban=True,
        currency="CNY",
        movements=[movement],
    )


def test_a_file_says_who_is_paid_how_much_and_when_and_is_the_same_each_time():
    content = write_transfer(transfer=a_transfer(), debtor=LENDER, requested_date=DAY)

    root = etree.fromstring(content)
    told = {
        path: root.findtext(
            "/".join(f".//{{*}}{tag}" if no == 0 else f"{{*}}{tag}" for no, tag in enumerate(path.split("/")))
        )
        for path in (
            "PmtId/EndToEndId",
            "Amt/InstdAmt",
            "ReqdExctnDt/Dt",
            "Cdtr/Nm",
            "CdtrAcct/Id/Othr/Id",
            "DbtrAcct/Id/IBAN",
            "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId",
            "DbtrAgt/FinInstnId/BICFI",
        )
    }
    assert told == {
        "PmtId/EndToEndId": "PL-PAY-1",
        "Amt/InstdAmt": "6000.05",
        "ReqdExctnDt/Dt": "2024-03-04",
        "Cdtr/Nm": "王小明",
        "CdtrAcct/Id/Othr/Id": "6222021234567890",
        "DbtrAcct/Id/IBAN": "DE89370400440532013000",
        "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId": "102100099996",
        "DbtrAgt/FinInstnId/BICFI": "COBADEFFXXX",
    }
    assert VERSION in root.nsmap[None]
    assert content == write_transfer(transfer=a_transfer(), debtor=LENDER, requested_date=DAY)


@pytest.mark.parametrize(
    "wrong", [{"amount_minor": 0}, {"amount_minor": -5}, {"end_to_end_id": "x" * 36}, {"currency": "yuan"}]
)
def test_what_the_schema_does_not_allow_is_refused_and_tells_nobody_s_name(wrong):
    with pytest.raises(TransferMalformed) as refusal:
        write_transfer(transfer=a_transfer(**wrong), debtor=LENDER, requested_date=DAY)

    assert "王小明" not in str(refusal.value)
    assert "6222" not in str(refusal.value)


def test_a_bank_that_is_not_named_is_said_to_be_not_provided():
    content = write_transfer(transfer=a_transfer(bank_code=""), debtor=LENDER, requested_date=DAY)

    assert etree.fromstring(content).findtext(".//{*}CdtrAgt/{*}FinInstnId/{*}Othr/{*}Id") == "NOTPROVIDED"


def test_an_iban_is_known_by_its_check_digits():
    assert is_iban(number="GB29NWBK60161331926819")
    assert not is_iban(number="GB28NWBK60161331926819")


def test_a_transfer_is_handed_over_once_and_nothing_personal_stays_in_the_mark(bank):
    first = bank.send(transfer=a_transfer(), requested_date=DAY)
    (bank.directory / "to_bank" / "PL-PAY-1.xml").unlink()  # the bank has taken it
    again = bank.send(transfer=a_transfer(), requested_date=DAY)

    assert first.state is again.state is TransferState.ACCEPTED
    assert not list((bank.directory / "to_bank").iterdir())
    assert b"6222" not in (bank.directory / "transfers" / "PL-PAY-1").read_bytes()
    other = bank.send(transfer=a_transfer(amount_minor=1), requested_date=DAY)
    assert (other.state, other.reason_code) == (TransferState.REJECTED, "AM05")


def test_what_was_never_handed_over_is_not_known(bank):
    assert bank.ask(end_to_end_id="PL-PAY-9").state is TransferState.NOT_KNOWN


@pytest.mark.parametrize("folder", ["from_bank", "done"])
def test_money_has_left_when_a_movement_says_so(bank, folder):
    bank.send(transfer=a_transfer(), requested_date=DAY)
    leave(bank, "n1.xml", moved(), folder=folder)

    answer = bank.ask(end_to_end_id="PL-PAY-1")

    assert (answer.state, answer.value_date, answer.bank_reference) == (
        TransferState.SETTLED,
        date(2024, 3, 5),
        "B-77",
    )


@pytest.mark.parametrize("wrong", [{"amount_minor": 600_004}, {"is_credit": True}, {"end_to_end_id": "PL-PAY-2"}])
def test_a_movement_that_is_not_this_transfer_is_no_answer(bank, wrong):
    bank.send(transfer=a_transfer(), requested_date=DAY)
    leave(bank, "n1.xml", moved(**wrong))

    assert bank.ask(end_to_end_id="PL-PAY-1").state is TransferState.ACCEPTED


def test_a_refusal_is_told_with_its_reason(bank):
    bank.send(transfer=a_transfer(), requested_date=DAY)
    report = status_report(
        message_id="S1",
        day=DAY,
        file_id="PL-PAY-1",
        group_status="PART",
        refusals=[Refusal("PL-PAY-1", "AC04")],
    )
    leave(bank, "s1.xml", report)

    answer = bank.ask(end_to_end_id="PL-PAY-1")

    assert (answer.state, answer.reason_code) == (TransferState.REJECTED, "AC04")


def test_half_files_foreign_files_and_old_files_are_passed_over(bank):
    bank.send(transfer=a_transfer(), requested_date=DAY)
    leave(bank, "half.xml.part", moved())
    leave(bank, "broken.xml", moved()[:200])
    leave(bank, "old.xml", moved())
    os.utime(bank.directory / "from_bank" / "old.xml", (0, 0))

    assert bank.ask(end_to_end_id="PL-PAY-1").state is TransferState.ACCEPTED
