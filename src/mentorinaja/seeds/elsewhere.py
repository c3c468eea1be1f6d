"""Video and offline sessions of the demo's past: the link opened, the code given, and one that was reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from mentorinaja import clock
from mentorinaja.arrivals import actions as arrivals
from mentorinaja.db.pool import Database
from mentorinaja.reports import actions as reports
from mentorinaja.rooms import actions as rooms
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.history import Storyteller
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.web.viewer import Viewer

_MINUTE = timedelta(minutes=1)
_PROBLEM = (
    "Saya menunggu di rapat dari awal sampai jam selesai, tetapi mentor tidak masuk dan tidak membalas pesan."
)


class Elsewhere:
    """Sessions that took place outside our rooms, each recorded in its own way."""

    def __init__(self, db: Database, cast: Cast, till: Till, storyteller: Storyteller) -> None:
        self._db = db
        self._cast = cast
        self._till = till
        self._storyteller = storyteller

    def past(self, today: datetime) -> Iterator[Story]:
        """What is over by `today`."""
        budi, ani = self._cast.users["budi"], self._cast.users["ani"]
        for days, user, slug, fate in (
            (16, ani, "fitriani-hasanuddin", self._in_person),
            (13, budi, "sari", self._by_video),
            (9, ani, "clara-wijaya", self._reported),
        ):
            yield later(today - timedelta(days=days), fate(user, self._cast.experts[slug]))

    async def _in_person(self, user: Viewer, actor: Actor) -> Story:
        booking_id, starts, ends = await self._book(user, actor, "offline_event")
        yield starts + 2 * _MINUTE
        await rooms.enter(self._db, actor.viewer, booking_id)
        code: str = await self._db.fetchval("SELECT arrival_code FROM bookings WHERE id = $1", booking_id)
        await arrivals.give_code(self._db, actor.viewer, booking_id, code)
        yield ends + _MINUTE
        await rooms.advance(self._db, booking_id)

    async def _by_video(self, user: Viewer, actor: Actor) -> Story:
        booking_id, starts, ends = await self._book(user, actor, "online_video")
        for person, minutes in ((actor.viewer, -4), (user, -1)):
            yield starts + minutes * _MINUTE
            await rooms.enter(self._db, person, booking_id)
            await arrivals.open_link(self._db, person, booking_id)
        yield ends + _MINUTE
        await rooms.advance(self._db, booking_id)

    async def _reported(self, user: Viewer, actor: Actor) -> Story:
        """Only the user came; an admin has yet to decide."""
        booking_id, starts, ends = await self._book(user, actor, "online_video")
        yield starts - _MINUTE
        await rooms.enter(self._db, user, booking_id)
        await arrivals.open_link(self._db, user, booking_id)
        yield ends + _MINUTE
        await rooms.advance(self._db, booking_id)
        yield ends + timedelta(hours=1)
        await reports.report(self._db, user, booking_id, _PROBLEM)

    async def _book(self, user: Viewer, actor: Actor, category: str) -> tuple[UUID, datetime, datetime]:
        """A paid session of this kind in about three days: its booking, its start, its end."""
        service = next(each for each in actor.services if each.category == category)
        around = await clock.now(self._db) + timedelta(days=3)
        public_id, starts = await self._storyteller.book(actor, user, service, around)
        await self._till.pay(user, public_id)
        row = await self._db.fetchrow(
            """SELECT b.id, upper(b.during) AS ends FROM bookings b JOIN orders o ON o.id = b.order_id
               WHERE o.public_id = $1""",
            public_id,
        )
        assert row is not None, "it was booked before"
        return row["id"], starts, row["ends"]
