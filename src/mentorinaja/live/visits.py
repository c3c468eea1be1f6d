"""Who has how many streams open in this process: few of one person, one of one tab, many behind one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mentorinaja.errors import TooMany

MOST_A_PERSON = 5
# Mobile networks put many customers behind one address.
MOST_AN_ADDRESS = 200
_WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One open stream: whose it is, from which network and which tab, and how to end it.

    `tab` is the random name a page gave itself when it was loaded, '' when it gave none.
    """

    person: int
    address: str
    tab: str
    end: Callable[[], None] = field(repr=False)


class Visits:
    """The open streams of one event loop. What is over must be taken out at once: it counts until then."""

    def __init__(self) -> None:
        self._of_person: dict[int, list[Visit]] = {}
        self._at_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return sum(len(theirs) for theirs in self._of_person.values())

    def enter(self, visit: Visit) -> None:
        """Count one more. The same tab's earlier one, perhaps a line that died unheard, ends for it.

        Raises `TooMany`.
        """
        theirs = self._of_person.get(visit.person, [])
        if earlier := next((other for other in theirs if visit.tab and other.tab == visit.tab), None):
            self.leave(earlier)
            earlier.end()
        elif len(theirs) >= MOST_A_PERSON:
            raise TooMany(
                f"Akun Anda sudah terbuka di {MOST_A_PERSON} tab atau perangkat. "
                "Tutup salah satunya, lalu muat ulang halaman ini.",
                wait_seconds=_WAIT_SECONDS,
            )
        if self._at_address[visit.address] >= MOST_AN_ADDRESS:
            raise TooMany(
                "Terlalu banyak sambungan dari jaringan Anda saat ini. "
                "Halaman ini tetap bisa dipakai; muat ulang untuk melihat yang terbaru.",
                wait_seconds=_WAIT_SECONDS,
            )
        self._of_person.setdefault(visit.person, []).append(visit)
        self._at_address[visit.address] += 1

    def leave(self, visit: Visit) -> None:
        """Forget one; again is fine."""
        theirs = self._of_person.get(visit.person, [])
        if visit not in theirs:
            return
        theirs.remove(visit)
        if not theirs:
            del self._of_person[visit.person]
        self._at_address[visit.address] -= 1
        if not self._at_address[visit.address]:
            del self._at_address[visit.address]
