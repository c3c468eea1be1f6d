"""A mentor who let two sessions pass, and is paused from the lists for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mentorinaja.db.pool import Database
from mentorinaja.rooms import actions as rooms
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.history import Storyteller
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.trust import actions as trust
from mentorinaja.web.viewer import Viewer

_SLUG = "rangga-adiputra"


class Absences:
    """Sessions to which only the user came."""

    def __init__(self, db: Database, cast: Cast, till: Till, storyteller: Storyteller) -> None:
        self._db = db
        self._cast = cast
        self._till = till
        self._storyteller = storyteller

    def past(self, today: datetime) -> Iterator[Story]:
        """Two within a week, the last one some days ago."""
        actor, users = self._cast.experts[_SLUG], list(self._cast.users.values())
        for user, days in ((users[-1], 10), (users[-2], 6)):
            yield later(today - timedelta(days=days), self._missed(user, actor))

    async def _missed(self, user: Viewer, actor: Actor) -> Story:
        service = next(each for each in actor.services if each.category == "online_chat")
        now: datetime = await self._db.fetchval("SELECT app_now()")
        public_id, starts_at = await self._storyteller.book(actor, user, service, now + timedelta(days=2))
        await self._till.pay(user, public_id)
        row = await self._db.fetchrow(
            """SELECT b.id, upper(b.during) AS ends_at FROM bookings b JOIN orders o ON o.id = b.order_id
               WHERE o.public_id = $1""",
            public_id,
        )
        assert row is not None, "it was booked before"
        yield starts_at
        await rooms.enter(self._db, user, row["id"])
        yield row["ends_at"] + timedelta(minutes=1)
        await rooms.advance(self._db, row["id"])
        await trust.judge(self._db, actor.expert_id)
