"""How rupiah, dates and names are written, the same on pages, in mails, calendar files and invoices."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zlib import crc32
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval

LOCALE = "id_ID"
WIB = "Asia/Jakarta"
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_AGO = (
    (31_536_000, "tahun"),
    (2_592_000, "bulan"),
    (604_800, "minggu"),
    (86_400, "hari"),
    (3_600, "jam"),
    (60, "menit"),
)


def rupiah(amount: int) -> str:
    """`150000` → `Rp 150.000`; negative amounts carry a minus sign before `Rp`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp {abs(amount):,}".replace(",", ".")


def percent(bps: int) -> str:
    """Basis points as they are said: `500` → `5%`, `250` → `2,5%`."""
    return f"{bps / 100:g}%".replace(".", ",")


def zone_name(zone: str) -> str:
    """`Asia/Jakarta` → `WIB`."""
    return ZONE_NAMES[zone]


def when(at: datetime, zone: str = WIB, other: str | None = None) -> str:
    """`26 Nov 2026, 14:00 WIB`; with another person's zone that differs, theirs follows in brackets."""
    text = f"{day(at, zone)}, {clock_time(at, zone)} {zone_name(zone)}"
    if other and other != zone:
        text += f" ({clock_time(at, other)} {zone_name(other)})"
    return text


def day(at: datetime | date, zone: str = WIB) -> str:
    """`26 Nov 2026`, the day it is in `zone`."""
    return _in_words(_local_day(at, zone), "d MMM yyyy")


def days(first: date, last: date) -> str:
    """`23–29 Nov 2026`, `28 Des 2026 – 3 Jan 2027`: what both have in common stands once."""
    return format_interval(first, last, "yMMMd", locale=LOCALE).replace("\N{THIN SPACE}", " ")


def weekday(at: datetime | date, zone: str = WIB) -> str:
    """`Kamis, 26 Nov`, the day it is in `zone`."""
    return _in_words(_local_day(at, zone), "EEEE, d MMM")


def full_day(at: datetime, zone: str = WIB) -> str:
    """`Kamis, 26 November 2026`, the day it is in `zone`."""
    return _in_words(_local_day(at, zone), "EEEE, d MMMM yyyy")


def month_name(at: datetime | date, zone: str = WIB) -> str:
    """`November 2026`, the month it is in `zone`."""
    return _in_words(_local_day(at, zone), "MMMM yyyy")


def clock_time(at: datetime, zone: str = WIB) -> str:
    """`14:00` on the wall clock of `zone`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def soon(at: datetime, now: datetime, zone: str = WIB, *, inside: bool = False) -> str:
    """`Hari ini 14:00 WIB`, `Besok 09:00 WITA`, else `Kam, 26 Nov 09:00 WIB`; `inside` a sentence `hari ini …`."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    gap = (local.date() - today).days
    near = {0: "hari ini", 1: "besok"} if inside else {0: "Hari ini", 1: "Besok"}
    name = near.get(gap) or _in_words(local.date(), "EEE, d MMM")
    return f"{name} {local:%H:%M} {zone_name(zone)}"


def ago(at: datetime, now: datetime) -> str:
    """`2 hari lalu`, `baru saja` within a minute."""
    seconds = (now - at).total_seconds()
    for size, unit in _AGO:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} lalu"
    return "baru saja"


def countdown(seconds: float) -> str:
    """Seconds left as `29:45`; above an hour `1:29:45`; never negative."""
    left = max(0, int(seconds))
    hours, rest = divmod(left, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def initials(name: str) -> str:
    """`Sari Wulandari` → `SW`: at most two letters."""
    words = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(name: str) -> int:
    """One of six colours for a person without a photo, 1 to 6, always the same for a name."""
    return crc32(name.encode()) % 6 + 1


def duration(minutes: int | None) -> str:
    """`30 menit`; a service without duration is answered in writing by a date instead."""
    return f"{minutes} menit" if minutes else "jawaban tertulis"


def how_long(length: timedelta) -> str:
    """`2 menit 5 detik`, rounded to the second; `tidak ada` for nothing."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    parts = [f"{minutes} menit"] * bool(minutes) + [f"{seconds} detik"] * bool(seconds)
    return " ".join(parts) or "tidak ada"


def file_size(size_bytes: int) -> str:
    """`340 kB`, `2,4 MB`; never less than a kilobyte."""
    if size_bytes >= 1_000_000:
        return f"{size_bytes / 1_000_000:.1f} MB".replace(".", ",")
    return f"{max(1, round(size_bytes / 1000))} kB"


FILTERS = {
    function.__name__: function
    for function in (
        rupiah, percent, zone_name, when, day, days, weekday, full_day, month_name, clock_time, soon, ago, countdown,
        initials, hue, duration, how_long, file_size,
    )
}  # fmt: skip


def _local_day(at: datetime | date, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date() if isinstance(at, datetime) else at


@lru_cache(maxsize=4096)  # every message of a chat says which day it is
def _in_words(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=LOCALE)
