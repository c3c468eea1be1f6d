"""How the desk says what every list has: times, people, rupiah."""

from __future__ import annotations

import re
from datetime import datetime

from mentorinaja.admin.listing import Cell
from mentorinaja.formats import clock_time, day, rupiah, when


def money(amount: int | None) -> Cell:
    """Whole rupiah; nothing for None."""
    return Cell("" if amount is None else rupiah(amount))


def time(at: datetime | None) -> Cell:
    """A time on the desk's clock, which is Jakarta's; nothing for None."""
    return Cell(when(at) if at else "")


def moment(at: datetime | None, note: str = "", href: str = "") -> Cell:
    """A time as a column shows it: the day, and under it the hour with what else there is to say."""
    if at is None:
        return Cell("", note=note)
    on_one_line = day(at).replace(" ", "\u00a0")
    return Cell(on_one_line, href, ", ".join(filter(None, (f"{clock_time(at)} WIB", note))))


def person(name: str, note: str, user_id: int) -> Cell:
    """Somebody, leading to the page about them."""
    return Cell(name, href=f"/admin/users/{user_id}", note=note)


def stars(mean: float) -> str:
    """A mean of stars, with one digit behind the comma."""
    return f"{mean:.1f}".replace(".", ",")


def plain(words: str) -> str:
    """Words as LIKE finds them just so: no letter of theirs is a pattern's."""
    return re.sub(r"([\\%_])", r"\\\1", words)


def inside(words: str) -> str:
    """The pattern for ILIKE that finds the words anywhere, as they were typed."""
    return f"%{plain(words)}%"


def order(public_id: str | None) -> Cell:
    """An order, leading to its page; nothing for None."""
    return Cell(public_id or "", href=f"/admin/orders/{public_id}" if public_id else "")
