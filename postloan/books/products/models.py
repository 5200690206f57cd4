"""Products, and the frozen versions whose terms a loan keeps for ever."""

from typing import ClassVar

from django.db import models

from postloan.kernel.product_terms import ProductTerms


class Product(models.Model):
    """What the lender sells, under a code such as `instalment_cash_loan`."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.code


class ProductVersion(models.Model):
    """All parameters of a product at one time. The database refuses any change: new terms are a new version."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="versions")
    version_no = models.SmallIntegerField()
    terms = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "version_no"], name="product_version_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.product.code} v{self.version_no}"

    @property
    def product_terms(self) -> ProductTerms:
        """The terms as the kernel knows them."""
        return ProductTerms.model_validate(self.terms)
