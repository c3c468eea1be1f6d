"""Reading the pool of meeting links: how many there are of each kind, one of them, and what was pasted beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments.link_rules import ENOUGH, EXPIRING_DAYS, STATES, Line, LinkState, read_lines

# Sessions `b` by video that are not over: few, and found by their time. What time it is, is asked once, not for each.
_COMING = """b.status IN ('pending', 'confirmed') AND b.category = 'online_video'
    AND b.starts_at > app_now() - interval '2 days' AND upper(b.during) > (SELECT app_now())"""
# Those of them that hold a link, with its use `u`.
UPCOMING = f"FROM bookings b JOIN meeting_link_uses u ON u.booking_id = b.id WHERE {_COMING}"
# Links that expire before a session that holds them ends.
MISFITS = f"""l.id = ANY (ARRAY(SELECT h.link_id FROM (SELECT u.link_id, upper(b.during) AS ends_at {UPCOMING}) h
  JOIN meeting_links_pool m ON m.id = h.link_id WHERE m.expires_at < h.ends_at))"""
# Of a link `l` of the pool. OFFSET 0 has each link's own uses looked up, never those of all sessions to come.
STATE = f"""CASE WHEN l.retired_at IS NOT NULL THEN 'retired'
  WHEN l.spent_at IS NOT NULL AND EXISTS (SELECT {UPCOMING} AND u.link_id = l.id OFFSET 0) THEN 'reserved'
  WHEN l.spent_at IS NOT NULL THEN 'used'
  WHEN l.expires_at <= app_now() THEN 'expired'
  WHEN l.reusable THEN 'reusable' ELSE 'free' END"""
_TO_GIVE = "l.retired_at IS NULL AND l.spent_at IS NULL"
GOOD = f"{_TO_GIVE} AND (l.expires_at IS NULL OR l.expires_at > app_now())"
GONE = f"{_TO_GIVE} AND l.expires_at <= app_now()"
EXPIRING = f"""{_TO_GIVE} AND l.expires_at > app_now()
  AND l.expires_at <= app_now() + interval '{EXPIRING_DAYS} days'"""
USED = "l.retired_at IS NULL AND l.spent_at IS NOT NULL"
RESERVED = (
    f"l.spent_at IS NOT NULL AND l.retired_at IS NULL AND l.id = ANY (ARRAY(SELECT u.link_id {UPCOMING}))"
)


@dataclass(frozen=True, slots=True)
class LinkStock:
    """How many links there are to give (`free` once each, `reusable` many times), held for sessions to come
    (`reserved`), gone or going by their date, and withdrawn.

    `waiting`: paid sessions that have none yet; `misfits`: sessions whose link expires before they end.
    """

    free: int
    reusable: int
    reserved: int
    expiring: int
    expired: int
    retired: int
    waiting: int
    misfits: int

    @property
    def left(self) -> int:
        """How many links can still be given."""
        return self.free + self.reusable

    @property
    def is_low(self) -> bool:
        """Whether the admins should add some."""
        return self.left < ENOUGH


@dataclass(frozen=True, slots=True)
class LinkUse:
    """A session that holds a link, or held it until it was over."""

    booking_id: UUID
    public_id: str
    status: str
    starts_at: datetime
    ends_at: datetime
    payer_name: str
    expert_name: str
    given_at: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the pool; `uses` are its sessions, the latest first, at most twenty."""

    id: int
    url: str
    state: LinkState
    reusable: bool
    created_at: datetime
    expires_at: datetime | None
    spent_at: datetime | None
    retired_at: datetime | None
    added_by: str | None
    uses: tuple[LinkUse, ...] = ()

    @property
    def held(self) -> tuple[LinkUse, ...]:
        """The sessions that are not over and were not called off, the soonest first."""
        return tuple(
            use for use in reversed(self.uses) if not use.is_over and use.status in ("pending", "confirmed")
        )


async def link_stock(db: Connection | Database) -> LinkStock:
    """How the pool stands now; asks nothing that grows with the links that were used up."""
    row = await db.fetchrow(
        f"""SELECT count(*) FILTER (WHERE NOT l.reusable AND {GOOD}) AS free,
              count(*) FILTER (WHERE l.reusable AND {GOOD}) AS reusable,
              count(*) FILTER (WHERE {EXPIRING}) AS expiring, count(*) FILTER (WHERE {GONE}) AS expired,
              (SELECT count(*) FROM meeting_links_pool r WHERE r.retired_at IS NOT NULL) AS retired,
              coming.reserved, coming.waiting, coming.misfits
            FROM (SELECT count(*) FILTER (WHERE m.spent_at IS NOT NULL AND m.retired_at IS NULL) AS reserved,
                    count(*) FILTER (WHERE m.id IS NULL AND b.status = 'confirmed') AS waiting,
                    count(*) FILTER (WHERE m.expires_at < upper(b.during)) AS misfits
                  FROM bookings b LEFT JOIN meeting_link_uses u ON u.booking_id = b.id
                    LEFT JOIN meeting_links_pool m ON m.id = u.link_id WHERE {_COMING}) coming
              LEFT JOIN meeting_links_pool l ON {_TO_GIVE}
            GROUP BY coming.reserved, coming.waiting, coming.misfits"""
    )
    assert row is not None, "a count has a row"
    return LinkStock(**dict(row))


async def links_used(db: Connection | Database) -> int:
    """How many links were given away for good and are not withdrawn, those held for sessions to come among them."""
    count: int = await db.fetchval(f"SELECT count(*) FROM meeting_links_pool l WHERE {USED}")
    return count


async def link_by_id(db: Connection | Database, link_id: int) -> Link | None:
    """A link with its sessions."""
    row = await db.fetchrow(
        f"""SELECT l.id, l.url, {STATE} AS state, l.reusable, l.created_at, l.expires_at, l.spent_at, l.retired_at,
              a.full_name AS added_by
            FROM meeting_links_pool l LEFT JOIN users a ON a.id = l.added_by WHERE l.id = $1""",
        link_id,
    )
    if row is None:
        return None
    uses = await db.fetch(
        """SELECT b.id AS booking_id, o.public_id, b.status, b.starts_at, upper(b.during) AS ends_at, o.payer_name,
             o.expert_name, u.given_at, upper(b.during) <= app_now() AS is_over
           FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id JOIN orders o ON o.id = b.order_id
           WHERE u.link_id = $1 ORDER BY b.starts_at DESC LIMIT 20""",
        link_id,
    )
    return Link(**dict(row), uses=tuple(LinkUse(**dict(use)) for use in uses))


async def look_over(db: Connection | Database, text: str) -> list[Line]:
    """What was pasted, line by line; a link that is in the pool already is told, with what it is there."""
    lines = read_lines(text)
    rows = await db.fetch(
        f"""SELECT l.id, l.url, {STATE} AS state, (SELECT o.public_id FROM meeting_link_uses u
              JOIN bookings b ON b.id = u.booking_id JOIN orders o ON o.id = b.order_id
              WHERE u.link_id = l.id ORDER BY b.starts_at DESC LIMIT 1) AS public_id
            FROM meeting_links_pool l WHERE l.url = ANY($1::text[])""",
        [line.link for line in lines if line.link],
    )
    there = {row["url"]: row for row in rows}
    return [_beside(line, there[line.link]) if line.link in there else line for line in lines]


def _beside(line: Line, row: object) -> Line:
    known = dict(row)  # type: ignore[call-overload]  # a record is a mapping
    of = f" ({known['public_id']})" if known["public_id"] else ""
    return replace(
        line,
        problem=f"Sudah ada di persediaan: {STATES[known['state']].lower()}{of}.",
        known=known["id"],
    )
