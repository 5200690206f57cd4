"""Quotes over HTTP: the same function as `postloan quote`."""

from django.http import HttpRequest
from ninja import Router

from postloan.kernel.quoting import Quote, QuoteTerms, quote

router = Router(tags=["quotes"])


@router.post("", response=Quote, summary="Quote a loan", operation_id="create_quote")
def create_quote(request: HttpRequest, terms: QuoteTerms) -> Quote:
    """Return the schedule of a loan on these terms, every row and the totals, and the terms as understood."""
    return quote(terms=terms)
