"""Money, rates and dates as people of each language write them."""

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from postloan.web.ui import figures

SPACE = figures.NARROW_SPACE


@pytest.mark.parametrize(
    ("amount_minor", "currency", "english", "chinese"),
    [
        (0, "USD", "$0.00", "US$0.00"),
        (1, "USD", "$0.01", "US$0.01"),
        (-5, "USD", "−$0.05", "−US$0.05"),
        (1_250, "CNY", "CN¥12.50", "¥12.50"),
        (123_456_789_012, "USD", "$1,234,567,890.12", "US$1,234,567,890.12"),
        (1_250, "JPY", "¥1,250", "JP¥1,250"),
        (1_250, "KWD", f"KWD{SPACE}1.250", f"KWD{SPACE}1.250"),
        (-1_250, "", "−12.50", "−12.50"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals(amount_minor, currency, english, chinese):
    with override("en"):
        assert figures.amount_text(amount_minor=amount_minor, currency=currency) == english
    with override("zh-hans"):
        assert figures.amount_text(amount_minor=amount_minor, currency=currency) == chinese


@pytest.mark.parametrize(
    ("rate_ppm", "per", "english", "chinese"),
    [
        (126_200, "year", f"12.62{SPACE}% a year", f"年利率 12.62{SPACE}%"),
        (94_822, "year", f"9.4822{SPACE}% a year", f"年利率 9.4822{SPACE}%"),
        (500, "day", f"0.05{SPACE}% a day", f"日利率 0.05{SPACE}%"),
        (10_000, "month", f"1{SPACE}% a month", f"月利率 1{SPACE}%"),
    ],
)
def test_a_rate_is_shown_as_it_was_quoted(rate_ppm, per, english, chinese):
    with override("en"):
        assert figures.rate_text(rate_ppm=rate_ppm, per=per) == english
    with override("zh-hans"):
        assert figures.rate_text(rate_ppm=rate_ppm, per=per) == chinese


def test_dates_follow_the_language():
    with override("en"):
        assert figures.day_text(day=date(2018, 7, 1)) == "1 Jul 2018"
        assert figures.weekday_text(day=date(2018, 7, 1)) == "Sunday, 1 July 2018"
    with override("zh-hans"):
        assert figures.day_text(day=date(2018, 7, 1)) == "2018年7月1日"
        assert figures.weekday_text(day=date(2018, 7, 1)) == "2018年7月1日 星期日"


def test_an_instant_is_shown_in_the_lenders_time_zone():
    with override("en"):
        assert figures.instant_text(at=datetime(2018, 7, 1, 17, 30, tzinfo=UTC)) == "2 Jul 2018, 01:30"
