from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel.payment_calendar import CalendarNotPossible, CalendarPayment, payment_calendar

AT = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))


def made(*payments: CalendarPayment, **options) -> str:
    return payment_calendar(payments=payments, **({"name": "Payments", "at": AT} | options))


def payment(**changes) -> CalendarPayment:
    return CalendarPayment(
        **({"uid": "l7-3@lender.example", "due_date": date(2026, 3, 31), "summary": "Pay"} | changes)
    )


def read(text: str) -> list[tuple[str, str]]:
    """A reader written from the RFC: unfold, split at the first colon outside the parameters, unescape."""
    rows = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        if line:
            name, _, value = line.partition(":")
            for escape, meant in (("\\n", "\n"), ("\\,", ","), ("\\;", ";")):
                value = value.replace("\\\\", "\0").replace(escape, meant).replace("\0", "\\\\")
            rows.append((name.partition(";")[0], value.replace("\\\\", "\\")))
    return rows


def test_a_payment_is_an_event_of_one_whole_day_with_an_alarm():
    assert made(payment(description="CNY 1,066.19; see the app")) == (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Postloan//Payment calendar//EN\r\nCALSCALE:GREGORIAN\r\n"
        "METHOD:PUBLISH\r\nNAME;LANGUAGE=en:Payments\r\nX-WR-CALNAME:Payments\r\n"
        "BEGIN:VEVENT\r\nUID:l7-3@lender.example\r\nDTSTAMP:20260301T013000Z\r\nSEQUENCE:0\r\n"
        "DTSTART;VALUE=DATE:20260331\r\nDTEND;VALUE=DATE:20260401\r\nSUMMARY;LANGUAGE=en:Pay\r\n"
        "DESCRIPTION;LANGUAGE=en:CNY 1\\,066.19\\; see the app\r\n"
        "STATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nCLASS:PRIVATE\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P2DT15H\r\nDESCRIPTION:Pay\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_an_alarm_on_the_due_date_rings_in_the_morning_and_not_at_midnight():
    triggers = [value for name, value in read(made(payment(remind_days_before=(0, 7, 1)))) if name == "TRIGGER"]

    assert triggers == ["-P6DT15H", "-P0DT15H", "PT9H"]


def test_a_cancelled_payment_takes_itself_out_and_rings_no_more():
    rows = read(made(payment(is_cancelled=True), revision=4))

    assert ("STATUS", "CANCELLED") in rows
    assert ("SEQUENCE", "4") in rows
    assert not any(name == "TRIGGER" for name, _ in rows)


def test_chinese_lines_are_folded_between_characters():
    text = made(payment(summary="还款" * 60), language="zh-CN")

    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert ("SUMMARY", "还款" * 60) in read(text)


def test_no_payment_is_an_empty_calendar():
    assert made().endswith("X-WR-CALNAME:Payments\r\nEND:VCALENDAR\r\n")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n;,\\:"), max_size=200))
def test_any_text_is_read_back(text):
    file = made(payment(description=text, summary="x" + text), name=text)

    assert ("SUMMARY", "x" + text) in read(file)
    assert all(len(line.encode()) <= 75 for line in file.split("\r\n"))
    assert "\n" not in file.replace("\r\n", "")


@pytest.mark.parametrize(
    "payments",
    [
        (payment(), payment()),
        (payment(uid=" "),),
        (payment(remind_days_before=(-1,)),),
    ],
)
def test_a_payment_that_no_calendar_could_hold_is_refused(payments):
    with pytest.raises(CalendarNotPossible) as refusal:
        made(*payments)

    assert refusal.value.uid == payments[-1].uid


def test_an_instant_is_written_in_utc():
    assert made(payment()) == made(payment(), at=AT.astimezone(UTC))
