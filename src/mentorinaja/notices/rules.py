"""When a mail that could not be sent is tried again, and which kinds somebody can do without: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(hours=3)
# Later nobody is helped by it any more.
GIVE_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of mail that can be switched off, in the words of the profile; `group` is what it stands under."""

    kind: str
    group: str
    name: str


# What carries a key to somebody's account: nobody but its owner reads it.
SECRET = frozenset({"verify", "reset", "email_change"})

# What is about money that moved, about a session that changed, or about the account's safety is always told.
OPTIONAL: Mapping[str, Choice] = {
    choice.kind: choice
    for choice in (
        Choice("booked", "Booking yang belum dibayar", "Booking dibuat, dengan batas waktu bayar"),
        Choice("pay_soon", "Booking yang belum dibayar", "Batas waktu bayar hampir lewat"),
        Choice("reminder_24h", "Pengingat sesi", "24 jam sebelum sesi"),
        Choice("reminder_1h", "Pengingat sesi", "1 jam sebelum sesi"),
        Choice("reminder_10m", "Pengingat sesi", "10 menit sebelum sesi"),
        Choice("over", "Setelah sesi", "Sesi selesai, dengan ajakan memberi ulasan"),
        Choice("review_reply", "Setelah sesi", "Mentor membalas ulasan Anda"),
        Choice("slot_open", "Slot kosong", "Mentor yang Anda tunggu punya jadwal kosong"),
    )
}


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, 15 s, 45 s, … at most 3 hours."""
    return min(_FIRST * int(3 ** min(attempts - 1, 12)), _LONGEST)
