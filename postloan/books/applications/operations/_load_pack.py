"""Publish a product pack: the product's terms, how it is offered, and the texts its customers must have read."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import LegalText, OfferRules
from postloan.books.applications.operations._publish_offer import publish_offer_rules, publish_text
from postloan.books.products import operations as products
from postloan.books.products.models import ProductVersion
from postloan.books.products.packs import Pack


class PackTextMissing(ValueError):
    """The pack asks for a text to be acknowledged and does not bring it."""


@dataclass(frozen=True)
class LoadedPack:
    """What now stands for the pack: made by this load, or the same from one before."""

    product_version: ProductVersion
    offer_rules: OfferRules
    texts: tuple[LegalText, ...]


@transaction.atomic
def load_pack(*, pack: Pack, by: str, at: datetime) -> LoadedPack:
    """
    Return what stands for the pack, all of it or nothing; loading the same pack again writes nothing.

    Refuses with PackTextMissing.
    """
    if missing := set(pack.offer.texts) - {text.code for text in pack.texts}:
        raise PackTextMissing(f"{pack.code}: {', '.join(sorted(missing))}")
    version = products.publish_product_version(code=pack.code, name=pack.name, terms=pack.terms, by=by, at=at)
    rules = publish_offer_rules(product_version=version, terms=pack.offer, by=by, at=at)
    texts = tuple(
        publish_text(
            product=version.product,
            code=text.code,
            language=text.language,
            title=text.title,
            body=text.body,
            by=by,
            at=at,
        )
        for text in pack.texts
    )
    return LoadedPack(version, rules, texts)
