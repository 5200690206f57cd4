"""Currencies whose minor unit is not a hundredth, and how an amount is written for machines."""

DECIMALS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
"""Decimals that are not two (ISO 4217)."""


def decimals_of(*, currency: str) -> int:
    """Return how many decimals the currency is written with."""
    return DECIMALS.get(currency, 2)


def plain_amount(*, amount_minor: int, currency: str) -> str:
    """
    Return the amount without symbol and grouping, as a file has it.

    >>> plain_amount(amount_minor=-123456, currency="USD")
    '-1234.56'
    """
    decimals = decimals_of(currency=currency)
    whole, part = divmod(abs(amount_minor), 10**decimals)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}" + (f".{part:0{decimals}d}" if decimals else "")
