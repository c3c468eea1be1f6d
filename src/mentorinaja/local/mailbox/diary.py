"""The calendar that comes with a mail account: team meetings and an evening off, for trying to connect one."""

from __future__ import annotations

_EVENTS = (
    ("rapat", "Rapat tim", "20260105T100000", "20260105T110000", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
    ("senam", "Senam", "20260106T160000", "20260106T173000", "FREQ=WEEKLY;BYDAY=TU"),
    ("makan", "Makan siang, boleh diganggu", "20260105T120000", "20260105T130000", "FREQ=DAILY"),
)


def diary() -> str:
    """An iCalendar file; lunch keeps nobody busy."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//MentorinAja//Kalender contoh//ID"]
    for uid, title, starts, ends, rule in _EVENTS:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}@kalender-contoh",
            "DTSTAMP:20260101T000000Z",
            f"DTSTART;TZID=Asia/Jakarta:{starts}",
            f"DTEND;TZID=Asia/Jakarta:{ends}",
            f"RRULE:{rule}",
            f"SUMMARY:{title}",
            f"TRANSP:{'TRANSPARENT' if uid == 'makan' else 'OPAQUE'}",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
