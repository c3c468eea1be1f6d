"""Giving out calendar addresses and taking them back; connecting calendars outside and keeping what they say."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from mentorinaja import clock
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.calendars.reading import Reading, read_calendar
from mentorinaja.calendars.rules import (
    MOST_SOURCES,
    TOLD_AFTER,
    Address,
    CannotRead,
    Span,
    TooManySources,
    Why,
    hash_of,
    next_try,
    parse_address,
    token_of,
)
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.experts.actions import refresh_listing
from mentorinaja.jobs.queue import enqueue_each
from mentorinaja.notices.actions import queue
from mentorinaja.settings import Settings

READ = "calendars.read"
FAILING = "calendar_failing"

# Within a day what repeats for ever has come into reach anew, so it is read whole again.
_WHOLE_WITHIN = timedelta(hours=20)
_RANDOM = secrets.SystemRandom()


@atomic
async def make_feed(tx: Connection, secret_key: str, user_id: int) -> None:
    """Give the person a new calendar address; the last one opens nothing any more."""
    nonce = secrets.token_bytes(16)
    await tx.execute(
        """INSERT INTO calendar_feeds (user_id, nonce, token_hash) VALUES ($1, $2, $3)
           ON CONFLICT (user_id) DO UPDATE SET nonce = $2, token_hash = $3, made_at = app_now()""",
        user_id,
        nonce,
        hash_of(token_of(secret_key, user_id, nonce)),
    )


@atomic
async def drop_feed(tx: Connection, user_id: int) -> None:
    """Take the person's calendar address back."""
    await tx.execute("DELETE FROM calendar_feeds WHERE user_id = $1", user_id)


async def connect(db: Database, settings: Settings, expert_id: int, text: str) -> None:
    """Keep clear of what the calendar at this address says from now on; it is read at once.

    An address that is connected already is only read again. Raises `CannotRead` or `TooManySources`; then nothing
    was changed.
    """
    address = parse_address(text, settings.calendar_local_origin)
    asked_at, zone = await clock.now(db), await _zone_of(db, expert_id)
    reading = await read_calendar(address.whole, zone, asked_at, local_origin=settings.calendar_local_origin)
    assert reading is not None, "without a mark there is something to read"
    await _keep_new(db, Vault(settings), expert_id, address, asked_at, zone, reading)


async def read_again(db: Database, settings: Settings, expert_id: int, source_id: int) -> bool:
    """Read one of the expert's own calendars now; whether that worked. Raises `NotThere`."""
    own = await db.fetchval(
        "SELECT EXISTS (SELECT FROM calendar_sources WHERE id = $1 AND expert_id = $2)", source_id, expert_id
    )
    if not own:
        raise NotThere
    return await read_source(db, settings, source_id)


async def read_source(db: Database, settings: Settings, source_id: int) -> bool:
    """Read a calendar and write down what it says, or why it could not be read; whether it could."""
    row = await db.fetchrow(
        """SELECT c.sealed, c.version, s.time_zone, app_now() AS now,
             CASE WHEN c.zone = s.time_zone AND c.whole_at > app_now() - $2::interval THEN c.etag ELSE '' END AS etag
           FROM calendar_sources c JOIN schedules s ON s.expert_id = c.expert_id WHERE c.id = $1""",
        source_id,
        _WHOLE_WITHIN,
    )
    if row is None:
        return False
    now, zone, version = row["now"], row["time_zone"], row["version"]
    try:
        address = Vault(settings).open(row["sealed"])
        local = settings.calendar_local_origin
        reading = await read_calendar(address, zone, now, etag=row["etag"], local_origin=local)
    except Unreadable:
        await _keep_failure(db, source_id, version, now, "key")
    except CannotRead as problem:
        await _keep_failure(db, source_id, version, now, problem.reason)
    else:
        await _keep(db, source_id, version, now, zone, reading)
        return True
    return False


@atomic
async def forget(tx: Connection, expert_id: int, source_id: int) -> None:
    """Disconnect one of the expert's own calendars, with all it said. Raises `NotThere`."""
    gone = await tx.fetchval(
        "DELETE FROM calendar_sources WHERE id = $1 AND expert_id = $2 RETURNING id", source_id, expert_id
    )
    if gone is None:
        raise NotThere
    await refresh_listing(tx, expert_id)


@atomic
async def ask_for_due(tx: Connection) -> None:
    """Queue the reading of every calendar that is due; one that gets lost is due again in half an hour."""
    rows = await tx.fetch(
        """UPDATE calendar_sources SET next_try_at = app_now() + interval '30 minutes'
           WHERE id IN (SELECT id FROM calendar_sources
                        WHERE next_try_at <= app_now() OR tried_at > app_now()
                        ORDER BY next_try_at LIMIT 500 FOR UPDATE SKIP LOCKED)
           RETURNING id"""
    )
    if rows:
        await enqueue_each(tx, READ, [{"source_id": row["id"]} for row in rows])


async def _zone_of(db: Database, expert_id: int) -> str:
    zone: str = await db.fetchval("SELECT time_zone FROM schedules WHERE expert_id = $1", expert_id)
    return zone


@atomic
async def _keep_new(
    tx: Connection,
    vault: Vault,
    expert_id: int,
    address: Address,
    asked_at: datetime,
    zone: str,
    reading: Reading,
) -> None:
    source_id = await _add(tx, vault, expert_id, address)
    await _store(tx, expert_id, source_id, asked_at, zone, reading)


async def _add(tx: Connection, vault: Vault, expert_id: int, address: Address) -> int:
    """The source with this address, made if it is new. Raises `TooManySources`."""
    # One at a time, so that the limit holds.
    await tx.execute("SELECT FROM schedules WHERE expert_id = $1 FOR UPDATE", expert_id)
    digest = hash_of(address.whole)
    known: int | None = await tx.fetchval(
        "SELECT id FROM calendar_sources WHERE expert_id = $1 AND digest = $2 FOR UPDATE", expert_id, digest
    )
    if known is not None:
        return known
    count = await tx.fetchval("SELECT count(*) FROM calendar_sources WHERE expert_id = $1", expert_id)
    if count >= MOST_SOURCES:
        raise TooManySources(f"Paling banyak {MOST_SOURCES} kalender. Hapus salah satu dulu.")
    made: int = await tx.fetchval(
        """INSERT INTO calendar_sources (expert_id, host, sealed, digest, next_try_at)
           VALUES ($1, $2, $3, $4, app_now()) RETURNING id""",
        expert_id,
        address.host,
        vault.seal(address.whole),
        digest,
    )
    return made


@atomic
async def _keep(
    tx: Connection, source_id: int, version: int, asked_at: datetime, zone: str, reading: Reading | None
) -> None:
    """What a calendar said, None: the same as before; dropped when another reading was kept in the meantime."""
    expert_id = await tx.fetchval(
        "SELECT expert_id FROM calendar_sources WHERE id = $1 AND version = $2 FOR UPDATE", source_id, version
    )
    if expert_id is not None:
        await _store(tx, expert_id, source_id, asked_at, zone, reading)


async def _store(
    tx: Connection, expert_id: int, source_id: int, asked_at: datetime, zone: str, reading: Reading | None
) -> None:
    """Write down what a locked source said, and rewrite the expert's listing where that changes when they are free."""
    await tx.execute(
        """UPDATE calendar_sources SET version = version + 1, read_at = $2, tried_at = $2, next_try_at = $3,
             problem = NULL, failing_since = NULL, told_at = NULL WHERE id = $1""",
        source_id,
        asked_at,
        next_try(asked_at, None, _RANDOM.random()),
    )
    if reading is None:
        return
    await tx.execute(
        "UPDATE calendar_sources SET etag = $2, whole_at = $3, zone = $4 WHERE id = $1",
        source_id,
        reading.etag,
        asked_at,
        zone,
    )
    if await _replace(tx, expert_id, source_id, reading.busy):
        await refresh_listing(tx, expert_id)


async def _replace(tx: Connection, expert_id: int, source_id: int, busy: list[Span]) -> bool:
    """Make the busy times of a source these; whether that changed any."""
    rows = await tx.fetch(
        "SELECT lower(during) AS starts, upper(during) AS ends FROM busy_times WHERE source_id = $1 ORDER BY 1",
        source_id,
    )
    if [(row["starts"], row["ends"]) for row in rows] == busy:
        return False
    await tx.execute("DELETE FROM busy_times WHERE source_id = $1", source_id)
    await tx.execute(
        """INSERT INTO busy_times (expert_id, source_id, during)
           SELECT $1, $2, tstzrange(starts, ends) FROM unnest($3::timestamptz[], $4::timestamptz[]) AS t (starts, ends)""",
        expert_id,
        source_id,
        [start for start, _ in busy],
        [end for _, end in busy],
    )
    return True


@atomic
async def _keep_failure(tx: Connection, source_id: int, version: int, asked_at: datetime, why: Why) -> None:
    """It could not be read: what it said last stays; its expert is told once when that goes on for a day."""
    row = await tx.fetchrow(
        """UPDATE calendar_sources c SET version = version + 1, problem = $4, tried_at = $3,
             failing_since = coalesce(failing_since, $3)
           FROM experts e WHERE c.id = $1 AND c.version = $2 AND e.id = c.expert_id
           RETURNING e.user_id, c.failing_since, c.told_at""",
        source_id,
        version,
        asked_at,
        why,
    )
    if row is None:
        return
    failing_for = asked_at - row["failing_since"]
    await tx.execute(
        "UPDATE calendar_sources SET next_try_at = $2 WHERE id = $1",
        source_id,
        next_try(asked_at, failing_for, _RANDOM.random()),
    )
    if failing_for >= TOLD_AFTER and row["told_at"] is None:
        await tx.execute("UPDATE calendar_sources SET told_at = app_now() WHERE id = $1", source_id)
        since = int(row["failing_since"].timestamp())
        await queue(tx, FAILING, user_id=row["user_id"], about=f"calendar-{source_id}", version=since)
