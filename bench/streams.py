"""Idle streams: what an open room costs in memory and processor time while nobody writes."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager

from bench import figures, machine, servers, world
from bench.chat import BareRequests, ProductRequests
from bench.machine import Cores
from bench.servers import Server
from bench.talk import Requests, Talk

_WARM = 40


async def run(quick: bool, streams: int) -> int:
    """Measure, print, keep; answers the exit code, which says nothing of weight: it is told beside its limit."""
    rounds, idle = (1, 6.0) if quick else (3, 20.0)
    cores = machine.choose_cores()
    machine.pin(cores.others)
    memory: dict[str, list[float]] = {"product": [], "limit": []}
    cpu: dict[str, list[float]] = {"product": [], "limit": []}
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn)
        empty = await world.make_database(database.dsn, "limit")
        for turn in range(rounds):
            for name in ("product", "limit")[:: -1 if turn % 2 else 1]:
                with _server(name, dsn, empty, cores) as server:
                    kilobytes, percent = await _measure(
                        server, await _requests(server, dsn), streams, idle, database.pid
                    )
                memory[name].append(kilobytes)
                cpu[name].append(percent)
            print(f"  round {turn + 1} of {rounds}", flush=True)
    rows = [
        (
            what,
            figures.median(found["product"]),
            figures.median(found["limit"]),
            figures.ratio(*found.values()),
        )
        for what, found in (("kB each", memory), ("server CPU %, all of them", cpu))
    ]
    figures.show(f"{streams:,} idle streams", ("", "product", "limit", "× limit"), rows)
    about = machine.describe(cores)
    figures.save(
        "streams", {"machine": about, "streams": streams, "kilobytes_each": memory, "cpu_percent": cpu}
    )
    return 0


def _server(name: str, dsn: str, empty: str, cores: Cores) -> AbstractContextManager[Server]:
    """A fresh process each time: memory that was used once is not given back."""
    return (
        servers.product(dsn, cores.server) if name == "product" else servers.bare("chat", empty, cores.server)
    )


async def _requests(server: Server, dsn: str) -> Requests:
    if server.name == "limit":
        return BareRequests(server)
    there = await world.rooms(dsn, servers.settings_for(dsn))
    return ProductRequests(server, there, await world.cursors(dsn))


async def _measure(
    server: Server, requests: Requests, streams: int, idle: float, database_pid: int
) -> tuple[float, float]:
    """Kilobytes of each stream, and percent of a core for all of them, standing open for `idle` seconds."""
    talk = Talk(server, requests, world.PEOPLE, database_pid)
    try:
        # What is loaded at first use is no stream's weight.
        await talk.open(_WARM)
        await talk.say(50, 1)
        before = machine.resident_bytes(server.pid)
        await talk.open(streams)
        used = machine.cpu_seconds(server.pid)
        await asyncio.sleep(idle)
        percent = 100 * (machine.cpu_seconds(server.pid) - used) / idle
        kilobytes = (machine.resident_bytes(server.pid) - before) / 1000 / streams
        ended = sum(stream.ended for stream in talk.streams)
        if ended:
            raise RuntimeError(f"{ended} of the {server.name}'s streams ended by themselves")
    finally:
        talk.close()
    return kilobytes, percent
