"""The figures of an offer as they are shown, and the one hash that says a customer saw exactly these."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from postloan.books.applications.models import LegalText
from postloan.kernel.offers import Offer


def figures_of(*, offer: Offer, product_version_id: int, texts: Sequence[LegalText]) -> dict[str, Any]:
    """Return every figure of an offer, and the versions of the texts that go with it, as JSON can hold them."""
    return {
        "product_version": product_version_id,
        "requested_minor": offer.requested_minor,
        "charge_minor": offer.charge_minor,
        "paid_out_minor": offer.paid_out_minor,
        "principal_minor": offer.agreed.principal_minor,
        "rate": str(offer.rate),
        "start_date": offer.agreed.start_date.isoformat(),
        "rows": [
            [row.due_date.isoformat(), row.principal_minor, row.interest_minor, *([row.fee_minor] * bool(row.fees))]
            for row in offer.schedule.rows
        ],
        "annual_rates": {
            name: getattr(offer.annual_rates, name)
            for name in ("china_nominal", "china_compounded", "eu_effective", "us_actuarial")
        },
        "texts": sorted(text.sha256 for text in texts),
    }


def figures_sha256(*, figures: dict[str, Any]) -> str:
    """Return the hash of the figures, the same for the same figures on every machine."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
