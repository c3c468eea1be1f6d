"""When a mail that could not be sent is tried again."""

from __future__ import annotations

from datetime import timedelta

_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(hours=3)
# Later nobody is helped by it any more.
GIVE_UP_AFTER = timedelta(days=3)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, 15 s, 45 s, … at most 3 hours."""
    return min(_FIRST * int(3 ** min(attempts - 1, 12)), _LONGEST)
