"""Finding experts: the home page with its search, and an expert's own page.

The handlers take the catalog from the application's state instead of dependencies: these are the pages
everybody opens, and resolving dependencies would cost more than answering.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import Response, Router, get
from litestar.response import Redirect
from litestar.status_codes import HTTP_301_MOVED_PERMANENTLY
from markupsafe import Markup

from mentorinaja.errors import NotThere
from mentorinaja.experts import photo_pages, queries
from mentorinaja.experts.forms import FilterForm, read_filters
from mentorinaja.experts.kinds import FindKept
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.live import Catalog
from mentorinaja.experts.queries import ExpertPage
from mentorinaja.experts.rules import REVIEWS_PER_PAGE, SORT_NAMES, Search, numbers, pages
from mentorinaja.formats import WIB, percent
from mentorinaja.policies import queries as policies
from mentorinaja.typed import whole_in
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_admin, requires_expert
from mentorinaja.web.bodies import Posted
from mentorinaja.web.cache import render_shared, shareable
from mentorinaja.web.viewer import AnyRequest, Viewer

# Told to buyers who kept the address; it tells nothing that the missing page would not.
_SUSPENDED = (
    "Mentor ini sedang tidak tersedia. Sesi yang sudah Anda pesan tetap tercatat di Riwayat Transaksi."
)


@get("/", opt={"public": True})
async def home(request: AnyRequest) -> Response[bytes]:
    """Landing for visitors, home for users: the experts, searched and filtered by the address."""
    visit = _Visit.of(request)
    form = read_filters(request, visit.today) if request.url.query else None
    search = form.search() if form else Search()
    wrong = form is not None and bool(form.errors)
    if html.wants_partial(request):
        # The address to show leaves out the fields left empty.
        return html.respond(
            request,
            await visit.own(await _finder(visit, form, search)),
            headers={"HX-Push-Url": search.address()},
        )

    async def make() -> str:
        return html.render(
            request,
            "templates/experts/home.html",
            finder=await visit.own(await _finder(visit, form, search)),
            search=search,
            landing=visit.viewer is None and search.plain and not wrong,
            figures=await visit.catalog.figures(),
        )

    if shareable(request) and not wrong:
        return await visit.catalog.pages.answer(request, make)
    return html.respond(request, await make())


@get("/expert/{slug:str}", opt={"public": True})
async def show_expert(request: AnyRequest, slug: str) -> Response[Any]:
    """Everything about one expert; an address of the past leads to today's."""
    visit = _Visit.of(request)
    page = _page_number(request)

    async def make() -> str:
        told = await _told(visit, slug, page)
        profile = await visit.own(told.profile)
        return html.render(request, "templates/experts/show.html", expert=told.expert, profile=profile)

    try:
        if html.wants_partial(request):
            return html.respond(request, (await _told(visit, slug, page)).reviews)
        if shareable(request):
            return await visit.catalog.pages.answer(request, make)
        return html.respond(request, await make())
    except NotThere:
        today = await queries.slug_today(visit.catalog.db, slug)
        if today is None and await queries.is_suspended(visit.catalog.db, slug):
            raise NotThere(_SUSPENDED, [("Cari mentor lain", "/")]) from None
        if today is None or today == slug:
            raise
        return Redirect(
            f"/expert/{quote(today)}",
            status_code=HTTP_301_MOVED_PERMANENTLY,
            headers={"Cache-Control": "no-cache"},
        )


@get("/expert/dashboard/profil/pratinjau", guards=[requires_expert])
async def show_preview(request: AnyRequest) -> Response[Any]:
    """The own page as users see it, or will see it."""
    visit = _Visit.of(request)
    return await _preview(request, visit, expert_id_of(request), "/expert/dashboard")


@get("/admin/experts/pratinjau", guards=[requires_admin])
async def show_preview_to_admin(request: AnyRequest) -> Response[Any]:
    """The page of an expert (`id`) as users see it, or will see it once it is published."""
    expert_id = whole_in(request.query_params.get("id"))
    if expert_id is None:
        raise NotThere
    return await _preview(request, _Visit.of(request), expert_id, f"/admin/experts/{expert_id}")


async def _preview(request: AnyRequest, visit: _Visit, expert_id: int, back: str) -> Response[Any]:
    expert = await queries.own_page(visit.catalog.db, expert_id)
    told = await _tell(visit, expert, _page_number(request), own=True)
    return html.page(
        request, "templates/experts/preview.html", expert=expert, profile=told.profile, back=back
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    """Who looks, from which zone, and with what."""

    request: AnyRequest
    catalog: Catalog
    viewer: Viewer | None
    zone: str

    @classmethod
    def of(cls, request: AnyRequest) -> _Visit:
        viewer = request.scope.get("user")
        return cls(request, request.app.state.catalog, viewer, viewer.time_zone if viewer else WIB)

    @property
    def today(self) -> date:
        """The day it is in the viewer's zone."""
        return self.catalog.clock.now().astimezone(ZoneInfo(self.zone)).date()

    async def own(self, part: Markup) -> Markup:
        """A part that everybody signed in shares, with the hearts and bells of whoever looks."""
        if self.viewer is None:
            return part
        find_kept: FindKept = self.request.app.state.find_kept
        return (await find_kept(self.viewer.id)).mark(part)

    def render(self, template: str, **context: Any) -> Markup:
        """A part of a page that is the same for everybody in this zone."""
        now = self.catalog.clock.now()
        return render_shared(self.request.app.state.templates, template, zone=self.zone, now=now, **context)


@dataclass(frozen=True, slots=True)
class _Told:
    """An expert's page without its frame."""

    expert: ExpertPage
    profile: Markup
    reviews: Markup


async def _finder(visit: _Visit, form: FilterForm | None, asked: Search) -> Markup:
    """The search with what it finds; kept for others in the same zone who ask the same."""

    async def make() -> Markup:
        figures = await visit.catalog.figures()
        known = figures.known(asked.expertise) if asked.expertise else None
        search = asked if known is None else asked.replace(expertise=known)
        listing = await find_experts(visit.catalog.db, search, visit.zone)
        search = listing.search
        return visit.render(
            "partials/experts/finder.html",
            form=form or FilterForm(Posted([]), visit.today),
            listing=listing,
            search=search,
            figures=figures,
            numbers=numbers(search.page, listing.pages),
            sorts=[(sort, name, search.address(sort=sort, page=1)) for sort, name in SORT_NAMES.items()],
            title="Daftar Expert" if visit.viewer else "Daftar Mentor",
            hearts=visit.viewer is not None,
        )

    if form and form.errors:
        return await make()
    return await visit.catalog.parts.get(f"{asked.address()} {visit.zone} {visit.viewer is None}", make)


async def _told(visit: _Visit, slug: str, page: int) -> _Told:
    """What the page says; kept for others in the same zone. Raises NotThere."""

    async def make() -> _Told:
        expert = await queries.expert_page(visit.catalog.db, slug)
        if expert is None:
            raise NotThere
        return await _tell(visit, expert, page, own=own == expert.id)

    own = visit.viewer.expert_id if visit.viewer else None
    return await visit.catalog.parts.get(f"{slug} {page} {visit.zone} {own} {visit.viewer is None}", make)


async def _tell(visit: _Visit, expert: ExpertPage, page: int, *, own: bool) -> _Told:
    """`own`: nothing on it can be booked by whoever looks."""
    last = pages(expert.rating_count, REVIEWS_PER_PAGE)
    shown = min(page, last)
    reviews = visit.render(
        "partials/experts/reviews.html",
        expert=expert,
        reviews=await queries.reviews_of(visit.catalog.db, expert.id, shown) if expert.rating_count else [],
        page=shown,
        pages=last,
        numbers=numbers(shown, last),
    )
    profile = visit.render(
        "partials/experts/profile.html",
        expert=expert,
        reviews=reviews,
        own=own,
        mine=visit.viewer is not None and visit.viewer.expert_id == expert.id,
        hearts=visit.viewer is not None,
        admin_fee=percent((await policies.current(visit.catalog.db)).admin_fee_bps),
    )
    return _Told(expert, profile, reviews)


def _page_number(request: AnyRequest) -> int:
    """The page of reviews asked for; anything that is no number is the first."""
    text = str(request.query_params.get("page", "1"))
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= 6 else 1


router = Router(
    path="/", route_handlers=[home, show_expert, show_preview, show_preview_to_admin, *photo_pages.HANDLERS]
)
