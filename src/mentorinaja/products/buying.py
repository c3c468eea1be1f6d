"""Buying a product: its order and its purchase in one transaction, and never twice what is one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings import rules as booking_rules
from mentorinaja.bookings.actions import NewOrder
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.formats import rupiah
from mentorinaja.policies import queries as policies
from mentorinaja.policies.rules import Policy
from mentorinaja.products import queries
from mentorinaja.products.queries import Offer
from mentorinaja.products.refusals import (
    MethodTooSmall,
    OwnProduct,
    PriceChanged,
    ProductGone,
    UnpaidPurchases,
)
from mentorinaja.products.rules import MOST_UNPAID, PAY_WITHIN
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Bought:
    """The order that buys, or has bought, the product: to be paid, unless it is `owned` already."""

    public_id: str
    owned: bool


@atomic
async def buy(
    tx: Connection, user: Viewer, product_id: int, payment_method: str = "any", shown: int | None = None
) -> Bought:
    """Order a product; whoever has it, or an order of it to pay, is led there instead.

    `payment_method` is one of `bookings.rules.METHODS`, or `any`: chosen at the gateway. `shown` is the total
    the buyer was shown, in whole rupiah; None when that is not known. Raises `ProductGone`, `SellerPauses`,
    `OwnProduct`, `PriceChanged`, `UnpaidPurchases` or `MethodTooSmall`; then nothing was changed.
    """
    now: datetime = await tx.fetchval("SELECT app_now()")
    payer_name = await _lock_buyer(tx, user.id)
    if live := await queries.live_purchase(tx, user.id, product_id):
        return Bought(live[0], owned=live[1] == "owned")
    # Until this ends nobody takes it off for good.
    await tx.execute("SELECT FROM products WHERE id = $1 FOR KEY SHARE", product_id)
    offer = await queries.offer(tx, product_id)
    if offer is None:
        raise await queries.why_not_on_sale(tx, product_id) or ProductGone.from_the_shelf_of(None)
    if offer.expert_user_id == user.id:
        raise OwnProduct(
            "Anda tidak dapat membeli produk Anda sendiri.", [("Lihat Layanan", "/expert/dashboard/layanan")]
        )
    policy = await policies.current(tx)
    total = policy.price(offer.price).total
    if shown not in (None, total):
        raise PriceChanged(
            f"Produk ini sekarang {rupiah(total)} termasuk biaya admin. Lanjutkan bila harga ini cocok."
        )
    if payment_method != "any" and (reason := booking_rules.method_refusal(payment_method, total)):
        raise MethodTooSmall(reason)
    await _check_unpaid(tx, user.id)
    await _expire_overdue(tx, user.id, product_id)
    return Bought(await _order(tx, policy, offer, user.id, payer_name, payment_method, now), owned=False)


async def _lock_buyer(tx: Connection, user_id: int) -> str:
    """One at a time per person, so that the limit holds and two presses make one order; answers the name."""
    name: str = await tx.fetchval("SELECT full_name FROM users WHERE id = $1 FOR NO KEY UPDATE", user_id)
    return name


async def _check_unpaid(tx: Connection, user_id: int) -> None:
    waiting = await tx.fetch(
        """SELECT o.public_id FROM purchases b JOIN orders o ON o.id = b.order_id
           WHERE b.user_id = $1 AND b.state = 'waiting' AND o.pay_deadline > app_now() ORDER BY o.id""",
        user_id,
    )
    if len(waiting) >= MOST_UNPAID:
        raise UnpaidPurchases(
            f"Anda punya {len(waiting)} pembelian yang belum dibayar. Bayar atau batalkan salah satunya dulu.",
            [("Buka pembelian itu", f"/payment/{waiting[0]['public_id']}")],
        )


async def _expire_overdue(tx: Connection, user_id: int, product_id: int) -> None:
    """An order of the same product that was not paid in time makes room."""
    public_id = await tx.fetchval(
        """SELECT o.public_id FROM purchases b JOIN orders o ON o.id = b.order_id
           WHERE b.user_id = $1 AND b.product_id = $2 AND b.state = 'waiting'""",
        user_id,
        product_id,
    )
    if public_id is not None:
        await bookings.expire(tx, await orders.lock_order(tx, public_id))


async def _order(
    tx: Connection, policy: Policy, offer: Offer, user_id: int, payer_name: str, method: str, now: datetime
) -> str:
    new = NewOrder(
        kind="product",
        user_id=user_id,
        payer_name=payer_name,
        expert_id=offer.expert_id,
        expert_name=offer.expert_name,
        item_name=offer.full_name,
        price=policy.price(offer.price),
        admin_fee_bps=policy.admin_fee_bps,
        platform_fee_bps=policy.platform_fee_bps,
        tax_bps=policy.tax_bps,
        cancel_policy=policy.cancel_rule("product"),
        payment_method=method,
        pay_deadline=now + PAY_WITHIN,
    )
    order = await bookings.place_order(tx, new, now, actor="user", actor_id=user_id)
    await tx.execute(
        "INSERT INTO purchases (order_id, product_id, user_id, allowed) VALUES ($1, $2, $3, $4)",
        order.id,
        offer.id,
        user_id,
        policy.downloads,
    )
    return order.public_id
