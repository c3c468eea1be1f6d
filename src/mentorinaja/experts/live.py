"""What each process keeps of the catalog: the site's figures and visitors' pages, until the bell rings."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Database
from mentorinaja.live.hub import Hub
from mentorinaja.web.cache import PageCache

# The bell tells of changed experts and bookings; slots also grow old by themselves.
_SECONDS = 15.0
_MOST_PAGES = 300


@dataclass(frozen=True, slots=True)
class Figures:
    """The published experts together. `mean` is of all stars, `lowest_price` in whole rupiah."""

    experts: int
    reviews: int
    mean: float
    lowest_price: int | None
    expertise: list[str]

    def known(self, expertise: str) -> str | None:
        """An expertise as experts write it, whatever letters were typed; None when nobody has it."""
        wanted = expertise.casefold()
        return next((name for name in self.expertise if name.casefold() == wanted), None)


class Catalog:
    """Keeps, per process, what every page about finding experts would read again and again."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self.pages = PageCache(hub, ("catalog", "clock"), seconds=_SECONDS, most=_MOST_PAGES)
        self._db = db
        self._figures: Figures | None = None
        self._rings = 0
        hub.listen("catalog", self._forget)

    async def figures(self) -> Figures:
        """The site's figures as they are now."""
        if self._figures is not None:
            return self._figures
        rings = self._rings
        row = await self._db.fetchrow(
            """SELECT count(*) AS experts, coalesce(sum(rating_count), 0) AS reviews,
                 coalesce(sum(rating_sum)::float8 / nullif(sum(rating_count), 0), 0) AS mean,
                 min(lowest_price) AS lowest_price,
                 ARRAY(SELECT DISTINCT unnest(expertise) FROM experts WHERE status = 'published' ORDER BY 1)
                   AS expertise
               FROM experts WHERE status = 'published'"""
        )
        assert row is not None, "an aggregate always answers a row"
        figures = Figures(**row)
        if rings == self._rings:
            self._figures = figures
        return figures

    def _forget(self, _rest: str | None) -> None:
        self._rings += 1
        self._figures = None
