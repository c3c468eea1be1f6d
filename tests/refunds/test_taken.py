"""Refunds by hand whose payer goes to the bank besides: nobody is paid twice, and the books say so."""

from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.notices.kinds import OutboxRow
from mentorinaja.payments import actions as payments
from mentorinaja.payments import jobs
from mentorinaja.payments.gateway_words import GatewayRefund
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.refunds import actions, mails, queries
from mentorinaja.refunds.rules import Undecidable
from mentorinaja.resources import Resources
from mentorinaja.storage import Storage
from tests.refunds.sales import TOTAL, Sale, next_sweep, sell
from tests.refunds.test_bank import NUMBER, WHY, give, owed_by_bank
from tests.support.bookings import make_seller, make_user, settings_of
from tests.support.desk import make_admin
from tests.support.payments import said
from tests.support.products import make_product, purchase


async def take(sale: Sale, returned: int, word: str = "chargeback") -> None:
    """The payer's bank takes the money, altogether `returned` rupiah, or reverses the payment (`deny`)."""
    told = said(sale.public_id, word, transaction_id=sale.transaction_id, returned=returned)
    await payments.hear(sale.db, sale.public_id, told)


async def lost(db: Database) -> int:
    """Rupiah that the platform paid out of its own pocket."""
    return await ledger.balance(db, "platform_fee")


@pytest.mark.parametrize("word", ["chargeback", "deny"])
async def test_a_transfer_that_comes_back_after_the_bank_took_all_is_not_sent_again(
    db: Database, word: str
) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db)
    await give(sale)
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    await take(sale, TOTAL if word == "chargeback" else 0, word)
    assert await lost(db) == TOTAL
    await actions.mark_bounced(db, admin, refund_id, WHY)
    assert (await lost(db), await sale.due(), (await sale.refund()).state) == (0, 0, "done")
    assert await ledger.balance(db, "refunded") == 0
    assert not await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'refund_account' AND version > 0")
    with pytest.raises(Undecidable):
        await actions.mark_transferred(db, admin, refund_id, "TRX-2")


async def test_a_transfer_that_comes_back_after_the_bank_took_more_than_was_left_is_due_in_part(
    db: Database,
) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db, 100_000)
    await give(sale)
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    await take(sale, 120_000, "partial_chargeback")
    assert await lost(db) == 62_500
    await actions.mark_bounced(db, admin, refund_id, WHY)
    assert (await lost(db), await sale.due(), (await sale.refund()).state) == (0, 37_500, "failed")
    await give(sale, number="9999888877")
    await actions.mark_transferred(db, admin, refund_id, "TRX-2")
    assert await ledger.balance(db, "refunded") == -37_500
    await next_sweep(db, days=6)
    assert (await sale.refund()).state == "done"
    assert await ledger.balance(db, "gateway") == 37_500


async def test_only_what_the_bank_did_not_take_is_transferred_and_nothing_of_it_is_kept(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db, 100_000, "granted")
    await give(sale)
    await take(sale, 60_000, "partial_chargeback")
    with pytest.raises(Undecidable, match="sudah diambil bank"):
        await actions.reject(db, admin, refund_id, WHY)
    assert await queries.dues_of(db, (await sale.order()).id) == {refund_id: 40_000}
    row = await db.fetchrow(
        """SELECT o.id, o.kind, o.about, o.version, o.order_id, o.message_id, o.attempts, o.created_at,
             o.due_at, u.id AS user_id,
             u.email::text, u.full_name, u.time_zone
           FROM outbox o JOIN users u ON u.id = o.user_id WHERE o.kind = $1""",
        actions.TO_TRANSFER,
    )
    letter = await mails.load_transfer(db, settings_of(db), OutboxRow(**dict(row)))
    assert letter is not None and letter.context["dues"] == {refund_id: 40_000}
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    assert await sale.due() == 0
    assert await ledger.balance(db, "refunded") == -40_000
    await next_sweep(db, days=6)
    assert (await sale.status(), await lost(db)) == ("partially_refunded", -8_762)


async def test_a_transfer_is_written_down_with_the_account_it_went_to(db: Database) -> None:
    """The payer changes the account between the desk's look and its word."""
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db, 100_000)
    await give(sale)
    await give(sale, number="9999888877")
    with pytest.raises(Undecidable, match="akhiran 1111"):
        await actions.mark_transferred(db, admin, refund_id, "TRX-1", "1111")
    await actions.mark_transferred(db, admin, refund_id, "TRX-1", NUMBER[-4:])
    assert (await sale.refund()).account == "BCA •••• 7890"


async def test_what_the_bank_took_whole_need_not_be_transferred(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db)
    await give(sale)
    await take(sale, TOTAL)
    assert ((await sale.refund()).state, (await sale.refund()).way) == ("done", None)
    with pytest.raises(Undecidable):
        await actions.mark_transferred(db, admin, refund_id, "TRX-1")


async def test_a_gateway_that_sends_late_what_was_transferred_is_our_loss_and_the_transfer_stays_known(
    db: Database,
) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db, 100_000)
    await give(sale)
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    key: str = await db.fetchval("SELECT refund_key FROM refunds WHERE id = $1", refund_id)
    told = said(
        sale.public_id,
        "partial_refund",
        transaction_id=sale.transaction_id,
        returned=100_000,
        refunds=(GatewayRefund(key, 100_000, True),),
    )
    await payments.hear(db, sale.public_id, told)
    refund = await sale.refund()
    assert (refund.state, refund.way, refund.reference) == ("sent", "bank", "TRX-1")
    assert await lost(db) == 42_500


async def test_what_a_bank_left_of_a_sale_is_released_as_any_other(db: Database) -> None:
    sale = await sell(db)
    await take(sale, 60_000, "partial_chargeback")
    await clock.shift(db, timedelta(hours=25))
    settings = settings_of(db)
    resources = Resources(settings, db, Clock(), Gateway(settings), Storage.open(settings))
    await jobs.release_due(resources, {})
    resources.gateway.close()
    earnings = await ledger.earnings(db, sale.seller.id)
    assert (earnings.held, earnings.available) == (0, 78_000)


async def test_the_money_of_a_product_that_was_given_back_cannot_be_kept(db: Database) -> None:
    admin, seller, user = await make_admin(db), await make_seller(db), await make_user(db)
    public_id = await purchase(db, user, await make_product(db, seller))
    await payments.return_product(db, user, public_id)
    refund_id: int = await db.fetchval("SELECT id FROM refunds")
    with pytest.raises(Undecidable, match="Menurut aturan"):
        await actions.reject(db, admin, refund_id, WHY)
    await clock.shift(db, timedelta(days=8))
    assert (await ledger.earnings(db, seller.id)).total == 0
