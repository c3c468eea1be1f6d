"""The limit of pages: Litestar, one SQL by asyncpg, one plain Jinja template, the same data and the same size."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import brotli
from jinja2 import Environment, FileSystemLoader
from litestar import Litestar, Request, Response, get
from markupsafe import Markup

_CARDS = """
SELECT slug, display_name, position_title, company, rating_count, lowest_price, shortest_minutes, expertise,
  to_char(rating_sum::numeric / nullif(rating_count, 0), 'FM9.0') AS rating, next_slot_at
FROM experts WHERE status = 'published' ORDER BY id LIMIT $1
"""
_EXPERT = """
SELECT e.slug, e.display_name, e.position_title, e.company, e.bio, e.city, e.rating_count, e.expertise,
  to_char(e.rating_sum::numeric / nullif(e.rating_count, 0), 'FM9.0') AS rating,
  (SELECT array_agg(s.name || ' · ' || s.price ORDER BY s.place) FROM services s WHERE s.expert_id = e.id) AS services,
  (SELECT array_agg(w.title || ' · ' || w.company ORDER BY w.place)
     FROM work_experiences w WHERE w.expert_id = e.id) AS works,
  (SELECT array_agg(r.display_name || ': ' || r.comment ORDER BY r.created_at DESC)
     FROM reviews r WHERE r.expert_id = e.id) AS reviews
FROM experts e WHERE slug = $1
"""
# Filler as real text is: words in no order, so that compressing it costs what it costs for a real page.
_WORDS = """
konsultasi karier mentor sesi harga pengalaman produk data desain pemasaran keuangan waktu jadwal bayar
class span href expert person price rating label button
"""


def create_app(dsn: str, home_bytes: int, detail_bytes: int) -> Litestar:
    """`/` with 24 cards and `/expert/{slug}`, filled up to the sizes of the product's pages."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, auto_reload=False
    )
    home_page, detail_page = environment.get_template("home.html"), environment.get_template("detail.html")
    fillers: dict[str, Markup] = {}

    @get("/", sync_to_thread=False)
    async def home(request: Request[Any, Any, Any]) -> Response[bytes]:
        cards = await request.app.state.pool.fetch(_CARDS, 24)
        return _html(request, home_page.render(cards=cards, filler=fillers["home"]))

    @get("/expert/{slug:str}", sync_to_thread=False)
    async def detail(request: Request[Any, Any, Any], slug: str) -> Response[bytes]:
        expert = await request.app.state.pool.fetchrow(_EXPERT, slug)
        return _html(request, detail_page.render(expert=expert, filler=fillers["detail"]))

    @get("/readyz", sync_to_thread=False)
    async def readyz() -> str:
        return "ready"

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=8, max_size=8, reset=_as_it_is) as pool:
            app.state.pool = pool
            cards = await pool.fetch(_CARDS, 24)
            fillers["home"] = _filler(home_bytes - len(home_page.render(cards=cards, filler="").encode()))
            expert = await pool.fetchrow(_EXPERT, cards[0]["slug"])
            fillers["detail"] = _filler(
                detail_bytes - len(detail_page.render(expert=expert, filler="").encode())
            )
            yield

    return Litestar([home, detail, readyz], lifespan=[lifespan], openapi_config=None, logging_config=None)


async def _as_it_is(_connection: Any) -> None:
    """Connections go back to the pool without the round trip that would clean them: nothing was set."""


def _html(request: Request[Any, Any, Any], html: str) -> Response[bytes]:
    body, headers = html.encode(), {}
    if "br" in request.headers.get("accept-encoding", ""):
        body, headers = brotli.compress(body, mode=brotli.MODE_TEXT, quality=4), {"Content-Encoding": "br"}
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")


def _filler(size: int) -> Markup:
    words = random.Random(1).choices(_WORDS.split(), k=max(0, size))
    return Markup(" ".join(words)[: max(0, size)])
