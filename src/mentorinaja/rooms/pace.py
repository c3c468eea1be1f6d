"""How often people say that they are here: merged and bounded in each process, without asking the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from mentorinaja.errors import TooMany
from mentorinaja.rooms.room import Side

# A page says it every few seconds; several tabs of several rooms still stay below.
_A_SECOND = 5.0
_AT_ONCE = 15.0
_TYPING_SECONDS = 2.0
# Who said nothing for longer is as one who never did.
_MOST_KNOWN = 10_000


class Pace:
    """Remembers when each person and each side was heard last."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # What each person may still say at once, and when that was counted; the one heard last stands last.
        self._left: dict[int, tuple[float, float]] = {}
        self._typed: dict[tuple[UUID, Side], float] = {}

    def count(self, person: int) -> None:
        """One more of this person. Raises `TooMany` for more than five a second on average."""
        now = self._now()
        left, since = self._left.pop(person, (_AT_ONCE, now))
        left = min(_AT_ONCE, left + (now - since) * _A_SECOND)
        self._left[person] = (left - 1 if left >= 1 else left, now)
        _forget_oldest(self._left)
        if left < 1:
            raise TooMany("Halaman ini mengirim terlalu sering. Tunggu sebentar.", wait_seconds=1)

    def tells_typing(self, booking_id: UUID, side: Side) -> bool:
        """Whether the room is to hear that this side is writing: at most once in two seconds."""
        now, key = self._now(), (booking_id, side)
        if now - self._typed.get(key, -_TYPING_SECONDS) < _TYPING_SECONDS:
            return False
        self._typed.pop(key, None)
        self._typed[key] = now
        _forget_oldest(self._typed)
        return True

    def sent(self, booking_id: UUID, side: Side) -> None:
        """A message took the sign away at the other side: what this side writes next is told at once."""
        self._typed.pop((booking_id, side), None)


def _forget_oldest(known: dict[Any, Any]) -> None:
    if len(known) > _MOST_KNOWN:
        del known[next(iter(known))]
