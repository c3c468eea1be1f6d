"""People in a room on a bad line: they send until it is acknowledged, and read on from where they were."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from uuid import uuid4

from selectolax.lexbor import LexborHTMLParser as HTMLParser

from mentorinaja.db.pool import Database
from mentorinaja.rooms.room import Message, Side
from tests.support.config import make_settings
from tests.support.history import History, Place, items_on
from tests.support.phone import BROKEN, Phone
from tests.support.rooms import Meeting, meet_now, room_path, signed_in
from tests.support.streams import eventually

_SEQ = re.compile(r'data-seq="(\d+)"')


@dataclass
class Talker:
    """One side of a room. `cut_every` seconds or so its stream's line is lost, and opened again at once."""

    meeting: Meeting
    side: Side
    phone: Phone
    history: History
    chance: random.Random
    cut_every: float = 0
    # So long after a line was lost the next one is tried.
    pause: float = 0.02
    # Comes back without knowing how far it had read, as a broken script would.
    forgetful: bool = False
    cursor: int = 0
    opened: int = 0
    # How the stream was answered last; the time of the loop when it ended last, and when something came last.
    status: int = 0
    ended_at: float = 0
    heard_at: float = 0
    tab: str = ""
    sent: set[str] = field(default_factory=set)

    @property
    def room_id(self) -> str:
        """The room as addresses name it."""
        return str(self.meeting.booking_id)

    async def say(self, text: str = "Baik, saya mengerti.") -> int:
        """Send until it is acknowledged; answers its number."""
        client_id = str(uuid4())
        self.sent.add(client_id)
        while True:
            with suppress(*BROKEN):
                form = {"text": text, "client_id": client_id}
                answer = await self.phone.post(
                    room_path(self.meeting), f"/session/{self.room_id}/messages", form
                )
                if answer.status in (200, 201) and (found := _SEQ.search(answer.text)):
                    seq = int(found[1])
                    self.history.acknowledge(self.side, client_id, seq, time.time())
                    return seq
            await asyncio.sleep(0.05)

    async def listen(self) -> None:
        """Read the stream for good."""
        while True:
            with suppress(*BROKEN):
                await self.listen_once()
            await asyncio.sleep(self.pause)

    async def listen_once(self) -> None:
        """Read one connection to its end."""
        loop = asyncio.get_running_loop()
        after = 10**9 if self.forgetful and self.opened else self.cursor
        tab = f"&tab={self.tab}" if self.tab else ""
        cutting = asyncio.create_task(self._cut_soon())
        try:
            async for event in self.phone.stream(f"/session/{self.room_id}/events?after={after}{tab}"):
                self.opened += not event.id and 'id="connection"' in event.data
                self.heard_at = loop.time()
                self.history.see(self.side, event, time.time())
                self.cursor = int(event.id or self.cursor)
        finally:
            self.status, self.ended_at = self.phone.stream_status, loop.time()
            cutting.cancel()

    async def page_through(self) -> list[Place]:
        """What the pages show, from the newest to the beginning."""
        path, shown = room_path(self.meeting), list[Place]()
        while path:
            page = HTMLParser((await self.phone.get(path)).text)
            shown = items_on(page) + shown
            older = page.css_first("#older")
            path = (older.attributes.get("href") or "") if older else ""
        return shown

    async def _cut_soon(self) -> None:
        if self.cut_every:
            await asyncio.sleep(self.cut_every * self.chance.uniform(0.7, 1.3))
            self.phone.cut()


Pair = tuple[Talker, Talker]


async def meet(db: Database, url: str, file: IO[str], *, seed: int = 0, minutes: int = 60) -> Pair:
    """A running chat, and its two people reaching the site at `url`."""
    meeting = await meet_now(db, minutes=minutes)
    await meeting.begin()
    history, settings = History(meeting.booking_id, file), make_settings(db.dsn)
    user = Phone(url, await signed_in(db, settings, meeting.user))
    expert = Phone(url, await signed_in(db, settings, meeting.expert))
    return (
        # The mentor's open line is the sign of presence; the user's page would say so by itself.
        Talker(meeting, "user", user, history, random.Random(f"{seed} user"), tab=str(uuid4())),
        Talker(meeting, "expert", expert, history, random.Random(f"{seed} expert")),
    )


@asynccontextmanager
async def listening(*talkers: Talker) -> AsyncIterator[None]:
    """All of them read until the block ends."""
    tasks = [asyncio.create_task(talker.listen()) for talker in talkers]
    try:
        await eventually(lambda: all(talker.opened for talker in talkers))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def all_seen(db: Database, *talkers: Talker) -> bool:
    """Whether every stream has brought everything there is."""
    ends = {row[0]: row[1] for row in await db.fetch("SELECT booking_id, last_seq FROM active_sessions")}
    return all(talker.cursor == ends[talker.meeting.booking_id] for talker in talkers)


async def faults_of(pair: Pair) -> list[str]:
    """What is wrong between what was acknowledged, stored, streamed and shown; and the phones are put away."""
    stored = [
        (item.seq, str(item.client_id) if isinstance(item, Message) else "")
        for item in await pair[0].meeting.items()
    ]
    senders = {client_id: talker.side for talker in pair for client_id in talker.sent}
    pages = {talker.side: await talker.page_through() for talker in pair}
    for talker in pair:
        talker.phone.close()
    return pair[0].history.faults(stored, senders, pages)


def history_in(folder: Path) -> IO[str]:
    """The file of a test's history, to be looked at when something is wrong."""
    return (folder / "history.jsonl").open("w", buffering=1 << 16)
