"""The papers, read back from the PDF as text."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import reportlab
from pypdf import PdfReader

from postloan.books.loans.documents import (
    Clause,
    Contract,
    DemandLine,
    LanguageNotWritten,
    Parties,
    PlanLine,
    ReceiptLine,
    Statement,
    TermsOfLoan,
    draw_contract,
    draw_statement,
    wording,
)
from postloan.kernel.annual_rates import AnnualRate
from postloan.kernel.penalties import LENDING_CLUB_LATE_FEE, PenaltyTerms

PARTIES = Parties(lender_name="Lender & <Sons>", lender_contact="+1 555 0100 100", borrower_name="测试 Testa Quillmere")
TERMS = TermsOfLoan(
    reference="L-2026-7",
    product="Instalment loan (v1)",
    currency="CNY",
    currency_digits=2,
    principal_minor=1_200_000,
    rate_ppm=500,
    rate_per="day",
    instalments=12,
    disbursed_date=date(2026, 1, 31),
    penalty=PenaltyTerms(rate_ppm=750, grace_days=3, cap_ppm=240_000),
    eu_effective=AnnualRate(200_000_000_000_000),
    china_nominal=AnnualRate(183_714_000_000_000),
)
PLAN = tuple(
    PlanLine(
        instalment_no=n,
        due_date=date(2026 + n // 12, n % 12 + 1, 28),
        principal_minor=100_000,
        interest_minor=1_234 + n,
        fee_minor=0,
        balance_minor=1_200_000 - 100_000 * n,
    )
    for n in range(1, 13)
)
CONTRACT = Contract(parties=PARTIES, terms=TERMS, plan=PLAN, made_on=date(2026, 1, 30))
STATEMENT = Statement(
    parties=PARTIES,
    terms=TERMS,
    from_date=date(2026, 2, 1),
    as_of=date(2026, 3, 31),
    principal_outstanding_minor=1_000_000,
    accrued_interest_minor=1_499,
    open_minor=51_235,
    past_due_minor=51_235,
    days_past_due=3,
    next_due_date=date(2026, 4, 28),
    next_due_minor=101_237,
    demands=(
        DemandLine(1, date(2026, 2, 28), due_minor=101_235, penalty_minor=0, paid_minor=101_235, waived_minor=0),
        DemandLine(2, date(2026, 3, 28), due_minor=101_240, penalty_minor=4, paid_minor=50_000, waived_minor=5),
    ),
    receipts=(
        ReceiptLine(date(2026, 2, 28), "BANK-1", 101_235, 100_000, 1_235, 0, 0, 0, 0),
        ReceiptLine(date(2026, 3, 29), "BANK-2", 50_100, 48_760, 1_236, 0, 4, 60, 40),
    ),
)


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(pages_of(pdf)).split())


def test_a_contract_in_english_says_who_what_when_and_what_it_costs():
    text = text_of(draw_contract(contract=CONTRACT, language="en"))

    for said in (
        "Loan contract and repayment plan",
        "Lender & <Sons>",
        "测试 Testa Quillmere",
        "L-2026-7",
        "CNY 12,000.00",
        "0.05 % a day",
        "31 January 2026",
        "Drawn up on 30 January 2026",
        "18.37 %",
        "20.00 %",
        "0.075 % per 1 day(s) on the overdue principal; nothing if paid within 3 days; at most 24 % of the overdue",
        "Page 1 of 1",
    ):
        assert said in text


def test_a_contract_in_chinese_says_the_same():
    text = text_of(draw_contract(contract=CONTRACT, language="zh-hans")).replace(" ", "")

    for said in (
        "借款合同及还款计划",
        "Lender&<Sons>",
        "测试TestaQuillmere",
        "每日",
        "0.05%每日",
        "2026年1月31日",
        "18.37%",
        "逾期本金",
        "不超过逾期本金的24%",
        "应还款日",
        "第1页，共1页",
    ):
        assert said in text
    assert "Principal" not in text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_row_of_the_plan_and_its_sums_are_on_the_contract(language):
    text = text_of(draw_contract(contract=CONTRACT, language=language))

    words = wording.LANGUAGES[language]
    for line in PLAN:
        due = wording.day_text(day=line.due_date, words=words)
        row = " ".join(
            f"{amount / 100:,.2f}" for amount in (100_000, line.interest_minor, 0, line.total_minor, line.balance_minor)
        )
        assert f"{line.instalment_no} {due} {row}" in text
    interest = sum(line.interest_minor for line in PLAN)
    assert f"12,000.00 {interest / 100:,.2f} 0.00 {(1_200_000 + interest) / 100:,.2f}" in text


def test_clauses_stand_as_the_lender_wrote_them_with_their_version():
    contract = replace(
        CONTRACT,
        clauses=(Clause("1. Early repayment", "At any time <b>free</b> & simple.\nInterest for days borrowed only."),),
        text_version="2026-01 en",
    )

    text = text_of(draw_contract(contract=contract, language="en"))

    assert "1. Early repayment At any time <b>free</b> & simple. Interest for days borrowed only." in text
    assert "Version of the clauses 2026-01 en" in text


def test_what_does_not_exist_is_left_out():
    bare = replace(CONTRACT, terms=replace(TERMS, penalty=None, eu_effective=None, china_nominal=None))

    text = text_of(draw_contract(contract=bare, language="en"))

    assert "If a payment is late" not in text
    assert "All-in annual cost" not in text


def test_a_late_fee_is_told_in_words_and_amounts():
    contract = replace(CONTRACT, terms=replace(TERMS, penalty=None, late_fee=LENDING_CLUB_LATE_FEE))

    assert "the greater of 15.00 and 5 % of what is unpaid, after 15 days" in text_of(
        draw_contract(contract=contract, language="en")
    )
    assert "逾期满15日后" in text_of(draw_contract(contract=contract, language="zh-hans")).replace(" ", "")


def test_a_long_plan_repeats_its_head_and_counts_its_pages():
    plan = tuple(replace(PLAN[0], instalment_no=n) for n in range(1, 121))

    pages = pages_of(draw_contract(contract=replace(CONTRACT, plan=plan), language="en"))

    assert len(pages) > 2
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))
    assert all("Principal left" in page for page in pages)


def test_a_statement_says_where_the_loan_stands_what_was_asked_and_what_came_in():
    text = text_of(draw_statement(statement=STATEMENT, language="en"))

    for said in (
        "Statement of account",
        "1 February 2026 – 31 March 2026",
        "As of the close of 31 March 2026",
        "Principal outstanding 10,000.00",
        "Interest accrued, not yet due 14.99",
        "Of it past due 512.35",
        "Days past due 3",
        "28 April 2026 · 1,012.37",
        "2 28 March 2026 1,012.40 0.04 500.00 0.05 512.35",
        "Total 2,024.75 0.04 1,512.35 0.05 512.35",
        "29 March 2026 BANK-2 501.00 487.60 12.36 0.00 0.04 0.60 0.40",
        "Total 1,513.35 1,487.60 24.71 0.00 0.04 0.60 0.40",
    ):
        assert said in text


def test_a_statement_in_chinese_uses_the_words_of_the_trade():
    text = text_of(draw_statement(statement=STATEMENT, language="zh-hans")).replace(" ", "")

    for said in (
        "贷款对账单",
        "未还本金10,000.00",
        "逾期天数3",
        "待分配款",
        "BANK-2501.00487.60",
        "2026年4月28日·1,012.37",
    ):
        assert said in text


def test_a_statement_of_nothing_says_so():
    empty = replace(STATEMENT, demands=(), receipts=(), next_due_date=None, next_due_minor=None)

    assert "No instalment has been demanded yet." in text_of(draw_statement(statement=empty, language="en"))
    assert "No payment was received" in text_of(draw_statement(statement=empty, language="en"))
    assert "本期间无还款" in text_of(draw_statement(statement=empty, language="zh-hans"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_same_paper_is_the_same_bytes(language):
    first = draw_contract(contract=CONTRACT, language=language)

    assert draw_contract(contract=CONTRACT, language=language) == first


def test_a_currency_without_cents_is_written_without_them():
    yen = replace(CONTRACT, terms=replace(TERMS, currency="JPY", currency_digits=0))

    assert "JPY 1,200,000 " in text_of(draw_contract(contract=yen, language="en"))


def test_the_paper_names_itself_and_its_language():
    reader = PdfReader(io.BytesIO(draw_contract(contract=CONTRACT, language="zh-hans")))

    assert reader.metadata.title == "借款合同及还款计划 L-2026-7"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """The fonts of the first page, and whether each is embedded."""
    found = {}
    for entry in PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values():
        font = entry.get_object()
        descendants = font.get("/DescendantFonts")
        bearer = descendants[0].get_object() if descendants else font
        descriptor = bearer.get("/FontDescriptor")
        found[str(font["/BaseFont"])] = descriptor is not None and "/FontFile2" in descriptor.get_object()
    return found


def test_a_font_file_is_embedded_where_the_archive_asks_for_it():
    """ReportLab brings one TrueType file along; it has no Chinese, which does not matter for being embedded."""
    file = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"

    plain = fonts_of(draw_contract(contract=CONTRACT, language="zh-hans"))
    embedded = fonts_of(draw_contract(contract=CONTRACT, language="zh-hans", chinese_font_file=file))

    assert not plain["/STSong-Light"]
    assert "/STSong-Light" not in embedded
    assert any("Vera" in name and is_embedded for name, is_embedded in embedded.items())


def test_a_language_without_words_is_refused():
    with pytest.raises(LanguageNotWritten):
        draw_contract(contract=CONTRACT, language="fr")


@pytest.mark.parametrize(
    ("ppm", "text"), [(0, "0 %"), (500, "0.05 %"), (94_822, "9.4822 %"), (240_000, "24 %"), (1, "0.0001 %")]
)
def test_a_rate_is_written_with_the_decimals_it_has(ppm, text):
    assert wording.ppm_text(ppm) == text
