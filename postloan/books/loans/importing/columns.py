"""
Text columns of a tape into whole numbers, dates and words, exactly.

Decimal text never becomes a float. Every reader returns the values and, for the
rows it could not read, what stood there and why it will not do; the value of
such a row is a placeholder that nobody must use.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from postloan.kernel.money import Int64Array, Rounding, divide_rounded

DateArray = npt.NDArray[np.datetime64]
DIGITS_MOST = 12
DECIMAL = rf"^([+-]?)([0-9]{{0,{DIGITS_MOST}}})(?:\.([0-9]*))?$"

PLACEHOLDER_DATE = date(2000, 1, 1)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value: its place in the column, what kind of value stood there, and the reason."""

    place: int
    kind: str
    reason: str


@dataclass(frozen=True)
class Read:
    """The values of a column, an array along the rows, and the faults found. `is_given` is False where nothing stood."""

    values: Any
    is_given: npt.NDArray[np.bool_]
    faults: list[Fault] = field(default_factory=list)


def clean(*, texts: list[str], strip: list[str], empty: list[str]) -> pl.Series:
    """Return the texts without blanks around them and without the pieces in `strip`; "" where nothing is told."""
    series = pl.Series(texts, dtype=pl.String)
    for piece in strip:
        series = series.str.replace_all(piece, "", literal=True)
    series = series.str.strip_chars()
    words = [word for word in empty if word]
    if words:
        series = pl.select(pl.when(series.is_in(words)).then(pl.lit("")).otherwise(series)).to_series()
    return series


def read_numbers(
    *,
    texts: pl.Series,
    decimals: int,
    rounding: Rounding | None,
    decimal_mark: str = ".",
    thousands_mark: str = "",
    may_be_negative: bool = False,
    required: bool = True,
) -> Read:
    """
    Return decimal numbers as whole numbers of the unit that is 10**-decimals.

    A number finer than the unit is rounded by `rounding`, or is a fault where that is None. Zeros at
    the end do not make a number finer.
    """
    plain = texts.str.replace_all(thousands_mark, "", literal=True) if thousands_mark else texts
    if decimal_mark != ".":
        # A point is then no decimal mark, so a text with one is no number.
        plain = plain.str.replace_all(".", "?", literal=True).str.replace_all(decimal_mark, ".", literal=True)
    parts = plain.str.extract_groups(DECIMAL).struct.unnest()
    sign, whole = parts["1"], parts["2"].fill_null("")
    fraction = parts["3"].fill_null("").str.strip_chars_end("0")
    is_given = (texts != "").to_numpy()
    is_number = (sign.is_not_null() & ((whole != "") | (parts["3"].fill_null("") != ""))).to_numpy()
    fits = (fraction.str.len_chars() <= decimals).to_numpy()
    values = _scaled(whole=whole, fraction=fraction, decimals=decimals, usable=is_number & fits)
    is_negative = (sign == "-").fill_null(False).to_numpy()
    finer = is_number & ~fits
    if rounding is not None:
        for place in np.flatnonzero(finer).tolist():
            digits = fraction[place]
            numerator = int(whole[place] + digits) * (-1 if is_negative[place] else 1)
            extra = 10 ** (len(digits) - decimals)
            values[place] = abs(divide_rounded(numerator=numerator, denominator=extra, rounding=rounding))
    values = np.where(is_negative, -values, values)
    faults = _number_faults(texts, is_given, is_number, required)
    if rounding is None:
        faults += [
            Fault(place, "too fine a number", "finer than the unit, and the mapping names no rounding")
            for place in np.flatnonzero(finer).tolist()
        ]
    if not may_be_negative:
        faults += [
            Fault(place, "negative number", "must not be negative")
            for place in np.flatnonzero(is_number & (values < 0)).tolist()
        ]
    return Read(values=values, is_given=is_given, faults=faults)


def _scaled(*, whole: pl.Series, fraction: pl.Series, decimals: int, usable: npt.NDArray[np.bool_]) -> Int64Array:
    units = whole.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    if decimals == 0:
        return np.where(usable, units, 0)
    rest = fraction.str.pad_end(decimals, "0").str.slice(0, decimals).cast(pl.Int64, strict=False).fill_null(0)
    return np.where(usable, units * 10**decimals + rest.to_numpy(), 0)


def _number_faults(
    texts: pl.Series, is_given: npt.NDArray[np.bool_], is_number: npt.NDArray[np.bool_], required: bool
) -> list[Fault]:
    faults = []
    for place in np.flatnonzero(~is_number).tolist():
        if not is_given[place]:
            if required:
                faults.append(Fault(place, "nothing", "must be given"))
        elif any(character.isalpha() for character in texts[place]):
            faults.append(Fault(place, "text", "must be a number"))
        else:
            faults.append(Fault(place, "no number", f"must be a number of at most {DIGITS_MOST} digits"))
    return faults


def read_dates(*, texts: pl.Series, formats: list[str], day: int | None, required: bool = True) -> Read:
    """Return the dates, in the first of `formats` that fits; `day` takes the place of the day where it is given."""
    known = {text: _parse_date(text=text, formats=formats, day=day) for text in texts.unique().to_list()}
    found = [known[text] for text in texts.to_list()]
    values = np.array([each or PLACEHOLDER_DATE for each in found], dtype="datetime64[D]")
    faults = []
    for place, each in enumerate(found):
        if each is None and texts[place]:
            faults.append(Fault(place, "text", f"must be a date written as {' or '.join(formats)}"))
        elif each is None and required:
            faults.append(Fault(place, "nothing", "must be given"))
    return Read(values=values, is_given=(texts != "").to_numpy(), faults=faults)


def _parse_date(*, text: str, formats: list[str], day: int | None) -> date | None:
    for layout in formats:
        try:
            found = datetime.strptime(text, layout).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
        if not 1900 <= found.year <= 2200:
            return None
        return found if day is None else found.replace(day=day)
    return None


def read_words(*, texts: pl.Series, most: int, required: bool = True) -> Read:
    """Return the words as a list; a fault where one is missing, longer than `most` or holds control characters."""
    too_long = np.flatnonzero((texts.str.len_chars() > most).to_numpy()).tolist()
    odd = np.flatnonzero(texts.str.contains(r"[\x00-\x1f\x7f]").to_numpy()).tolist()
    is_given = (texts != "").to_numpy()
    faults = [Fault(place, "long text", f"must have at most {most} characters") for place in too_long]
    faults += [Fault(place, "control characters", "must be plain text") for place in odd]
    if required:
        faults += [Fault(place, "nothing", "must be given") for place in np.flatnonzero(~is_given).tolist()]
    return Read(values=texts.to_list(), is_given=is_given, faults=faults)
