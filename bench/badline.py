"""A bad line: how long until a phone with nothing in its cache can read the room, write in it, and knows it was sent."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

from playwright.async_api import Browser, async_playwright

from bench import figures, machine, servers, world
from bench.servers import Server
from bench.world import Person, Room
from tests.support.relay import Line, bad_line

MOST_SECONDS_TO_READ = 3.0
_ROUNDS, _QUICK_ROUNDS = 11, 3
_PHONE = {"width": 360, "height": 740}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
# Notes when the newest message stands on the screen: there, laid out, and painted for the first time.
_LIVE = "() => document.getElementById('stream')?._htmx?.sse?.status === 200"
_WATCH = """
  const look = () => {
    const message = [...document.querySelectorAll(".msg")].pop();
    const painted = performance.getEntriesByName("first-contentful-paint").length;
    if (message?.offsetHeight && painted) window.readable = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One cold visit, in seconds from pressing the link; `sent` from pressing the button until "Terkirim"."""

    readable: float
    live: float
    sent: float


async def run(quick: bool) -> int:
    """Open the room through a bad line again and again; answers 1 when its words come too late."""
    line = Line()
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn, people=4)
        settings = servers.settings_for(dsn)
        room = (await world.rooms(dsn, settings))[0]
        with servers.product(dsn, None) as server:
            _talk(server, room)
            visits = await _visits(
                f"http://{server.address}", room, line, _QUICK_ROUNDS if quick else _ROUNDS
            )
    print(
        f"  {line.round_trip * 1000:.0f} ms there and back, {line.bytes_a_second * 8 / 1000:.0f} kbit/s, "
        f"{line.loss:.0%} of packets {line.stall * 1000:.0f} ms late, {len(visits)} cold visits"
    )
    rows = [_row(name, [asdict(visit)[name] for visit in visits]) for name in ("readable", "live", "sent")]
    figures.show("Seconds", ("", "median", "p90", "worst"), rows)
    figures.save(
        "badline",
        {
            "machine": machine.describe(machine.Cores(None, None)),
            "line": asdict(line),
            "visits": [asdict(visit) for visit in visits],
        },
    )
    return 1 if figures.median(visit.readable for visit in visits) > MOST_SECONDS_TO_READ else 0


def _row(name: str, values: list[float]) -> list[str]:
    return [
        name, *(f"{value:.2f}" for value in (figures.median(values), figures.percentile(values, 0.9), max(values)))
    ]  # fmt: skip


def _talk(server: Server, room: Room) -> None:
    """Twenty messages of both, so that the page has something to show."""
    connection = HTTPConnection(server.host, server.port, timeout=20)
    for n in range(20):
        person = room.people[n % 2]
        body = urlencode(
            {"client_id": uuid4(), "text": f"Pesan {n}: cerita singkat tentang pekerjaan saya sekarang."}
        )
        headers = {
            "Cookie": person.cookie, "X-CSRF-Token": person.csrf, "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        connection.request("POST", f"/session/{room.id}/messages", body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, f"a message was answered with {answer.status}"
    connection.close()


async def _visits(url: str, room: Room, line: Line, rounds: int) -> list[Visit]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=_FLAGS
        )
        visits = []
        for seed in range(rounds + 1):
            async with bad_line(url, line, seed) as address:
                visits.append(await visit(browser, address, room, f"Pesan dari garis {seed}"))
        await browser.close()
    # The first one also warms up the browser.
    return visits[1:]


async def visit(browser: Browser, address: str, room: Room, words: str) -> Visit:
    """One visit with an empty cache: open, read, wait for the stream, send."""
    context = await browser.new_context(viewport=_PHONE, is_mobile=True)  # type: ignore[arg-type]  # a size is a size
    await context.add_cookies([_cookie(room.people[0], address)])  # type: ignore[list-item]  # a cookie is a cookie
    page = await context.new_page()
    await page.add_init_script(_WATCH)
    await page.goto(f"{address}/session?bookingId={room.id}", wait_until="commit")
    await page.wait_for_function("() => window.readable", timeout=60_000)
    await page.wait_for_function(_LIVE, timeout=60_000)
    readable, live = [float(value) / 1000 for value in await page.evaluate("[readable, performance.now()]")]
    begun = asyncio.get_running_loop().time()
    await page.fill("#pesan", words)
    await page.click(".composer .send")
    await page.get_by_text(words).locator("xpath=..").get_by_text("Terkirim").wait_for(timeout=60_000)
    sent = asyncio.get_running_loop().time() - begun
    await context.close()
    return Visit(readable, live, sent)


def _cookie(person: Person, address: str) -> dict[str, str]:
    name, _, value = person.cookie.partition("=")
    return {"name": name, "value": value, "url": address}
