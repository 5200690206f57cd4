"""
Product packs: one file makes a product.

A pack is TOML with three parts, each checked before anything is published: `[terms]` (kernel.product_terms) decide what
a loan's figures are, `[offer]` (kernel.offers) what may be offered, and `[[texts]]` what a customer must have read. The
packs of this folder are named by their jurisdiction: `cn`.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from postloan.kernel.offers import OfferTerms
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.quoting import QuotableProduct

FOLDER = Path(__file__).parent


class PackRefused(ValueError):
    """The file is no product pack; the message names the file and the first field that is wrong."""


class PackText(BaseModel):
    """A text the customer acknowledges."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)
    language: str = Field(min_length=2, max_length=10)
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1)


class Pack(BaseModel):
    """One product as data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)
    name: str = Field(min_length=1, max_length=120)
    terms: ProductTerms
    offer: OfferTerms
    texts: Annotated[tuple[PackText, ...], Field(min_length=1)]


def read_pack(*, file: Path) -> Pack:
    """Return the pack in a file. Refuses with PackRefused."""
    try:
        return Pack.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackRefused(f"{file.name}: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PackRefused(f"{file.name}: {where}: {first['msg']}") from None


@cache
def _shipped() -> dict[str, Pack]:
    packs = (read_pack(file=file) for file in sorted(FOLDER.glob("*/*.toml")))
    return {pack.code: pack for pack in packs}


def find_shipped_product(code: str) -> QuotableProduct | None:
    """Return the product of a pack that comes with Postloan, as a quote takes it; None where none has this code."""
    pack = _shipped().get(code)
    return None if pack is None else QuotableProduct(terms=pack.terms, offer=pack.offer)


def pack_files(*, name: str) -> list[Path]:
    """Return the files of a set that comes with Postloan (`cn`), or the one file named. Refuses with PackRefused."""
    folder = FOLDER / name
    if name.isalpha() and folder.is_dir():
        return sorted(folder.glob("*.toml"))
    file = Path(name)
    if not file.is_file():
        sets = ", ".join(sorted(each.name for each in FOLDER.iterdir() if each.is_dir() and each.name.isalpha()))
        raise PackRefused(f"{name} is neither a file nor a set of packs ({sets})")
    return [file]
