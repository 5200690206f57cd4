"""Quote by product: the code of a product and what one customer asks, turned into the terms of a quote."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, ValidationError

from postloan.kernel.offers import OfferRefused, OfferTerms, make_offer
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.quoting._account import QuoteAccount, QuoteAccountTerms
from postloan.kernel.quoting._servicing import QuoteServicing
from postloan.kernel.quoting._terms import IsoDate, QuoteRefused, QuoteTerms
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import TermsRefused


@dataclass(frozen=True, slots=True)
class QuotableProduct:
    """A product as a quote needs it."""

    terms: ProductTerms
    offer: OfferTerms


FindProduct: TypeAlias = Callable[[str], QuotableProduct | None]

_OFFER_FIELDS = {"AmountNotOffered": "principal_minor", "TermNotOffered": "instalments"}


class _Asked(BaseModel):
    """What one customer asks of a product."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: StrictStr
    as_of: IsoDate | None = None
    events: tuple[Any, ...] | None = None


class _AskedLoan(_Asked):
    principal_minor: StrictInt
    instalments: StrictInt
    start_date: IsoDate
    rate_ppm: StrictInt | None = None
    explain: StrictBool = False


class _AskedAccount(_Asked):
    opened_on: IsoDate
    rate_ppm: StrictInt | None = None


def terms_of_product(*, asked: Mapping[str, Any], find_product: FindProduct | None) -> QuoteTerms | QuoteAccountTerms:
    """
    Return the terms of a quote on a product: `principal_minor`, `instalments`, `start_date`, or `opened_on` of an account.

    `rate_ppm` takes the place of the product's price. Events and `as_of` as for any quote.

    Raises:
        QuoteRefused: naming the field; `product` where nobody knows the code.
    """
    code = asked.get("product")
    product = find_product(code) if find_product is not None and isinstance(code, str) else None
    if product is None:
        raise QuoteRefused("product", f"no product is known as {code!r}")
    try:
        if product.terms.bill is not None:
            return _account(_AskedAccount.model_validate(asked), product)
        return _loan(_AskedLoan.model_validate(asked), product)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise QuoteRefused(".".join(str(part) for part in first["loc"]), first["msg"]) from None


def _account(asked: _AskedAccount, product: QuotableProduct) -> QuoteAccountTerms:
    terms, rules = product.terms, product.terms.bill
    assert rules is not None
    account = QuoteAccount(
        currency=terms.currency,
        opened_on=asked.opened_on,
        rate_ppm=rules.rate_ppm if asked.rate_ppm is None else asked.rate_ppm,
        rate_per=terms.rate_per,
        bill_day=rules.bill_day,
        due_after_days=rules.due_after_days,
        minimum_ppm=rules.minimum_ppm,
        minimum_floor_minor=rules.minimum_floor_minor,
        runs_from=rules.runs_from,
        interest_on=rules.interest_on,
        rounding=rules.rounding,
        order=terms.allocation.order,
        penalty=terms.penalty,
        ageing=terms.ageing,
        holidays=terms.holidays,
    )
    return QuoteAccountTerms(account=account, events=asked.events or (), as_of=asked.as_of)


def _loan(asked: _AskedLoan, product: QuotableProduct) -> QuoteTerms:
    terms, rules = product.terms, product.terms.schedule
    try:
        offer = make_offer(
            product=terms,
            terms=product.offer,
            amount_minor=asked.principal_minor,
            instalments=asked.instalments,
            start_date=asked.start_date,
            customer_rate=None if asked.rate_ppm is None else Rate(asked.rate_ppm, terms.rate_per),
        )
    except OfferRefused as refusal:
        name = type(refusal).__name__
        raise QuoteRefused(_OFFER_FIELDS.get(name, "product"), f"{name}: {refusal}") from None
    except TermsRefused as refusal:
        raise QuoteRefused(refusal.field, refusal.message) from None
    agreed = offer.agreed
    given: dict[str, Any] = {
        "currency": terms.currency,
        "principal_minor": agreed.principal_minor,
        "rate_ppm": offer.rate.ppm,
        "rate_per": offer.rate.per,
        "instalments": agreed.instalments,
        "start_date": agreed.start_date,
        "every": agreed.every,
        "unit": agreed.unit,
        "due_day": agreed.due_day,
        "minimum_first_days": agreed.minimum_first_days,
        **{name: getattr(rules, name) for name in type(rules).model_fields},
        "fees": tuple(
            {name: getattr(fee, name) for name in ("name", "amount_minor", "ppm", "spread", "remainder")}
            for fee in terms.fees_for(instalments=agreed.instalments)
        ),
        "upfront_charges_minor": offer.kept_back_minor,
        "servicing": _servicing(terms),
        "events": asked.events,
        "as_of": asked.as_of,
        "explain": asked.explain,
    }
    return QuoteTerms.model_validate({name: value for name, value in given.items() if value is not None})


def _servicing(terms: ProductTerms) -> QuoteServicing:
    rules = terms.servicing_terms
    given = {name: getattr(rules, name) for name in QuoteServicing.model_fields if name not in ("cells", "holidays")}
    return QuoteServicing(holidays=terms.holidays, **given)
