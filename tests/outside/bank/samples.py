"""Files of debits as the tests make them."""

from datetime import UTC, date, datetime
from typing import Any

from postloan.outside.bank.port import BankAccount, Creditor, Debit, DebitFile

IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300")
CREDITOR = Creditor(
    name="Postloan Demo Lender",
    scheme_id="DE98ZZZ09999999999",
    account=BankAccount(number="DE02120300000000202051", bank_code="BYLADEM1001"),
)
COLLECT_DATE = date(2018, 7, 10)


def debit(number: int = 1, **changes: Any) -> Debit:
    facts = {
        "end_to_end_id": f"PL{number}-1",
        "amount_minor": 50_500 + number,
        "mandate_reference": f"M{number}",
        "mandate_signed_date": date(2018, 6, 1),
        "debtor_name": "Ada Sample",
        "debtor_account": BankAccount(number=IBANS[(number - 1) % len(IBANS)]),
        "text": f"Loan {number}, instalment 1",
    }
    return Debit(**(facts | changes))


def debit_file(*debits: Debit, file_id: str = "PLF1", **changes: Any) -> DebitFile:
    facts = {
        "file_id": file_id,
        "made_at": datetime(2018, 7, 9, 1, tzinfo=UTC),
        "collect_date": COLLECT_DATE,
        "currency": "EUR",
        "scheme": "SEPA",
        "creditor": CREDITOR,
        "debits": debits or (debit(),),
    }
    return DebitFile(**(facts | changes))
