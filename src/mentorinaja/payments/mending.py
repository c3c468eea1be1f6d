"""What an admin does about a difference between Midtrans and the ledger, and about an order nobody closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import queries
from mentorinaja.payments.closing import expire_order
from mentorinaja.payments.comparing import compare
from mentorinaja.payments.gateway_words import GatewayDown, GatewayStatus
from mentorinaja.payments.midtrans import Gateway
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

    gateway_order_id: str
    transaction_id: str
    there: int | None
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
    await tx.execute(
        "UPDATE gateway_differences SET resolved_at = app_now() WHERE id = $1 AND resolved_at IS NULL",
        difference_id,
    )
    await audit.record(
        tx,
        admin,
        "difference.written_off",
        "difference",
        str(difference_id),
        reason=reason,
        amount=found.here,
        detail={"transaction_id": found.transaction_id, "order": found.gateway_order_id},
    )


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
        """SELECT a.gateway_order_id, t.transaction_id, d.there, t.payment_type, t.amount, t.currency, t.returned
           FROM gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
             JOIN payment_transactions t ON t.transaction_id = d.transaction_id
           WHERE d.id = $1 AND d.resolved_at IS NULL AND NOT d.told FOR UPDATE OF d""",
        difference_id,
    )
    if row is None:
        raise NothingToMend("Selisih ini sudah selesai: Midtrans dan buku besar sama.")
    return _Open(**dict(row), here=await ledger.held(tx, row["transaction_id"]))


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
