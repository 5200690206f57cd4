import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel.rates import Rate, RateNotUnderstood, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("9.4822 %", Rate(94_822, "year")),
        ("15.678%", Rate(156_780, "year")),
        ("24% per year", Rate(240_000, "year")),
        ("24 % p a", None),
        ("0.05 % a day", Rate(500, "day")),
        ("1%/month", Rate(10_000, "month")),
        ("0%", Rate(0, "year")),
        ("7.00000 %", Rate(70_000, "year")),
        ("7.00001 %", None),
        ("seven per cent", None),
        ("-1 %", None),
        ("1,5 %", None),
        ("24% per decade", None),
        ("", None),
    ],
)
def test_a_rate_is_read_as_quoted_or_refused(text, rate):
    if rate is None:
        with pytest.raises(RateNotUnderstood):
            parse_rate(text)
    else:
        assert parse_rate(text) == rate


@given(st.builds(Rate, ppm=st.integers(0, 10**8), per=st.sampled_from(("year", "month", "day"))))
def test_a_rate_written_out_is_read_back(rate):
    assert parse_rate(str(rate)) == rate
