"""The lender's own codes and names, as a product pack gives them."""

import pytest
from pydantic import ValidationError

from postloan.books.ledger.chart import AccountNo
from postloan.books.products.packs import pack_files, read_pack
from postloan.kernel.lender_accounts import ACCOUNT_NAMES, LenderAccount
from postloan.kernel.product_terms import ProductTerms


def test_the_kernel_knows_every_account_of_the_ledger():
    assert {account.name.lower() for account in AccountNo} <= ACCOUNT_NAMES


@pytest.mark.parametrize("file", pack_files(name="cn"), ids=lambda file: file.stem)
def test_the_packs_name_accounts_in_both_languages_and_give_each_product_codes_of_its_own(file):
    accounts = read_pack(file=file).terms.accounts

    assert {"loan_principal", "interest_receivable", "interest_income"} <= set(accounts)
    assert all(set(account.name) == {"en", "zh-hans"} for account in accounts.values())
    others = [read_pack(file=other).terms.accounts for other in pack_files(name="cn") if other != file]
    assert all(accounts["loan_principal"].code != other["loan_principal"].code for other in others)


@pytest.mark.parametrize(
    "accounts",
    [
        {"goodwill": {"code": "1711", "name": {"en": "Goodwill"}}},
        {"bank": {"code": "=1", "name": {"en": "Bank"}}},
        {"bank": {"code": "1002", "name": {}}},
        {"bank": {"code": "1002", "name": {"en": "=HYPERLINK()"}}},
    ],
)
def test_an_account_that_does_not_exist_or_cannot_be_written_is_refused(accounts):
    with pytest.raises(ValidationError):
        ProductTerms.model_validate({"currency": "CNY", "accounts": accounts})


def test_a_name_that_is_missing_in_a_language_is_shown_in_another():
    account = LenderAccount(code="1002", name={"en": "Bank"})

    assert account.name_in(language="zh-hans") == "Bank"
