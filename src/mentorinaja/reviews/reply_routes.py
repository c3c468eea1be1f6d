"""The page on which an expert replies to a review."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.reviews import actions, queries, rules
from mentorinaja.reviews.forms import ReplyForm
from mentorinaja.reviews.rules import Received
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.viewer import WebRequest

_PATH = "/expert/dashboard/transaksi/{order_id:str}/balas"


@get(_PATH, guards=[requires_expert])
async def show_reply(request: WebRequest, db: Database, order_id: str) -> Response[bytes]:
    """The review with an empty form, or with the reply as long as it can be changed."""
    review = await _received(request, db, order_id)
    rules.check_replyable(review)
    return _page(request, review, ReplyForm(data={"reply": review.reply or ""}))


@post(_PATH, guards=[requires_expert])
async def send_reply(request: WebRequest, db: Database, order_id: str) -> Response[Any]:
    """Take the reply; 422 with what was typed, 409 once the reply stands for good."""
    review = await _received(request, db, order_id)
    form = await read_form(request, ReplyForm)
    if not form.validate():
        return _page(request, review, form, status=422)
    new = await actions.reply(db, expert_id_of(request), review.order_id, form.reply.data or "")
    answer = see_other(request, f"/expert/dashboard/transaksi?status=completed#order-{review.order_id}")
    put_flash(
        request, answer, "ok", "Balasan Anda tampil di bawah ulasan." if new else "Balasan Anda diperbarui."
    )
    return answer


async def _received(request: WebRequest, db: Database, order_id: str) -> Received:
    review = await queries.review_of_expert(db, expert_id_of(request), order_id)
    if review is None:
        raise NotThere
    return review


def _page(request: WebRequest, review: Received, form: ReplyForm, status: int = 200) -> Response[bytes]:
    return page(request, "templates/reviews/reply.html", status=status, review=review, form=form)


HANDLERS = [show_reply, send_reply]
