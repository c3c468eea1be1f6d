"""Plans that changed: sessions called off by either side, moved, asked to move, and money that came too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Database
from mentorinaja.payments import actions as payments
from mentorinaja.schedule.queries import nearest_slots
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.history import Storyteller
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.web.viewer import Viewer


class Changes:
    """Bookings whose time or existence somebody changed."""

    def __init__(self, db: Database, cast: Cast, till: Till, storyteller: Storyteller) -> None:
        self._db = db
        self._cast = cast
        self._till = till
        self._storyteller = storyteller

    def past(self, today: datetime) -> Iterator[Story]:
        """What was changed by `today`; some of it has not been paid back yet."""
        budi, ani = self._cast.users["budi"], self._cast.users["ani"]
        for days, user, slug, fate in (
            (9.0, budi, "nadia-siregar", self._called_off),
            (8.0, ani, "yohanes-wenda", self._called_off_by_expert),
            (3.2, budi, "arif-hidayatullah", self._late),
            (2.0, ani, "rizky-maulana", self._moved),
        ):
            yield later(today - timedelta(days=days), fate(user, self._cast.experts[slug]))

    async def make_today(self) -> None:
        """A proposal that Budi has not answered yet."""
        budi, actor = self._cast.users["budi"], self._cast.experts["agus-setiawan"]
        public_id, starts_at = await self._sold(budi, actor, 6)
        await bookings.propose(
            self._db, actor.viewer, public_id, await self._other(actor, budi, public_id, starts_at)
        )

    async def _called_off(self, user: Viewer, actor: Actor) -> Story:
        """Ten hours before: half goes back, and the expert keeps a part of the rest."""
        public_id, starts_at = await self._sold(user, actor, 4)
        yield starts_at - timedelta(hours=10)
        await payments.cancel_paid(self._db, user, public_id, 0)

    async def _called_off_by_expert(self, user: Viewer, actor: Actor) -> Story:
        public_id, starts_at = await self._sold(user, actor, 4)
        yield starts_at - timedelta(hours=5)
        await payments.cancel_by_expert(self._db, actor.viewer, public_id)

    async def _moved(self, user: Viewer, actor: Actor) -> Story:
        public_id, starts_at = await self._sold(user, actor, 5)
        yield await clock.now(self._db) + timedelta(hours=20)
        await bookings.move(self._db, user, public_id, await self._other(actor, user, public_id, starts_at))

    async def _late(self, user: Viewer, actor: Actor) -> Story:
        """Nobody pays in time, somebody else takes the slot, and then the money comes: there is a time to choose."""
        public_id, starts_at = await self._book(user, actor, 7)
        attempt = await self._till.open(user, public_id)
        yield await clock.now(self._db) + timedelta(days=3, minutes=1)
        await self._till.expire(public_id)
        others = [known for login, known in self._cast.users.items() if login not in ("budi", "ani")]
        service = actor.services[0]
        taken, _ = await self._storyteller.book(actor, others[0], service, starts_at)
        await self._till.pay(others[0], taken)
        yield await clock.now(self._db) + timedelta(hours=1)
        await self._till.say(public_id, "settlement", attempt=attempt)

    async def _sold(self, user: Viewer, actor: Actor, days: int) -> tuple[str, datetime]:
        public_id, starts_at = await self._book(user, actor, days)
        await self._till.pay(user, public_id)
        return public_id, starts_at

    async def _book(self, user: Viewer, actor: Actor, days: int) -> tuple[str, datetime]:
        around = await clock.now(self._db) + timedelta(days=days)
        return await self._storyteller.book(actor, user, actor.services[0], around)

    async def _other(self, actor: Actor, user: Viewer, public_id: str, starts_at: datetime) -> datetime:
        """Another free start of the session, two days later or so."""
        row = await self._db.fetchrow(
            """SELECT b.duration_minutes AS minutes, b.id FROM bookings b JOIN orders o ON o.id = b.order_id
               WHERE o.public_id = $1""",
            public_id,
        )
        assert row is not None, "it was booked before"
        around = starts_at + timedelta(days=2)
        near = await nearest_slots(
            self._db, actor.expert_id, row["minutes"], around, user.id, 2, besides=row["id"]
        )
        return next(slot for slot in near if slot != starts_at)
