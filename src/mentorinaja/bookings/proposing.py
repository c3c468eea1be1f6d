"""The expert proposes another time for a paid session, and its user accepts or not; nothing is held meanwhile."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from mentorinaja.bookings import moves, moving, queries, telling
from mentorinaja.bookings.locked import Order
from mentorinaja.bookings.refusals import (
    CannotPropose,
    NotASlot,
    OwnOverlap,
    ProposalGone,
    SlotTaken,
)
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.web.viewer import Viewer

# The sweep that writes down which proposals nobody answered in time.
LAPSE_DUE = "bookings.lapse_proposals"


@atomic
async def propose(tx: Connection, expert: Viewer, public_id: str, starts_at: datetime) -> None:
    """Ask the user to take `starts_at` instead; an earlier proposal that is still open is withdrawn.

    The same one sent twice is one. Raises `NotThere`, `CannotPropose` or `NotASlot`.
    """
    order = await _order_of(tx, expert, public_id)
    if starts_at == order.starts_at:
        raise NotASlot("Itu jadwal sesi ini sekarang. Pilih waktu lain.")
    known = await _open(tx, order)
    if known is not None and known["starts_at"] == starts_at:
        return
    try:
        await moving.free_time(tx, order, starts_at)
    except (SlotTaken, OwnOverlap):
        raise NotASlot("Waktu ini tidak kosong untuk Anda berdua. Pilih waktu lain.") from None
    if known is not None:
        await _close(tx, known["id"], "withdrawn")
    assert order.starts_at is not None, "a session has a start"
    lapses_at = min(order.starts_at, starts_at)
    proposal_id: int = await tx.fetchval(
        """INSERT INTO proposals (booking_id, starts_at, proposed_by, lapses_at) VALUES ($1, $2, $3, $4)
           RETURNING id""",
        order.booking_id,
        starts_at,
        expert.id,
        lapses_at,
    )
    detail = {"to": starts_at.isoformat()}
    await moves.record_event(tx, order.id, "expert", "proposed", actor_id=expert.id, detail=detail)
    await telling.tell_user(tx, order, "proposed", proposal_id)
    await enqueue(tx, LAPSE_DUE, at=lapses_at)


@atomic
async def withdraw(tx: Connection, expert: Viewer, public_id: str) -> None:
    """The expert takes the open proposal back; without one nothing happens. Raises `NotThere`, `CannotPropose`."""
    order = await _order_of(tx, expert, public_id)
    known = await _open(tx, order)
    if known is not None:
        await _close(tx, known["id"], "withdrawn")
        await moves.record_event(tx, order.id, "expert", "proposal_withdrawn", actor_id=expert.id)


@atomic
async def accept(tx: Connection, user: Viewer, public_id: str, starts_at: datetime) -> None:
    """The user takes the proposed time, which uses up no move of their own; both are told by mail.

    The same answer sent twice is one. Raises `NotThere`, `ProposalGone`, `SlotTaken` or `OwnOverlap`.
    """
    order, _ = await moving.lock_session(tx, public_id)
    known = await _proposed_to(tx, user, order, starts_at)
    if known["state"] == "accepted" and order.starts_at == starts_at:
        return
    _check_open(known, order)
    await _close(tx, known["id"], "accepted")
    time = await moving.time_at(tx, order, starts_at)
    await moves.expire_overdue(tx, order.expert_id, order.user_id, time)
    await moving.take_time(tx, order, time, "proposal", actor="user", actor_id=user.id)


@atomic
async def decline(tx: Connection, user: Viewer, public_id: str, starts_at: datetime) -> None:
    """The user keeps the time there is; the expert is told. Twice is once. Raises `NotThere`, `ProposalGone`."""
    order = await queries.lock_order(tx, public_id)
    known = await _proposed_to(tx, user, order, starts_at)
    if known["state"] == "declined":
        return
    _check_open(known, order)
    await _close(tx, known["id"], "declined")
    detail = {"to": starts_at.isoformat()}
    await moves.record_event(tx, order.id, "user", "proposal_declined", actor_id=user.id, detail=detail)
    await telling.tell_expert(tx, order, "proposal_declined", known["id"])


async def lapse(db: Connection | Database) -> None:
    """Write down which proposals nobody answered before one of the two times had come."""
    await db.execute(
        """UPDATE proposals SET state = 'lapsed', closed_at = app_now()
           WHERE state = 'open' AND lapses_at <= app_now()"""
    )


async def _order_of(tx: Connection, expert: Viewer, public_id: str) -> Order:
    """The expert's order, locked, if another time may be proposed for it."""
    order = await queries.lock_order(tx, public_id)
    sale = await queries.order_by_id(tx, order.id)
    if sale is None or order.expert_id != expert.expert_id or order.paid_at is None or sale.kind != "booking":
        raise NotThere
    if not sale.terms.expert_may_propose(order.now):
        raise CannotPropose.now()
    return order


async def _open(tx: Connection, order: Order) -> asyncpg.Record | None:
    return await tx.fetchrow(
        "SELECT id, starts_at, state FROM proposals WHERE booking_id = $1 AND state = 'open'",
        order.booking_id,
    )


async def _proposed_to(tx: Connection, user: Viewer, order: Order, starts_at: datetime) -> asyncpg.Record:
    """The last proposal of that time. Raises `NotThere` for anybody but the payer, `ProposalGone`."""
    if order.user_id != user.id:
        raise NotThere
    known = await tx.fetchrow(
        """SELECT id, starts_at, state, lapses_at FROM proposals WHERE booking_id = $1 AND starts_at = $2
           ORDER BY id DESC LIMIT 1""",
        order.booking_id,
        starts_at,
    )
    if known is None:
        raise ProposalGone.now()
    return known


def _check_open(known: asyncpg.Record, order: Order) -> None:
    if known["state"] != "open" or known["lapses_at"] <= order.now:
        raise ProposalGone.now()


async def _close(tx: Connection, proposal_id: int, state: str) -> None:
    await tx.execute(
        "UPDATE proposals SET state = $2, closed_at = app_now() WHERE id = $1", proposal_id, state
    )
