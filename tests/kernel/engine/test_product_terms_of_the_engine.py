from postloan.kernel.engine import ServicingTerms
from postloan.kernel.penalties import PenaltyTerms
from postloan.kernel.product_terms import ProductTerms


def test_a_product_stored_before_the_engine_is_served_by_its_defaults():
    stored = {"currency": "CNY", "penalty": {"rate_ppm": 500, "grace_days": 3}}

    served = ProductTerms.model_validate(stored).servicing_terms

    assert served == ServicingTerms(penalty=PenaltyTerms(rate_ppm=500, grace_days=3))


def test_every_rule_of_a_product_reaches_the_engine():
    product = ProductTerms.model_validate(
        {
            "currency": "CNY",
            "allocation": {"order": ["penalty", "interest", "principal", "fee"], "future": "next_instalment"},
            "servicing": {"payoff": "whole_row", "settlement_fee_ppm": 20_000, "death_stops": "penalty"},
        }
    )

    served = product.servicing_terms

    assert (served.order[0], served.future, served.payoff) == ("penalty", "next_instalment", "whole_row")
    assert (served.settlement_fee_ppm, served.death_stops) == (20_000, "penalty")
