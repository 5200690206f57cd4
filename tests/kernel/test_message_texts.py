"""Texts with places: what comes out, what is refused, how many parts an SMS makes."""

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import message_texts
from postloan.kernel.message_texts import Problem, ValueMissing, Wording, problems_of, render, sms_length, sms_parts


def test_the_examples_hold():
    assert doctest.testmod(message_texts).failed == 0


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("还" * 70, "ucs2", 70, 1),
        ("还" * 71, "ucs2", 71, 2),
        ("还" * 134, "ucs2", 134, 2),
        ("还" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),  # the euro sign is not torn apart
    ],
)
def test_parts_are_counted_as_carriers_count(text, encoding, units, parts):
    length = sms_length(text=text)

    assert (length.encoding, length.units, length.parts) == (encoding, units, parts)


@given(st.text(min_size=1, max_size=400))
def test_parts_are_the_text_and_none_is_too_long(text):
    parts = sms_parts(text=text)

    assert "".join(parts) == text
    assert len(parts) == sms_length(text=text).parts
    if len(parts) > 1 and sms_length(text=text).encoding == "ucs2":
        assert all(len(part.encode("utf-16-be", "surrogatepass")) <= 134 for part in parts)


def test_a_value_that_is_missing_is_a_mistake():
    with pytest.raises(ValueMissing):
        render(wording=Wording(body="{name}"), values={}, language="en")


def test_currencies_are_never_added_together():
    wording = Wording(body="{total}")

    said = render(wording=wording, values={"total": [(100, "CNY"), (250, "USD")]}, language="en")

    assert said.body == "CNY 1.00 + USD 2.50"


def test_lines_are_made_from_the_line_of_the_text():
    wording = Wording(body="{loans}", line="{reference}: {amount} on {due}")
    rows = [{"reference": no, "amount": (100, "CNY"), "due": date(2026, 7, no)} for no in (1, 2)]

    said = render(wording=wording, values={"loans": rows}, language="zh-hans")

    assert said.body == "1: CNY 1.00 on 2026年7月1日\n2: CNY 1.00 on 2026年7月2日"


def test_everything_wrong_is_named_at_once():
    found = problems_of(
        wording=Wording(body="{who} jail {", subject="a\nb"),
        allowed={"name": "text"},
        required=["{name}"],
        forbidden_words=["JAIL"],
    )

    assert set(found) == {
        Problem("unknown_place", "who"),
        Problem("stray_brace"),
        Problem("subject_has_lines"),
        Problem("forbidden_word", "JAIL"),
        Problem("disclosure_missing", "{name}"),
    }
