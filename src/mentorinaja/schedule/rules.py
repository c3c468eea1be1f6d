"""What a schedule may look like: pure. Times of day are minutes after midnight, 0 to 1440."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from mentorinaja.errors import DomainError
from mentorinaja.formats import WIB, ZONE_NAMES

MINUTES_A_DAY = 1440
READY_AT_MOST = timedelta(hours=4)
# Days off and extra hours are told this far ahead: two years, further than anything can be booked.
FURTHEST = timedelta(days=731)
DAY_NAMES = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
# As phones send it, and as people type it where there is no clock to pick from: 9, 9.30, 09:30.
_TYPED = re.compile(r"([01]?[0-9]|2[0-4])(?:[.:]([0-5][0-9]))?")


class ScheduleInvalid(DomainError):
    """A schedule that cannot be: the text says what is wrong with it."""

    status = 422
    title = "Jadwal belum benar"


class NotListed(DomainError):
    """An expert whom users do not find cannot offer sessions that begin now."""

    title = "Anda belum tampil di daftar mentor"


class ScheduleChanged(DomainError):
    """What somebody edits was changed in another window since they opened it."""

    title = "Jadwal baru saja diubah di tempat lain"


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A range of one day on the expert's own wall clock, `[starts, ends)` in minutes after midnight."""

    starts: int
    ends: int

    @classmethod
    def parse(cls, starts: str, ends: str) -> Hours:
        """`Hours.parse("09:00", "24:00")`. Raises ScheduleInvalid for anything that is no time of day."""
        return cls(clock_minutes(starts), clock_minutes(ends))

    @property
    def begins(self) -> str:
        """`09:00`."""
        return clock_text(self.starts)

    def __str__(self) -> str:
        """`09:00–17:00`."""
        return f"{self.begins}–{clock_text(self.ends)}"


# ISO weekday (1 Monday to 7 Sunday) → the ranges of that day.
Week = Mapping[int, Sequence[Hours]]

OFFICE_WEEK: Week = {weekday: (Hours(9 * 60, 17 * 60),) for weekday in range(1, 6)}


@dataclass(frozen=True, slots=True)
class Rules:
    """How slots are cut: minutes, and days ahead."""

    time_zone: str = WIB
    step_minutes: int = 30
    buffer_minutes: int = 0
    notice_minutes: int = 120
    horizon_days: int = 30


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One date that differs: a day off (`note` says what for), or a range worked in addition (`hours`)."""

    day: date
    kind: Literal["off", "extra"]
    hours: Hours | None = None
    note: str = ""


def clock_minutes(text: str) -> int:
    """`09:30` → 570, `24:00` → 1440. Raises ScheduleInvalid for anything else than a time of day."""
    if text == "24:00":
        return MINUTES_A_DAY
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ScheduleInvalid(f"Jam “{text[:20]}” tidak dikenal. Tulis seperti 09:00.")
    return int(match[1]) * 60 + int(match[2])


def clock_text(minutes: int) -> str:
    """570 → `09:30`; 1440 → `24:00`, the end of the day."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def time_in(text: str) -> int | None:
    """Minutes after midnight of a time of day as people type it; None for anything else.

    >>> time_in("9"), time_in("09.30"), time_in("24:00"), time_in("24:30"), time_in("pagi")
    (540, 570, 1440, None, None)
    """
    match = _TYPED.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2] or 0) if match else None
    return minutes if minutes is None or minutes <= MINUTES_A_DAY else None


def end_in(text: str) -> int | None:
    """As `time_in`, where midnight is the end of the day: phones know no 24:00."""
    return MINUTES_A_DAY if (minutes := time_in(text)) == 0 else minutes


def minutes_said(minutes: int) -> str:
    """`45 menit`, `2 jam`, `1 hari`; `tanpa jeda` for none."""
    if not minutes:
        return "tanpa jeda"
    for size, unit in ((1440, "hari"), (60, "jam")):
        if minutes % size == 0:
            return f"{minutes // size} {unit}"
    return f"{minutes} menit"


def merged(ranges: Iterable[Hours]) -> list[Hours]:
    """Ranges of one day in order; those that touch or overlap are one."""
    found: list[Hours] = []
    for hours in sorted(ranges):
        if found and hours.starts <= found[-1].ends:
            found[-1] = Hours(found[-1].starts, max(found[-1].ends, hours.ends))
        else:
            found.append(hours)
    return found


def check_week(week: Week) -> None:
    """Every range has a beginning before its end, and no two of a day overlap. Raises ScheduleInvalid."""
    for weekday, ranges in week.items():
        if not 1 <= weekday <= 7:
            raise ScheduleInvalid("Hari dalam seminggu hanya Senin sampai Minggu.")
        ordered = sorted(ranges)
        for hours in ordered:
            _check_hours(hours)
        for earlier, later in pairwise(ordered):
            if later.starts < earlier.ends:
                raise ScheduleInvalid(f"Jam hari {DAY_NAMES[weekday - 1]} bertumpuk: {earlier} dan {later}.")


def check_exceptions(days: Sequence[SpecialDay]) -> None:
    """A day off has no hours, an extra range has. Raises ScheduleInvalid."""
    for special in days:
        if special.kind == "extra" and special.hours is not None:
            _check_hours(special.hours)
        elif special.kind != "off" or special.hours is not None:
            raise ScheduleInvalid(
                "Hari libur tidak punya jam; jam tambahan harus punya jam mulai dan selesai."
            )


def check_rules(rules: Rules) -> None:
    """Everything within what the product offers. Raises ScheduleInvalid naming the first that is not."""
    if rules.time_zone not in ZONE_NAMES:
        raise ScheduleInvalid("Zona waktu hanya WIB, WITA, atau WIT.")
    bounds = (
        ("Jarak antar slot", "menit", rules.step_minutes, 5, 240),
        ("Jeda antar sesi", "menit", rules.buffer_minutes, 0, 240),
        ("Waktu pesan paling lambat", "menit", rules.notice_minutes, 75, 43_200),
        ("Jangkauan jadwal", "hari", rules.horizon_days, 1, 180),
    )
    for name, unit, value, least, most in bounds:
        if not least <= value <= most:
            raise ScheduleInvalid(f"{name} harus {least} sampai {most} {unit}.")


def check_span(first: date, last: date, today: date) -> None:
    """Days from `first` to `last`, told ahead and in order. Raises ScheduleInvalid."""
    if first < today:
        raise ScheduleInvalid("Tanggal ini sudah lewat. Pilih hari ini atau sesudahnya.")
    if last < first:
        raise ScheduleInvalid("Tanggal terakhir harus sama dengan atau sesudah tanggal pertama.")
    if last > today + FURTHEST:
        raise ScheduleInvalid("Tanggal ini terlalu jauh. Pilih paling lambat dua tahun lagi.")


def check_apart(hours: Hours, others: Sequence[Hours]) -> None:
    """A range that overlaps none of the `others`. Raises ScheduleInvalid."""
    _check_hours(hours)
    for other in others:
        if hours.starts < other.ends and other.starts < hours.ends:
            raise ScheduleInvalid(f"Jam ini bertumpuk dengan {other}.")


def ready_until(now: datetime, until: datetime | None) -> datetime:
    """When "Siap sekarang" turns itself off: as asked, at most four hours ahead. Raises ScheduleInvalid."""
    latest = now + READY_AT_MOST
    if until is not None and until <= now:
        raise ScheduleInvalid("Waktu selesai “Siap sekarang” sudah lewat.")
    return latest if until is None else min(until, latest)


def _check_hours(hours: Hours) -> None:
    if not 0 <= hours.starts < hours.ends <= MINUTES_A_DAY:
        raise ScheduleInvalid(f"Jam mulai harus sebelum jam selesai: {hours}.")
