"""An admin has something Midtrans told handled once more, as if it told it now, and learns what that changed."""

from __future__ import annotations

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.payments import queries
from mentorinaja.payments.asking import Heard, standing_of
from mentorinaja.payments.gateway_words import GatewayDown
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.notifications import follow_up
from mentorinaja.payments.refusals import MidtransAway
from mentorinaja.web.viewer import Viewer


class NothingToReplay(DomainError):
    """What was told is about no order of ours."""

    title = "Tidak ada yang dapat diputar ulang"


async def replay(db: Database, gateway: Gateway, admin: Viewer, log_id: int) -> Heard:
    """Handle the row of the payment log once more: Midtrans is asked and what it says is applied, as ever.

    Doing so again changes nothing. Raises `NotThere`, `NothingToReplay`, and `MidtransAway` when Midtrans does not
    answer: what it did say is kept.
    """
    if admin.role != "admin":
        raise NotThere
    row = await db.fetchrow(
        "SELECT gateway_order_id, transaction_id, body FROM payment_logs WHERE id = $1", log_id
    )
    if row is None:
        raise NotThere
    attempt = await queries.attempt_of(db, row["gateway_order_id"])
    if attempt is None:
        raise NothingToReplay("Id ini bukan milik order mana pun di sini. Periksa di dasbor Midtrans.")
    before = await standing_of(db, attempt.public_id)
    answered = False
    try:
        await follow_up(db, gateway, attempt, row["transaction_id"], row["body"])
        answered = True
    except GatewayDown:
        raise MidtransAway(
            "Midtrans belum menjawab. Yang sempat dijawabnya sudah tercatat dan tidak ada yang hilang. Coba lagi nanti."
        ) from None
    finally:
        heard = Heard(before, await standing_of(db, attempt.public_id))
        await _note(db, admin, log_id, attempt.public_id, heard, answered=answered)
    return heard


@atomic
async def _note(
    tx: Connection, admin: Viewer, log_id: int, public_id: str, heard: Heard, *, answered: bool
) -> None:
    detail = {
        "order": public_id,
        "answered": answered,
        "from": heard.before.payment_status,
        "to": heard.after.payment_status,
    }
    await audit.record(tx, admin, "payment.replayed", "payment", str(log_id), detail=detail)
