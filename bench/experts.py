"""Finding experts at size: home, search and detail among ten thousand, and the slots of a month.

Every request asks for something else, so that nothing comes from what a process keeps. What PostgreSQL did for each page
is read from its log, statement by statement.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep
from urllib.parse import urlencode

import asyncpg

from bench import figures, machine, servers, world
from bench.servers import Server

EXPERTS, BOOKINGS = 10_000, 200_000
_PEOPLE = 1_000
_WORDS = (
    "produk",
    "wawancara",
    "data",
    "desain",
    "figma",
    "negosiasi",
    "bandung",
    "tokopedia",
    "python",
    "karier",
)
_TYPOS = ("wawncara", "prodak", "negosasi", "tokopedai", "figmaa", "bandng", "presentsi", "keuangn")
_EXPERTISE = ("Produk", "Desain", "Data", "Karier", "Pemasaran", "Keuangan")
# What was said of one statement, with the milliseconds it took; binding and planning are said apart.
_SAID = re.compile(r"duration: ([0-9.]+) ms +(execute|statement|parse|bind)")
_AT_ONCE = 500
_REFRESH = "SELECT count(refresh_listing(id)) FROM experts WHERE id BETWEEN $1 AND $2"
_SLOTS = "SELECT count(*) FROM free_slots($1, $2, app_now(), app_now() + interval '31 days', $3)"


@dataclass(frozen=True, slots=True)
class Case:
    """A page; `path` gives the address of request number n, each another one."""

    name: str
    path: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a case took: milliseconds of each request, statements of each page, and PostgreSQL's milliseconds for them."""

    times: list[float]
    statements: list[int]
    database: list[float]


def _asked(**values: object) -> str:
    return "/?" + urlencode(values)


def _today() -> date:
    return datetime.now(UTC).date()


def _price(number: int) -> int:
    """A filter that keeps everybody, and makes the list another one."""
    return 900_000_000 + number


CASES = (
    Case("home", lambda n: _asked(price_max=_price(n))),
    Case("home, any page", lambda n: _asked(price_max=_price(n), page=1 + n * 7 % 416)),
    Case("home, by price", lambda n: _asked(price_max=_price(n), sort="price")),
    Case("home, soonest", lambda n: _asked(price_max=_price(n), sort="soonest")),
    Case("expertise", lambda n: _asked(price_max=_price(n), expertise=_EXPERTISE[n % len(_EXPERTISE)])),
    Case("day", lambda n: _asked(price_max=_price(n), day=_today() + timedelta(days=2 + n % 14))),
    Case("search", lambda n: _asked(price_max=_price(n), q=_WORDS[n % len(_WORDS)])),
    Case(
        "search, two words", lambda n: _asked(price_max=_price(n), q=f"{_WORDS[n % 10]} {_WORDS[n * 3 % 10]}")
    ),
    Case("search, mistyped", lambda n: _asked(price_max=_price(n), q=_TYPOS[n % len(_TYPOS)])),
    Case("search, a name", lambda n: _asked(price_max=_price(n), q="Wulan Siregar")),
    Case("detail", lambda n: f"/expert/mentor-{1 + n * 37 % EXPERTS}"),
    Case("booking form", lambda n: f"/expert/mentor-{1 + n * 41 % EXPERTS}/booking"),
)


async def run(quick: bool) -> int:
    """Measure, print, keep; answers the exit code, which says nothing of speed: machines differ."""
    requests, counted = (60, 8) if quick else (400, 20)
    cores = machine.choose_cores()
    machine.pin(cores.others)
    with servers.postgres() as database:
        began = perf_counter()
        dsn = await make_world(database.dsn)
        print(
            f"  {EXPERTS:,} experts and {BOOKINGS:,} bookings in {perf_counter() - began:.0f} s", flush=True
        )
        log = database.data_dir.with_name(f"{database.data_dir.name}.log")
        cookie = world.user(servers.settings_for(dsn), 1).cookie
        slots = await _slots(dsn, requests)
        with servers.product(dsn, cores.server) as product:
            found = {case.name: await _measure(product, case, cookie, requests) for case in CASES}
            await _log_statements(database.dsn, True)
            for case in CASES:
                _count(product, case, cookie, log, range(requests, requests + counted), found[case.name])
            await _log_statements(database.dsn, False)
    _report(found, slots, machine.describe(cores))
    return 0


async def make_world(server: str) -> str:
    """The measured world with ten thousand experts; answers the database's address."""
    dsn = await world.make_database(server, "measured")
    await world.fill(
        dsn, _PEOPLE, Path(__file__).with_name("experts.sql"), experts=EXPERTS, bookings=BOOKINGS
    )
    connection = await asyncpg.connect(dsn)
    try:
        for first in range(1, EXPERTS, _AT_ONCE):
            await connection.execute(_REFRESH, first, first + _AT_ONCE - 1)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return dsn


async def _measure(server: Server, case: Case, cookie: str, requests: int) -> Found:
    with closing(HTTPConnection(server.host, server.port, timeout=60)) as connection:
        for number in range(-5, 0):
            _ask(connection, case.path(requests * 2 - number), cookie)
        times = [_ask(connection, case.path(number), cookie) for number in range(requests)]
    print(f"  {case.name}", flush=True)
    return Found(times, [], [])


def _count(server: Server, case: Case, cookie: str, log: Path, numbers: range, found: Found) -> None:
    with closing(HTTPConnection(server.host, server.port, timeout=60)) as connection, log.open("rb") as said:
        for number in numbers:
            said.seek(0, 2)
            _ask(connection, case.path(number), cookie)
            sleep(0.02)  # the log is written by other processes
            lines = list(_SAID.finditer(said.read().decode(errors="replace")))
            found.statements.append(sum(match[2] in ("execute", "statement") for match in lines))
            found.database.append(sum(float(match[1]) for match in lines))


def _ask(connection: HTTPConnection, path: str, cookie: str) -> float:
    """Milliseconds until the whole page was here. Raises on any other answer than 200."""
    began = perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return 1000 * (perf_counter() - began)


async def _log_statements(dsn: str, on: bool) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"ALTER SYSTEM SET log_min_duration_statement = {0 if on else -1}")
        await connection.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(1)  # each backend reads it before its next statement
    finally:
        await connection.close()


async def _slots(dsn: str, times: int) -> list[float]:
    """Milliseconds of the slots of a month, each of another expert, as the booking form asks for them."""
    connection = await asyncpg.connect(dsn)
    chosen = random.Random(1)
    took = []
    try:
        for number in range(times + 20):
            expert, minutes = chosen.randint(1, EXPERTS), chosen.choice((30, 60, 90))
            began = perf_counter()
            await connection.fetchval(_SLOTS, expert, minutes, number + 1)
            took.append(1000 * (perf_counter() - began))
    finally:
        await connection.close()
    return took[20:]


def _report(found: dict[str, Found], slots: list[float], about: dict[str, object]) -> None:
    rows = [
        (
            name, max(one.statements), figures.median(one.database), figures.median(one.times),
            figures.percentile(one.times, 0.99),
        )
        for name, one in found.items()
    ]  # fmt: skip
    columns = ("", "statements", "PostgreSQL ms", "median ms", "p99 ms")
    figures.show(
        f"{EXPERTS:,} experts, {BOOKINGS:,} bookings; one request at a time, nothing kept", columns, rows
    )
    figures.show(
        "Slots of a month",
        ("", "median ms", "p99 ms"),
        [("free_slots", figures.median(slots), figures.percentile(slots, 0.99))],
    )
    kept = {
        name: {"ms": one.times, "statements": one.statements, "database_ms": one.database}
        for name, one in found.items()
    }
    figures.save("experts", {"machine": about, "pages": kept, "slots_ms": slots})
