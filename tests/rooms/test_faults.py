"""A conversation through cut lines, a deaf doorbell and restarted processes: acknowledged, stored and seen agree."""

import asyncio
import random
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx

from mentorinaja.db.pool import Database
from mentorinaja.rooms.room import Message
from mentorinaja.web.viewer import Viewer
from tests.live.test_hub import CUT
from tests.support.config import make_settings
from tests.support.processes import WebProcess, web_processes
from tests.support.rooms import Meeting, meet_now, room_path, signed_in
from tests.support.streams import Reader, eventually, listening

EACH = 500
FAULT_EVERY = 40
HTMX = {"hx-request": "true", "hx-request-type": "partial"}


@dataclass
class Talker:
    """One side: sends in order, repeats what was not answered under the same id, notes what was acknowledged."""

    meeting: Meeting
    client: httpx.AsyncClient
    token: str = ""
    acknowledged: dict[UUID, int] = field(default_factory=dict)
    repeated: int = 0

    async def say(self, text: str) -> None:
        """Send until it is acknowledged."""
        name = uuid4()
        while name not in self.acknowledged:
            try:
                answer = await self.client.post(
                    f"/session/{self.meeting.booking_id}/messages",
                    data={"text": text, "client_id": str(name), "_csrf": await self._token()},
                    headers=HTMX,
                )
                if answer.is_success and (found := re.search(r'data-seq="(\d+)"', answer.text)):
                    self.acknowledged[name] = int(found.group(1))
                    return
            except httpx.HTTPError:
                pass
            self.repeated += 1
            await asyncio.sleep(0.05)

    async def _token(self) -> str:
        if not self.token:
            page = await self.client.get(room_path(self.meeting))
            found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
            self.token = found.group(1) if found else ""
        return self.token


async def client_of(db: Database, process: WebProcess, person: Viewer) -> httpx.AsyncClient:
    cookie = await signed_in(db, make_settings(db.dsn), person)
    client = httpx.AsyncClient(base_url=process.url, timeout=10)
    client.cookies.set(cookie.key, str(cookie.value))
    return client


async def test_a_thousand_messages_through_every_fault_are_seen_once_and_in_order(db: Database) -> None:
    meeting = await meet_now(db, minutes=60)
    await meeting.begin()
    chance = random.Random(7)
    async with web_processes(db.dsn, 2) as processes:
        people = (meeting.user, meeting.expert)
        clients = [
            await client_of(db, process, person) for process, person in zip(processes, people, strict=True)
        ]
        talkers = [Talker(meeting, client) for client in clients]
        address = f"/session/{meeting.booking_id}/events"
        async with listening(clients[0], address, 1) as user, listening(clients[1], address, 1) as expert:
            readers = (user, expert)
            made: list[str] = []

            def said() -> int:
                return sum(len(talker.acknowledged) for talker in talkers)

            faults = asyncio.create_task(_make_faults(db, processes, readers, said, made))
            await asyncio.gather(*(_talk(talker, chance) for talker in talkers))
            faults.cancel()
            await eventually(lambda: all(reader.cursor == 1 + 2 * EACH for reader in readers), 60)
        for client in clients:
            await client.aclose()

    stored = {item.client_id: item for item in await meeting.items() if isinstance(item, Message)}
    acknowledged = {name: seq for talker in talkers for name, seq in talker.acknowledged.items()}
    assert {name: item.seq for name, item in stored.items()} == acknowledged
    assert sorted(acknowledged.values()) == list(range(2, 2 + 2 * EACH))
    in_order = [item.text for item in sorted(stored.values(), key=lambda item: item.seq)]
    for reader in readers:
        assert reader.numbers == list(range(2, 2 + 2 * EACH)), "lost, doubled or out of order"
        assert reader.texts() == in_order
    for talker, side in zip(talkers, ("user", "expert"), strict=True):
        said = [item.text for item in sorted(stored.values(), key=lambda i: i.seq) if item.sender == side]
        assert said == [f"{n}" for n in range(EACH)]
        assert list(talker.acknowledged.values()) == sorted(talker.acknowledged.values())
    assert min(made.count(kind) for kind in ("restart", "deaf", "cut")) >= 2, made


async def _talk(talker: Talker, chance: random.Random) -> None:
    for n in range(EACH):
        await talker.say(str(n))
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() / 20)


async def _make_faults(
    db: Database,
    processes: list[WebProcess],
    readers: tuple[Reader, Reader],
    said: Callable[[], int],
    made: list[str],
) -> None:
    """Break something after every so many messages; `made` tells what."""
    while True:
        number = len(made)
        await eventually(lambda due=(number + 1) * FAULT_EVERY: said() >= due, 120)
        made.append("restart" if number % 7 == 6 else "deaf" if number % 3 == 2 else "cut")
        if made[-1] == "restart":
            how = signal.SIGKILL if number % 2 else signal.SIGTERM
            await processes[number // 7 % 2].restart(how)
        elif made[-1] == "deaf":
            await db.execute(CUT)
        else:
            await readers[number % 2].cut()
