"""Reading what somebody keeps; experts who are not shown now stay in the list, and say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mentorinaja.db.pool import Connection, Database
from mentorinaja.experts.kinds import Kept
from mentorinaja.experts.rules import can_be_slug, pages, slot_is_far
from mentorinaja.favourites.rules import PER_PAGE


@dataclass(frozen=True, slots=True)
class Favourite:
    """An expert somebody keeps. `slot` aware UTC; `own`: it is themselves; `waits`: a wish is open."""

    expert_id: int
    slug: str
    display_name: str
    photo_id: UUID | None
    position_title: str
    company: str
    status: str
    slot: datetime | None
    ready: bool
    writes_only: bool
    own: bool
    waits: bool

    def could_be_waited_for(self, now: datetime) -> bool:
        """Whether this expert may have a slot for this person one day, and has none in the next days."""
        if self.own or self.writes_only or not self.findable:
            return False
        return not self.open or (not self.ready and slot_is_far(self.slot, now))

    @property
    def open(self) -> bool:
        """Whether the page is shown with all that can be booked."""
        return self.status == "published"

    @property
    def findable(self) -> bool:
        """Whether there is a page: that of somebody who pauses stays."""
        return self.status in ("published", "paused")


@dataclass(frozen=True, slots=True)
class Favourites:
    """One page of them, the newest first; `page` counts from 1."""

    experts: list[Favourite]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return pages(self.total, PER_PAGE)


@dataclass(frozen=True, slots=True)
class Shown:
    """An expert who can be kept or waited for. `slot` and `ready` as lists show them."""

    id: int
    user_id: int
    slug: str
    display_name: str
    open: bool
    slot: datetime | None
    ready: bool
    writes_only: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody waits for a slot of an expert; `slot`: what there is now of what was wished for."""

    id: int
    expert_id: int
    slug: str
    display_name: str
    position_title: str
    company: str
    state: str
    tellings: int
    slot: datetime | None
    ready: bool


_SLOT = """CASE WHEN e.next_slot_at IS NOT NULL THEN listed_slot(e) END AS slot,
       coalesce(e.ready_until > app_now() AND ready_now(e.id, e.shortest_minutes), false) AS ready,
       e.lowest_price IS NOT NULL AND e.shortest_minutes IS NULL AS writes_only"""
_PAGE = f"""
SELECT e.id AS expert_id, e.slug, e.display_name, e.photo_id, e.position_title, e.company, e.status, {_SLOT},
       e.user_id = $1 AS own,
       EXISTS (SELECT FROM slot_wishes w
               WHERE w.user_id = $1 AND w.expert_id = e.id AND w.state = 'open') AS waits
FROM favourites f JOIN experts e ON e.id = f.expert_id
WHERE f.user_id = $1 ORDER BY f.created_at DESC, e.id DESC LIMIT $2 OFFSET $3
"""
_AT = f"""
SELECT e.id, e.user_id, e.slug, e.display_name, e.status = 'published' AS open, {_SLOT}
FROM experts e
WHERE e.status IN ('published', 'paused')
  AND (e.slug = $1 OR e.id = (SELECT expert_id FROM expert_slugs WHERE old_slug = $1))
"""
_WISH = """
SELECT w.id, e.id AS expert_id, e.slug, e.display_name, e.position_title, e.company, w.state, w.tellings,
       wished_slot(w) AS slot,
       coalesce(e.ready_until > app_now() AND ready_now(e.id, e.shortest_minutes), false) AS ready
FROM slot_wishes w JOIN experts e ON e.id = w.expert_id WHERE w.id = $1
"""


async def kept_by(db: Connection | Database, user_id: int) -> Kept:
    """What this person keeps and waits for: asked once for each page that shows experts."""
    row = await db.fetchrow(
        """SELECT ARRAY(SELECT expert_id FROM favourites WHERE user_id = $1) AS hearts,
                  ARRAY(SELECT expert_id FROM slot_wishes WHERE user_id = $1 AND state = 'open') AS bells""",
        user_id,
    )
    assert row is not None, "two arrays are always answered"
    return Kept(frozenset(row["hearts"]), frozenset(row["bells"]))


async def favourites_of(db: Connection | Database, user_id: int, page: int) -> Favourites:
    """One page of what this person keeps; a page past the end is the last one."""
    total: int = await db.fetchval("SELECT count(*) FROM favourites WHERE user_id = $1", user_id)
    page = min(page, pages(total, PER_PAGE))
    rows = await db.fetch(_PAGE, user_id, PER_PAGE, (page - 1) * PER_PAGE)
    return Favourites([Favourite(**row) for row in rows], total, page)


async def expert_at(db: Connection | Database, slug: str) -> Shown | None:
    """The expert who is, or was, at this address and can be found, perhaps pausing; else None."""
    row = await db.fetchrow(_AT, slug) if can_be_slug(slug) else None
    return Shown(**row) if row else None


async def id_at(db: Connection | Database, slug: str) -> int | None:
    """The expert of this address, shown or not: whoever is let go need not be there any more."""
    found: int | None = await db.fetchval(
        "SELECT id FROM experts WHERE slug = $1 UNION ALL SELECT expert_id FROM expert_slugs WHERE old_slug = $1",
        slug,
    )
    return found


async def wish_by_id(db: Connection | Database, wish_id: int) -> Wish | None:
    """A wish for the mail that tells it: asks for no permission."""
    row = await db.fetchrow(_WISH, wish_id)
    return Wish(**row) if row else None


async def granted(db: Connection | Database, limit: int = 500) -> list[int]:
    """The open wishes whose slot is there now, the oldest first."""
    rows = await db.fetch(
        """SELECT w.id FROM slot_wishes w JOIN experts e ON e.id = w.expert_id
           WHERE w.state = 'open' AND e.status = 'published'
             AND (e.next_slot_at IS NOT NULL OR e.ready_until > app_now()) AND wished_slot(w) IS NOT NULL
           ORDER BY w.id LIMIT $1""",
        limit,
    )
    return [row["id"] for row in rows]
