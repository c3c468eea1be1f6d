"""The measured world: a database with people, experts and running rooms, and what each person's requests look like."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from mentorinaja.db.migrate import migrate
from mentorinaja.settings import Settings
from mentorinaja.web.auth import session_cookie

PEOPLE = 1000
_SQL = Path(__file__).with_name("world.sql")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in: the cookie header and a form token."""

    cookie: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Room:
    """A running chat: its booking's id and its two people, the user first."""

    id: str
    people: tuple[Person, Person]


async def make_database(server: str, name: str) -> str:
    """A new, empty database on the server; answers its address."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def make_world(server: str, people: int = PEOPLE) -> str:
    """A migrated database with the measured world in it; answers its address."""
    dsn = await make_database(server, "measured")
    await fill(dsn, people)
    return dsn


async def fill(dsn: str, people: int, more: Path | None = None, **sizes: int) -> None:
    """Migrate an empty database and put the measured world into it, then what `more` adds; `sizes` are told to both."""
    await migrate(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        for name, size in ({"people": people} | sizes).items():
            await connection.execute("SELECT set_config('bench.' || $1, $2, false)", name, str(size))
        for file in (_SQL, more) if more else (_SQL,):
            await connection.execute(file.read_text())
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def user(settings: Settings, number: int) -> Person:
    """User `number` (1 and up) of the world, signed in."""
    token = f"bench-token-{number}"
    cookie = session_cookie(settings, token, None)
    secret = hmac.digest(settings.secret_key.encode(), b"csrf:" + token.encode(), hashlib.sha256)
    # A token is a mask and the secret under it: a mask of zeroes is as good as any.
    return Person(f"{cookie.key}={cookie.value}", base64.urlsafe_b64encode(bytes(32) + secret).decode())


def expert(settings: Settings, number: int) -> Person:
    """Expert `number` of the world, signed in."""
    return user(settings, 100_000 + number)


async def rooms(dsn: str, settings: Settings) -> list[Room]:
    """All running rooms, the first user's first."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT booking_id, user_id FROM active_sessions ORDER BY user_id")
    finally:
        await connection.close()
    return [
        Room(str(row["booking_id"]), (user(settings, row["user_id"]), expert(settings, row["user_id"])))
        for row in rows
    ]


async def cursors(dsn: str) -> dict[str, int]:
    """The last number given in each room: what a page that has just been loaded carries."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT booking_id, last_seq FROM active_sessions")
    finally:
        await connection.close()
    return {str(row["booking_id"]): row["last_seq"] for row in rows}
