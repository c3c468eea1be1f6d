"""What a meeting link must look like, and when there are too few of them: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from mentorinaja.typed import UNFIT, has_unseen

# Fewer free links than this, and the admins are told.
ENOUGH = 10
MOST_LINES = 300
LONGEST = 300
EXPIRING_DAYS = 7
_DESK = ZoneInfo("Asia/Jakarta")

LinkState = Literal["free", "reusable", "reserved", "used", "expired", "retired"]
STATES: Mapping[LinkState, str] = {
    "free": "Bebas",
    "reusable": "Dipakai ulang",
    "reserved": "Untuk sesi mendatang",
    "used": "Terpakai",
    "expired": "Kedaluwarsa",
    "retired": "Ditarik",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was pasted, counted from 1: the `link` it holds, or the `problem` with it.

    `known` is the id of the link in the pool that it repeats.
    """

    number: int
    text: str
    link: str = ""
    problem: str = ""
    known: int | None = None


def read_lines(text: str) -> list[Line]:
    """The lines that hold anything, each with what is wrong with it; a link repeated names the line it repeats."""
    lines: list[Line] = []
    first: dict[str, int] = {}
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        line = raw.strip(" \t")
        if not line:
            continue
        problem = wrong_link(line)
        link = "" if problem else tidy(line)
        if link in first:
            problem, link = f"Sama dengan baris {first[link]}.", ""
        elif link:
            first[link] = number
        lines.append(Line(number, line, link, problem))
    return lines


def good(lines: Iterable[Line]) -> list[str]:
    """The links of the lines nothing is wrong with, in their order."""
    return [line.link for line in lines if not line.problem]


def wrong_link(line: str) -> str:
    """What is wrong with a link as it was typed; "" when nothing is."""
    if any(letter.isspace() for letter in line) or UNFIT.search(line) or has_unseen(line):
        return "Ada spasi atau karakter yang tidak terlihat di dalamnya."
    if len(line) > LONGEST:
        return f"Terlalu panjang: {len(line)} karakter, paling panjang {LONGEST}."
    try:
        parts = urlsplit(line)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Alamatnya tidak lengkap."
    if parts.scheme != "https":
        return "Harus diawali https://."
    if not line.isascii() or "." not in host.strip(".") or '"' in line or "<" in line or ">" in line:
        return "Alamatnya tidak lengkap."
    if "@" in parts.netloc:
        return "Tidak boleh memuat nama pengguna atau kata sandi."
    if parts.path in ("", "/") and not parts.query and not parts.fragment:
        return "Hanya nama situs, bukan tautan ke sebuah ruang."
    return ""


def tidy(link: str) -> str:
    """A link as it is kept: two that lead to the same place by the letters of their host are one."""
    parts = urlsplit(link)
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, parts.query, parts.fragment))


def end_of(day: date | None) -> datetime | None:
    """Until when a link is good that is good through this day in Jakarta."""
    return datetime.combine(day, time.max, _DESK).replace(microsecond=0) if day else None


def is_past(day: date, now: datetime) -> bool:
    """Whether a day is over in Jakarta."""
    return day < now.astimezone(_DESK).date()


def last_day(expires_at: datetime | None) -> date | None:
    """The day in Jakarta through which a link is good."""
    return expires_at.astimezone(_DESK).date() if expires_at else None
