"""
The lender's own names for the accounts of the ledger: a part of a product's terms, used by exports.

The ledger keeps one short chart (docs/rules/ledger.md). A lender's general ledger has codes and
names of its own, often another code for each product; a product pack says which.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

ACCOUNT_NAMES = frozenset(
    {
        "bank", "loan_principal", "accrued_interest", "interest_receivable", "fee_receivable", "penalty_receivable",
        "unapplied_receipts", "takeover", "interest_income", "fee_income", "penalty_income", "merchant_settlement",
        "transfers_between_loans", "waiver_expense", "charge_off_loss", "recovery_income", "interest_suspense",
    }
)  # fmt: skip


def _known(name: str) -> str:
    if name not in ACCOUNT_NAMES:
        raise ValueError(f"the ledger has no account {name}")
    return name


AccountName = Annotated[str, AfterValidator(_known)]
Written = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\s=+\-@]")]


class LenderAccount(BaseModel):
    """
    What the lender's own chart calls an account: its code, and its name by language (`en`, `zh-hans`).

    Codes are letters and digits in groups parted by dots: `1303.01`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$", max_length=40)
    name: dict[str, Written] = Field(min_length=1)

    def name_in(self, *, language: str) -> str:
        """Return the name in a language, or in the first one that is given."""
        return self.name.get(language) or next(iter(self.name.values()))
