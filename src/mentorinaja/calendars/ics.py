"""A person's own sessions as the calendar file that calendar programs read again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from icalendar import Calendar, Event

from mentorinaja.bookings.queries import Entry

# An answer that is due takes no time; calendars show nothing shorter well.
_DUE_SHOWN = timedelta(minutes=30)


def calendar_file(entries: Sequence[Entry], site: str) -> bytes:
    """The sessions with the names of both people; `site` is the public address.

    The same sessions always give the same bytes, and each the UID and SEQUENCE of the calendar files in mails.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//MentorinAja//Jadwal//ID")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "MentorinAja")
    calendar.add("refresh-interval", timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", timedelta(minutes=30))
    for entry in entries:
        calendar.add_component(_event(entry, site))
    written: bytes = calendar.to_ical()
    return written


def _event(entry: Entry, site: str) -> Event:
    title = f"Jatuh tempo {entry.item_name}" if entry.is_thread else entry.item_name
    event = Event()
    event.add("uid", f"{entry.booking_id}@mentorinaja")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at + _DUE_SHOWN if entry.is_thread else entry.ends_at)
    event.add("transp", "TRANSPARENT" if entry.is_thread else "OPAQUE")
    event.add("summary", f"{title}: {entry.expert_name} dan {entry.payer_name}")
    event.add("url", f"{site}/session?bookingId={entry.booking_id}")
    event.add("status", "CONFIRMED")
    return event
