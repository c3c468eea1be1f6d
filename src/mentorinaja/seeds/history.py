"""What happened before today: sessions that were booked, paid, held and reviewed."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.actions import Wish
from mentorinaja.experts.queries import Service
from mentorinaja.payments.jobs import release_due
from mentorinaja.resources import Resources
from mentorinaja.reviews import actions as reviews
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms.room import SIDES
from mentorinaja.rooms.sending import send
from mentorinaja.schedule.queries import nearest_slots
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story
from mentorinaja.web.viewer import Viewer

SPAN = timedelta(days=150)
_WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
_METHODS = ("qris", "ewallet", "card", "qris", "bank_transfer")
# The users who are looked at first: theirs is told apart, so that it shows every state.
_KNOWN = ("budi", "ani")
# The mentors who are looked at first: what was said in their chats is there to be read, and counted.
_TALKING = ("sari", "dimas")
_FREE_AFTER = timedelta(hours=24)


class Storyteller:
    """Tells sessions from booking to review; always the same ones, for the same people."""

    def __init__(self, resources: Resources, cast: Cast, till: Till) -> None:
        self._resources = resources
        self._db = resources.db
        self._cast = cast
        self._till = till
        self._dice = random.Random(2026)
        self._manners = random.Random(11)
        self._watch = random.Random(5)
        self._methods = cycle(_METHODS)
        self._known = [cast.users[login] for login in _KNOWN]
        self._users = cycle([user for user in cast.users.values() if user not in self._known])
        self._numbers = count()

    def past(self, start: datetime) -> Iterator[Story]:
        """Every expert's reviewed sessions, spread over the span from `start` on."""
        for actor in self._cast.experts.values():
            room = (SPAN - timedelta(days=12)) / max(1, len(actor.stars))
            for number, stars in enumerate(actor.stars):
                when = start + timedelta(days=8) + room * (number + self._dice.uniform(0.1, 0.9))
                yield self.session(actor, next(self._users), when, stars)

    async def session(self, actor: Actor, user: Viewer, when: datetime, stars: int | None) -> Story:
        """A session around `when`, booked some days before, reviewed with `stars` unless None."""
        service = actor.services[next(self._numbers) % len(actor.services)]
        yield when - timedelta(hours=self._dice.randint(30, 130))
        public_id, starts_at = await self.book(actor, user, service, when)
        await self._till.pay(user, public_id)
        yield starts_at
        async for moment in self.meet(actor, user, public_id):
            yield moment
        over = self._resources.clock.now()
        if stars is not None:
            yield over + timedelta(hours=self._dice.uniform(0.2, 20))
            comment = self._dice.choice(_WORDS["reviews"][str(stars)])
            anonymous = self._dice.random() < 0.2
            await reviews.write(self._db, user, public_id, rating=stars, comment=comment, anonymous=anonymous)
            if comment and self._manners.random() < 0.3:
                words = self._manners.choice(_WORDS["replies"])
                await reviews.reply(self._db, actor.expert_id, public_id, words)
        yield over + _FREE_AFTER
        await release_due(self._resources, {})

    async def book(
        self, actor: Actor, user: Viewer, service: Service, around: datetime
    ) -> tuple[str, datetime]:
        """Book the free slot nearest to `around`; answers the order's public id and the start."""
        near = await nearest_slots(self._db, actor.expert_id, service.duration_minutes, around, user.id, 1)
        assert near, f"{actor.slug} has no free slot"
        topic = self._dice.choice(_WORDS["topics"]).format(actor.field)
        wish = Wish(user.id, service.id, near[0], topic, "", next(self._methods))
        return await bookings.book(self._db, wish), near[0]

    async def meet(self, actor: Actor, user: Viewer, public_id: str) -> Story:
        """The two meet at the start that has come (now and then the expert is late), talk, and part at the end."""
        booking_id: UUID = await self._db.fetchval(
            "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", public_id
        )
        await rooms.enter(self._db, user, booking_id)
        if self._watch.random() < 0.06:
            yield self._in(minutes=self._watch.randint(3, 6))
        await rooms.enter(self._db, actor.viewer, booking_id)
        for side in SIDES:
            await rooms.streams(self._db, booking_id, side)
        talk = self._dice.choice(_WORDS["dialogues"])
        told = self._dice.random() < 0.3 or user in self._known or actor.slug in _TALKING
        for line, text in enumerate(talk if told else ()):
            # The clock runs on while the world is made: nobody talks beyond the end.
            if self._in(minutes=1) > await self._end_of(booking_id):
                break
            await send(self._db, actor.viewer if line % 2 else user, booking_id, uuid4(), text)
            yield self._in(seconds=self._watch.randint(15, 40))
        yield await self._end_of(booking_id) + timedelta(minutes=1)
        await rooms.advance(self._db, booking_id)
        for side in SIDES:
            await rooms.leave(self._db, booking_id, side, seen=True)

    async def _end_of(self, booking_id: UUID) -> datetime:
        """When a session is over, as far as is known now."""
        ends_at: datetime = await self._db.fetchval(
            """SELECT coalesce(s.ends_at, upper(b.during)) FROM bookings b
               LEFT JOIN active_sessions s ON s.booking_id = b.id WHERE b.id = $1""",
            booking_id,
        )
        return ends_at

    def _in(self, *, minutes: int = 0, seconds: int = 0) -> datetime:
        return self._resources.clock.now() + timedelta(minutes=minutes, seconds=seconds)
