"""The admins' desk at size: each list with its filters, searches and pages, and the cases behind it, of a million orders.

One request at a time, as an admin works. What is measured is all of a page, from asking until its last byte is here.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import asyncpg

from bench import figures, machine, servers, world
from bench.servers import Server
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.desks import DESKS
from mentorinaja.admin.listing import Listing

ORDERS, MENTORS, USERS = 1_000_000, 10_000, 100_000
_QUICK = 10
_PEOPLE = 1_000
ADMIN = 900_000
# Longer than any admin waits; a case stops after so many seconds, however often it was asked for then.
_MOST_SECONDS = 6.0
_SLOW_MS = 200.0
_MOST_CHOICES = 12
_GIGABYTE = 1_000_000_000
# What is typed into every list's search: a name, part of an email, a phone number, an order, what is not there.
_WORDS = ("Wulan Siregar", "pembeli4711", "08151012345", "BE-20260103-{order}", "tidak ada di sini")
_LINK = re.compile(r'href="(/admin/[a-z]+/[^"/?]+)"')


@dataclass(frozen=True, slots=True)
class Case:
    """A page of a desk; `paths` are asked for in turn."""

    desk: str
    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of each request; `failed`: how it was answered instead of with 200, if it was."""

    case: Case
    times: list[float]
    failed: str = ""


async def run(quick: bool) -> int:
    """Measure, print, keep; 1 when a page of the desk does not come at all. Speed fails nothing: machines differ."""
    share, requests = (_QUICK, 10) if quick else (1, 20)
    if not _has_room(15 // share):
        return 1
    cores = machine.choose_cores()
    machine.pin(cores.others)
    with servers.postgres() as database:
        began = perf_counter()
        dsn = await make_world(database.dsn, ORDERS // share, MENTORS // share, USERS // share)
        size = await _size(dsn)
        print(
            f"  {ORDERS // share:,} orders in {perf_counter() - began:.0f} s, {size / _GIGABYTE:.1f} GB",
            flush=True,
        )
        cookie = world.user(servers.settings_for(dsn), ADMIN).cookie
        with servers.product(dsn, cores.server) as product:
            cases = [*_home(), *[case for desk in DESKS for case in await _cases(dsn, desk, ORDERS // share)]]
            took = [_measure(product, case, cookie, requests) for case in cases]
            for desk in DESKS:
                took.append(_measure_pages(product, desk, cookie, requests))
    _report(took, ORDERS // share, machine.describe(cores))
    return int(any(one.failed for one in took))


async def make_world(server: str, orders: int, mentors: int, users: int) -> str:
    """The measured world with so many orders; answers the database's address."""
    dsn = await world.make_database(server, "measured")
    await world.fill(
        dsn, _PEOPLE, Path(__file__).with_name("desk.sql"), orders=orders, mentors=mentors, users=users
    )
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return dsn


def _has_room(gigabytes: int) -> bool:
    free = shutil.disk_usage("/tmp").free
    if free < gigabytes * _GIGABYTE:
        print(f"  {free / _GIGABYTE:.0f} GB are free, {gigabytes} are needed while the database is filled.")
        return False
    return True


async def _size(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    return size


def _home() -> list[Case]:
    return [Case("home", "home", ("/admin",))]


async def _cases(dsn: str, desk: Desk, orders: int) -> list[Case]:
    """Every way in which a desk's list can be asked for."""
    listing, here = desk.listing, f"/admin/{desk.name}"
    keys = await _keys(dsn, listing)
    cases = [
        Case(desk.name, "first page", (here,)),
        Case(desk.name, "deep page", tuple(f"{here}?after={key}" for key in keys)),
        Case(desk.name, "all counted", (f"{here}?exact=1",)),
    ]
    for filter_ in listing.filters:
        # Of a question with dozens of answers, a dozen are asked.
        for choice in filter_.choices[:: -(-len(filter_.choices) // _MOST_CHOICES)]:
            query = urlencode({filter_.name: choice.value})
            cases.append(Case(desk.name, query, (f"{here}?{query}",)))
    day = await _day(dsn, listing)
    cases.append(Case(desk.name, "a day", (f"{here}?since={day}&until={day}",)))
    cases.append(Case(desk.name, "until a day", (f"{here}?until={day}",)))
    if listing.search:
        chosen = random.Random(1)
        for words in _WORDS:
            asked = [
                words.format(order=_code(chosen.randrange(orders))) for _ in range(20 if "{" in words else 1)
            ]
            paths = tuple(f"{here}?{urlencode({'q': one})}" for one in asked)
            cases.append(Case(desk.name, f"search: {words.split('{')[0]}", paths))
    return cases


def _code(number: int) -> str:
    return f"{number:06}".translate(str.maketrans("0123456789", "ABCDEFGHJK"))


async def _keys(dsn: str, listing: Listing) -> list[int]:
    """Keys in the middle of a list, twenty of them."""
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow(
            f"SELECT min({listing.key}) AS least, max({listing.key}) AS most FROM {listing.source}"
        )
    finally:
        await connection.close()
    least, most = (row["least"] or 1, row["most"] or 1) if row else (1, 1)
    return [least + (most - least) * place // 40 for place in range(10, 30)]


async def _day(dsn: str, listing: Listing) -> str:
    """A day long ago, as the list's times go."""
    connection = await asyncpg.connect(dsn)
    try:
        day: str = await connection.fetchval(
            f"""SELECT to_char(min({listing.at}) + (max({listing.at}) - min({listing.at})) / 4, 'YYYY-MM-DD')
                FROM {listing.source}"""
        )
    finally:
        await connection.close()
    return day or "2026-01-03"


def _measure(server: Server, case: Case, cookie: str, requests: int) -> Took:
    times: list[float] = []
    until = perf_counter() + _MOST_SECONDS
    with closing(HTTPConnection(server.host, server.port, timeout=60)) as connection:
        for path in _in_turn(case.paths, requests + 1):
            milliseconds, status, _ = _ask(connection, path, cookie)
            if status != 200:
                return Took(case, times, f"{path} was answered with {status}")
            times.append(milliseconds)
            if perf_counter() > until:
                break
    print(f"  {case.desk}, {case.name}: {figures.median(times):.0f} ms", flush=True)
    # The first request plans what the others find planned.
    return Took(case, times[1:] or times)


def _measure_pages(server: Server, desk: Desk, cookie: str, requests: int) -> Took:
    """The pages about single things, as the list leads to them."""
    with closing(HTTPConnection(server.host, server.port, timeout=60)) as connection:
        _, _, page = _ask(connection, f"/admin/{desk.name}", cookie)
    paths = tuple(
        dict.fromkeys(path for path in _LINK.findall(page) if path.startswith(f"/admin/{desk.name}/"))
    )
    case = Case(desk.name, "one of them", tuple(path for path in paths if not path.endswith("/tempel"))[:25])
    return _measure(server, case, cookie, requests) if case.paths else Took(case, [])


def _in_turn(paths: tuple[str, ...], count: int) -> Iterator[str]:
    return (paths[number % len(paths)] for number in range(count))


def _ask(connection: HTTPConnection, path: str, cookie: str) -> tuple[float, int, str]:
    """Milliseconds until the whole page was here, how it was answered, and the page."""
    began = perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
    answer = connection.getresponse()
    page = answer.read()
    return 1000 * (perf_counter() - began), answer.status, page.decode(errors="replace")


def _report(took: list[Took], orders: int, about: dict[str, object]) -> None:
    columns = ("", "requests", "median ms", "p99 ms", "slowest ms")
    for desk in dict.fromkeys(one.case.desk for one in took):
        rows = [
            (one.case.name, len(one.times), figures.median(one.times), figures.percentile(one.times, 0.99), max(one.times))
            for one in took
            if one.case.desk == desk and one.times and not one.failed
        ]  # fmt: skip
        figures.show(f"{desk}, {orders:,} orders; one request at a time", columns, rows)
    slow = [one for one in took if one.times and figures.percentile(one.times, 0.99) > _SLOW_MS]
    print(f"\n  p99 over {_SLOW_MS:.0f} ms: {len(slow)} of {len(took)}")
    for one in sorted(slow, key=lambda each: -figures.percentile(each.times, 0.99)):
        print(f"    {one.case.desk}, {one.case.name}: {figures.percentile(one.times, 0.99):,.0f} ms")
    for one in took:
        if one.failed:
            print(f"  {one.failed}")
    kept = [
        {"desk": one.case.desk, "case": one.case.name, "ms": one.times, "failed": one.failed} for one in took
    ]
    figures.save("desk", {"machine": about, "orders": orders, "pages": kept})
