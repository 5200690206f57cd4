"""Dated cash flows, as the borrower sees them, and the refusals of this package."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

# Enough digits for any rule: 10^-15 is a billionth of a millionth.
RATE_DIGITS = 15


class NoRate(ValueError):
    """No rate makes these flows equal: nothing is paid, nothing is advanced, or the rate lies outside every sense."""


class SeveralRates(ValueError):
    """More than one rate makes these flows equal; `rates_e15` are all of them, in 10^-15 a year, lowest first."""

    def __init__(self, rates_e15: Sequence[int]) -> None:
        super().__init__(f"{len(rates_e15)} rates fit these flows; the flows change their sign more than once")
        self.rates_e15 = tuple(rates_e15)


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Money on a date, in minor units: positive goes to the borrower, negative comes from the borrower."""

    on: date
    amount_minor: int


def net_by_date(flows: Iterable[CashFlow]) -> list[CashFlow]:
    """
    Return the flows in order of time, one for each date, without those that come to nothing.

    Raises:
        NoRate: if what is left does not hold both an advance and a payment.
    """
    sums: dict[date, int] = {}
    for flow in flows:
        sums[flow.on] = sums.get(flow.on, 0) + flow.amount_minor
    net = [CashFlow(on, amount) for on, amount in sorted(sums.items()) if amount]
    if not any(flow.amount_minor > 0 for flow in net):
        raise NoRate("nothing is advanced to the borrower")
    if not any(flow.amount_minor < 0 for flow in net):
        raise NoRate("the borrower pays nothing on another date than the advance")
    return net
