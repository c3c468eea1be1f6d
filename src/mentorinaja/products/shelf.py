"""Products on LAYANAN, the expert's page of what is for sale: added, changed, ordered and put away."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts.ordering import said_of_move, way_in
from mentorinaja.experts.rules import can_cost
from mentorinaja.policies import queries as policies
from mentorinaja.products import actions, files, queries
from mentorinaja.products.forms import ProductForm
from mentorinaja.products.queries import Product
from mentorinaja.products.refusals import BadFile, FileUnkept, ProductFull, Stale
from mentorinaja.products.rules import MOST_FILE_BYTES, MOST_PRODUCTS, MOST_THUMBNAIL_BYTES
from mentorinaja.storage import Storage
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.bodies import FILE_FIELD, posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.limits import limit
from mentorinaja.web.parts import FileField
from mentorinaja.web.viewer import Viewer, WebRequest

SHELF = "/expert/dashboard/layanan"
_ONE = SHELF + "/produk/{product_id:int}"
_DIALOG = "partials/ui/dialog_body.html"
_TAKES_GOODS = {FILE_FIELD: FileField("file", MOST_FILE_BYTES)}
_TAKES_PICTURE = {FILE_FIELD: FileField("thumbnail", MOST_THUMBNAIL_BYTES)}


@get(SHELF + "/produk/baru", guards=[requires_expert])
async def show_new(request: WebRequest, db: Database) -> Response[Any]:
    """An empty form for one more product."""
    return await _form(request, db, ProductForm())


@post(SHELF + "/produk/baru", guards=[requires_expert], opt=_TAKES_GOODS, request_max_body_size=None)
async def add(request: WebRequest, db: Database, storage: Storage) -> Response[Any]:
    """Offer one more product; then its picture can be added."""
    return await _save(request, db, storage, None)


@get(_ONE, guards=[requires_expert])
async def show_one(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """A product to be changed."""
    return await _form(request, db, ProductForm(product=await _product(request, db, product_id)))


@post(_ONE, guards=[requires_expert], opt=_TAKES_GOODS, request_max_body_size=None)
async def change(request: WebRequest, db: Database, storage: Storage, product_id: int) -> Response[Any]:
    """Save a product; what was bought before keeps its name and price."""
    return await _save(request, db, storage, await _product(request, db, product_id))


@post(_ONE + "/gambar", guards=[requires_expert], opt=_TAKES_PICTURE, request_max_body_size=None)
async def set_picture(request: WebRequest, db: Database, storage: Storage, product_id: int) -> Response[Any]:
    """Show the sent picture with the product, or none when `remove` is sent."""
    product = await _product(request, db, product_id)
    sent = await posted(request)
    if sent.text("remove"):
        await actions.set_thumbnail(db, product.expert_id, product.id, None)
        return _saved(request, f"{SHELF}/produk/{product.id}", "Gambar dihapus.")
    file = sent.file("thumbnail")
    try:
        if file is None:
            raise BadFile("Pilih gambarnya dulu.")
        await _not_too_often(db, request)
        picture = await files.keep_thumbnail(db, storage, product.expert_id, _viewer(request).id, file)
    except (BadFile, FileUnkept) as refusal:
        form = ProductForm(product=product)
        return await _form(request, db, form, status=refusal.status, picture_trouble=refusal.text)
    await actions.set_thumbnail(db, product.expert_id, product.id, picture)
    return _saved(request, f"{SHELF}/produk/{product.id}", "Gambar disimpan.")


@post(_ONE + "/aktif", guards=[requires_expert])
async def switch(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Show the product, or hide it (`active`: `1` or `0`)."""
    product = await _product(request, db, product_id)
    active = (await posted(request)).text("active") == "1"
    await actions.set_active(db, product.expert_id, product.id, active)
    words = "tampil dan dapat dibeli" if active else "tidak tampil; yang sudah membelinya tetap memilikinya"
    return await _changed(request, db, f"“{product.name}” {words}.", f"product-{product.id}")


@post(_ONE + "/urutan", guards=[requires_expert])
async def move(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Put the product a place further up or down (`to`: `up` or `down`)."""
    product = await _product(request, db, product_id)
    way = way_in((await posted(request)).text("to"))
    changed = await actions.move(db, product.expert_id, product.id, way)
    return await _changed(request, db, said_of_move(product.name, way, changed), f"product-{product.id}")


@get(_ONE + "/hapus", guards=[requires_expert])
async def ask_put_away(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Asks first, and says what happens to it."""
    return html.answer(
        request,
        "templates/products/put_away.html",
        _DIALOG,
        product=await _product(request, db, product_id),
        title="Hapus produk ini?",
        body="partials/products/put_away.html",
        in_dialog=html.wants_partial(request),
    )


@post(_ONE + "/hapus", guards=[requires_expert])
async def put_away(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Take a product off for good; who bought it keeps it."""
    product = await _product(request, db, product_id)
    await actions.put_away(db, product.expert_id, product.id)
    return await _changed(request, db, f"“{product.name}” dihapus dari penjualan.", "produk")


async def _save(
    request: WebRequest, db: Database, storage: Storage, product: Product | None
) -> Response[Any]:
    sent = await posted(request)
    form, expert_id = ProductForm(sent, product=product), expert_id_of(request)
    if sent.text("show") is not None:
        return await _form(request, db, form)
    if not form.validate():
        return await _form(request, db, form, status=422)
    file_id = None
    try:
        if form.sent_file is not None:
            await _not_too_often(db, request)
            file_id = await files.keep_goods(db, storage, expert_id, _viewer(request).id, form.sent_file)
        if product is None:
            product_id = await actions.add(db, expert_id, form.said(), file_id)
            return _saved(
                request, f"{SHELF}/produk/{product_id}", "Produk disimpan. Tambahkan gambarnya bila ada."
            )
        await actions.change(db, expert_id, product.id, form.said(), file_id, form.shown_version)
    except (BadFile, FileUnkept) as refusal:
        form.file.errors = [*form.file.errors, refusal.text]
        return await _form(request, db, form, status=refusal.status)
    except (ProductFull, Stale) as refusal:
        if product is not None:
            form.now_there(await _product(request, db, product.id))
        return await _form(request, db, form, status=refusal.status, notice=refusal)
    return _saved(request, SHELF, "Perubahan disimpan.")


async def _not_too_often(db: Database, request: WebRequest) -> None:
    """Looking at a file costs a process of its own."""
    await limit(db, "product_file", str(_viewer(request).id), most=20, seconds=600)


async def _product(request: WebRequest, db: Database, product_id: int) -> Product:
    product = await queries.product_of(db, expert_id_of(request), product_id)
    if product is None:
        raise NotThere
    return product


async def _form(
    request: WebRequest,
    db: Database,
    form: ProductForm,
    *,
    status: int = 200,
    notice: DomainError | None = None,
    picture_trouble: str = "",
) -> Response[Any]:
    """The form: as a page, or in the dialog that htmx opens."""
    policy, amount = await policies.current(db), form.price.data
    return html.answer(
        request,
        "templates/products/form.html",
        _DIALOG,
        status=status,
        form=form,
        product=form.product,
        notice=notice,
        picture_trouble=picture_trouble,
        title="Edit Produk" if form.product else "Tambah Produk Baru",
        body="partials/products/form.html",
        in_dialog=html.wants_partial(request),
        price=policy.price(amount) if amount and can_cost(amount) else None,
        policy=policy,
    )


async def _changed(request: WebRequest, db: Database, words: str, place: str) -> Response[Any]:
    """Back to the list: htmx gets it anew, a browser is led there."""
    if not html.wants_partial(request):
        return _saved(request, f"{SHELF}#{place}", words)
    products = await queries.products_of(db, expert_id_of(request))
    answer = html.page(
        request, "partials/products/shelf.html", products=products, most_products=MOST_PRODUCTS, told=words
    )
    answer.headers.update({"HX-Retarget": "#produk", "HX-Reswap": "outerMorph"})
    return answer


def _saved(request: WebRequest, path: str, text: str) -> Response[Any]:
    answer = html.see_other(request, path)
    put_flash(request, answer, "ok", text)
    return answer


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


HANDLERS = [show_new, add, show_one, change, set_picture, switch, move, ask_put_away, put_away]
