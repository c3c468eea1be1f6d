"""What the payer reads of money on its way back: as it is for the way they paid, and why it stopped."""

from mentorinaja import clock
from mentorinaja.payments import actions
from tests.payments.test_cancelling import sell as sell_ahead
from tests.payments.test_late import late
from tests.refunds.sales import sell
from tests.support.bookings import browser_of, slot_in
from tests.support.payments import pay, said
from tests.support.site import Site


async def test_only_who_paid_by_card_is_told_how_long_cards_take(site: Site) -> None:
    for payment_type, slow in (("gopay", False), ("credit_card", True)):
        sale = await sell(site.db, payment_type=payment_type)
        refund_id = await sale.owe(50_000)
        await site.db.execute("UPDATE refunds SET state = 'approved' WHERE id = $1", refund_id)
        await site.db.execute(
            """UPDATE refunds SET state = 'sent', way = 'gateway', tries = 1, changed_at = app_now(),
                 next_try_at = app_now() + interval '1 day' WHERE id = $1""",
            refund_id,
        )
        browser = await browser_of(site, sale.user)
        await browser.get("/user/transactions")
        assert "Dikembalikan lewat cara bayarnya." in browser.text
        assert ("Kartu bisa butuh 14 hari kerja." in browser.text) is slow
        async with site.db.transaction() as tx:
            await actions.tell_refund(tx, refund_id, "sent")
        await site.sweep()
        sent = next(
            mail.text
            for mail in site.mailbox.messages
            if sale.user.email in mail.recipients and "sudah dikirim" in mail.subject
        )
        assert ("14 hari kerja" in sent) is slow and ("hari ini" in sent) is not slow


async def test_money_that_does_not_go_back_after_all_says_why(site: Site) -> None:
    chosen = await late(site.db)
    await chosen.choose(await slot_in(site.db, days=9))
    site.resources.clock.set(await clock.now(site.db))
    browser = await browser_of(site, chosen.user)
    await browser.get("/user/transactions")
    assert "Tidak dilanjutkan" in browser.text and "Dana ini dipakai untuk pesanan ini." in browser.text

    twice = await sell_ahead(site.db)
    second = await pay(site.db, twice.public_id, 2)
    await actions.hear(
        site.db, f"{twice.public_id}-2", said(f"{twice.public_id}-2", "deny", transaction_id=second)
    )
    browser = await browser_of(site, twice.user)
    await browser.get("/user/transactions")
    assert "Bank sudah mengembalikannya sendiri." in browser.text
