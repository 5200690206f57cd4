"""
The chart of accounts: what each account holds, and its fixed number in the database.

`docs/rules/ledger.md` shows for every event which accounts it moves.
"""

from enum import IntEnum


class AccountNo(IntEnum):
    """Numbers of the accounts. A number once used is never given to another account."""

    BANK = 1  # money at the bank, received or on its way in
    LOAN_PRINCIPAL = 2  # principal outstanding, due or not
    ACCRUED_INTEREST = 3  # interest earned, not yet due
    INTEREST_RECEIVABLE = 4  # interest due, unpaid
    FEE_RECEIVABLE = 5
    PENALTY_RECEIVABLE = 6
    UNAPPLIED_RECEIPTS = 7  # money received, not yet allocated: owed to the customer until then
    TAKEOVER = 8  # the other side of balances taken over from another core
    INTEREST_INCOME = 9
    FEE_INCOME = 10
    PENALTY_INCOME = 11
    MERCHANT_SETTLEMENT = 12  # owed by (debit) or to a merchant who gives a purchase back
    TRANSFERS_BETWEEN_LOANS = 13  # money on its way from one loan to another; nothing once both sides are booked
    WAIVER_EXPENSE = 14  # what the lender let off
    CHARGE_OFF_LOSS = 15  # what left the books as a loss; the debt is still owed
    RECOVERY_INCOME = 16  # what came in for debts written off


ACCOUNT_KINDS = {
    AccountNo.BANK: "asset",
    AccountNo.LOAN_PRINCIPAL: "asset",
    AccountNo.ACCRUED_INTEREST: "asset",
    AccountNo.INTEREST_RECEIVABLE: "asset",
    AccountNo.FEE_RECEIVABLE: "asset",
    AccountNo.PENALTY_RECEIVABLE: "asset",
    AccountNo.UNAPPLIED_RECEIPTS: "liability",
    AccountNo.TAKEOVER: "equity",
    AccountNo.INTEREST_INCOME: "income",
    AccountNo.FEE_INCOME: "income",
    AccountNo.PENALTY_INCOME: "income",
    AccountNo.MERCHANT_SETTLEMENT: "liability",
    AccountNo.TRANSFERS_BETWEEN_LOANS: "asset",
    AccountNo.WAIVER_EXPENSE: "expense",
    AccountNo.CHARGE_OFF_LOSS: "expense",
    AccountNo.RECOVERY_INCOME: "income",
}

RECEIVABLE = {
    "principal": AccountNo.LOAN_PRINCIPAL,
    "interest": AccountNo.INTEREST_RECEIVABLE,
    "fee": AccountNo.FEE_RECEIVABLE,
    "penalty": AccountNo.PENALTY_RECEIVABLE,
}
