"""
What the lender's own chart calls each account of each product.

The newest version of a product says it (`[terms.accounts]` of its pack), for the
whole history, so that a file shows one account under one name. Where a product
says nothing, the ledger's own number and code stand.
"""

from collections import Counter
from dataclasses import dataclass

from postloan.books.ledger.journal_queries import get_accounts
from postloan.books.ledger.models import Account
from postloan.books.products.models import Product, ProductVersion
from postloan.kernel.lender_accounts import LenderAccount

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}


@dataclass(frozen=True)
class AccountTitle:
    """An account of a product as accountants see it; `product` is empty for postings without a loan."""

    account: str
    kind: str
    product: str
    code: str
    name: str
    path: str


class Titles:
    """The titles of all accounts of all products, read once; names in one language."""

    def __init__(self, *, language: str) -> None:
        self._language = language
        self._accounts: dict[int, Account] = {account.pk: account for account in get_accounts()}
        products = list(Product.objects.order_by("pk"))
        self._products = {product.pk: product.code for product in products}
        self._parts = _path_parts(products)
        newest = ProductVersion.objects.order_by("product_id", "-version_no").distinct("product_id")
        self._mapped = {version.product_id: version.product_terms.accounts for version in newest}

    def title(self, *, account_id: int, product_id: int | None) -> AccountTitle:
        """Return the title of one account, of a product or of none."""
        account = self._accounts[account_id]
        mapped: LenderAccount | None = self._mapped.get(product_id, {}).get(account.code) if product_id else None
        own_code = mapped.code if mapped else account.code
        part = own_code.replace(".", "-") if mapped else account.code.replace("_", "-").title()
        path = [ROOTS[account.kind], part[:1].upper() + part[1:]]
        return AccountTitle(
            account=account.code,
            kind=account.kind,
            product=self._products[product_id] if product_id else "",
            code=mapped.code if mapped else str(account.pk),
            name=mapped.name_in(language=self._language) if mapped else account.code.replace("_", " "),
            path=":".join([*path, self._parts[product_id]] if product_id else path),
        )


def _path_parts(products: list[Product]) -> dict[int, str]:
    """Return the codes of products as Beancount writes them; a number tells apart what would read the same."""
    parts = {product.pk: product.code.replace("_", "-").strip("-").title() or "P" for product in products}
    count = Counter(parts.values())
    return {key: f"{part}-{key}" if count[part] > 1 else part for key, part in parts.items()}
