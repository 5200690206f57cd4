"""
The words of the papers, in English and 简体中文.

A paper is evidence: its words belong to the version of the program that drew it and do not follow the
translations of the pages. One table for each language; a missing word is a type error.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from postloan.kernel.annual_rates import AnnualRate
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.rates import PPM


@dataclass(frozen=True)
class Words:
    """Every word of the papers in one language; those with braces are filled in."""

    language: str
    contract: str
    statement: str
    lender: str
    borrower: str
    contact: str
    reference: str
    product: str
    principal: str
    rate: str
    per: dict[str, str]
    instalments: str
    disbursed: str
    made_on: str
    text_version: str
    annual_cost: str
    china_nominal: str
    eu_effective: str
    us_actuarial: str
    late: str
    penalty: str
    penalty_grace: str
    penalty_cap: str
    late_fee: str
    plan: str
    number: str
    due_date: str
    interest: str
    fee: str
    total: str
    balance: str
    amounts_in: str
    signatures: str
    period: str
    as_of: str
    outstanding: str
    accrued: str
    open: str
    past_due: str
    days_past_due: str
    next_payment: str
    nothing: str
    demands: str
    due: str
    of_it_penalty: str
    paid: str
    waived: str
    receipts: str
    value_date: str
    bank_reference: str
    amount: str
    penalties: str
    unapplied: str
    refunded: str
    no_demands: str
    no_receipts: str
    page: str
    date_pattern: str


ENGLISH = Words(
    language="en",
    contract="Loan contract and repayment plan",
    statement="Statement of account",
    lender="Lender",
    borrower="Borrower",
    contact="How to reach us",
    reference="Loan number",
    product="Product",
    principal="Principal",
    rate="Interest rate",
    per={"year": "a year", "month": "a month", "day": "a day"},
    instalments="Instalments",
    disbursed="Paid out on",
    made_on="Drawn up on",
    text_version="Version of the clauses",
    annual_cost="All-in annual cost, every payment on its due date",
    china_nominal="Internal rate, rate of a period × periods",
    eu_effective="Effective rate, with interest on interest",
    us_actuarial="Annual percentage rate, actuarial",
    late="If a payment is late",
    penalty="{rate} per {days} day(s) on {basis}",
    penalty_grace="nothing if paid within {days} days",
    penalty_cap="at most {cap} of the overdue principal",
    late_fee="once for each instalment: the greater of {amount} and {share} of what is unpaid, after {days} days",
    plan="Repayment plan",
    number="No.",
    due_date="Due date",
    interest="Interest",
    fee="Fees",
    total="Total",
    balance="Principal left",
    amounts_in="Amounts in {currency}",
    signatures="Signatures",
    period="Period",
    as_of="As of the close of",
    outstanding="Principal outstanding",
    accrued="Interest accrued, not yet due",
    open="Demanded and not yet paid",
    past_due="Of it past due",
    days_past_due="Days past due",
    next_payment="Next payment of the plan",
    nothing="none",
    demands="Instalments demanded",
    due="Due",
    of_it_penalty="Of it penalty",
    paid="Paid",
    waived="Waived",
    receipts="Payments received in the period",
    value_date="Received",
    bank_reference="Reference",
    amount="Amount",
    penalties="Penalty",
    unapplied="Unapplied",
    refunded="Refunded",
    no_demands="No instalment has been demanded yet.",
    no_receipts="No payment was received in this period.",
    page="Page {page} of {pages}",
    date_pattern="{day} {month} {year}",
)

CHINESE = Words(
    language="zh-hans",
    contract="借款合同及还款计划",
    statement="贷款对账单",
    lender="贷款人",
    borrower="借款人",
    contact="联系方式",
    reference="借据编号",
    product="产品",
    principal="本金",
    rate="借款利率",
    per={"year": "每年", "month": "每月", "day": "每日"},
    instalments="期数",
    disbursed="放款日期",
    made_on="出具日期",
    text_version="条款版本",
    annual_cost="综合年化成本（按期还款）",
    china_nominal="内部收益率（每期利率×每年期数，单利）",
    eu_effective="内部收益率（复利，有效年利率）",
    us_actuarial="精算法年利率",
    late="逾期还款",
    penalty="按{basis}，每 {days} 日 {rate}",
    penalty_grace="{days} 日内还清不收取",
    penalty_cap="不超过逾期本金的 {cap}",
    late_fee="每期一次：逾期满 {days} 日后，按 {amount} 与未还金额的 {share} 中较高者",
    plan="还款计划",
    number="期次",
    due_date="应还款日",
    interest="利息",
    fee="费用",
    total="合计",
    balance="剩余本金",
    amounts_in="金额单位：{currency}",
    signatures="签署",
    period="期间",
    as_of="截至日终",
    outstanding="未还本金",
    accrued="已计未到期利息",
    open="已到期应还未还",
    past_due="其中逾期",
    days_past_due="逾期天数",
    next_payment="下期应还",
    nothing="无",
    demands="各期应还明细",
    due="应还",
    of_it_penalty="其中罚息",
    paid="已还",
    waived="已减免",
    receipts="期间还款明细",
    value_date="到账日",
    bank_reference="流水号",
    amount="金额",
    penalties="罚息",
    unapplied="待分配款",
    refunded="已退款",
    no_demands="尚无到期分期。",
    no_receipts="本期间无还款。",
    page="第 {page} 页，共 {pages} 页",
    date_pattern="{year}年{month_no}月{day}日",
)

LANGUAGES = {words.language: words for words in (ENGLISH, CHINESE)}

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_BASIS = {
    "en": {"overdue_principal": "the overdue principal", "overdue_total": "all that is overdue"},
    "zh-hans": {"overdue_principal": "逾期本金", "overdue_total": "逾期总额"},
}


def day_text(*, day: date, words: Words) -> str:
    """Return a date in full: 31 March 2026, 2026年3月31日."""
    return words.date_pattern.format(day=day.day, month=_MONTHS[day.month - 1], month_no=day.month, year=day.year)


def amount_text(*, amount_minor: int, digits: int) -> str:
    """
    Return an amount with thousands and all its decimals, without a currency.

    >>> amount_text(amount_minor=-123_456, digits=2)
    '-1,234.56'
    """
    return f"{Decimal(amount_minor).scaleb(-digits):,.{digits}f}"


def ppm_text(ppm: int) -> str:
    """
    Return millionths as a percentage without zeros at the end.

    >>> ppm_text(500)
    '0.05 %'
    """
    whole, part = divmod(ppm * 100, PPM)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".") + " %"


def annual_text(rate: AnnualRate) -> str:
    """Return an annual rate with two decimals, half up."""
    return f"{rate.percent():f} %"


def penalty_text(*, terms: PenaltyTerms, words: Words) -> str:
    """Return what lateness costs by the day, in words."""
    parts = [
        words.penalty.format(
            rate=ppm_text(terms.rate_ppm), days=terms.rate_period_days, basis=_BASIS[words.language][terms.basis]
        )
    ]
    if terms.grace_days:
        parts.append(words.penalty_grace.format(days=terms.grace_days))
    if terms.cap_ppm is not None:
        parts.append(words.penalty_cap.format(cap=ppm_text(terms.cap_ppm)))
    return ("；" if words.language == "zh-hans" else "; ").join(parts)


def late_fee_text(*, terms: LateFeeTerms, digits: int, words: Words) -> str:
    """Return what lateness costs once for each instalment, in words."""
    return words.late_fee.format(
        amount=amount_text(amount_minor=terms.minimum_minor, digits=digits),
        share=ppm_text(terms.share_ppm),
        days=terms.grace_days,
    )
