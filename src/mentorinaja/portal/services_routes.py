"""LAYANAN, the mentor's page of what is for sale; services are added, changed, ordered and put away here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts import services
from mentorinaja.experts.ordering import said_of_move, way_in
from mentorinaja.experts.rules import MOST_SERVICES, ServicesFull, can_cost
from mentorinaja.experts.service_form import ServiceForm
from mentorinaja.experts.services import OwnService, Stale
from mentorinaja.policies import queries as policies
from mentorinaja.products import queries as products
from mentorinaja.products.rules import MOST_PRODUCTS
from mentorinaja.typed import rupiah_in
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import WebRequest

SERVICES = "/expert/dashboard/layanan"
_ONE = SERVICES + "/{service_id:int}"
_LIST = "partials/portal/services.html"
_DIALOG = "partials/ui/dialog_body.html"


@get(SERVICES, guards=[requires_expert])
async def show_services(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """The expert's services and products, on sale or not."""
    expert_id = expert_id_of(request)
    return html.page(
        request,
        "templates/portal/services.html",
        strip=await strip_of(db, expert_id),
        products=await products.products_of(db, expert_id),
        most_products=MOST_PRODUCTS,
        now=now,
        **await _listed(db, expert_id),
    )


@get(SERVICES + "/harga", guards=[requires_expert])
async def show_earning(request: WebRequest, db: Database) -> Response[Any]:
    """What a price that is being typed costs and earns: a part of the form, for htmx."""
    amount = rupiah_in(request.query_params.get("price", ""))
    return html.page(request, "partials/portal/earning.html", **await _earning(db, amount))


@get(SERVICES + "/baru", guards=[requires_expert])
async def show_new(request: WebRequest, db: Database) -> Response[Any]:
    """An empty form for one more service."""
    return await _form(request, db, ServiceForm())


@post(SERVICES + "/baru", guards=[requires_expert])
async def add(request: WebRequest, db: Database) -> Response[Any]:
    """Offer one more service; or show what a price earns, when only that was asked."""
    return await _save(request, db, None)


@get(_ONE, guards=[requires_expert])
async def show_one(request: WebRequest, db: Database, service_id: int) -> Response[Any]:
    """A service to be changed."""
    return await _form(request, db, ServiceForm(service=await _own(request, db, service_id)))


@post(_ONE, guards=[requires_expert])
async def change(request: WebRequest, db: Database, service_id: int) -> Response[Any]:
    """Save a service; what was booked before keeps its name and price."""
    return await _save(request, db, await _own(request, db, service_id))


@post(_ONE + "/aktif", guards=[requires_expert])
async def switch(request: WebRequest, db: Database, service_id: int) -> Response[Any]:
    """Show the service, or hide it (`active`: `1` or `0`)."""
    service = await _own(request, db, service_id)
    active = (await posted(request)).text("active") == "1"
    await services.set_active(db, expert_id_of(request), service.id, active)
    words = "tampil dan dapat dipesan" if active else "tidak tampil; sesi yang sudah dipesan tetap berlaku"
    return await _changed(request, db, f"“{service.name}” {words}.", f"service-{service.id}")


@post(_ONE + "/urutan", guards=[requires_expert])
async def move(request: WebRequest, db: Database, service_id: int) -> Response[Any]:
    """Put the service a place further up or down (`to`: `up` or `down`)."""
    service = await _own(request, db, service_id)
    way = way_in((await posted(request)).text("to"))
    changed = await services.move(db, expert_id_of(request), service.id, way)
    return await _changed(request, db, said_of_move(service.name, way, changed), f"service-{service.id}")


@get(_ONE + "/hapus", guards=[requires_expert])
async def ask_put_away(request: WebRequest, db: Database, service_id: int) -> Response[Any]:
    """Asks first, and says what happens to it."""
    return html.answer(
        request,
        "templates/portal/service_put_away.html",
        _DIALOG,
        service=await _own(request, db, service_id),
        title="Hapus layanan ini?",
        body="partials/portal/service_put_away.html",
        in_dialog=html.wants_partial(request),
    )


@post(_ONE + "/hapus", guards=[requires_expert])
async def put_away(request: WebRequest, db: Database, service_id: int) -> Response[Any]:
    """Take a service off for good; whoever booked it keeps the session."""
    service = await _own(request, db, service_id)
    await services.put_away(db, expert_id_of(request), service.id)
    return await _changed(request, db, f"“{service.name}” dihapus.", "layanan")


async def _save(request: WebRequest, db: Database, service: OwnService | None) -> Response[Any]:
    sent = await posted(request)
    form, expert_id = ServiceForm(sent, service=service), expert_id_of(request)
    if sent.text("show") is not None:
        return await _form(request, db, form)
    if not form.validate():
        return await _form(request, db, form, status=422)
    try:
        if service is None:
            service_id, words = await services.add(db, expert_id, form.said()), "ditambahkan"
        else:
            service_id, words = service.id, "disimpan"
            await services.change(db, expert_id, service.id, form.said(), form.shown_version)
    except (ServicesFull, Stale) as refusal:
        if service is not None:
            form.now_there(await _own(request, db, service.id))
        return await _form(request, db, form, status=refusal.status, notice=refusal)
    return await _changed(request, db, f"“{form.name.data}” {words}.", f"service-{service_id}")


async def _own(request: WebRequest, db: Database, service_id: int) -> OwnService:
    service = await services.own_service(db, expert_id_of(request), service_id)
    if service is None:
        raise NotThere
    return service


async def _form(
    request: WebRequest,
    db: Database,
    form: ServiceForm,
    *,
    status: int = 200,
    notice: DomainError | None = None,
) -> Response[Any]:
    """The form: as a page, or in the dialog that htmx opens."""
    service = form.service
    return html.answer(
        request,
        "templates/portal/service.html",
        _DIALOG,
        status=status,
        form=form,
        service=service,
        notice=notice,
        title="Edit Layanan" if service else "Tambah Layanan Baru",
        body="partials/portal/service_form.html",
        in_dialog=html.wants_partial(request),
        **await _earning(db, form.price.data),
    )


async def _earning(db: Database, amount: int | None) -> dict[str, Any]:
    """What `partials/portal/earning.html` takes; nothing is told of what no service costs."""
    policy = await policies.current(db)
    return {"price": policy.price(amount) if amount and can_cost(amount) else None, "policy": policy}


async def _changed(request: WebRequest, db: Database, words: str, place: str) -> Response[Any]:
    """Back to the list: htmx gets it anew, a browser is led there."""
    if not html.wants_partial(request):
        answer = html.see_other(request, f"{SERVICES}#{place}")
        put_flash(request, answer, "ok", words)
        return answer
    answer = html.page(request, _LIST, **await _listed(db, expert_id_of(request)), told=words)
    answer.headers.update({"HX-Retarget": "#layanan", "HX-Reswap": "outerMorph"})
    return answer


async def _listed(db: Database, expert_id: int) -> dict[str, Any]:
    """What `partials/portal/services.html` takes."""
    return {"services": await services.own_services(db, expert_id), "most": MOST_SERVICES}


handlers = [
    show_services,
    show_earning,
    show_new,
    add,
    show_one,
    change,
    switch,
    move,
    ask_put_away,
    put_away,
]
