"""Buying a product, the library of what was bought, and fetching it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from litestar import Response, Router, get, post
from litestar.response import Stream

from mentorinaja.bookings.rules import METHODS, method_refusal
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.policies import queries as policies
from mentorinaja.products import actions, files, queries, shelf
from mentorinaja.products.forms import BuyForm
from mentorinaja.products.queries import Delivery, Offer
from mentorinaja.products.refusals import MethodTooSmall, OwnProduct, PriceChanged
from mentorinaja.products.rules import resumed_at
from mentorinaja.products.tokens import download_path, order_in
from mentorinaja.settings import Settings
from mentorinaja.storage import Storage, StorageDown
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.file_names import as_download
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import PRIVATE
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import AnyRequest, Viewer, WebRequest

log = structlog.get_logger(__name__)

LIBRARY = "/user/library"
# Whatever it is, it runs nothing, loads nothing, and is nobody's frame.
_HARMLESS = "sandbox; default-src 'none'; frame-ancestors 'none'"
_FOR_EVER = "public, max-age=31536000, immutable"


@get("/products/{product_id:int}/buy", guards=[requires_user])
async def show_offer(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """What is bought and what it costs; whoever has it is led to the library, or to the order that waits."""
    if live := await queries.live_purchase(db, _viewer(request).id, product_id):
        return _on(request, live[0], owned=live[1] == "owned")
    return await _offer_page(request, db, await _on_sale(request, db, product_id), BuyForm())


@post("/products/{product_id:int}/buy", guards=[requires_user])
async def buy(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Order it, and on to paying."""
    viewer = _viewer(request)
    form = await read_form(request, BuyForm)
    if not form.validate():
        return await _offer_page(request, db, await _on_sale(request, db, product_id), form, status=422)
    await limit(db, "buy", str(viewer.id), most=60, seconds=3600)
    try:
        bought = await actions.buy(db, viewer, product_id, form.payment_method.data, form.shown_total)
    except MethodTooSmall as refusal:
        form.payment_method.errors = [*form.payment_method.errors, refusal.text]
        return await _offer_page(request, db, await _on_sale(request, db, product_id), form, status=422)
    except PriceChanged as refusal:
        offer = await _on_sale(request, db, product_id)
        return await _offer_page(request, db, offer, form, status=refusal.status, notice=refusal)
    return _on(request, bought.public_id, owned=bought.owned)


@get(LIBRARY, guards=[requires_user])
async def show_library(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """“Library”: what was bought, with what is left of its downloads."""
    shelf_of = await queries.library_of(db, _viewer(request))
    paths = {item.order.public_id: download_path(settings, item.order.public_id) for item in shelf_of}
    return html.page(request, "templates/products/library.html", shelf=shelf_of, paths=paths, now=now)


@get("/unduh/{token:str}", guards=[requires_user])
async def fetch(
    request: WebRequest, db: Database, storage: Storage, settings: Settings, token: str
) -> Response[Any]:
    """The product itself, for its buyer: counted, then streamed as a download, or on to the address outside."""
    viewer = _viewer(request)
    public_id = order_in(settings, token)
    delivery = await queries.delivery_for(db, viewer, public_id) if public_id else None
    if delivery is None:
        raise NotThere
    await limit(db, "fetch", str(viewer.id), most=60, seconds=600)
    if delivery.link is not None:
        await actions.count_download(db, viewer, delivery.public_id)
        return Response(
            b"",
            status_code=303,
            headers={"Location": delivery.link, "Cache-Control": PRIVATE, "Referrer-Policy": "no-referrer"},
        )
    return await _file(request, db, storage, viewer, delivery)


@get("/products/gambar/{file_id:uuid}", opt={"public": True})
async def show_thumbnail(request: AnyRequest, db: Database, storage: Storage, file_id: UUID) -> Response[Any]:
    """A product's picture: always the same under its address."""
    reading = await files.read(storage, file_id) if await queries.is_thumbnail(db, file_id) else None
    if reading is None:
        raise NotThere
    headers = {"Cache-Control": _FOR_EVER, "Content-Security-Policy": _HARMLESS}
    headers |= {"Content-Length": str(reading.size), "Content-Disposition": "inline"}
    return Stream(reading.pieces, media_type="image/webp", headers=headers)


async def _file(
    request: WebRequest, db: Database, storage: Storage, viewer: Viewer, delivery: Delivery
) -> Response[Any]:
    """The whole file, counted; or the rest of it, when a download broke off a short while ago."""
    assert delivery.file_id is not None and delivery.kind is not None, "what has no link has a file"
    tag = f'"{delivery.file_id}"'
    start = resumed_at(request.headers.get("range"), request.headers.get("if-range"), tag)
    if start and not await actions.may_resume(db, viewer, delivery.public_id):
        start = 0
    # Before it is counted: a store that is away costs nothing.
    reading = await files.read(storage, delivery.file_id, start)
    if reading is None:
        log.error("products.file_lost", file_id=str(delivery.file_id))
        raise StorageDown
    if start >= reading.size:
        return Response(b"", status_code=416, headers={"Content-Range": f"bytes */{reading.size}"})
    headers = {
        "Content-Disposition": as_download(delivery.file_name or "produk"),
        "Content-Length": str(reading.size - start),
        "Content-Security-Policy": _HARMLESS,
        "Cache-Control": PRIVATE,
        "Accept-Ranges": "bytes",
        "ETag": tag,
    }
    if start:
        headers["Content-Range"] = f"bytes {start}-{reading.size - 1}/{reading.size}"
    else:
        await actions.count_download(db, viewer, delivery.public_id)
    media_type = files.MEDIA_TYPES[delivery.kind]
    return Stream(reading.pieces, status_code=206 if start else 200, media_type=media_type, headers=headers)


async def _on_sale(request: WebRequest, db: Database, product_id: int) -> Offer:
    offer = await queries.offer(db, product_id)
    if offer is None:
        raise await queries.why_not_on_sale(db, product_id) or NotThere
    if offer.expert_user_id == _viewer(request).id:
        raise OwnProduct("Anda tidak dapat membeli produk Anda sendiri.", [("Lihat Layanan", shelf.SHELF)])
    return offer


async def _offer_page(
    request: WebRequest,
    db: Database,
    offer: Offer,
    form: BuyForm,
    *,
    status: int = 200,
    notice: DomainError | None = None,
) -> Response[Any]:
    policy = await policies.current(db)
    price = policy.price(offer.price)
    refusals = {name: why for name in METHODS if (why := method_refusal(name, price.total))}
    return html.page(
        request,
        "templates/products/buy.html",
        status=status,
        offer=offer,
        form=form,
        notice=notice,
        price=price,
        policy=policy,
        methods=METHODS,
        refusals=refusals,
    )


def _on(request: WebRequest, public_id: str, *, owned: bool) -> Response[Any]:
    if not owned:
        return html.see_other(request, f"/payment/{public_id}")
    answer = html.see_other(request, f"{LIBRARY}#{public_id}")
    put_flash(request, answer, "ok", "Produk ini sudah ada di library Anda.")
    return answer


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(
    path="/", route_handlers=[show_offer, buy, show_library, fetch, show_thumbnail, *shelf.HANDLERS]
)
