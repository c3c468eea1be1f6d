"""Weight: what a first visit and a next page cost a phone in bytes and requests, as the server sends them."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection

import asyncpg
import brotli

from bench import desk, figures, machine, servers, world
from bench.servers import Server
from bench.world import Person
from mentorinaja.admin.desks import DESKS

# The limits, in bytes and requests, of a page without photos.
MOST_SHOWN = 14_000  # HTML and the CSS it needs
MOST_ALL = 35_000  # with script
MOST_REQUESTS = 8
MOST_NEXT = 6_000  # HTML and the CSS it needs, when the files of the page before (home, or the desk's) are there already
_ORDERS, _MENTORS, _USERS = 5_000, 1_100, 2_000  # enough that each of the desk's lists has a full page

_CODINGS = ("br", "gzip")
_COLUMNS = ("HTML", "CSS", "JS", "images", "HTML+CSS", "all", "requests", "next page", "its script")


@dataclass(frozen=True, slots=True)
class Page:
    """What was fetched for one page: bytes as sent, by kind."""

    name: str
    html: int
    css: int
    script: int
    images: int
    requests: int
    next: int
    next_script: int

    @property
    def shown(self) -> int:
        """What a phone needs before it can show the page."""
        return self.html + self.css

    @property
    def all(self) -> int:
        """Everything of a first visit."""
        return self.shown + self.script + self.images

    @property
    def too_much(self) -> list[str]:
        """Which limits it breaks."""
        limits = (
            ("HTML + CSS", self.shown, MOST_SHOWN),
            ("all", self.all, MOST_ALL),
            ("requests", self.requests, MOST_REQUESTS),
            ("next page", self.next, MOST_NEXT),
        )
        return [f"{what} {value:,} > {most:,}" for what, value, most in limits if value > most]


async def run() -> int:
    """Weigh every page in both encodings; answers 1 when a limit is broken."""
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn, people=30)
        with servers.product(dsn, None) as server:
            asked = await _pages(dsn)
            weighed = {coding: _weigh(server, ("/", None), asked, coding) for coding in _CODINGS}
        dsn = await desk.make_world(database.dsn, _ORDERS, _MENTORS, _USERS)
        admin = world.user(servers.settings_for(dsn), desk.ADMIN)
        with servers.product(dsn, None) as server:
            asked = _desk_pages(server, admin)
            for coding in _CODINGS:
                weighed[coding] += _weigh(server, ("/admin", admin), asked, coding)
    for coding, pages in weighed.items():
        figures.show(f"Bytes sent, {coding}", ("", *_COLUMNS), [_row(page) for page in pages])
    broken = [
        f"{coding}: {page.name}: {what}"
        for coding, pages in weighed.items()
        for page in pages
        for what in page.too_much
    ]
    print(
        f"\n  limits: HTML+CSS {MOST_SHOWN:,}, all {MOST_ALL:,}, requests {MOST_REQUESTS}, next page {MOST_NEXT:,}"
    )
    print("\n".join(f"  OVER  {line}" for line in broken) or "  every page is within them")
    kept = {coding: [asdict(page) for page in pages] for coding, pages in weighed.items()}
    figures.save("weight", {"machine": machine.describe(machine.Cores(None, None)), **kept, "over": broken})
    return 1 if broken else 0


def _row(page: Page) -> list[str]:
    sizes = (
        page.html, page.css, page.script, page.images, page.shown, page.all, page.requests, page.next, page.next_script,
    )  # fmt: skip
    return [page.name, *(f"{size:,}" for size in sizes)]


async def _pages(dsn: str) -> list[tuple[str, str, Person | None]]:
    """Every page with its address and who opens it, in the states people meet most."""
    settings = servers.settings_for(dsn)
    user, expert = world.user(settings, 1), world.expert(settings, 1)
    connection = await asyncpg.connect(dsn)
    try:
        room = await connection.fetchval("SELECT booking_id FROM active_sessions WHERE user_id = 1")
        pending, completed = [
            await connection.fetchval(
                """SELECT o.public_id FROM orders o JOIN bookings b ON b.order_id = o.id
                   WHERE o.user_id = 1 AND b.status = $1 ORDER BY o.id LIMIT 1""",
                status,
            )
            for status in ("pending", "completed")
        ]
    finally:
        await connection.close()
    return [
        ("home, visitor", "/", None),
        ("home, user", "/", user),
        ("search", "/?q=produk&sort=price", None),
        ("detail, visitor", "/expert/mentor-1", None),
        ("detail, user", "/expert/mentor-1", user),
        ("login", "/login", None),
        ("register", "/register", None),
        ("expert login", "/expert/login", None),
        ("forgot password", "/forgot-password", None),
        ("booking", "/expert/mentor-4/booking?service=41", user),
        ("payment", f"/payment/{pending}", user),
        ("payment pending", f"/payment/pending?orderId={pending}", user),
        ("payment success", f"/payment/success?orderId={completed}", user),
        ("payment error", f"/payment/error?orderId={pending}", user),
        ("transactions", "/user/transactions", user),
        ("cancel", f"/user/transactions/{pending}/cancel", user),
        ("profile", "/user/profile", user),
        ("favourites", "/user/favorites", user),
        ("invoice", f"/invoice/{completed}", user),
        ("review", f"/user/transactions/{completed}/review", user),
        ("room, user", f"/session?bookingId={room}", user),
        ("room, expert", f"/session?bookingId={room}", expert),
        ("wish", "/expert/mentor-4/kabari", user),
        ("becoming a mentor", "/expert/apply", user),
        ("dashboard", "/expert/dashboard", expert),
        ("services", "/expert/dashboard/layanan", expert),
        ("service", "/expert/dashboard/layanan/baru", expert),
        ("schedule", "/expert/dashboard/jadwal", expert),
        ("expert's orders", "/expert/dashboard/transaksi", expert),
        ("balance", "/expert/dashboard/transaksi/saldo/pendapatan", expert),
        ("month", f"/expert/dashboard/transaksi/laporan/{time.strftime('%Y-%m')}", expert),
    ]


def _desk_pages(server: Server, admin: Person) -> list[tuple[str, str, Person | None]]:
    """The desk's home, each list, a case of each, and what can be decided about it."""
    found: list[tuple[str, str, Person | None]] = [("desk", "/admin", admin)]
    for one in DESKS:
        here = f"/admin/{one.name}"
        found.append((one.name, here, admin))
        case = _first_link(server, here, rf'<td[^>]*>(?:<div>)?<a[^>]* href="({here}/[^"/]+)"', admin)
        if case:
            found.append((f"{one.name}, a case", case, admin))
            if decision := _first_link(server, case, rf'href="({case}/[a-z-]+)"', admin):
                found.append((f"{one.name}, a decision", decision, admin))
    fixed = ("refunds/batch", "withdrawals/batch", "links/tempel", "settings/ubah")
    return found + [(name, f"/admin/{name}", admin) for name in fixed]


def _first_link(server: Server, address: str, pattern: str, person: Person) -> str:
    link = re.search(pattern, _plain(*_get(server, address, person, "br")))
    return link[1] if link else ""


def _weigh(
    server: Server,
    before: tuple[str, Person | None],
    asked: list[tuple[str, str, Person | None]],
    coding: str,
) -> list[Page]:
    """What each page costs; `before` is the page that was seen first, and by whom."""
    assets: dict[str, int] = {}

    def size_of(address: str) -> int:
        if address not in assets:
            assets[address] = len(_get(server, address, None, coding)[0])
        return assets[address]

    seen = _parts(_plain(*_get(server, *before, coding)))
    pages = []
    for name, address, person in asked:
        sent, encoding = _get(server, address, person, coding)
        parts = _parts(_plain(sent, encoding))
        sizes = {kind: sum(map(size_of, set(found))) for kind, found in parts.items()}
        fresh = {kind: sum(map(size_of, set(found) - set(seen[kind]))) for kind, found in parts.items()}
        pages.append(
            Page(
                name=name,
                html=len(sent),
                css=sizes["css"],
                script=sizes["script"],
                images=sizes["images"],
                requests=1 + sum(len(set(found)) for found in parts.values()),
                next=len(sent) + fresh["css"] + fresh["images"],
                next_script=fresh["script"],
            )
        )
    return pages


def _get(server: Server, address: str, person: Person | None, coding: str) -> tuple[bytes, str]:
    """The body as it was sent, and its encoding. Raises RuntimeError when it is not a page."""
    connection = HTTPConnection(server.host, server.port, timeout=20)
    headers = {"Accept-Encoding": coding, "Accept": "text/html,*/*"} | (
        {"Cookie": person.cookie} if person else {}
    )
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{address} was answered with {answer.status}")
    return body, answer.headers.get("Content-Encoding", "")


def _plain(body: bytes, encoding: str) -> str:
    decoders = {"br": brotli.decompress, "gzip": gzip.decompress}
    return (decoders[encoding](body) if encoding else body).decode()


def _parts(html: str) -> dict[str, list[str]]:
    """The files of our own a browser fetches for this page, by kind."""
    reader = _Reader()
    reader.feed(html)
    return reader.parts


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, list[str]] = {"css": [], "script": [], "images": []}
        self._without_script = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "noscript":
            self._without_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "noscript":
            self._without_script = True
        if self._without_script:
            return  # a browser with script, which weighs more, fetches nothing in there
        given = dict(attrs)
        rel = given.get("rel") or ""
        if tag == "link" and "stylesheet" in rel:
            self._take("css", given.get("href"))
        elif tag == "link" and re.search("icon|preload|manifest", rel):
            self._take("images", given.get("href"))
        for later in (given.get("data-then") or "").split():
            self._take("script", later)
        if tag == "script":
            self._take("script", given.get("src"))
        elif tag == "img":
            self._take("images", given.get("src"))

    def _take(self, kind: str, address: str | None) -> None:
        # Photos and Midtrans's own script are not ours to weigh.
        if address and address.startswith("/static/"):
            self.parts[kind].append(address)
