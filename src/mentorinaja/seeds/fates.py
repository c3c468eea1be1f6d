"""What Budi and Ani have in their "Riwayat": bookings in every state, of the last weeks and to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Database
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.history import Storyteller
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.web.viewer import Viewer


class Fates:
    """Bookings that end (or wait) in one particular way each."""

    def __init__(self, db: Database, cast: Cast, till: Till, storyteller: Storyteller) -> None:
        self._db = db
        self._cast = cast
        self._till = till
        self._storyteller = storyteller

    def past(self, today: datetime) -> Iterator[Story]:
        """What is over by `today`."""
        budi, ani = self._cast.users["budi"], self._cast.users["ani"]
        sessions = (
            (budi, "sari", 40, 5),
            (budi, "kevin-tanuwijaya", 12, 4),
            (budi, "annisa-fadhila", 4, None),
            (ani, "dimas", 33, 5),
            (ani, "siti-khadijah", 5, None),
        )
        for user, slug, days, stars in sessions:
            yield self._storyteller.session(self._actor(slug), user, today - timedelta(days=days), stars)
        fates = (
            (26, budi, "hendra-gunawan", self._given_up),
            (21, budi, "clara-wijaya", self._run_out),
            (24, ani, "melati-anggraini", self._failed),
            (19, ani, "intan-permatasari", self._paid_late),
            (15, budi, "bagus-prakoso", self._paid_late_and_returned),
            (12, ani, "laila-azizah", self._taken_back),
            (30, ani, "wayan-sudarma", self._charged_back),
        )
        for days, user, slug, fate in fates:
            yield later(today - timedelta(days=days), fate(user, self._actor(slug)))

    async def make_today(self) -> None:
        """What is to come: paid sessions of both, and one that Ani has not paid yet."""
        budi, ani = self._cast.users["budi"], self._cast.users["ani"]
        for user, slug, category, days in (
            (budi, "dimas", "online_chat", 2),
            (budi, "sari", "online_video", 4),
            (ani, "fitriani-hasanuddin", "offline_event", 3),
            (ani, "sari", "online_chat", 5),
        ):
            public_id, _ = await self._book(user, self._actor(slug), days, category)
            await self._till.pay(user, public_id)
        await self._book(ani, self._actor("ratna-sulistyowati"), 4)

    async def _given_up(self, user: Viewer, actor: Actor) -> Story:
        public_id, starts_at = await self._book(user, actor, 6)
        yield starts_at - timedelta(days=4, hours=20)
        await bookings.cancel_unpaid(self._db, user, public_id)

    async def _run_out(self, user: Viewer, actor: Actor) -> Story:
        public_id, _ = await self._book(user, actor, 4)
        yield await self._deadline(public_id)
        await self._till.expire(public_id)

    async def _failed(self, user: Viewer, actor: Actor) -> Story:
        public_id, _ = await self._book(user, actor, 4)
        attempt = await self._till.open(user, public_id)
        await self._till.say(public_id, "deny", attempt=attempt)
        yield await self._deadline(public_id)
        await self._till.expire(public_id)

    async def _paid_late(self, user: Viewer, actor: Actor, *, returned: bool = False) -> Story:
        """Nobody pays in time; the money comes when the session has begun without them."""
        public_id, starts_at = await self._book(user, actor, 2)
        attempt = await self._till.open(user, public_id)
        yield await self._deadline(public_id)
        await self._till.expire(public_id)
        yield starts_at + timedelta(hours=1)
        transaction_id = await self._till.say(public_id, "settlement", attempt=attempt)
        if returned:
            yield starts_at + timedelta(days=2)
            await self._till.say(public_id, "refund", attempt=attempt, transaction_id=transaction_id)

    def _paid_late_and_returned(self, user: Viewer, actor: Actor) -> Story:
        return self._paid_late(user, actor, returned=True)

    async def _taken_back(self, user: Viewer, actor: Actor) -> Story:
        """Paid in the last minutes, and the bank takes it back when there is no time to pay again."""
        public_id, _ = await self._book(user, actor, 2)
        attempt = await self._till.open(user, public_id)
        deadline = await self._deadline(public_id)
        yield deadline - timedelta(minutes=5)
        transaction_id = await self._till.say(public_id, "settlement", attempt=attempt)
        yield deadline + timedelta(minutes=5)
        await self._till.say(public_id, "deny", attempt=attempt, transaction_id=transaction_id)

    async def _charged_back(self, user: Viewer, actor: Actor) -> Story:
        """The session took place; weeks later the card's bank took the money."""
        public_id, starts_at = await self._book(user, actor, 3)
        attempt = await self._till.open(user, public_id)
        transaction_id = await self._till.say(public_id, "settlement", attempt=attempt)
        yield starts_at
        async for moment in self._storyteller.meet(actor, user, public_id):
            yield moment
        yield starts_at + timedelta(days=20)
        await self._till.say(public_id, "chargeback", attempt=attempt, transaction_id=transaction_id)

    async def _book(
        self, user: Viewer, actor: Actor, days: int, category: str | None = None
    ) -> tuple[str, datetime]:
        service = next(each for each in actor.services if category in (None, each.category))
        around = await clock.now(self._db) + timedelta(days=days)
        return await self._storyteller.book(actor, user, service, around)

    async def _deadline(self, public_id: str) -> datetime:
        deadline: datetime = await self._db.fetchval(
            "SELECT pay_deadline FROM orders WHERE public_id = $1", public_id
        )
        return deadline + timedelta(seconds=30)

    def _actor(self, slug: str) -> Actor:
        return self._cast.experts[slug]
