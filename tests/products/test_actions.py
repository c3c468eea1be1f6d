"""Buying products: once, never one's own, in time; and what follows the money."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.payments import actions as payments
from mentorinaja.policies.actions import change
from mentorinaja.products import actions, queries
from mentorinaja.products.refusals import (
    NoDownloadsLeft,
    NotReturnable,
    NotYours,
    OwnProduct,
    ProductGone,
    SellerPauses,
    UnpaidPurchases,
)
from mentorinaja.products.rules import MOST_UNPAID, NewProduct
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import make_seller, make_user
from tests.support.payments import open_attempt, pay, said
from tests.support.products import make_product, purchase


async def state_of(db: Database, public_id: str) -> tuple[str, str]:
    row = await db.fetchrow(
        """SELECT o.payment_status, b.state FROM orders o JOIN purchases b ON b.order_id = o.id
           WHERE o.public_id = $1""",
        public_id,
    )
    assert row is not None
    return row["payment_status"], row["state"]


async def test_a_purchase_is_an_order_that_copies_what_holds_and_its_money_makes_it_the_buyers(
    db: Database,
) -> None:
    buyer, seller = await make_user(db), await make_seller(db)
    product = await make_product(db, seller)
    bought = await actions.buy(db, buyer, product)
    assert bought.public_id.startswith("PD-") and not bought.owned
    assert await actions.buy(db, buyer, product) == bought, "pressing twice makes one order"
    await actions.change(
        db, seller.id, product, NewProduct("course", "Lain", 20_000, link="https://a.example/b")
    )

    order = await orders.order_for(db, buyer, bought.public_id)
    assert order is not None and order.purchase is not None
    assert (order.item_name, order.total, order.status) == ("eBook: PM Interview Guide", 157_500, "pending")
    assert order.pay_deadline - order.created_at == timedelta(days=3)
    assert order.booking_id is None and order.cancel_policy == {"until_first_download_bps": 10_000}

    await pay(db, bought.public_id)
    order = await orders.order_for(db, buyer, bought.public_id)
    assert order is not None and order.purchase is not None
    assert (order.status, order.payment_status, order.earned) == ("completed", "paid", 126_000)
    assert order.invoice_name is not None
    assert (await actions.buy(db, buyer, product)).owned
    mails = await db.fetch("SELECT kind, user_id FROM outbox WHERE order_id = $1 ORDER BY kind", order.id)
    assert [tuple(mail) for mail in mails] == [("purchased", buyer.id), ("sold", seller.user_id)]
    assert [item.order.public_id for item in await queries.library_of(db, buyer)] == [bought.public_id]

    tabs = {tab: len((await orders.orders_of_user(db, buyer.id, tab, 1)).orders) for tab in orders.TABS}
    assert tabs == {"pending": 0, "confirmed": 0, "completed": 1, "cancelled": 0}
    assert len((await orders.orders_of_expert(db, seller.id, None, 1)).orders) == 1


async def test_what_cannot_be_bought(db: Database) -> None:
    buyer, seller = await make_user(db), await make_seller(db)
    own = Viewer(seller.user_id, "", "", "expert", "Asia/Jakarta", 0, seller.id)
    product = await make_product(db, seller)
    with pytest.raises(OwnProduct):
        await actions.buy(db, own, product)
    off = await make_product(db, seller, active=False)
    gone = await make_product(db, seller)
    await actions.put_away(db, seller.id, gone)
    suspended = await make_seller(db)
    theirs = await make_product(db, suspended)
    await db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", suspended.user_id)
    for product_id in (off, gone, theirs, 999_999):
        with pytest.raises(ProductGone):
            await actions.buy(db, buyer, product_id)
    paused = await make_seller(db)
    waiting = await make_product(db, paused)
    taken_off = await make_product(db, paused, active=False)
    await db.execute("UPDATE experts SET status = 'paused' WHERE id = $1", paused.id)
    for product_id, refused in ((waiting, SellerPauses), (taken_off, ProductGone)):
        with pytest.raises(refused):
            await actions.buy(db, buyer, product_id)
    await db.execute("UPDATE experts SET status = 'published' WHERE id = $1", paused.id)
    for number in range(MOST_UNPAID):
        await actions.buy(db, buyer, await make_product(db, seller, f"Produk {number}"))
    with pytest.raises(UnpaidPurchases) as refusal:
        await actions.buy(db, buyer, product)
    assert refusal.value.actions[0][1].startswith("/payment/PD-")
    assert await db.fetchval("SELECT count(*) FROM orders") == MOST_UNPAID


async def test_downloads_are_counted_up_to_what_was_sold_and_only_the_buyers(db: Database) -> None:
    buyer, other, seller = await make_user(db), await make_user(db), await make_seller(db)
    public_id = await purchase(db, buyer, await make_product(db, seller))
    assert [await actions.count_download(db, buyer, public_id) for _ in range(10)] == list(range(1, 11))
    with pytest.raises(NoDownloadsLeft):
        await actions.count_download(db, buyer, public_id)
    with pytest.raises(NotThere):
        await actions.count_download(db, other, public_id)
    assert await queries.delivery_for(db, other, public_id) is None
    unpaid = (await actions.buy(db, other, await make_product(db, seller, "Lain"))).public_id
    with pytest.raises(NotYours):
        await actions.count_download(db, other, unpaid)


async def test_the_money_is_earned_a_day_after_the_first_download_or_a_week_after_payment(
    db: Database,
) -> None:
    buyer, seller = await make_user(db), await make_seller(db)
    public_id = await purchase(db, buyer, await make_product(db, seller))
    now = await clock.now(db)

    async def due_in() -> timedelta:
        at = await db.fetchval("SELECT release_at FROM orders WHERE public_id = $1", public_id)
        return at - now

    assert timedelta(days=6, hours=23) < await due_in() <= timedelta(days=7)
    await actions.count_download(db, buyer, public_id)
    assert timedelta(hours=23) < await due_in() <= timedelta(hours=25)
    first = await due_in()
    await actions.count_download(db, buyer, public_id)
    assert await due_in() == first


async def test_money_taken_back_takes_the_product_back_and_it_can_be_bought_anew(db: Database) -> None:
    buyer, seller = await make_user(db), await make_seller(db)
    product = await make_product(db, seller)
    for word, status in (("deny", "reversed"), ("refund", "refunded"), ("chargeback", "chargeback")):
        public_id = (await actions.buy(db, buyer, product)).public_id
        attempt = await open_attempt(db, public_id)
        paid = said(attempt)
        await payments.hear(db, attempt, paid)
        assert await state_of(db, public_id) == ("paid", "owned")
        returned = 157_500 if word in ("refund", "chargeback") else 0
        again = said(attempt, word, transaction_id=paid.transaction_id, returned=returned)
        await payments.hear(db, attempt, again)
        assert await state_of(db, public_id) == (status, "ended")
        with pytest.raises(NotYours):
            await actions.count_download(db, buyer, public_id)
        order = await orders.order_for(db, buyer, public_id)
        assert order is not None and order.status == "cancelled"
    assert await queries.library_of(db, buyer) == []


async def test_late_money_still_buys_it_unless_it_was_given_up_or_bought_anew(db: Database) -> None:
    buyer, seller = await make_user(db), await make_seller(db)
    late, again = await make_product(db, seller), await make_product(db, seller, "Dua")
    first = (await actions.buy(db, buyer, late)).public_id
    second = (await actions.buy(db, buyer, again)).public_id
    attempts = {public_id: await open_attempt(db, public_id) for public_id in (first, second)}
    await db.execute("UPDATE orders SET pay_deadline = app_now() - interval '1 minute'")
    await db.execute("UPDATE payment_attempts SET state = 'closed'")
    third = (await actions.buy(db, buyer, again)).public_id
    assert third != second and await state_of(db, second) == ("expired", "ended")
    await pay(db, third)
    await payments.hear(db, attempts[second], said(attempts[second]))
    assert await state_of(db, second) == ("paid_late", "ended")
    await payments.hear(db, attempts[first], said(attempts[first]))
    assert await state_of(db, first) == ("paid", "owned")


async def test_what_was_ever_ordered_is_archived_and_its_buyer_keeps_it(db: Database) -> None:
    buyer, seller, other = await make_user(db), await make_seller(db), await make_seller(db)
    sold, unsold = await make_product(db, seller), await make_product(db, seller, "Belum terjual")
    public_id = await purchase(db, buyer, sold)
    await actions.put_away(db, other.id, sold)
    assert len(await queries.products_of(db, seller.id)) == 2, "nobody else puts it away"
    for product in (sold, unsold, unsold):
        await actions.put_away(db, seller.id, product)
    assert await db.fetchval("SELECT array_agg(id) FROM products") == [sold]
    assert await actions.count_download(db, buyer, public_id) == 1
    with pytest.raises(DomainError):
        await actions.change(
            db, seller.id, sold, NewProduct("ebook", "Lain", 20_000, link="https://a.example")
        )
    with pytest.raises(DomainError):
        await actions.change(
            db, other.id, sold, NewProduct("ebook", "Lain", 20_000, link="https://a.example")
        )


async def test_before_the_first_download_all_of_it_goes_back_and_after_it_nothing(db: Database) -> None:
    buyer, other, seller = await make_user(db), await make_user(db), await make_seller(db)
    product = await make_product(db, seller)
    public_id = await purchase(db, buyer, product)
    with pytest.raises(NotThere):
        await payments.return_product(db, other, public_id)
    assert await payments.return_product(db, buyer, public_id) == 157_500
    assert await payments.return_product(db, buyer, public_id) == 0, "twice is once"
    assert await state_of(db, public_id) == ("refund_pending", "ended")
    with pytest.raises(NotYours):
        await actions.count_download(db, buyer, public_id)
    order = await orders.order_for(db, buyer, public_id)
    assert order is not None and (order.status, order.kept, order.earned) == ("cancelled", 0, 0)
    assert [(refund.amount, refund.reason) for refund in order.refunds] == [(157_500, "cancelled_by_user")]

    again = await purchase(db, buyer, product)
    await actions.count_download(db, buyer, again)
    with pytest.raises(NotReturnable):
        await payments.return_product(db, buyer, again)
    assert await state_of(db, again) == ("paid", "owned")
    unpaid = (await actions.buy(db, other, product)).public_id
    with pytest.raises(NotReturnable):
        await payments.return_product(db, other, unpaid)


async def test_the_rule_and_the_count_of_the_day_it_was_bought_hold(db: Database) -> None:
    admin = replace(await make_user(db, "Admin"), role="admin")
    buyer, seller = await make_user(db), await make_seller(db)
    before = await purchase(db, buyer, await make_product(db, seller))
    await change(db, admin, "Uji aturan", product_bps=5_000, downloads=2, admin_fee_bps=1_000)
    half = await purchase(db, buyer, await make_product(db, seller, "Separuh"), amount=165_000)
    await change(db, admin, "Uji aturan", product_bps=0)
    none = await purchase(db, buyer, await make_product(db, seller, "Tidak kembali"), amount=165_000)
    assert [item.order.purchase.allowed for item in await queries.library_of(db, buyer)] == [2, 2, 10]  # type: ignore[union-attr]
    assert await payments.return_product(db, buyer, before) == 157_500
    assert await payments.return_product(db, buyer, half) == 82_500
    order = await orders.order_for(db, buyer, half)
    assert order is not None and (order.kept, order.earned) == (82_500, 66_000)
    with pytest.raises(NotReturnable):
        await payments.return_product(db, buyer, none)
    order = await orders.order_for(db, buyer, none)
    assert order is not None and order.purchase is not None and not order.purchase.can_be_returned
