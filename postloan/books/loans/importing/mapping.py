"""
What a lender's tape means: columns, units, dates, status words, product, people.

A mapping is a TOML file that names everything and guesses nothing; what is not
said here is not read. `docs/rules/import.md` describes every key.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from postloan.kernel.money import Rounding
from postloan.kernel.product_terms import ProductTerms

Model = TypeVar("Model", bound=BaseModel)
Meaning = Literal["current", "late", "paid_off", "charged_off"]


class MappingRefused(ValueError):
    """The mapping or the product terms it names cannot be used; the message names the keys."""


class Part(BaseModel):
    """A part of a mapping: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _column_by_name(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Column(Part):
    """A column of the tape. `strip` lists pieces of text taken away before it is read, such as "$" or " months"."""

    column: str = Field(min_length=1)
    strip: list[str] = []


class MoneyColumn(Column):
    """An amount: `unit` major (12.50) or minor (1250); `rounding` for figures finer than a minor unit."""

    unit: Literal["major", "minor"] = "major"
    rounding: Literal["refuse", "half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"] = "refuse"

    @property
    def rounding_rule(self) -> Rounding | None:
        """How finer figures are rounded; None refuses them."""
        return None if self.rounding == "refuse" else Rounding(self.rounding)


class RateColumn(Column):
    """A rate in the period of the product's terms: 9.5 percent, 0.095 fraction, 950 basis points, 95000 ppm."""

    unit: Literal["percent", "fraction", "basis_points", "ppm"] = "percent"


class DateColumn(Column):
    """A date in one of `formats` (strptime). `day` is for tapes that tell only the month."""

    formats: list[str] = Field(default=["%Y-%m-%d"], min_length=1)
    day: Annotated[int, Field(ge=1, le=28)] | Literal["spread"] | None = None


class Fixed(Part):
    """The same value in every row."""

    fixed: str


AnyColumn = Annotated[Column, BeforeValidator(_column_by_name)]
AnyMoney = Annotated[MoneyColumn, BeforeValidator(_column_by_name)]
AnyRate = Annotated[RateColumn, BeforeValidator(_column_by_name)]
AnyDate = Annotated[DateColumn, BeforeValidator(_column_by_name)]
ColumnOrFixed = Annotated[Column | Fixed, BeforeValidator(_column_by_name)]


class Tape(Part):
    """The file: under which `source` its loans are known, and how its text is written."""

    source: str = Field(min_length=1, max_length=40)
    as_of: date | None = None
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ",", ".", " ", "'"] = ""
    empty: list[str] = ["NA"]
    minor_digits: int = Field(default=2, ge=0, le=4)
    spread_seed: int = 1

    @model_validator(mode="after")
    def _marks_differ(self) -> "Tape":
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("decimal_mark and thousands_mark are the same")
        return self


class ProductNamed(Part):
    """The product of every loan of the tape; `terms` is a TOML file beside the mapping."""

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=120)
    terms: str


class LoanColumns(Part):
    """Which column tells what of a loan. Optional figures that are missing are derived or left at zero."""

    loan_id: AnyColumn
    principal: AnyMoney
    rate: AnyRate
    instalments: AnyColumn
    disbursed_date: AnyDate
    balance: AnyMoney
    status: AnyColumn | None = None
    instalment: AnyMoney | None = None
    first_due_date: AnyDate | None = None
    next_due_date: AnyDate | None = None
    days_past_due: AnyColumn | None = None
    paid_principal: AnyMoney | None = None
    paid_interest: AnyMoney | None = None
    paid_fees: AnyMoney | None = None
    paid_total: AnyMoney | None = None
    grade: AnyColumn | None = None
    currency: AnyColumn | None = None

    @model_validator(mode="after")
    def _position_is_told(self) -> "LoanColumns":
        if self.status is None and self.days_past_due is None and self.next_due_date is None:
            raise ValueError("map status, days_past_due or next_due_date, or nothing tells where a loan stands")
        for name in ("first_due_date", "next_due_date"):
            column: DateColumn | None = getattr(self, name)
            if column is not None and column.day == "spread":
                raise ValueError(f"{name}: only disbursed_date can be spread")
        return self


class StatusWord(Part):
    """What a status word means; `from_days` to `to_days` (inclusive, open where left out) are days past due of late."""

    meaning: Meaning
    from_days: int | None = Field(default=None, ge=1)
    to_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _band_is_one(self) -> "StatusWord":
        if self.meaning != "late" and (self.from_days is not None or self.to_days is not None):
            raise ValueError("only late has days past due")
        if self.from_days is not None and self.to_days is not None and self.to_days < self.from_days:
            raise ValueError("to_days lies before from_days")
        return self


class CustomerColumns(Part):
    """Which column tells what of a customer. Without `id` each loan is taken for another customer's."""

    id: AnyColumn | None = None
    name: AnyColumn | None = None
    email: AnyColumn | None = None
    phone: AnyColumn | None = None
    phone_region: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
    language: ColumnOrFixed = Fixed(fixed="en")
    region: ColumnOrFixed = Fixed(fixed="")
    time_zone: ColumnOrFixed = Fixed(fixed="UTC")
    time_zone_by_region: dict[str, str] = {}
    unreadable_contact_points: Literal["refuse", "leave_out"] = "refuse"


class PeopleNamed(Part):
    """`invent = true`: the tape names nobody, so people are invented from `seed` and marked as invented."""

    invent: bool = False
    seed: int = 1


class Mapping(Part):
    """The whole mapping."""

    tape: Tape
    product: ProductNamed
    columns: LoanColumns
    statuses: dict[str, StatusWord] = {}
    customer: CustomerColumns = CustomerColumns()
    people: PeopleNamed = PeopleNamed()

    @model_validator(mode="after")
    def _status_words_are_told(self) -> "Mapping":
        if self.columns.status is not None and not self.statuses:
            raise ValueError("statuses: say what the words of the status column mean")
        personal = (self.customer.id, self.customer.name, self.customer.email, self.customer.phone)
        if self.people.invent and any(column is not None for column in personal):
            raise ValueError("people: a tape that names its customers needs no invented ones")
        return self

    def mapped_columns(self) -> list[str]:
        """Return the names of all columns of the tape that are read, each once."""
        parts = (self.columns, self.customer)
        specs = [getattr(part, name) for part in parts for name in type(part).model_fields]
        return list(dict.fromkeys(spec.column for spec in specs if isinstance(spec, Column)))


@dataclass(frozen=True)
class LoadedMapping:
    """A mapping with the terms it names; `sha256` covers the bytes of both files."""

    mapping: Mapping
    terms: ProductTerms
    sha256: str


def load_mapping(*, file: Path) -> LoadedMapping:
    """Return the mapping in `file` with its product terms. Refuses with MappingRefused, naming file and key."""
    mapping = _read(model=Mapping, file=file)
    terms_file = file.parent / mapping.product.terms
    terms = _read(model=ProductTerms, file=terms_file)
    digest = hashlib.sha256(file.read_bytes() + b"\0" + terms_file.read_bytes())
    return LoadedMapping(mapping=mapping, terms=terms, sha256=digest.hexdigest())


def _read(*, model: type[Model], file: Path) -> Model:
    try:
        return model.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise MappingRefused(f"{file.name} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingRefused(f"{file.name} is not TOML: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in found['loc']) or 'the whole'}: {found['msg']}" for found in error.errors()
        )
        raise MappingRefused(f"{file.name}: {wrong}") from None
