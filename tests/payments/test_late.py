"""Money that came too late: another time of the same service, or all of it back."""

import email
from datetime import datetime, timedelta
from email import policy

import pytest

from mentorinaja import clock
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import CannotMove, NotReceiving
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.refusals import SlotTaken
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import book, browser_of, events_of, make_seller, make_user, slot_in, state_of
from tests.support.payments import open_attempt, said
from tests.support.site import Site


class Late:
    """A chat whose time somebody else has, and whose money came after its deadline."""

    def __init__(self, db: Database, public_id: str, user: Viewer, came_at: datetime) -> None:
        self.db, self.public_id, self.user, self.came_at = db, public_id, user, came_at

    async def order(self) -> OrderDetail:
        order = await orders.order_for(self.db, self.user, self.public_id)
        assert order is not None
        return order

    async def choose(self, starts_at: datetime) -> None:
        await actions.choose_late(self.db, self.user, self.public_id, starts_at)

    async def refund(self) -> tuple[str, datetime | None]:
        row = await self.db.fetchrow(
            "SELECT state, not_before FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.public_id = $1",
            self.public_id,
        )
        assert row is not None
        return row["state"], row["not_before"]


async def late(db: Database, *, days: int = 10, after_start: bool = False) -> Late:
    seller, user = await make_seller(db), await make_user(db)
    starts = await slot_in(db, days=days)
    public_id = await book(db, user, seller, starts)
    gateway_order_id = await open_attempt(db, public_id)
    await clock.shift(db, timedelta(days=days, hours=1) if after_start else timedelta(days=3, minutes=1))
    if not after_start:
        await book(db, await make_user(db), seller, starts)
    await actions.hear(db, gateway_order_id, said(gateway_order_id))
    assert await state_of(db, public_id) == ("cancelled", "paid_late")
    return Late(db, public_id, user, await clock.now(db))


async def test_the_money_buys_another_time_and_nothing_goes_back(db: Database) -> None:
    money = await late(db)
    order, starts = await money.order(), await slot_in(db, days=9)
    assert order.can_choose(await clock.now(db))
    await money.choose(starts)
    await money.choose(starts)  # sent twice: once
    after = await money.order()
    assert (after.status, after.payment_status, after.starts_at) == ("confirmed", "paid", starts)
    assert after.invoice_number is not None and after.kept == after.total
    assert (await money.refund())[0] == "rejected" and -await ledger.balance(db, "refund_due") == 0
    assert await events_of(db, money.public_id) == [
        "created",
        "expired",
        "paid_late",
        "time_chosen",
        "confirmed",
    ]
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind IN ('paid', 'new_booking')") == 2


async def test_it_waits_for_the_choice_until_the_old_start_but_no_longer_than_a_week(db: Database) -> None:
    soon, far = await late(db, days=5), await late(db, days=20)
    assert (await soon.refund())[1] == (await soon.order()).starts_at
    until = (await far.refund())[1]
    assert until is not None and timedelta(0) <= far.came_at + timedelta(days=7) - until < timedelta(
        minutes=1
    )
    await clock.shift(db, timedelta(days=7))
    for money in (soon, far):
        with pytest.raises(CannotMove, match="sudah lewat"):
            await money.choose(await slot_in(db, days=3))
    assert await state_of(db, far.public_id) == ("cancelled", "paid_late")


async def test_money_that_comes_after_the_start_goes_back_at_once(db: Database) -> None:
    money = await late(db, days=2, after_start=True)
    assert (await money.refund())[1] is None and not (await money.order()).can_choose(await clock.now(db))
    with pytest.raises(CannotMove):
        await money.choose(await slot_in(db, days=3))


async def test_the_payer_may_have_it_back_at_once(db: Database) -> None:
    money = await late(db)
    for _ in range(2):
        await actions.give_late_back(db, money.user, money.public_id)
    assert (await money.refund())[1] is None
    assert (await events_of(db, money.public_id)).count("money_chosen") == 1
    with pytest.raises(CannotMove):
        await money.choose(await slot_in(db, days=9))


async def test_only_free_times_and_only_the_payer(db: Database) -> None:
    money = await late(db)
    with pytest.raises(SlotTaken):
        await money.choose((await money.order()).begins_at)
    for call in (
        actions.choose_late(db, await make_user(db), money.public_id, await slot_in(db, days=9)),
        actions.give_late_back(db, await make_user(db), money.public_id),
    ):
        with pytest.raises(NotThere):
            await call
    assert (await money.refund())[0] != "rejected"


async def test_a_mentor_who_pauses_takes_no_other_time_and_the_money_stays_where_it_is(site: Site) -> None:
    money = await late(site.db)
    site.resources.clock.set(await clock.now(site.db))
    expert_id = (await money.order()).expert_id
    await site.db.execute("UPDATE experts SET status = 'paused' WHERE id = $1", expert_id)
    with pytest.raises(NotReceiving):
        await money.choose(await slot_in(site.db, days=9))
    assert await state_of(site.db, money.public_id) == ("cancelled", "paid_late")
    assert (await money.refund())[0] != "rejected"
    browser = await browser_of(site, money.user)
    answer = await browser.get(f"/user/transactions/{money.public_id}/move")
    assert answer.status_code == 409 and "sedang tidak menerima sesi baru" in browser.text
    assert browser.page.css_matches(f'a[href="/user/transactions/{money.public_id}/cancel"]')
    await site.db.execute("UPDATE experts SET status = 'published' WHERE id = $1", expert_id)
    await money.choose(await slot_in(site.db, days=9))


async def test_the_payer_is_told_and_led_to_both_choices(site: Site) -> None:
    money = await late(site.db)
    site.resources.clock.set(await clock.now(site.db))
    await site.sweep()
    parsed = [email.message_from_bytes(m.raw, policy=policy.default) for m in site.mailbox.messages]
    mail = next(m for m in parsed if m["Subject"].startswith("Pembayaran terlambat: pilih jadwal baru"))
    body = mail.get_body(("plain",))
    assert body is not None and f"/user/transactions/{money.public_id}/move" in body.get_content()
    browser = await browser_of(site, money.user)
    await browser.get("/user/transactions?status=cancelled")
    assert "Pilih jadwal baru" in browser.text and "Minta pengembalian dana" in browser.text
    await browser.get(f"/payment/{money.public_id}")
    assert browser.page.css_matches(f'a[href="/user/transactions/{money.public_id}/move"]')
    await browser.get(f"/user/transactions/{money.public_id}/move")
    assert "tanpa membayar lagi" in browser.text
    local = await slot_in(site.db, days=9) + timedelta(hours=7)
    await browser.submit("#move", {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"})
    assert "Sesi Anda dijadwalkan" in browser.text
    assert await state_of(site.db, money.public_id) == ("confirmed", "paid")
    other = await late(site.db)
    site.resources.clock.set(await clock.now(site.db))
    browser = await browser_of(site, other.user)
    await browser.get(f"/user/transactions/{other.public_id}/cancel")
    assert "Minta pengembalian dana" in browser.text
    await browser.submit("#cancel form")
    assert "Dana Anda kami kembalikan" in browser.text
    assert (await other.refund())[1] is None
    assert (await browser.get(f"/user/transactions/{other.public_id}/move")).status_code == 409
