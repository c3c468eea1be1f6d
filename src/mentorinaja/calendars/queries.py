"""What a person has set up of calendars: the own address, and the calendars outside that say when an expert is busy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from mentorinaja.bookings.queries import Entry, agenda_of
from mentorinaja.calendars.rules import MOST_SOURCES, REASONS, SHOWN_BACK, Why, hash_of, token_of
from mentorinaja.db.pool import Database
from mentorinaja.settings import Settings
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Feed:
    """The address of the own sessions; None when it is not shown: the key it was made with is not this site's any more."""

    made_at: datetime
    address: str | None

    @property
    def webcal(self) -> str | None:
        """The same address as phones and computers know what to do with."""
        return f"webcal://{self.address.split('://')[1]}" if self.address else None


@dataclass(frozen=True, slots=True)
class Source:
    """A calendar outside: whose server, when it was connected and last read, how many busy times lie ahead."""

    id: int
    expert_id: int
    host: str
    created_at: datetime
    read_at: datetime
    problem: str | None
    failing_since: datetime | None
    times: int

    @property
    def reason(self) -> str:
        """Why it cannot be read, as a sentence; "" when it can."""
        return REASONS[cast(Why, self.problem)] if self.problem else ""


@dataclass(frozen=True, slots=True)
class Calendars:
    """All of one person; `sources` is None for whoever is no expert, `room` says whether one more can be added."""

    feed: Feed | None
    sources: list[Source] | None

    @property
    def room(self) -> bool:
        """Whether another calendar can be connected."""
        return self.sources is not None and len(self.sources) < MOST_SOURCES


async def calendars_of(db: Database, settings: Settings, viewer: Viewer) -> Calendars:
    """What the person who is signed in has set up; an admin who looks on gets no address."""
    sources = None if viewer.expert_id is None else await sources_of(db, viewer.expert_id)
    feed = await feed_of(db, settings, viewer.id)
    if feed is not None and viewer.seen_by is not None:
        feed = replace(feed, address=None)
    return Calendars(feed, sources)


async def feed_of(db: Database, settings: Settings, user_id: int) -> Feed | None:
    """The person's calendar address, or None when there is none."""
    row = await db.fetchrow(
        "SELECT nonce, token_hash, made_at FROM calendar_feeds WHERE user_id = $1", user_id
    )
    if row is None:
        return None
    token = token_of(settings.secret_key, user_id, row["nonce"])
    known = hash_of(token) == row["token_hash"]
    return Feed(row["made_at"], f"{settings.base_url}/kalender/{token}.ics" if known else None)


async def sources_of(db: Database, expert_id: int) -> list[Source]:
    """The calendars outside that an expert connected, in the order of their coming."""
    rows = await db.fetch(_SOURCES + "WHERE s.expert_id = $1 ORDER BY s.id", expert_id)
    return [Source(**dict(row)) for row in rows]


async def source_by_id(db: Database, source_id: int) -> Source | None:
    """One of them for mails: asks for no permission."""
    row = await db.fetchrow(_SOURCES + "WHERE s.id = $1", source_id)
    return Source(**dict(row)) if row else None


async def entries_at(db: Database, token: str, now: datetime) -> list[Entry] | None:
    """The sessions that the calendar address with this token shows, or None when it is nobody's."""
    user_id = await db.fetchval(
        """SELECT f.user_id FROM calendar_feeds f JOIN users u ON u.id = f.user_id
           WHERE f.token_hash = $1 AND u.suspended_at IS NULL""",
        hash_of(token),
    )
    return None if user_id is None else await agenda_of(db, user_id, now - SHOWN_BACK)


_SOURCES = """
    SELECT s.id, s.expert_id, s.host, s.created_at, s.read_at, s.problem, s.failing_since,
      (SELECT count(*) FROM busy_times t WHERE t.source_id = s.id AND upper(t.during) > app_now()) AS times
    FROM calendar_sources s
"""
