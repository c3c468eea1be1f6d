"""Pages: requests a second and p99 of the home and the detail page, beside the barest handler with the same data."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from time import perf_counter

from bench import figures, machine, servers, world
from bench.servers import Server
from bench.wire import Connection

_CONNECTIONS = 16
_SLUG = "mentor-1"
_ETAG = re.compile(rb"\r\netag: ([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """One way of asking for a page. `beside` names the case of the limit that does the same work."""

    name: str
    path: str
    beside: str
    signed_in: bool = False
    brotli: bool = False
    conditional: bool = False


# The limit has no visitors, no cookies and no cache: it is asked for a page plain and compressed.
LIMITS = (
    Case("home", "/", ""),
    Case("home, brotli", "/", "", brotli=True),
    Case("detail", f"/expert/{_SLUG}", ""),
    Case("detail, brotli", f"/expert/{_SLUG}", "", brotli=True),
)
CASES = (
    Case("home, signed in", "/", "home", signed_in=True),
    Case("home, signed in, brotli", "/", "home, brotli", signed_in=True, brotli=True),
    Case("home, visitor", "/", "home"),
    Case("home, visitor, brotli", "/", "home, brotli", brotli=True),
    Case("home, visitor, 304", "/", "home", conditional=True),
    Case("detail, signed in", f"/expert/{_SLUG}", "detail", signed_in=True),
    Case("detail, signed in, brotli", f"/expert/{_SLUG}", "detail, brotli", signed_in=True, brotli=True),
    Case("detail, visitor", f"/expert/{_SLUG}", "detail"),
    Case("detail, visitor, 304", f"/expert/{_SLUG}", "detail", conditional=True),
)


@dataclass(frozen=True, slots=True)
class Speed:
    """What one case reached in one round."""

    per_second: float
    p99_ms: float
    cpu: float


async def run(quick: bool) -> int:
    """Measure, print, keep; answers the exit code, which says nothing of speed: machines differ."""
    rounds, seconds = (2, 1.0) if quick else (5, 3.0)
    cores = machine.choose_cores()
    machine.pin(cores.others)
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn)
        cookie = world.user(servers.settings_for(dsn), 1).cookie
        with servers.product(dsn, cores.server) as product:
            sizes = {
                name: str(len(_get(product, path, cookie)))
                for name, path in (("HOME_BYTES", "/"), ("DETAIL_BYTES", f"/expert/{_SLUG}"))
            }
            with servers.bare("pages", dsn, cores.server, **sizes) as limit:
                speeds = await _all_rounds(product, limit, cookie, rounds, seconds)
    _report(speeds, sizes, machine.describe(cores))
    return 0


async def _all_rounds(
    product: Server, limit: Server, cookie: str, rounds: int, seconds: float
) -> dict[str, list[Speed]]:
    asked = [(f"limit {case.name}", limit, case) for case in LIMITS]
    asked += [(case.name, product, case) for case in CASES]
    requests = {name: _request(server, case, cookie) for name, server, case in asked}
    speeds: dict[str, list[Speed]] = {name: [] for name in requests}
    for turn in range(rounds):
        for name, server, _case in asked[:: -1 if turn % 2 else 1]:
            speeds[name].append(await hammer(server, requests[name], seconds))
        print(f"  round {turn + 1} of {rounds}", flush=True)
    return speeds


async def hammer(server: Server, request: bytes, seconds: float) -> Speed:
    """Ask for the same thing on 16 connections, each anew as soon as it was answered. Raises on a status ≥ 400."""
    times: list[float] = []
    connections = []
    for _ in range(_CONNECTIONS):
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, server.host, server.port
        )
        connections.append(connection)
    gc.collect()
    gc.disable()
    used, begin = machine.cpu_seconds(server.pid), perf_counter()
    try:
        askers = [_ask_until(connection, request, begin + seconds, times) for connection in connections]
        await asyncio.gather(*askers)
    finally:
        gc.enable()
    took = perf_counter() - begin
    for connection in connections:
        connection.close()
    cpu = (machine.cpu_seconds(server.pid) - used) / took
    return Speed(len(times) / took, 1000 * figures.percentile(times, 0.99), 100 * cpu)


def _ask_until(
    connection: Connection, request: bytes, end: float, times: list[float]
) -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    sent = perf_counter()

    def answered(status: int, _answer: bytes, at: float) -> None:
        nonlocal sent
        if not 200 <= status < 400:
            done.set_exception(RuntimeError(f"answered with {status}"))
            return
        times.append(at - sent)
        if at >= end:
            done.set_result(None)
            return
        sent = at
        connection.ask(request, answered)

    connection.ask(request, answered)
    return done


def _request(server: Server, case: Case, cookie: str) -> bytes:
    lines = [
        f"GET {case.path} HTTP/1.1",
        f"Host: {server.address}",
        "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
        "Accept: text/html",
        "Accept-Language: id-ID,id;q=0.9",
        f"Accept-Encoding: {'gzip, deflate, br' if case.brotli else 'identity'}",
    ]
    if case.signed_in:
        lines.append(f"Cookie: {cookie}")
    if case.conditional:
        lines.append(f"If-None-Match: {_etag(server, case.path)}")
    return "\r\n".join([*lines, "", ""]).encode()


def _etag(server: Server, path: str) -> str:
    """The tag of a visitor's page, or one that matches nothing when it has none."""
    connection = HTTPConnection(server.host, server.port, timeout=20)
    connection.request("GET", path, headers={"Accept-Encoding": "identity"})
    return connection.getresponse().headers.get("ETag") or '"none"'


def _get(server: Server, path: str, cookie: str) -> bytes:
    connection = HTTPConnection(server.host, server.port, timeout=20)
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return body


def _report(speeds: dict[str, list[Speed]], sizes: dict[str, str], about: dict[str, object]) -> None:
    def values(name: str, what: Callable[[Speed], float]) -> list[float]:
        return [what(speed) for speed in speeds[name]]

    rows: list[tuple[object, ...]] = []
    for case in CASES:
        beside = f"limit {case.beside}"
        ours, bare = values(case.name, _per_second), values(beside, _per_second)
        slow, bare_slow = values(case.name, _p99), values(beside, _p99)
        rows.append(
            (
                case.name, figures.median(ours), figures.median(bare), figures.ratio(ours, bare),
                figures.median(slow), figures.median(bare_slow), figures.ratio(slow, bare_slow),
            )
        )  # fmt: skip
    columns = ("", "requests/s", "limit", "× limit", "p99 ms", "limit", "× limit")
    figures.show(f"Pages, {_CONNECTIONS} connections", columns, rows)
    kept = {
        name: [{"per_second": one.per_second, "p99_ms": one.p99_ms, "cpu_percent": one.cpu} for one in found]
        for name, found in speeds.items()
    }
    figures.save("pages", {"machine": about, "html_bytes": sizes, "speeds": kept})


def _per_second(speed: Speed) -> float:
    return speed.per_second


def _p99(speed: Speed) -> float:
    return speed.p99_ms
