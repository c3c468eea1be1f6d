"""Pages of a proposal: the expert chooses another time for a paid session, its user answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja import formats
from mentorinaja.bookings import queries
from mentorinaja.bookings.actions import accept, decline, propose, withdraw
from mentorinaja.bookings.another_time import TimePage
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.refusals import CannotPropose, OwnOverlap, ProposalGone, SlotTaken
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.web import html
from mentorinaja.web.auth import requires_expert, requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import Viewer, WebRequest

_TRANSACTIONS = "/expert/dashboard/transaksi"
_PROPOSE = _TRANSACTIONS + "/{public_id:str}/propose"
_ANSWER = "/user/transactions/{public_id:str}/proposal"
_HISTORY = "/user/transactions?status=confirmed"


@get(_PROPOSE, guards=[requires_expert])
async def ask_proposal(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """The times to choose from, and what is proposed already. 409 when the session has begun or does not stand."""
    return await (await _page_of_expert(request, db, now, public_id)).show(request, db, now)


@post(_PROPOSE, guards=[requires_expert])
async def do_propose(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Propose the time (or take the open proposal back, with `withdraw`) and go back to the transactions."""
    viewer = _viewer(request)
    if (await posted(request)).text("withdraw") is not None:
        await withdraw(db, viewer, public_id)
        return _done(request, _TRANSACTIONS + "?status=confirmed", "Usulan ditarik. Jadwalnya tetap.")
    page = await _page_of_expert(request, db, now, public_id)

    async def act(starts_at: datetime) -> None:
        await propose(db, viewer, public_id, starts_at)

    sent = await page.send(request, db, now, act)
    if isinstance(sent, Response):
        return sent
    text = f"Usulan {formats.when(sent, page.zone)} dikirim kepada {page.order.payer_name}."
    return _done(request, _TRANSACTIONS + "?status=confirmed", text)


@get(_ANSWER, guards=[requires_user])
async def show_proposal(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Both times, and the two answers. 409 when there is nothing to answer (any more)."""
    order = await _order_of_payer(request, db, public_id)
    if order.kind != "booking" or order.proposal(now) is None:
        raise ProposalGone.now()
    return _ask(request, order)


@post(_ANSWER, guards=[requires_user])
async def answer_proposal(request: WebRequest, db: Database, public_id: str) -> Response[Any]:
    """Take the proposed time, or keep the one there is (`answer` is `accept` or `decline`); back to Riwayat."""
    viewer, sent = _viewer(request), await posted(request)
    order = await _order_of_payer(request, db, public_id)
    starts_at, answer = _instant(sent.text("starts_at")), sent.text("answer")
    if starts_at is None or answer not in ("accept", "decline"):
        raise ProposalGone.now()
    if answer == "decline":
        await decline(db, viewer, public_id, starts_at)
        return _done(request, _HISTORY, "Usulan ditolak. Jadwal Anda tetap.")
    try:
        await accept(db, viewer, public_id, starts_at)
    except (SlotTaken, OwnOverlap) as refusal:
        return _ask(request, order, refusal)
    return _done(request, _HISTORY, f"Jadwal dipindahkan ke {formats.when(starts_at, order.payer_zone)}.")


async def _page_of_expert(request: WebRequest, db: Database, now: datetime, public_id: str) -> TimePage:
    viewer = _viewer(request)
    assert viewer.expert_id is not None, "the guard let only experts in"
    order = await queries.order_of_expert(db, viewer.expert_id, public_id)
    if order is None or order.kind != "booking" or order.paid_at is None:
        raise NotThere
    if not order.terms.expert_may_propose(now):
        raise CannotPropose.now()
    return TimePage(
        "templates/bookings/propose.html", order, order.expert_zone, {"proposed": order.proposal(now)}
    )


async def _order_of_payer(request: WebRequest, db: Database, public_id: str) -> OrderDetail:
    order = await queries.order_for(db, _viewer(request), public_id)
    if order is None:
        raise NotThere
    return order


def _ask(request: WebRequest, order: OrderDetail, notice: DomainError | None = None) -> Response[Any]:
    status = notice.status if notice else 200
    return html.page(request, "templates/bookings/proposal.html", status=status, order=order, notice=notice)


def _instant(text: str | None) -> datetime | None:
    """The time the page was about, or None for what is none."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _done(request: WebRequest, address: str, text: str) -> Response[Any]:
    answer = html.see_other(request, address)
    put_flash(request, answer, "ok", text)
    return answer


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


HANDLERS = [ask_proposal, do_propose, show_proposal, answer_proposal]
