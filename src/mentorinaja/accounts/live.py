"""Who is signed in, remembered for a moment: chat must not ask the database for the session at every message."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mentorinaja.accounts import actions, queries
from mentorinaja.db.pool import Database
from mentorinaja.live.hub import Hub
from mentorinaja.web.viewer import Viewer

_FRESH_SECONDS = 10.0
_SEEN_SECONDS = 60.0
_MOST = 10_000


@dataclass(slots=True)
class _Known:
    viewer: Viewer
    asked: float
    seen: float


class ViewerCache:
    """Answers who a session belongs to, at most ten seconds old.

    Whatever ends a sign-in or changes what a person may do rings `person:<id>` and is known at once; when
    the doorbell was out of order, everything is forgotten.
    """

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._known: dict[bytes, _Known] = {}
        self._rings = 0
        hub.listen("person", self._on_person)

    async def find(self, token_hash: bytes) -> Viewer | None:
        """The viewer of this session, or None when it is unknown, ended or over."""
        now = time.monotonic()
        known = self._known.get(token_hash)
        if known and now - known.asked < _FRESH_SECONDS:
            return known.viewer
        rings = self._rings
        viewer = await queries.find_viewer(self._db, token_hash)
        if viewer is None:
            self._known.pop(token_hash, None)
            return None
        seen = known.seen if known else now - _SEEN_SECONDS
        if now - seen >= _SEEN_SECONDS:
            await actions.touch_session(self._db, viewer.session_id)
            seen = now
        if rings == self._rings:  # nothing changed while the database was asked
            self._keep(token_hash, _Known(viewer, now, seen))
        return viewer

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
        for token_hash in [key for key, known in self._known.items() if str(known.viewer.id) == user_id]:
            del self._known[token_hash]
