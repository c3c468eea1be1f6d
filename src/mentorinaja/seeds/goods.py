"""Digital products of the demo: what its experts sell, and purchases in every state."""

from __future__ import annotations

import asyncio
import io
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

from mentorinaja.contents.kinds import EPUB
from mentorinaja.payments import actions as payments
from mentorinaja.products import actions as products
from mentorinaja.products import files, queries
from mentorinaja.products.rules import NewProduct
from mentorinaja.resources import Resources
from mentorinaja.seeds import papers
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.web.parts import SentFile
from mentorinaja.web.viewer import Viewer

_TOLD = tomllib.loads((Path(__file__).parent / "goods.toml").read_text(encoding="utf-8"))
_METHODS = ("qris", "ewallet", "any", "bank_transfer")
_MINUTE = timedelta(minutes=1)


class Goods:
    """Products by expert, and the stories of those who buy them."""

    def __init__(self, resources: Resources, cast: Cast, till: Till) -> None:
        self._db = resources.db
        self._storage = resources.storage
        self._cast = cast
        self._till = till
        self._methods = cycle(_METHODS)
        self._ids: dict[str, int] = {}

    async def offer(self) -> None:
        """Every product, with its file looked at and stored as any other; two experts at a time."""
        gate = asyncio.Semaphore(2)

        async def fill(slug: str) -> None:
            async with gate:
                for told in _TOLD["products"]:
                    if told[0] == slug:
                        await self._offer(*told)

        async with asyncio.TaskGroup() as group:
            for slug in dict.fromkeys(told[0] for told in _TOLD["products"]):
                group.create_task(fill(slug))
        self._ids = {told[2]: self._ids[told[2]] for told in _TOLD["products"]}

    async def _offer(
        self, slug: str, type_: str, name: str, price: int, delivered: str, description: str
    ) -> None:
        actor = self._cast.experts[slug]
        there = {each.name: each.id for each in await queries.products_of(self._db, actor.expert_id)}
        if name in there:  # an earlier attempt was interrupted
            self._ids[name] = there[name]
            return
        link = delivered if delivered.startswith("https:") else None
        product = NewProduct(type_, name, price, description, link)
        sent = None if link else _sent(f"{name}.{delivered}", _file(delivered, name, actor.viewer.full_name))
        file_id = (
            await files.keep_goods(self._db, self._storage, actor.expert_id, actor.viewer.id, sent)
            if sent
            else None
        )
        self._ids[name] = await products.add(self._db, actor.expert_id, product, file_id)
        if type_ == "ebook":
            await self._show(actor, self._ids[name], name)

    def past(self, today: datetime) -> Iterator[Story]:
        """What was bought before `today`."""
        budi, ani = self._cast.users["budi"], self._cast.users["ani"]
        for days, user, name, fate in (
            (34, budi, "PM Interview Guide", self._read),
            (16, budi, "Product Analytics", self._read),
            (9, budi, "Template CV Engineer", self._returned),
            (13, budi, "Panduan Negosiasi Gaji", self._run_out),
            (22, ani, "Kalender Konten 90 Hari", self._read),
            (6, ani, "SPT Tahunan Tanpa Panik", self._taken_back),
            (2, ani, "Portofolio UX yang Dibaca", self._bought),
        ):
            yield later(today - timedelta(days=days), fate(user, name))
        others = [user for user in self._cast.users.values() if user not in (budi, ani)]
        for number, user in enumerate(others):
            name = list(self._ids)[number % len(self._ids)]
            yield later(today - timedelta(days=5 + 7 * number), self._read(user, name))

    async def make_today(self) -> None:
        """One that waits for its first download, and one that waits for its money."""
        budi = self._cast.users["budi"]
        await self._buy(budi, "Catatan Sistem Terdistribusi")
        await products.buy(self._db, budi, self._ids["Template PRD"])

    async def _read(self, user: Viewer, name: str) -> Story:
        """Bought, and fetched some hours later."""
        public_id = await self._buy(user, name)
        yield await self._after(public_id, timedelta(hours=3))
        await products.count_download(self._db, user, public_id)

    async def _bought(self, user: Viewer, name: str) -> Story:
        public_id = await self._buy(user, name)
        yield await self._after(public_id, _MINUTE)

    async def _returned(self, user: Viewer, name: str) -> Story:
        """Given back before it was fetched."""
        public_id = await self._buy(user, name)
        yield await self._after(public_id, timedelta(hours=20))
        await payments.return_product(self._db, user, public_id)

    async def _run_out(self, user: Viewer, name: str) -> Story:
        """Never paid."""
        public_id = (await products.buy(self._db, user, self._ids[name])).public_id
        yield await self._after(public_id, timedelta(days=3) + _MINUTE)
        await self._till.expire(public_id)

    async def _taken_back(self, user: Viewer, name: str) -> Story:
        """The bank takes the money back, and the product leaves the library."""
        public_id = (await products.buy(self._db, user, self._ids[name], "bank_transfer")).public_id
        attempt = await self._till.open(user, public_id)
        transaction_id = await self._till.say(public_id, "settlement", attempt=attempt)
        yield await self._after(public_id, timedelta(hours=2))
        await self._till.say(public_id, "deny", attempt=attempt, transaction_id=transaction_id)

    async def _buy(self, user: Viewer, name: str) -> str:
        bought = await products.buy(self._db, user, self._ids[name], next(self._methods))
        await self._till.pay(user, bought.public_id)
        return bought.public_id

    async def _after(self, public_id: str, wait: timedelta) -> datetime:
        created: datetime = await self._db.fetchval(
            "SELECT created_at FROM orders WHERE public_id = $1", public_id
        )
        return created + wait

    async def _show(self, actor: Actor, product_id: int, name: str) -> None:
        picture = await files.keep_thumbnail(
            self._db, self._storage, actor.expert_id, actor.viewer.id, _sent("sampul.png", papers.cover(name))
        )
        await products.set_thumbnail(self._db, actor.expert_id, product_id, picture)


def _sent(name: str, data: bytes) -> SentFile:
    return SentFile(name, io.BytesIO(data), len(data))


def _file(kind: str, title: str, author: str) -> bytes:
    """A small real file of this kind."""
    lines = [title, f"oleh {author}", *_TOLD["pages"]]
    if kind == "pdf":
        return papers.booklet(title, lines[1:])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "epub":
            archive.writestr("mimetype", EPUB, compress_type=zipfile.ZIP_STORED)
            for name, text in _epub(title, author, lines):
                archive.writestr(name, text)
        else:
            archive.writestr("BACA DULU.txt", "\n\n".join(lines))
            archive.writestr("Lembar kerja.csv", "Langkah;Catatan;Selesai\n" + "1;;\n2;;\n3;;\n")
    return out.getvalue()


def _epub(title: str, author: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    """The parts of the smallest book that readers open."""
    yield (
        "META-INF/container.xml",
        '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="buku.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>",
    )
    yield (
        "buku.opf",
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">mentorinaja</dc:identifier>'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>id</dc:language>"
        '<meta property="dcterms:modified">2026-01-01T00:00:00Z</meta></metadata><manifest>'
        '<item id="isi" href="isi.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>'
        '<spine><itemref idref="isi"/></spine></package>',
    )
    text = "".join(f"<p>{line}</p>" for line in lines[1:])
    yield (
        "isi.xhtml",
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f'<head><title>{title}</title></head><body><nav epub:type="toc"><ol><li><a href="isi.xhtml">{title}</a></li>'
        f"</ol></nav><h1>{title}</h1>{text}</body></html>",
    )
