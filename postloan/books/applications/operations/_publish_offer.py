"""Publish how a product is offered, and the texts its customers must have read, each as a frozen version."""

import hashlib
from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import LegalText, OfferRules
from postloan.books.products.models import Product, ProductVersion
from postloan.ground.audit import operations as audit
from postloan.kernel.offers import OfferTerms


@transaction.atomic
def publish_offer_rules(*, product_version: ProductVersion, terms: OfferTerms, by: str, at: datetime) -> OfferRules:
    """Return the newest rules of this product version, written now unless they say the same already."""
    Product.objects.select_for_update().get(pk=product_version.product_id)
    newest = OfferRules.objects.filter(product_version=product_version).order_by("-version_no").first()
    stored = terms.model_dump(mode="json")
    if newest is not None and newest.offer_terms.model_dump(mode="json") == stored:
        return newest
    rules = OfferRules.objects.create(
        product_version=product_version,
        version_no=newest.version_no + 1 if newest else 1,
        terms=stored,
        published_at=at,
    )
    audit.record_act(
        by=by,
        action="publish_offer_rules",
        subject_kind="product",
        subject_id=product_version.product.code,
        at=at,
        details={"product_version": product_version.version_no, "version_no": rules.version_no},
    )
    return rules


@transaction.atomic
def publish_text(
    *, product: Product, code: str, language: str, title: str, body: str, by: str, at: datetime
) -> LegalText:
    """Return the newest version of a text, written now unless it reads the same already."""
    Product.objects.select_for_update().get(pk=product.pk)
    newest = LegalText.objects.filter(product=product, code=code, language=language).order_by("-version_no").first()
    sha256 = hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()
    if newest is not None and newest.sha256 == sha256:
        return newest
    text = LegalText.objects.create(
        product=product,
        code=code,
        language=language,
        version_no=newest.version_no + 1 if newest else 1,
        title=title,
        body=body,
        sha256=sha256,
        published_at=at,
    )
    audit.record_act(
        by=by,
        action="publish_text",
        subject_kind="product",
        subject_id=product.code,
        at=at,
        details={"code": code, "language": language, "version_no": text.version_no, "sha256": sha256},
    )
    return text
