"""LAYANAN, the expert's page of what is for sale: products are added, changed and put away here."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts import queries as experts
from mentorinaja.products import actions, files, queries
from mentorinaja.products.forms import ProductForm
from mentorinaja.products.queries import Product
from mentorinaja.products.refusals import BadFile, FileUnkept, ProductFull
from mentorinaja.products.rules import MOST_FILE_BYTES, MOST_THUMBNAIL_BYTES
from mentorinaja.storage import Storage
from mentorinaja.web import html
from mentorinaja.web.auth import requires_expert
from mentorinaja.web.bodies import FILE_FIELD, posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.limits import limit
from mentorinaja.web.parts import FileField
from mentorinaja.web.viewer import Viewer, WebRequest

SHELF = "/expert/dashboard/layanan"
_ONE = SHELF + "/produk/{product_id:int}"
_FORM = "templates/products/form.html"
_TAKES_GOODS = {FILE_FIELD: FileField("file", MOST_FILE_BYTES)}
_TAKES_PICTURE = {FILE_FIELD: FileField("thumbnail", MOST_THUMBNAIL_BYTES)}


@get(SHELF, guards=[requires_expert])
async def show_shelf(request: WebRequest, db: Database) -> Response[Any]:
    """The expert's services and products, on sale or not."""
    expert_id = _seller(request)
    return html.page(
        request,
        "templates/products/shelf.html",
        services=await experts.all_services_of(db, expert_id),
        products=await queries.products_of(db, expert_id),
    )


@get(SHELF + "/produk/baru", guards=[requires_expert])
async def show_new(request: WebRequest) -> Response[Any]:
    """An empty form for one more product."""
    return _form(request, ProductForm())


@post(SHELF + "/produk/baru", guards=[requires_expert], opt=_TAKES_GOODS, request_max_body_size=None)
async def add(request: WebRequest, db: Database, storage: Storage) -> Response[Any]:
    """Offer one more product; then its picture can be added."""
    return await _save(request, db, storage, None)


@get(_ONE, guards=[requires_expert])
async def show_one(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """A product to be changed."""
    return _form(request, ProductForm(product=await _product(request, db, product_id)))


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
        return _form(
            request, ProductForm(product=product), status=refusal.status, picture_trouble=refusal.text
        )
    await actions.set_thumbnail(db, product.expert_id, product.id, picture)
    return _saved(request, f"{SHELF}/produk/{product.id}", "Gambar disimpan.")


@get(_ONE + "/hapus", guards=[requires_expert])
async def ask_put_away(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Asks first."""
    product = await _product(request, db, product_id)
    return html.page(request, "templates/products/put_away.html", product=product)


@post(_ONE + "/hapus", guards=[requires_expert])
async def put_away(request: WebRequest, db: Database, product_id: int) -> Response[Any]:
    """Take a product off for good; who bought it keeps it."""
    product = await _product(request, db, product_id)
    await actions.put_away(db, product.expert_id, product.id)
    return _saved(request, SHELF, f"“{product.name}” dihapus dari penjualan.")


async def _save(
    request: WebRequest, db: Database, storage: Storage, product: Product | None
) -> Response[Any]:
    form = ProductForm(await posted(request), product=product)
    if not form.validate():
        return _form(request, form, status=422)
    expert_id = _seller(request)
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
        await actions.change(db, expert_id, product.id, form.said(), file_id)
    except (BadFile, FileUnkept) as refusal:
        form.file.errors = [*form.file.errors, refusal.text]
        return _form(request, form, status=refusal.status)
    except ProductFull as refusal:
        return _form(request, form, status=refusal.status, notice=refusal)
    return _saved(request, SHELF, "Perubahan disimpan.")


async def _not_too_often(db: Database, request: WebRequest) -> None:
    """Looking at a file costs a process of its own."""
    await limit(db, "product_file", str(_viewer(request).id), most=20, seconds=600)


async def _product(request: WebRequest, db: Database, product_id: int) -> Product:
    product = await queries.product_of(db, _seller(request), product_id)
    if product is None:
        raise NotThere
    return product


def _form(
    request: WebRequest,
    form: ProductForm,
    *,
    status: int = 200,
    notice: DomainError | None = None,
    picture_trouble: str = "",
) -> Response[Any]:
    return html.page(
        request,
        _FORM,
        status=status,
        form=form,
        product=form.product,
        notice=notice,
        picture_trouble=picture_trouble,
    )


def _saved(request: WebRequest, path: str, text: str) -> Response[Any]:
    answer = html.see_other(request, path)
    put_flash(request, answer, "ok", text)
    return answer


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


def _seller(request: WebRequest) -> int:
    expert_id = _viewer(request).expert_id
    assert expert_id is not None, "the guard let only experts in"
    return expert_id


HANDLERS = [show_shelf, show_new, add, show_one, change, set_picture, ask_put_away, put_away]
