"""What an admin does about a difference between Midtrans and the ledger, and about an order nobody closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import log, queries
from mentorinaja.payments.closing import expire_order
from mentorinaja.payments.comparing import compare
from mentorinaja.payments.gateway_words import GatewayDown, GatewayStatus, Json
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.outcome import News, follow
from mentorinaja.payments.reconcile import take_word
from mentorinaja.payments.refusals import MidtransAway
from mentorinaja.payments.rules import OVERDUE_AFTER
from mentorinaja.web.viewer import Viewer

_AWAY = "Midtrans belum menjawab. Tidak ada yang diubah; coba lagi sebentar lagi."


class NothingToMend(DomainError):
    """There is no such difference any more, or it is not of the kind."""

    title = "Tidak ada yang perlu diperbaiki"


@dataclass(frozen=True, slots=True)
class _Open:
    """A difference that is open, in whole rupiah; its order is locked."""

    public_id: str
    attempt_id: int
    gateway_order_id: str
    transaction_id: str
    state: str
    there: int | None
    there_status: str | None
    here: int
    payment_type: str
    amount: int
    currency: str
    returned: int


async def compare_again(db: Database, gateway: Gateway, admin: Viewer, difference_id: int) -> bool:
    """Ask Midtrans now and apply what it says; True when it and the ledger agree then.

    Raises `NotThere`, `MidtransAway`.
    """
    _check(admin)
    gateway_order_id: str | None = await db.fetchval(
        """SELECT a.gateway_order_id FROM gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
           WHERE d.id = $1""",
        difference_id,
    )
    attempt = await queries.attempt_of(db, gateway_order_id) if gateway_order_id else None
    if attempt is None:
        raise NotThere
    try:
        agrees = await compare(db, gateway, attempt)
    except GatewayDown:
        raise MidtransAway(_AWAY) from None
    await _note(db, admin, "difference.compared", "difference", str(difference_id), {"agrees": agrees})
    return agrees


async def write_off(
    db: Database, gateway: Gateway, admin: Viewer, difference_id: int, reason: str
) -> Literal["agrees", "written_off"]:
    """Money that the ledger has and Midtrans does not: asked once more, then booked as taken back by the bank.

    "agrees": Midtrans has it after all, or said itself what became of it. Raises `NotThere`, `MidtransAway`,
    `NothingToMend`.
    """
    if await compare_again(db, gateway, admin, difference_id):
        return "agrees"
    await _write_off(db, admin, difference_id, reason)
    return "written_off"


async def take_in(
    db: Database, gateway: Gateway, admin: Viewer, difference_id: int, reason: str
) -> Literal["agrees", "taken_in"]:
    """Money that was written off here and is at Midtrans after all: booked, and to go back to its payer.

    Asked once more before. Raises `NotThere`, `MidtransAway`, `NothingToMend`.
    """
    if await compare_again(db, gateway, admin, difference_id):
        return "agrees"
    await _take_in(db, admin, difference_id, reason)
    return "taken_in"


async def close_overdue(db: Database, gateway: Gateway, admin: Viewer, public_id: str) -> None:
    """Close an unpaid order past its deadline, after Midtrans's last word, as the sweep does.

    Raises `NotThere`, `MidtransAway`, `NothingToMend`.
    """
    _check(admin)
    row = await db.fetchrow(
        """SELECT payment_status = 'waiting' AND pay_deadline <= app_now() AS is_overdue,
             app_now() - pay_deadline AS overdue FROM orders WHERE public_id = $1""",
        public_id,
    )
    if row is None:
        raise NotThere
    if not row["is_overdue"]:
        raise NothingToMend("Pesanan ini sudah tidak menunggu pembayaran.")
    try:
        await expire_order(db, gateway, public_id)
    except GatewayDown:
        if row["overdue"] < OVERDUE_AFTER:
            raise MidtransAway(_AWAY) from None
        # As the sweep: it waited long enough, and money that comes after all is late money.
        await expire_order(db, gateway, public_id, ask=False)
    await _note(db, admin, "order.closed_unpaid", "order", public_id)


@atomic
async def _write_off(tx: Connection, admin: Viewer, difference_id: int, reason: str) -> None:
    found = await _lock(tx, difference_id)
    if found.there or found.here <= 0:
        raise NothingToMend("Midtrans masih memegang uang ini. Bandingkan lagi untuk mengikuti catatannya.")
    await take_word(tx, found.gateway_order_id, _taken_back(found, admin, reason), source="desk")
    left = await ledger.held(tx, found.transaction_id)
    assert left == 0, f"{left} rupiah of {found.transaction_id} are still booked"
    await _end(tx, admin, "difference.written_off", difference_id, found, reason, found.here)


@atomic
async def _take_in(tx: Connection, admin: Viewer, difference_id: int, reason: str) -> None:
    found = await _lock(tx, difference_id)
    was_due = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM ledger_journals WHERE key = $1)", f"due:{found.transaction_id}"
    )
    if found.state != "reversed" or found.here or found.there != found.amount or was_due:
        raise NothingToMend("Selisih ini bukan uang yang pernah dicatat sudah diambil kembali.")
    order = await orders.lock_order(tx, found.public_id)
    await tx.execute(
        """UPDATE payment_transactions SET state = 'quarantined', gateway_status = $2, changed_at = app_now()
           WHERE transaction_id = $1""",
        found.transaction_id,
        found.there_status,
    )
    told: Json = {"transaction_id": found.transaction_id, "said_by_admin": admin.id, "reason": reason}
    await log.write(tx, "desk", found.gateway_order_id, told, attempt_id=found.attempt_id, alert="taken_in")
    await follow(
        tx,
        order,
        News(found.transaction_id, found.payment_type, "reversed", "quarantined", found.amount, "IDR", 0),
    )
    await _end(tx, admin, "difference.taken_in", difference_id, found, reason, found.amount)


async def _lock(tx: Connection, difference_id: int) -> _Open:
    """An open difference, the order locked first as everywhere. Raises `NotThere`, `NothingToMend`."""
    public_id: str | None = await tx.fetchval(
        """SELECT o.public_id FROM gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
             JOIN orders o ON o.id = a.order_id WHERE d.id = $1""",
        difference_id,
    )
    if public_id is None:
        raise NotThere
    await orders.lock_order(tx, public_id)
    row = await tx.fetchrow(
        """SELECT a.id AS attempt_id, a.gateway_order_id, t.transaction_id, t.state, d.there, d.there_status,
             t.payment_type, t.amount, t.currency, t.returned
           FROM gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
             JOIN payment_transactions t ON t.transaction_id = d.transaction_id
           WHERE d.id = $1 AND d.resolved_at IS NULL AND NOT d.told FOR UPDATE OF d""",
        difference_id,
    )
    if row is None:
        raise NothingToMend("Selisih ini sudah selesai: Midtrans dan buku besar sama.")
    return _Open(**dict(row), public_id=public_id, here=await ledger.held(tx, row["transaction_id"]))


async def _end(
    tx: Connection, admin: Viewer, action: str, difference_id: int, found: _Open, reason: str, amount: int
) -> None:
    await tx.execute(
        "UPDATE gateway_differences SET resolved_at = app_now() WHERE id = $1 AND resolved_at IS NULL",
        difference_id,
    )
    await audit.record(
        tx,
        admin,
        action,
        "difference",
        str(difference_id),
        reason=reason,
        amount=amount,
        detail={"transaction_id": found.transaction_id, "order": found.gateway_order_id},
    )


def _taken_back(found: _Open, admin: Viewer, reason: str) -> GatewayStatus:
    """The word that Midtrans should have said, said by an admin: the log keeps whose it is."""
    return GatewayStatus(
        order_id=found.gateway_order_id,
        transaction_id=found.transaction_id,
        status="cancel",
        fraud=None,
        payment_type=found.payment_type,
        amount=found.amount,
        currency=found.currency,
        status_code="200",
        returned=found.returned,
        began_at=None,
        raw={
            "transaction_id": found.transaction_id,
            "transaction_status": "cancel",
            "said_by_admin": admin.id,
            "reason": reason,
        },
    )


@atomic
async def _note(
    tx: Connection,
    admin: Viewer,
    action: str,
    kind: str,
    subject: str,
    detail: dict[str, object] | None = None,
) -> None:
    await audit.record(tx, admin, action, kind, subject, detail=detail)


def _check(admin: Viewer) -> None:
    if admin.role != "admin":
        raise NotThere
