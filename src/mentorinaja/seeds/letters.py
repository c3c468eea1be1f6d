"""Unhurried threads of the demo: accepted, left to the 72 hours, never answered, and two that are open today."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from uuid import UUID, uuid4

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.reviews import actions as reviews
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms import files
from mentorinaja.rooms.room import ACCEPTED_AFTER, UNDELIVERED_AFTER
from mentorinaja.rooms.sending import send
from mentorinaja.seeds import papers
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.history import Storyteller
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.storage import Storage
from mentorinaja.threads import actions as threads
from mentorinaja.web.parts import SentFile
from mentorinaja.web.viewer import Viewer

_WORDS = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))["letters"]
_MINUTE = timedelta(minutes=1)


class Letters:
    """Threads that end, or wait, in one particular way each."""

    def __init__(
        self, db: Database, storage: Storage, cast: Cast, till: Till, storyteller: Storyteller
    ) -> None:
        self._db = db
        self._storage = storage
        self._cast = cast
        self._till = till
        self._storyteller = storyteller
        self._words = cycle(_WORDS)

    def past(self, today: datetime) -> Iterator[Story]:
        """What is over by `today`."""
        budi, ani = self._cast.users["budi"], self._cast.users["ani"]
        for days, user, slug, fate in (
            (27, budi, "sari", self._accepted),
            (18, ani, "annisa-fadhila", self._left_alone),
            (11, budi, "agus-setiawan", self._undelivered),
        ):
            yield later(today - timedelta(days=days), fate(user, self._cast.experts[slug]))

    async def make_today(self) -> None:
        """One with files that waits for its answer, and one whose answer can be accepted."""
        budi = self._cast.users["budi"]
        _, booking_id, _, _ = await self._ask(budi, self._cast.experts["sari"])
        await self._give(
            budi, booking_id, "Ini CV saya.", f"CV {budi.full_name}.pdf", papers.cv(budi.full_name)
        )
        await self._give(budi, booking_id, "", "Catatan saya.jpg", papers.note())
        ani, ayu = self._cast.users["ani"], self._cast.experts["ayu-rahmawati"]
        _, booking_id, _, answer = await self._ask(ani, ayu)
        await self._answer(ayu, booking_id, answer)

    async def _accepted(self, user: Viewer, actor: Actor) -> Story:
        public_id, booking_id, due, answer = await self._ask(user, actor)
        yield due - timedelta(hours=20)
        await self._answer(actor, booking_id, answer)
        yield due - timedelta(hours=12)
        await send(self._db, user, booking_id, uuid4(), "Jelas sekali, terima kasih banyak!")
        await threads.accept(self._db, user, booking_id)
        comment = "Jawabannya rinci dan bisa langsung saya kerjakan."
        await reviews.write(self._db, user, public_id, rating=5, comment=comment, anonymous=False)

    async def _left_alone(self, user: Viewer, actor: Actor) -> Story:
        _, booking_id, due, answer = await self._ask(user, actor)
        yield due - timedelta(hours=2)
        await self._answer(actor, booking_id, answer)
        yield due - timedelta(hours=2) + ACCEPTED_AFTER + _MINUTE
        await rooms.advance(self._db, booking_id)

    async def _undelivered(self, user: Viewer, actor: Actor) -> Story:
        _, booking_id, due, _ = await self._ask(user, actor)
        yield due - timedelta(hours=30)
        await self._write(actor.viewer, booking_id, ["Sudah saya terima, saya baca malam ini."])
        yield due + UNDELIVERED_AFTER + _MINUTE
        await rooms.advance(self._db, booking_id)

    async def _ask(self, user: Viewer, actor: Actor) -> tuple[str, UUID, datetime, list[str]]:
        """A thread is bought and begun: its order, its booking, when it is due, and what will be answered."""
        words = next(self._words)
        around = await clock.now(self._db) + timedelta(days=3)
        public_id, due = await self._storyteller.book(actor, user, actor.threads[0], around)
        await self._till.pay(user, public_id)
        booking_id: UUID = await self._db.fetchval(
            "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", public_id
        )
        await self._write(user, booking_id, words["question"])
        return public_id, booking_id, due, words["answer"]

    async def _answer(self, actor: Actor, booking_id: UUID, answer: list[str]) -> None:
        await self._write(actor.viewer, booking_id, answer)
        await threads.finish(self._db, actor.viewer, booking_id)

    async def _write(self, who: Viewer, booking_id: UUID, texts: list[str]) -> None:
        await rooms.enter(self._db, who, booking_id)
        for text in texts:
            await send(self._db, who, booking_id, uuid4(), text)

    async def _give(self, who: Viewer, booking_id: UUID, text: str, name: str, data: bytes) -> None:
        file = SentFile(name, io.BytesIO(data), len(data))
        await files.send(self._db, self._storage, who, booking_id, uuid4(), text, file)
