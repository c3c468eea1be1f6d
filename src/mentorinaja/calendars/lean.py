"""A calendar without what nobody needs to know when somebody is busy: no titles, guests or places, nothing long past.

What is left is a small part of most calendars, and is understood in a small part of the time. Pure; the format is
that of RFC 5545.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

_FOLD = re.compile(r"\r?\n[ \t]")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_DAY = re.compile(r":([0-9]{8})")
_TIMES = frozenset({
    "BEGIN", "END", "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID", "STATUS",
    "TRANSP", "SEQUENCE", "X-MICROSOFT-CDO-BUSYSTATUS",
})  # fmt: skip
# Of the calendar's own lines no name of it, and no X-WR-TIMEZONE: readers put it before the zones of its events.
_FRAME = frozenset({"BEGIN", "END", "VERSION", "PRODID", "CALSCALE"})
# An event that repeats, or takes the place of one that does, counts wherever it stands.
_REPEATS = frozenset({"RRULE", "RDATE", "RECURRENCE-ID"})
# Zones differ by less.
_MARGIN = timedelta(days=2)


def lean(text: str, start: datetime, end: datetime) -> str:
    """The same calendar with its zones, and of its events the times alone; single ones outside are left out."""
    first, last = (f"{at:%Y%m%d}" for at in (start - _MARGIN, end + _MARGIN))
    kept: list[str] = []
    for block in _blocks(_FOLD.sub("", text).splitlines()):
        if _opens(block[0], "VEVENT"):
            lines = [line for line in block if _name(line) in _TIMES]
            kept += lines if _may_count(lines, first, last) else ()
        elif len(block) > 1 or _name(block[0]) in _FRAME:
            kept += block
    return "\r\n".join([*kept, ""])


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Events and zones whole, without alarms and the like; every other line by itself, journals and tasks not at all."""
    open_names: list[str] = []
    block: list[str] = []
    for line in lines:
        name = _name(line)
        if name == "BEGIN" and not _opens(line, "VCALENDAR"):
            open_names.append(line[6:].strip().upper())
        if not open_names:
            yield [line]
            continue
        if _is_kept(open_names):
            block.append(line)
        if name == "END":
            open_names.pop()
            if not open_names and block:
                yield block
                block = []


def _is_kept(open_names: list[str]) -> bool:
    return open_names[0] == "VTIMEZONE" or open_names == ["VEVENT"]


def _may_count(event: list[str], first: str, last: str) -> bool:
    told = {_name(line): line for line in event}
    if _REPEATS & told.keys() or "DTSTART" not in told:
        return "DTSTART" in told
    begins, ends = _day(told["DTSTART"]), _day(told.get("DTEND", told["DTSTART"]))
    if begins is None or ends is None:
        return True
    return begins <= last and (ends >= first or "DURATION" in told)


def _day(line: str) -> str | None:
    match = _DAY.search(line)
    return match[1] if match else None


def _name(line: str) -> str:
    match = _NAME.match(line)
    return match[0].upper() if match else ""


def _opens(line: str, component: str) -> bool:
    return line.strip().upper() == f"BEGIN:{component}"
