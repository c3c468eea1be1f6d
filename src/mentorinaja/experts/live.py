"""What each process keeps of the catalog until the bell rings: the site's figures, lists, visitors' pages."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Database
from mentorinaja.experts.details import common_tags
from mentorinaja.live.hub import Hub
from mentorinaja.web.cache import Shared, SharedPages

# The bell tells of changed experts and bookings; slots also grow old by themselves.
_TOPICS = ("catalog", "clock")
_SECONDS = 15.0
_MOST = 300


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
    """Keeps what pages about finding experts would read and render again and again.

    `parts` are the parts of pages that do not depend on who looks, `pages` whole ones of visitors.
    """

    def __init__(self, db: Database, hub: Hub) -> None:
        self.db = db
        self.clock = hub.clock
        self.parts = Shared(hub, _TOPICS, seconds=_SECONDS, most=_MOST)
        self.pages = SharedPages(Shared(hub, _TOPICS, seconds=_SECONDS, most=_MOST))

    async def figures(self) -> Figures:
        """The site's figures as they are now."""
        return await self.parts.get("figures", self._read_figures)

    async def common_tags(self, kind: str) -> list[str]:
        """What most experts have of this kind of tag, for who is about to add one."""
        return await self.parts.get(f"tags {kind}", lambda: common_tags(self.db, kind))

    async def _read_figures(self) -> Figures:
        row = await self.db.fetchrow(
            """SELECT count(*) AS experts, coalesce(sum(rating_count), 0) AS reviews,
                 coalesce(sum(rating_sum)::float8 / nullif(sum(rating_count), 0), 0) AS mean,
                 min(lowest_price) AS lowest_price,
                 ARRAY(SELECT DISTINCT unnest(expertise) FROM experts WHERE status = 'published' ORDER BY 1)
                   AS expertise
               FROM experts WHERE status = 'published'"""
        )
        assert row is not None, "an aggregate always answers a row"
        return Figures(**row)
