"""Publish the terms of a product as its next frozen version."""

from datetime import datetime

from django.db import transaction

from postloan.books.products.models import Product, ProductVersion
from postloan.ground.audit import operations as audit
from postloan.kernel.product_terms import ProductTerms


@transaction.atomic
def publish_product_version(*, code: str, name: str, terms: ProductTerms, by: str, at: datetime) -> ProductVersion:
    """
    Return the newest version of the product `code`, written now unless its newest terms are these already.

    A product not known yet is made, with `name`; the name of a known one stays. Terms are compared
    as they are stored, so a default that is written out is no new version.
    """
    product, _ = Product.objects.get_or_create(code=code, defaults={"name": name})
    Product.objects.select_for_update().get(pk=product.pk)  # two publishers do not take one number
    newest = product.versions.order_by("-version_no").first()
    stored = terms.model_dump(mode="json")
    if newest is not None and newest.product_terms.model_dump(mode="json") == stored:
        return newest
    version = ProductVersion.objects.create(
        product=product, version_no=newest.version_no + 1 if newest else 1, terms=stored, created_at=at
    )
    audit.record_act(
        by=by,
        action="publish_product_version",
        subject_kind="product",
        subject_id=code,
        at=at,
        details={"version_no": version.version_no},
    )
    return version
