"""
What the files of another core mean: the mapping of an import, and the columns of instalments and receipts beside it.

Positions are described exactly as a tape (docs/rules/import.md). `[instalments]` and
`[receipts]` name the columns of the other two kinds, `[expected]` what comes every day.
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from postloan.books.loans.importing.mapping import (
    AnyColumn,
    AnyDate,
    AnyMoney,
    Column,
    Mapping,
    MappingRefused,
    Part,
    Tape,
)
from postloan.kernel.product_terms import ProductTerms

FileKind = Literal["positions", "instalments", "receipts"]
KINDS: tuple[FileKind, ...] = ("positions", "instalments", "receipts")


class KindNotMapped(ValueError):
    """The mapping says nothing of this kind of file."""


class InstalmentColumns(Part):
    """A row of a loan's plan: what falls due and what of it is paid. What is not named is zero."""

    loan_id: AnyColumn
    instalment_no: AnyColumn
    due_date: AnyDate
    principal_due: AnyMoney
    interest_due: AnyMoney | None = None
    fee_due: AnyMoney | None = None
    penalty_due: AnyMoney | None = None
    principal_paid: AnyMoney | None = None
    interest_paid: AnyMoney | None = None
    fee_paid: AnyMoney | None = None
    penalty_paid: AnyMoney | None = None


class ReceiptColumns(Part):
    """Money the other core took in. `reference` is unique within the source; a repeat is the same receipt."""

    reference: AnyColumn
    loan_id: AnyColumn
    amount: AnyMoney
    value_date: AnyDate
    booked_date: AnyDate | None = None


class Expected(Part):
    """Which kinds come every day, and by which hour of the day after (lender's time zone)."""

    kinds: list[FileKind] = []
    by_hour: int = Field(default=6, ge=0, le=23)


class SyncMapping(Mapping):
    """The whole mapping of a core that is followed."""

    instalments: InstalmentColumns | None = None
    receipts: ReceiptColumns | None = None
    expected: Expected = Expected()

    def columns_of(self, *, kind: FileKind) -> list[str]:
        """Return the names of the columns that are read of a kind of file, each once. Refuses with KindNotMapped."""
        if kind == "positions":
            return self.mapped_columns()
        part = self.instalments if kind == "instalments" else self.receipts
        if part is None:
            raise KindNotMapped(f"the mapping has no part [{kind}]")
        specs = [getattr(part, name) for name in type(part).model_fields]
        return list(dict.fromkeys(spec.column for spec in specs if isinstance(spec, Column)))


@dataclass(frozen=True)
class Layout:
    """How the text of one kind of file is written, and which of its columns are read."""

    tape: Tape
    names: list[str]

    def mapped_columns(self) -> list[str]:
        """Return the columns in the order in which rows give their texts."""
        return self.names


@dataclass(frozen=True)
class LoadedSyncMapping:
    """A mapping with the terms it names; `sha256` covers the bytes of both files."""

    mapping: SyncMapping
    terms: ProductTerms
    sha256: str


def mapping_of_core(*, mapping: dict[str, Any], terms: dict[str, Any], sha256: str) -> LoadedSyncMapping:
    """Return a mapping as it was kept with its core."""
    return LoadedSyncMapping(
        mapping=SyncMapping.model_validate_json(json.dumps(mapping)),
        terms=ProductTerms.model_validate(terms),
        sha256=sha256,
    )


def load_sync_mapping(*, file: Path) -> LoadedSyncMapping:
    """Return the mapping in `file` with its product terms. Refuses with MappingRefused."""
    try:
        content = file.read_bytes()
        mapping = SyncMapping.model_validate(tomllib.loads(content.decode()))
        terms_content = (file.parent / mapping.product.terms).read_bytes()
        terms = ProductTerms.model_validate(tomllib.loads(terms_content.decode()))
    except OSError as error:
        raise MappingRefused(f"{Path(str(error.filename)).name} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingRefused(f"{file.name} is not TOML: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise MappingRefused(f"{file.name}: {wrong}") from None
    digest = hashlib.sha256(content + b"\0" + terms_content)
    return LoadedSyncMapping(mapping=mapping, terms=terms, sha256=digest.hexdigest())
