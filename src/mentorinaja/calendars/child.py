"""The process that reads a calendar from outside: bytes on its input, busy times as JSON on its output, then it ends.

A line of a calendar can ask for more events than there are seconds in a life; the system stops whoever counts them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from mentorinaja.calendars.lean import lean
from mentorinaja.calendars.rules import MOST_TIMES, Span, merged
from mentorinaja.contents.limits import limit

_MOST_MEMORY = 768 * 1024 * 1024
_MOST_CPU_SECONDS = 3
# Entries of our own sessions that somebody keeps in a calendar outside: the sessions say better when they are.
_OURS = "@mentorinaja"


def main(zone: str, start: float, end: float) -> None:
    """Tell the busy times between two instants (seconds since 1970), or why there are none to tell."""
    limit(memory_bytes=_MOST_MEMORY, cpu_seconds=_MOST_CPU_SECONDS)
    within = (datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
    json.dump(_told(sys.stdin.buffer.read(), ZoneInfo(zone), within), sys.stdout)


def _told(data: bytes, zone: ZoneInfo, within: Span) -> dict[str, object]:
    try:
        spans = merged(_busy(data, zone, within), within)
    except (ValueError, MemoryError, RecursionError, OverflowError, LookupError, AttributeError, TypeError):
        # What a reader of calendars raises when it is fed something else, in all its variety.
        return {"refused": "content"}
    if len(spans) > MOST_TIMES:
        return {"refused": "heavy"}
    return {"busy": [(first.timestamp(), last.timestamp()) for first, last in spans]}


def _busy(data: bytes, zone: ZoneInfo, within: Span) -> Iterator[Span]:
    import recurring_ical_events
    from icalendar import Calendar

    text = data.decode("utf-8-sig", errors="replace")
    calendar = Calendar.from_ical(lean(text, *within))
    if calendar.name != "VCALENDAR":
        raise ValueError("not a calendar")
    events = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True)
    for event in events.between(*within):
        if _keeps_busy(event):
            yield _instant(event["DTSTART"].dt, zone), _instant(event["DTEND"].dt, zone)


def _keeps_busy(event: object) -> bool:
    said = {
        name: str(event.get(name, "")).strip().upper()  # type: ignore[attr-defined]  # icalendar's components are dicts
        for name in ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "UID")
    }
    return not (
        said["STATUS"] == "CANCELLED"
        or said["TRANSP"] == "TRANSPARENT"
        or said["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
        or said["UID"].endswith(_OURS.upper())
    )


def _instant(at: date, zone: ZoneInfo) -> datetime:
    """An instant; days, and times without a zone, are those of the expert's own clock."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
