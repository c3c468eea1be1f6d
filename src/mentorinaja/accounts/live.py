"""Who is signed in: remembered for a moment, and watched for whoever has a stream open."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import asyncpg
import structlog

from mentorinaja.accounts import queries, sessions
from mentorinaja.db.pool import Database
from mentorinaja.live.hub import Hub
from mentorinaja.web.viewer import Viewer

log = structlog.get_logger(__name__)

_FRESH_SECONDS = 10.0
_SEEN_SECONDS = 60.0
_MOST = 10_000
# Streams are to end within ten seconds of the change, also when the doorbell is deaf.
_LOOK_SECONDS = 5.0
_PAUSE_AFTER_TROUBLE_SECONDS = 0.5
_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(slots=True)
class _Known:
    viewer: Viewer
    asked: float
    seen: float


class ViewerCache:
    """Answers who a session belongs to, at most ten seconds old: chat must not ask the database at every message.

    An admin, or whom an admin looks as, is asked for each time: the desk is closed with the next request.
    For the others, whatever ends a sign-in or changes what a person may do rings `person:<id>` and is known at once; when
    the doorbell was out of order, everything is forgotten.
    """

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._known: dict[bytes, _Known] = {}
        self._rings = 0
        hub.listen("person", self._on_person)

    async def find(self, token_hash: bytes, *, unasked: bool = False) -> Viewer | None:
        """The viewer of this session, or None when it is unknown, ended or over.

        `unasked`: the page asks by itself, which is no sign that somebody is there.
        """
        now = time.monotonic()
        known = self._known.get(token_hash)
        if known and now - known.asked < _FRESH_SECONDS:
            return known.viewer
        rings = self._rings
        viewer = await queries.find_viewer(self._db, token_hash)
        if viewer is None:
            self.forget(token_hash)
            return None
        seen = known.seen if known else now - _SEEN_SECONDS
        if not unasked and now - seen >= _SEEN_SECONDS:
            await sessions.touch_session(self._db, viewer.session_id)
            seen = now
        # Kept if nothing changed while the database was asked.
        if rings == self._rings and not _is_admin(viewer):
            self._keep(token_hash, _Known(viewer, now, seen))
        return viewer

    def forget(self, token_hash: bytes) -> None:
        """Ask the database the next time."""
        self._known.pop(token_hash, None)

    def _keep(self, token_hash: bytes, known: _Known) -> None:
        self._known.pop(token_hash, None)
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[token_hash] = known

    def _on_person(self, user_id: str | None) -> None:
        self._rings += 1
        if user_id is None:
            self._known.clear()
            return
        for token_hash in [key for key, known in self._known.items() if user_id in _people(known.viewer)]:
            del self._known[token_hash]


def _is_admin(viewer: Viewer) -> bool:
    return viewer.role == "admin" or viewer.seen_by is not None


@dataclass(frozen=True, slots=True, eq=False)
class _Guest:
    token_hash: bytes
    viewer: Viewer
    end: Callable[[], None]

    def is_still(self, viewer: Viewer | None) -> bool:
        return viewer is not None and _standing(viewer) == _standing(self.viewer)


def _standing(viewer: Viewer) -> tuple[object, ...]:
    """What a stream was opened on the strength of."""
    return viewer.id, viewer.role, viewer.expert_id, viewer.seen_by


def _people(viewer: Viewer) -> set[str]:
    """Whose doorbells may be about this sign-in."""
    return {str(viewer.id), str(viewer.seen_by or viewer.id)}


class Watch:
    """Ends open streams whose sign-in is over, whose owner is suspended, or whose role became another.

    The doorbell makes it look at once; every five seconds it looks at all of them, in one question, because
    the bell may be deaf and because a sign-in that simply runs out rings nothing.
    """

    def __init__(self, db: Database, hub: Hub, cache: ViewerCache) -> None:
        self._db = db
        self._cache = cache
        # By the person's id as the doorbell says it.
        self._guests: dict[str, set[_Guest]] = {}
        self._doubted: set[str] = set()
        self._rang = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        hub.listen("person", self._on_person)

    def __call__(self, token_hash: bytes, viewer: Viewer, end: Callable[[], None]) -> Callable[[], None]:
        """Call `end` once this session is no longer what let `viewer` in; the answer stops the watching."""
        # The admin's own bell tells when somebody stops looking as this person.
        person, guest = str(viewer.seen_by or viewer.id), _Guest(token_hash, viewer, end)
        self._guests.setdefault(person, set()).add(guest)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_forever(), name="accounts-watch")

        def stop() -> None:
            guests = self._guests.get(person, set())
            guests.discard(guest)
            if not guests:
                self._guests.pop(person, None)

        return stop

    def _on_person(self, user_id: str | None) -> None:
        self._doubted |= self._guests.keys() if user_id is None else self._guests.keys() & {user_id}
        if self._doubted:
            self._rang.set()

    async def _look_forever(self) -> None:
        clock = asyncio.get_running_loop().time
        all_at = clock() + _LOOK_SECONDS
        while self._guests:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(all_at):
                    await self._rang.wait()
            self._rang.clear()
            if clock() >= all_at:
                self._doubted |= self._guests.keys()
                all_at = clock() + _LOOK_SECONDS
            doubted, self._doubted = self._doubted, set()
            try:
                await self._look(doubted)
            except _TROUBLE as problem:
                log.warning("accounts.unwatched", problem=type(problem).__name__)
                self._doubted |= doubted
                self._rang.set()
                await asyncio.sleep(_PAUSE_AFTER_TROUBLE_SECONDS)

    async def _look(self, people: Iterable[str]) -> None:
        guests = [guest for person in people for guest in self._guests.get(person, ())]
        if not guests:
            return
        viewers = await queries.find_viewers(self._db, list({guest.token_hash for guest in guests}))
        for guest in guests:
            if not guest.is_still(viewers.get(guest.token_hash)):
                self._cache.forget(guest.token_hash)
                guest.end()
