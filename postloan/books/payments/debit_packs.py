"""The debit policies that come with Postloan: one TOML file for each jurisdiction in `packs/`."""

import tomllib
from functools import cache
from importlib.resources import files

from postloan.kernel.debit_policy import DebitPolicy


class UnknownDebitPolicy(LookupError):
    """No pack of rules has this code."""


@cache
def debit_policies() -> dict[str, DebitPolicy]:
    """Return every pack by its code."""
    folder = files("postloan.books.payments").joinpath("packs")
    found = (
        DebitPolicy.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )
    return {policy.code: policy for policy in found}


def debit_policy(*, code: str) -> DebitPolicy:
    """Return the rules of one jurisdiction. Raises UnknownDebitPolicy."""
    try:
        return debit_policies()[code]
    except KeyError:
        raise UnknownDebitPolicy(code) from None
