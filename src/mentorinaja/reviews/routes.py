"""The review of an order: its page and its form."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.reviews import actions, queries, reply_routes, rules
from mentorinaja.reviews.forms import ReviewForm
from mentorinaja.reviews.rules import Reviewable
from mentorinaja.web.auth import requires_user
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.viewer import Viewer, WebRequest


@get("/user/transactions/{order_id:str}/review", guards=[requires_user])
async def show_form(request: WebRequest, db: Database, order_id: str) -> Response[bytes]:
    """The empty form, or what was written as long as it can be changed."""
    order = await _reviewable(db, _viewer(request), order_id)
    return _form_page(request, order, ReviewForm(data=_written(order)))


@post("/user/transactions/{order_id:str}/review", guards=[requires_user])
async def write(request: WebRequest, db: Database, order_id: str) -> Response[Any]:
    """Take the review; 422 with what was typed, 409 when it is too early or too late."""
    viewer = _viewer(request)
    order = await _reviewable(db, viewer, order_id)
    form = await read_form(request, ReviewForm)
    if not form.validate():
        return _form_page(request, order, form, status=422)
    new = await actions.write(
        db,
        viewer,
        order.order_id,
        rating=int(form.rating.data),
        comment=form.comment.data or "",
        anonymous=form.display_name.data == "anonymous",
    )
    answer = see_other(request, "/user/transactions?status=completed")
    put_flash(
        request, answer, "ok", "Terima kasih, ulasan Anda tersimpan." if new else "Ulasan Anda diperbarui."
    )
    return answer


async def _reviewable(db: Database, viewer: Viewer, order_id: str) -> Reviewable:
    order = await queries.review_for(db, viewer, order_id)
    if order is None:
        raise NotThere
    rules.check_writable(order)
    return order


def _written(order: Reviewable) -> dict[str, str] | None:
    if order.review is None:
        return None
    name = "anonymous" if order.review.anonymous else "first"
    return {"rating": str(order.review.rating), "comment": order.review.comment, "display_name": name}


def _form_page(
    request: WebRequest, order: Reviewable, form: ReviewForm, status: int = 200
) -> Response[bytes]:
    return page(request, "templates/reviews/form.html", status=status, order=order, form=form)


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let somebody in"
    return request.user


router = Router(path="/", route_handlers=[show_form, write, *reply_routes.HANDLERS])
