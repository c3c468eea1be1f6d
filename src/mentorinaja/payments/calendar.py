"""Calendar files of booked sessions and of answers that are due: the same UID for ever, times in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr

from icalendar import Calendar, Event, vCalAddress, vText

from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.notices.kinds import Attachment

# An answer that is due takes no time; calendars show nothing shorter well.
_DUE_SHOWN = timedelta(minutes=30)


def invitation(
    order: OrderDetail, *, guest: str, organizer: str, where: str, link: str | None, now: datetime
) -> Attachment:
    """The session as an iCalendar request to `guest` (an address), or its cancellation when it does not stand.

    `organizer` as in a mail's From.

    A thread is an entry at the time its answer is due, which keeps nobody busy.
    """
    off = not order.is_paid
    event = Event()
    event.add("uid", f"{order.booking_id}@mentorinaja")
    event.add("sequence", order.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", order.starts_at)
    event.add("dtend", order.ends_at + _DUE_SHOWN if order.is_thread else order.ends_at)
    event.add("transp", "TRANSPARENT" if order.is_thread else "OPAQUE")
    event.add("summary", f"{_title(order)}: {order.expert_name} dan {order.payer_name}")
    event.add(
        "description", f"Topik: {order.topic}\nOrder #{order.public_id}" + (f"\n{link}" if link else "")
    )
    event.add("location", where)
    if link:
        event.add("url", link)
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    name, address = parseaddr(organizer)
    event.add("organizer", _person(address, name))
    event.add("attendee", _person(guest))
    calendar = Calendar()
    calendar.add("prodid", "-//MentorinAja//Jadwal//ID")
    calendar.add("version", "2.0")
    method = "CANCEL" if off else "REQUEST"
    calendar.add("method", method)
    calendar.add_component(event)
    parameters = {"method": method, "charset": "utf-8"}
    return Attachment("sesi.ics", "text/calendar", calendar.to_ical(), parameters)


def _title(order: OrderDetail) -> str:
    return f"Jatuh tempo {order.item_name}" if order.is_thread else order.item_name


def _person(address: str, name: str = "") -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name:
        person.params["CN"] = vText(name)
    return person
