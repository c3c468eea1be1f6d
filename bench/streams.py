"""Idle streams: what an open room costs in memory and processor time while nobody writes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from time import perf_counter

from bench import figures, machine, servers, world
from bench.chat import BareRequests, ProductRequests
from bench.machine import Cores
from bench.servers import Server
from bench.talk import Requests, Talk

_WARM = 40


_SHOWN = ("kB each", "server CPU %, all of them", "seconds until all were open")


async def run(quick: bool, counts: Sequence[int]) -> int:
    """Measure, print, keep; answers the exit code, which says nothing of weight: it is told beside its limit."""
    rounds, idle = (1, 10.0) if quick else (3, 20.0)
    cores = machine.choose_cores()
    machine.pin(cores.others)
    kept = []
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn)
        empty = await world.make_database(database.dsn, "limit")
        for streams in counts:
            found: dict[str, list[tuple[float, ...]]] = {"product": [], "limit": []}
            for turn in range(rounds):
                for name in ("product", "limit")[:: -1 if turn % 2 else 1]:
                    with _server(name, dsn, empty, cores) as server:
                        requests = await _requests(server, dsn)
                        found[name].append(await _measure(server, requests, streams, idle, database.pid))
                print(f"  {streams:,} streams, round {turn + 1} of {rounds}", flush=True)
            _show(streams, found)
            kept.append({"streams": streams, "measured": _SHOWN, **found})
    figures.save("streams", {"machine": machine.describe(cores), "rounds": kept})
    return 0


def _show(streams: int, found: dict[str, list[tuple[float, ...]]]) -> None:
    ours, bare = (list(zip(*found[name], strict=True)) for name in ("product", "limit"))
    rows = [
        (what, figures.median(one), figures.median(other), figures.ratio(one, other))
        for what, one, other in zip(_SHOWN, ours, bare, strict=True)
    ]
    figures.show(f"{streams:,} idle streams", ("", "product", "limit", "× limit"), rows)


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
) -> tuple[float, ...]:
    """What `_SHOWN` names; the streams stand open for `idle` seconds."""
    talk = Talk(server, requests, world.PEOPLE, database_pid)
    try:
        # What is loaded at first use is no stream's weight.
        await talk.open(_WARM)
        await talk.say(50, 1)
        before = machine.resident_bytes(server.pid)
        began = perf_counter()
        await talk.open(streams)
        opening = perf_counter() - began
        used = machine.cpu_seconds(server.pid)
        await asyncio.sleep(idle)
        percent = 100 * (machine.cpu_seconds(server.pid) - used) / idle
        kilobytes = (machine.resident_bytes(server.pid) - before) / 1000 / streams
        ended = sum(stream.ended for stream in talk.streams)
        if ended:
            raise RuntimeError(f"{ended} of the {server.name}'s streams ended by themselves")
    finally:
        talk.close()
    return kilobytes, percent, opening
