"""How the demo's past was paid: pages opened without Midtrans, and its word given by the seeds."""

from __future__ import annotations

from uuid import uuid4

from mentorinaja.payments import actions as payments
from mentorinaja.payments.gateway_words import Created, GatewayStatus, Json
from mentorinaja.payments.midtrans import USUAL_SECONDS, Gateway
from mentorinaja.payments.queries import living_attempt_of
from mentorinaja.refunds import actions as refunds
from mentorinaja.refunds import sending
from mentorinaja.resources import Resources
from mentorinaja.web.viewer import Viewer

_KINDS = {
    "card": "credit_card",
    "bank_transfer": "bank_transfer",
    "ewallet": "gopay",
    "qris": "qris",
    "cstore": "cstore",
    "any": "qris",
}


class _Nobody(Gateway):
    """Stands where Midtrans does while the past is written: opens pages that nobody will look at."""

    async def create(self, parameters: Json) -> Created:
        """A page of its own for every attempt."""
        token = str(uuid4())
        return Created(token, f"https://app.midtrans.test/snap/{token}")

    async def status(self, id_: str, seconds: float = USUAL_SECONDS) -> GatewayStatus | None:
        """Nothing is known here: what happened is told to the payments directly."""
        return None

    async def cancel_token(self, token: str) -> None:
        """The page is closed."""


class Till:
    """Takes money for orders of the past, through everything payments do with Midtrans's word."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._settings = resources.settings
        self._gateway = _Nobody(resources.settings)

    async def pay(self, payer: Viewer, public_id: str) -> str:
        """Open the payment and settle it; answers the transaction's id."""
        return await self.say(public_id, "settlement", attempt=await self.open(payer, public_id))

    async def open(self, payer: Viewer, public_id: str) -> str:
        """Open the payment; answers the attempt's gateway order id."""
        attempt = await payments.open_payment(self._db, self._gateway, self._settings, payer, public_id)
        return attempt.gateway_order_id

    async def say(
        self, public_id: str, status: str, *, attempt: str, transaction_id: str = "", short: int = 0
    ) -> str:
        """Midtrans's word on a transaction of an attempt (a new one without id); answers its id.

        `short`: so many rupiah less than was asked for.
        """
        order = await self._db.fetchrow(
            "SELECT total, payment_method FROM orders WHERE public_id = $1", public_id
        )
        assert order is not None, "the order was booked before"
        transaction_id = transaction_id or str(uuid4())
        word = GatewayStatus(
            order_id=attempt,
            transaction_id=transaction_id,
            status=status,
            fraud="accept" if order["payment_method"] == "card" else None,
            payment_type=_KINDS[order["payment_method"]],
            amount=order["total"] - short,
            currency="IDR",
            status_code="202" if status == "deny" else "200",
            returned=order["total"] if status in ("refund", "chargeback") else 0,
            began_at=None,
            raw={"order_id": attempt, "transaction_id": transaction_id, "transaction_status": status},
        )
        await payments.hear(self._db, attempt, word)
        return transaction_id

    async def give_back(self, public_id: str) -> int:
        """What is owed of an order goes on its way, as far as Midtrans is not needed; answers the refund's id."""
        refund_id: int = await self._db.fetchval(
            "SELECT r.id FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.public_id = $1", public_id
        )
        await refunds.approve_due(self._db, refund_id)
        await sending.send(self._db, self._gateway, refund_id)
        return refund_id

    async def expire(self, public_id: str) -> None:
        """The payment deadline has passed."""
        living = await living_attempt_of(self._db, public_id)
        if living:
            await payments.close_attempt(self._db, self._gateway, living)
        await payments.expire_order(self._db, self._gateway, public_id)

    def close(self) -> None:
        """The till's own threads end."""
        self._gateway.close()
