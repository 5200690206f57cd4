"""Messages of ISO 20022: ours are valid against the schema, theirs are read whole or refused with the line."""

import hashlib
import re
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from postloan.outside.bank.iso20022 import VERSIONS, read_report, schema_errors, write_debits
from postloan.outside.bank.iso20022._tree import decimal_text, minor_units
from postloan.outside.bank.port import BankAccount, BankFileRefused, FileMalformed, Side
from postloan.outside.bank.simulator.reports import Movement, Refusal, notification, status_report
from tests.outside.bank.samples import CREDITOR, IBANS, debit, debit_file

DAY = date(2018, 7, 10)


def movements(*items: Movement, currency: str = "EUR") -> bytes:
    return notification(
        message_id="N1", day=DAY, account="DE02120300000000202051", is_iban=True, currency=currency, movements=items
    )


CREDIT = Movement("PL1-1", 50_501, True, "B1")
RETURN = Movement("PL1-1", 50_501, False, "B2", "AM04")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "file",
    [
        debit_file(debit(1), debit(2), debit(3)),
        debit_file(debit(debtor_account=BankAccount(number="FR1420041010050500013M02606", bank_code="PSSTFRPPXXX"))),
        # Accounts that are no IBANs, in a currency without decimals
        debit_file(
            debit(debtor_account=BankAccount(number="123456789", bank_code="021000021", is_iban=False)),
            currency="JPY",
            scheme="ACH",
        ),
        debit_file(debit(debtor_name="欧阳 <&> Zoë " * 20, text="还款 " * 90), currency="CNY", scheme="CNAPS"),
    ],
)
def test_a_file_of_debits_is_valid_and_says_what_it_was_given(version, file):
    written = write_debits(file=file, version=version)

    root = etree.fromstring(written)
    assert schema_errors(document=root, version=version) == []
    assert [item.text for item in root.iter("{*}EndToEndId")] == [item.end_to_end_id for item in file.debits]
    assert [item.get("Ccy") for item in root.iter("{*}InstdAmt")] == [file.currency] * len(file.debits)
    assert [minor_units(text=item.text, currency=file.currency, line=0) for item in root.iter("{*}InstdAmt")] == [
        item.amount_minor for item in file.debits
    ]
    assert {item.text for item in root.iter("{*}NbOfTxs")} == {str(len(file.debits))}
    assert write_debits(file=file, version=version) == written


@pytest.mark.parametrize(
    ("file", "named"),
    [
        (debit_file(debit(1), debit(2, amount_minor=0)), "PL2-1"),
        (debit_file(debit(1), debit(2, amount_minor=-5)), "PL2-1"),
        (debit_file(debit(1), debit(1)), "PL1-1"),
        (debit_file(debit(1), debit(2, debtor_account=BankAccount(number="no account")), debit(3)), "debit PL2-1"),
        (debit_file(debit(1), debit(2, end_to_end_id="X" * 36)), "X" * 36),
        (debit_file(debit(1), debit(2, mandate_reference="")), "debit PL2-1"),
        (debit_file(debit(1), file_id="F" * 36), "its header"),
    ],
)
def test_a_file_that_would_not_be_valid_is_refused_with_the_debit(file, named):
    with pytest.raises(FileMalformed, match=re.escape(named)) as refusal:
        write_debits(file=file)

    assert "no account" not in str(refusal.value)  # personal data stays out of messages


def test_an_empty_file_is_refused():
    with pytest.raises(FileMalformed, match="no debits"):
        write_debits(file=debit_file(debits=()))


def test_the_schemas_are_those_that_were_published():
    folder = files("postloan.outside.bank.iso20022").joinpath("schemas")
    listed = dict(re.findall(r"\| (\S+\.xsd) \| ([0-9a-f]{64}) \|", folder.joinpath("README.md").read_text()))

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name.endswith(".xsd")
    }
    assert found == listed


def test_accounts_and_names_do_not_show_in_representations():
    assert IBANS[0] not in repr(debit(1)) + repr(CREDITOR)
    assert "Ada" not in repr(debit(1))


def test_movements_are_read_with_side_reference_and_reason():
    report = read_report(content=movements(CREDIT, RETURN))

    assert (report.kind, report.message_id) == ("camt.054", "N1")
    paid, back = report.entries
    assert (paid.side, paid.amount_minor, paid.currency, paid.value_date) == (Side.IN, 50_501, "EUR", DAY)
    assert (paid.end_to_end_id, paid.bank_reference, paid.is_return) == ("PL1-1", "B1", False)
    assert (back.side, back.is_return, back.reason_code) == (Side.OUT, True, "AM04")


def test_statuses_are_read_by_debit_and_for_the_whole_file():
    report = read_report(
        content=status_report(
            message_id="S1", day=DAY, file_id="PLF1", group_status="PART", refusals=[Refusal("PL1-1", "AC04")]
        )
    )

    told = [(item.end_to_end_id, item.is_refused, item.reason_code) for item in report.statuses]
    assert told == [("", False, ""), ("PL1-1", True, "AC04")]


GOOD = movements(CREDIT, Movement("PL2-1", 700, True, "B3")).decode()
STATUS = status_report(
    message_id="S1", day=DAY, file_id="PLF1", group_status="PART", refusals=[Refusal("PL1-1", "AC04")]
).decode()


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (GOOD[: GOOD.index("</Ntfctn>")], None, "not well-formed"),
        (GOOD[: len(GOOD) // 2], None, "not well-formed"),
        ("", None, "not well-formed"),
        (GOOD.replace("<Document", '<!DOCTYPE Document [<!ENTITY x "y">]><Document', 1), 1, "document type"),
        (GOOD.replace("camt.054.001.08", "camt.055.001.08"), 2, "no file we read"),
        ("<Document/>", 1, "not a message of ISO 20022"),
        (GOOD.replace("<NbOfNtries>2", "<NbOfNtries>3"), line_of(GOOD, "<NbOfNtries>"), "3 entries announced, 2 found"),
        (GOOD.replace("<Sum>512.01", "<Sum>512.02"), line_of(GOOD, "<Sum>"), "51202 announced, 51201 found"),
        (GOOD.replace('<Amt Ccy="EUR">7.00', '<Amt Ccy="EUR">7,00', 1), line_of(GOOD, ">7.00"), "no amount of EUR"),
        (GOOD.replace('<Amt Ccy="EUR">7.00', '<Amt Ccy="EUR">-7.00', 1), line_of(GOOD, ">7.00"), "no amount of EUR"),
        (GOOD.replace(">7.00<", ">7.001<"), line_of(GOOD, ">7.00"), "no amount of EUR"),
        (GOOD.replace("<CdtDbtInd>CRDT", "<CdtDbtInd>XXXX", 1), line_of(GOOD, "<CdtDbtInd>"), "neither CRDT nor DBIT"),
        (GOOD.replace("<Dt>2018-07-10", "<Dt>2018-07-40"), line_of(GOOD, "<ValDt>"), "no date"),
        (re.sub(r"<AcctSvcrRef>.*?</AcctSvcrRef>", "", GOOD), None, "without the bank's reference"),
        (re.sub(r"(?s)<Sts>.*?</Sts>", "", GOOD), None, "state"),
        (STATUS.replace("<TxSts>RJCT", "<TxSts>MAYB"), line_of(STATUS, "<TxSts>"), "status 'MAYB'"),
        (re.sub(r"<OrgnlMsgId>.*?</OrgnlMsgId>", "", STATUS), None, "lacks OrgnlMsgId"),
    ],
)
def test_what_is_not_whole_or_not_understood_is_refused_with_its_line(text, line, reason):
    with pytest.raises(BankFileRefused, match=re.escape(reason)) as refusal:
        read_report(content=text.encode())

    if line is not None:
        assert refusal.value.line == line


def test_a_batch_of_details_must_sum_to_its_entry():
    one = GOOD.replace("</TxDtls>", "</TxDtls><TxDtls><Refs><EndToEndId>PL9-1</EndToEndId></Refs></TxDtls>", 1)

    with pytest.raises(BankFileRefused, match="no amount"):
        read_report(content=one.encode())


def test_entries_not_booked_yet_are_no_money():
    report = read_report(content=GOOD.replace("<Cd>BOOK", "<Cd>PDNG").encode())

    assert report.entries == ()


@given(amount=st.integers(0, 10**14), currency=st.sampled_from(["EUR", "JPY", "KWD", "CNY"]))
def test_amounts_survive_the_way_there_and_back(amount, currency):
    exponent = {"JPY": 0, "KWD": 3}.get(currency, 2)

    text = decimal_text(amount_minor=amount, exponent=exponent)

    assert minor_units(text=text, currency=currency, line=0) == amount


@given(content=st.binary(max_size=300))
def test_rubbish_is_refused_and_nothing_else_happens(content):
    with pytest.raises(BankFileRefused):
        read_report(content=content)
