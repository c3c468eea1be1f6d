"""How many experts somebody can keep, and when it is too early or too late to wish for a slot: pure."""

from __future__ import annotations

from mentorinaja.errors import DomainError

MOST_KEPT = 100
MOST_WISHES = 20
PER_PAGE = 24


class Full(DomainError):
    """No more can be kept, or wished for, before something is let go."""

    title = "Daftar Anda sudah penuh"


class SlotThere(DomainError):
    """A slot is free already: nobody has to wait for one."""

    title = "Sudah ada jadwal kosong"


class NothingToWait(DomainError):
    """An expert who cannot get a slot for this person."""

    title = "Tidak perlu ditunggu"


def page_number(text: str) -> int:
    """The page asked for in an address: 1 for anything that is no sensible number."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= 6 else 1
