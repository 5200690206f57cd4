"""
The books of a loan: every account is a formula over the totals, every journal entry the difference of two moments.

Nothing posted is ever edited. When a backdated or reversed event changes the past, `postings_to_book` gives what has
to be posted today so that the books say what the replay says. Accounts are named as in the chart of accounts.
"""

from datetime import date
from typing import Final

from postloan.kernel.engine._books import earned_on_book
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PRINCIPAL, Entry, State

ACCOUNTS: Final = (
    "bank",
    "merchant_settlement",
    "takeover",
    "loan_principal",
    "accrued_interest",
    "interest_receivable",
    "fee_receivable",
    "penalty_receivable",
    "unapplied_receipts",
    "interest_income",
    "fee_income",
    "penalty_income",
    "waiver_expense",
    "charge_off_loss",
    "recovery_income",
)
"""Accounts of one loan; debit is positive."""


def balances_of(state: State, on_date: date) -> dict[str, int]:
    """Return the balance of every account when `on_date` has come, interest earned to that day."""
    totals = state.totals
    earned = earned_on_book(state, on_date)

    def receivable(place: int) -> int:
        return totals.raised[place] - totals.paid[place] - totals.waived[place] - totals.written[place]

    return {
        "bank": totals.received + totals.returned_payout - totals.refunded - totals.charged_back - totals.lent_to_bank,
        "merchant_settlement": totals.returned_by_merchant,
        "takeover": -totals.taken_over - totals.interest_taken_over,
        "loan_principal": totals.lent - totals.paid[PRINCIPAL] - totals.waived[PRINCIPAL] - totals.written[PRINCIPAL],
        "accrued_interest": earned - totals.raised_on_book[INTEREST] - totals.accrued_written,
        "interest_receivable": receivable(INTEREST),
        "fee_receivable": receivable(FEE),
        "penalty_receivable": receivable(PENALTY),
        "unapplied_receipts": -state.held_minor,
        "interest_income": totals.interest_given_back + totals.interest_taken_over - earned - totals.income_on_payment,
        "fee_income": -totals.raised_on_book[FEE],
        "penalty_income": -totals.raised_on_book[PENALTY],
        "waiver_expense": sum(totals.waived),
        "charge_off_loss": totals.loss,
        "recovery_income": -totals.recovered,
    }


def post(state: State, *, event_id: str, kind: str, on_date: date) -> None:
    """Add the entry that leads from the last posted balances to those of now, if anything moved."""
    now = balances_of(state, on_date)
    legs = tuple(
        (account, now[account] - state.balances.get(account, 0))
        for account in ACCOUNTS
        if now[account] != state.balances.get(account, 0)
    )
    if not legs:
        return
    assert sum(amount for _, amount in legs) == 0, (event_id, kind, legs)
    state.entries.append(Entry(on_date, event_id, kind, legs))
    state.balances = now
