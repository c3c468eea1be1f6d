"""Finding experts: the home page with its search, and an expert's own page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import Response, Router, get
from litestar.response import Redirect
from litestar.status_codes import HTTP_301_MOVED_PERMANENTLY

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import queries
from mentorinaja.experts.forms import FilterForm, read_filters
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.live import Catalog
from mentorinaja.experts.queries import ExpertPage
from mentorinaja.experts.rules import REVIEWS_PER_PAGE, SORT_NAMES, Search, numbers, pages
from mentorinaja.formats import WIB
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.cache import shareable
from mentorinaja.web.viewer import AnyRequest


@get("/", opt={"public": True})
async def home(request: AnyRequest, db: Database, now: datetime) -> Response[bytes]:
    """Landing for visitors, home for users: the experts, searched and filtered by the address."""
    zone = _zone(request)
    form = read_filters(request, now.astimezone(ZoneInfo(zone)).date())
    search = form.search()

    async def make() -> str:
        return await _home(request, db, form, search, now)

    if shareable(request) and not form.errors:
        answer = await _catalog(request).pages.answer(request, _key(request, search.address()), make)
    else:
        answer = html.respond(request, await make())
    if html.wants_partial(request):
        answer.headers["HX-Push-Url"] = search.address()  # without the fields left empty
    return answer


@get("/expert/{slug:str}", opt={"public": True})
async def show_expert(
    request: AnyRequest, db: Database, settings: Settings, now: datetime, slug: str
) -> Response[Any]:
    """Everything about one expert; an address of the past leads to today's."""
    page = _page_number(request)

    async def make() -> str:
        expert = await queries.expert_page(db, slug)
        if expert is None:
            raise NotThere
        return await _expert(request, db, settings, expert, min(page, _review_pages(expert)), now)

    try:
        if shareable(request):
            return await _catalog(request).pages.answer(request, _key(request, f"{slug}?{page}"), make)
        return html.respond(request, await make())
    except NotThere:
        today = await queries.slug_today(db, slug)
        if today is None or today == slug:
            raise
        return Redirect(
            f"/expert/{quote(today)}",
            status_code=HTTP_301_MOVED_PERMANENTLY,
            headers={"Cache-Control": "no-cache"},
        )


async def _home(request: AnyRequest, db: Database, form: FilterForm, asked: Search, now: datetime) -> str:
    figures = await _catalog(request).figures()
    known = figures.known(asked.expertise) if asked.expertise else None
    search = asked if known is None else asked.replace(expertise=known)
    listing = await find_experts(db, search, _zone(request))
    return html.render(
        request,
        "partials/experts/finder.html" if html.wants_partial(request) else "templates/experts/home.html",
        form=form,
        listing=listing,
        search=listing.search,
        figures=figures,
        numbers=numbers(listing.search.page, listing.pages),
        sorts=[(sort, name, listing.search.address(sort=sort, page=1)) for sort, name in SORT_NAMES.items()],
        zone=_zone(request),
        now=now,
    )


async def _expert(
    request: AnyRequest, db: Database, settings: Settings, expert: ExpertPage, page: int, now: datetime
) -> str:
    return html.render(
        request,
        "partials/experts/reviews.html" if html.wants_partial(request) else "templates/experts/show.html",
        expert=expert,
        reviews=await queries.reviews_of(db, expert.id, page) if expert.rating_count else [],
        page=page,
        pages=_review_pages(expert),
        numbers=numbers(page, _review_pages(expert)),
        admin_fee=_percent(settings.admin_fee_bps),
        zone=_zone(request),
        now=now,
    )


def _review_pages(expert: ExpertPage) -> int:
    return pages(expert.rating_count, REVIEWS_PER_PAGE)


def _page_number(request: AnyRequest) -> int:
    """The page of reviews asked for; anything that is no number is the first."""
    text = str(request.query_params.get("page", "1"))
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= 6 else 1


def _percent(bps: int) -> str:
    """500 basis points → `5%`, 250 → `2,5%`."""
    return f"{bps / 100:g}%".replace(".", ",")


def _zone(request: AnyRequest) -> str:
    viewer = request.scope.get("user")
    return viewer.time_zone if viewer else WIB


def _key(request: AnyRequest, address: str) -> str:
    return f"{request.url.path} {address} {'part' if html.wants_partial(request) else 'page'}"


def _catalog(request: AnyRequest) -> Catalog:
    catalog: Catalog = request.app.state.catalog
    return catalog


router = Router(path="/", route_handlers=[home, show_expert])
