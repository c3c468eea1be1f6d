"""What a calendar says of when somebody is busy, understood in a process of its own."""

from datetime import UTC, datetime

import pytest

from mentorinaja.calendars.lean import lean
from mentorinaja.calendars.reading import busy_times
from mentorinaja.calendars.rules import CannotRead
from tests.support.calendars import calendar, meeting

WIT = "Asia/Jayapura"
NOW = datetime(2027, 1, 4, tzinfo=UTC)


async def told(body: bytes, zone: str = WIT) -> list[str]:
    """`10T0100-0200`: the day of January 2027 and hours, in UTC."""
    spans = await busy_times(body, zone, NOW)
    return [
        f"{start:%d}T{start:%H%M}-{'' if start.date() == end.date() else f'{end:%d}T'}{end:%H%M}"
        for start, end in spans
        if start < datetime(2027, 2, 1, tzinfo=UTC)
    ]


async def test_single_days_whole_days_and_times_without_a_zone() -> None:
    body = calendar(
        "DTSTART:20270110T010000Z\nDTEND:20270110T020000Z",
        "DTSTART:20270111T090000\nDURATION:PT1H",
        "DTSTART;VALUE=DATE:20270115",
        "DTSTART;VALUE=DATE:20270120\nDTEND;VALUE=DATE:20270122",
        "DTSTART;TZID=Asia/Jakarta:20270125T090000\nDTEND;TZID=Asia/Jakarta:20270125T103000",
        "DTSTART:20261220T010000Z\nDTEND:20261220T020000Z",
        "DTSTART:20300110T010000Z\nDTEND:20300110T020000Z",
        "DTSTART:20261220T010000Z\nDTEND:20270104T020000Z",
    )
    assert await told(body) == [
        "03T0000-04T0200", "10T0100-0200", "11T0000-0100", "14T1500-15T1500", "19T1500-21T1500", "25T0200-0330",
    ]  # fmt: skip


async def test_what_repeats_with_its_exceptions_and_what_takes_its_place() -> None:
    body = calendar(
        "UID:rapat\nDTSTART:20261201T030000Z\nDTEND:20261201T040000Z\nRRULE:FREQ=WEEKLY\n"
        "EXDATE:20270112T030000Z\nSUMMARY:Mingguan",
        "UID:rapat\nRECURRENCE-ID:20270119T030000Z\nDTSTART:20270120T050000Z\nDTEND:20270120T060000Z",
        "UID:rapat\nRECURRENCE-ID:20270126T030000Z\nDTSTART:20270126T030000Z\nDTEND:20270126T040000Z\nSTATUS:CANCELLED",
    )
    assert await told(body) == ["05T0300-0400", "20T0500-0600"]


async def test_summer_time_of_other_countries_is_followed() -> None:
    body = calendar(
        "DTSTART;TZID=Europe/Berlin:20270326T100000\nDTEND;TZID=Europe/Berlin:20270326T110000\nRRULE:FREQ=DAILY;COUNT=4"
    )
    hours = [start.hour for start, _ in await busy_times(body, WIT, NOW)]
    assert hours == [9, 9, 8, 8]


async def test_zones_of_other_programs_are_understood() -> None:
    own_zone = (
        b"X-WR-TIMEZONE:Asia/Jakarta\r\nBEGIN:VTIMEZONE\r\nTZID:Zona Saya\r\nBEGIN:STANDARD\r\n"
        b"DTSTART:16010101T000000\r\nTZOFFSETFROM:+0800\r\nTZOFFSETTO:+0800\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    body = calendar(
        "DTSTART;TZID=SE Asia Standard Time:20270110T090000\nDTEND;TZID=SE Asia Standard Time:20270110T100000",
        "DTSTART;TZID=Zona Saya:20270111T090000\nDTEND;TZID=Zona Saya:20270111T100000",
        'DTSTART;TZID="Asia/Makassar":20270112T090000\nDTEND;TZID="Asia/Makassar":20270112T100000',
        "DTSTART;TZID=Tidak Dikenal:20270113T090000\nDTEND;TZID=Tidak Dikenal:20270113T100000",
    ).replace(b"BEGIN:VEVENT", own_zone + b"BEGIN:VEVENT", 1)
    # Seven, eight and eight hours before UTC; a zone nobody knows is the expert's own, nine hours.
    assert await told(body) == ["10T0200-0300", "11T0100-0200", "12T0100-0200", "13T0000-0100"]


async def test_what_keeps_nobody_busy_is_left_out() -> None:
    at = "DTSTART:20270110T010000Z\nDTEND:20270110T020000Z\n"
    ours = "UID:6f0f3b0e-0000-4000-8000-000000000000@mentorinaja\n"
    body = calendar(
        at + "TRANSP:TRANSPARENT",
        at + "STATUS:CANCELLED",
        at + "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        ours + at + "STATUS:CONFIRMED",
        at.replace("DTEND", "X-END") + "COMMENT:tanpa akhir",
        "DTSTART:20270112T010000Z\nDTEND:20270112T020000Z\nSTATUS:TENTATIVE",
    )
    assert await told(body) == ["12T0100-0200"]


async def test_tasks_alarms_and_folded_lines_do_no_harm() -> None:
    body = calendar(
        "SUMMARY:Sangat\n  panjang\nDTSTART:20270110T01\n 0000Z\nDTEND:20270110T020000Z\nBEGIN:VALARM\n"
        "TRIGGER:-PT10M\nDTSTART:20270111T010000Z\nEND:VALARM"
    ).replace(
        b"END:VCALENDAR",
        b"BEGIN:VTODO\r\nUID:t\r\nDTSTART:20270113T010000Z\r\nDUE:20270113T020000Z\r\nEND:VTODO\r\nEND:VCALENDAR",
    )
    assert await told(b"\xef\xbb\xbf" + body.replace(b"\r\n", b"\n")) == ["10T0100-0200"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "content"),
        (b"<html>Login</html>", "content"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:kapan\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", None),
        (b"BEGIN:VCALENDAR" + b"\xff\x00" * 500, "content"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20_000, "content"),
        (calendar("DTSTART:19700101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"), "heavy"),
        (calendar("DTSTART:20270101T000000Z\nDURATION:PT1S\nRRULE:FREQ=MINUTELY;INTERVAL=60"), "heavy"),
    ],
    ids=["empty", "page", "strange-event", "bytes", "never-ends", "every-second", "every-hour"],
)
async def test_what_is_no_persons_calendar_is_refused_in_time(body: bytes, reason: str | None) -> None:
    if reason is None:
        assert await told(body) == []
        return
    with pytest.raises(CannotRead) as refusal:
        await busy_times(body, WIT, NOW)
    assert refusal.value.reason == reason


def test_titles_are_thrown_away_before_anything_is_understood() -> None:
    body = calendar(
        meeting(NOW, NOW.replace(hour=1), "ATTENDEE:mailto:ani@contoh.test", "LOCATION:Jl. Melati")
    )
    body = body.replace(b"VERSION", b"X-WR-CALNAME:Kalender pribadi\r\nVERSION")
    kept = lean(body.decode(), NOW, NOW.replace(year=2028))
    assert "DTSTART" in kept
    assert not any(word in kept for word in ("rahasia", "ani@", "Melati", "pribadi"))
