"""Calling off what is paid: who gets how much, what both are told, and that it happens once."""

import asyncio
import email
from datetime import timedelta
from email import policy
from typing import Any
from uuid import UUID

import pytest

from mentorinaja import clock
from mentorinaja.bookings import moving
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import CannotCancel, LessGoesBack
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions, cancelling, jobs, queries
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms.room import Notice
from mentorinaja.rooms.sending import send
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    due_in,
    events_of,
    make_seller,
    make_user,
    seller_browser,
    slot_in,
    state_of,
)
from tests.support.payments import pay, said
from tests.support.rooms import meet_now
from tests.support.site import Site

TOTAL = 157_500


class Sale:
    """A paid session of Rp 157.500."""

    def __init__(
        self, db: Database, user: Viewer, seller: Seller, public_id: str, transaction_id: str
    ) -> None:
        self.db, self.user, self.seller = db, user, seller
        self.public_id, self.transaction_id = public_id, transaction_id
        self.expert = Viewer(seller.user_id, "", "", "expert", "Asia/Jakarta", 0, seller.id)

    async def order(self) -> OrderDetail:
        order = await orders.order_for(self.db, self.user, self.public_id)
        assert order is not None
        return order

    async def at(self, **before: float) -> None:
        """Move the clock to so long before the start."""
        starts = (await self.order()).begins_at
        await clock.shift(self.db, starts - timedelta(**before) - await clock.now(self.db))

    async def cancel(self, shown: int = 0) -> int:
        return await actions.cancel_paid(self.db, self.user, self.public_id, shown)

    async def hear(self, word: str, **changes: Any) -> None:
        news = said(self.public_id, word, transaction_id=self.transaction_id, **changes)
        await actions.hear(self.db, self.public_id, news)


async def sell(db: Database, **service: Any) -> Sale:
    seller, user = await make_seller(db, **service), await make_user(db)
    thread = "minutes" in service and service["minutes"] is None
    public_id = await book(db, user, seller, await (due_in if thread else slot_in)(db, days=3))
    return Sale(db, user, seller, public_id, await pay(db, public_id))


async def release(db: Database) -> None:
    for public_id in await queries.earnings_due(db):
        await jobs._release(db, public_id)


@pytest.mark.parametrize(
    ("hours", "back", "earned"),
    [(25, TOTAL, 0), (23.9, 78_750, 63_000), (3.1, 78_750, 63_000), (1, 0, 126_000)],
)
async def test_the_rule_of_the_order_says_what_goes_back(
    db: Database, hours: float, back: int, earned: int
) -> None:
    sale = await sell(db)
    await sale.at(hours=hours)
    assert await sale.cancel(back) == back
    order = await sale.order()
    assert (order.status, order.cancel_reason) == ("cancelled", "cancelled_by_user")
    assert order.payment_status == ("refund_pending" if back else "paid")
    assert (order.kept, order.earned) == (TOTAL - back, earned)
    assert [(refund.amount, refund.reason) for refund in order.refunds] == (
        [(back, "cancelled_by_user")] if back else []
    )
    assert await sale.cancel(back) == back, "sent twice it is once"
    assert (await events_of(db, sale.public_id)).count("cancelled") == 1


async def test_what_is_kept_is_the_experts_a_day_after_the_scheduled_end(db: Database) -> None:
    sale = await sell(db)
    await sale.at(hours=5)
    await sale.cancel()
    await clock.shift(db, timedelta(hours=5 + 24, minutes=29))
    await release(db)
    assert (await ledger.earnings(db, sale.seller.id)).available == 0
    await clock.shift(db, timedelta(minutes=2))
    await release(db)
    earned = await ledger.earnings(db, sale.seller.id)
    assert (earned.held, earned.available) == (0, 63_000)


async def test_the_time_is_free_again_and_both_are_told_with_a_calendar_that_forgets_it(site: Site) -> None:
    sale = await sell(site.db)
    starts = (await sale.order()).begins_at
    await sale.cancel()
    await book(site.db, await make_user(site.db), sale.seller, starts)
    await site.sweep()
    parsed = [email.message_from_bytes(m.raw, policy=policy.default) for m in site.mailbox.messages]
    told = [message for message in parsed if message["Subject"].startswith("Dibatalkan")]
    assert sorted(message["Subject"] for message in told) == [
        "Dibatalkan: sesi dengan Budi Santoso",
        "Dibatalkan: sesi dengan Sari Wulandari",
    ]
    order = await sale.order()
    for message in told:
        calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
        text = calendar.get_content()
        text = (text if isinstance(text, str) else text.decode()).replace("\r\n ", "")
        assert "METHOD:CANCEL" in text and "STATUS:CANCELLED" in text and "SEQUENCE:1" in text
        assert f"UID:{order.booking_id}@mentorinaja" in text
        body = message.get_body(("plain",))
        assert (
            body is not None
            and "{" not in body.get_content()
            and "membatalkan sesi ini" in body.get_content()
        )


async def test_a_session_for_now_is_called_off_until_its_expert_comes(db: Database) -> None:
    meeting = await meet_now(db)
    await rooms.enter(db, meeting.user, meeting.booking_id)
    assert await actions.cancel_paid(db, meeting.user, meeting.order_id, 0) == TOTAL
    room = await meeting.room()
    assert (room.phase(room.read_at), room.status, room.ended_by) == ("cancelled", "ended", "user")
    notices = [item for item in await meeting.items() if isinstance(item, Notice)]
    assert [(notice.kind, notice.cause) for notice in notices] == [("ended", "cancelled_by_user")]
    assert room.notice_text(notices[0], "expert").startswith("Sesi dibatalkan oleh pengguna")
    other = await meet_now(db)
    await rooms.enter(db, other.expert, other.booking_id)
    for attempt in (
        actions.cancel_paid(db, other.user, other.order_id, 0),
        actions.cancel_by_expert(db, other.expert, other.order_id),
    ):
        with pytest.raises(CannotCancel):
            await attempt


async def test_a_thread_is_called_off_until_its_expert_writes(db: Database) -> None:
    sale = await sell(db, minutes=None)
    assert await sale.cancel(TOTAL) == TOTAL
    sale = await sell(db, minutes=None)
    booking_id = (await sale.order()).session_id
    await rooms.enter(db, sale.expert, booking_id)
    await send(db, sale.expert, booking_id, UUID(int=7), "Ini jawaban saya.")
    with pytest.raises(CannotCancel, match="mulai menjawab"):
        await sale.cancel()
    with pytest.raises(CannotCancel):
        await actions.cancel_by_expert(db, sale.expert, sale.public_id)


@pytest.mark.parametrize("service", [{}, {"category": "online_video"}, {"minutes": None}])
async def test_when_the_expert_calls_it_off_everything_goes_back(
    db: Database, service: dict[str, Any]
) -> None:
    sale = await sell(db, **service)
    if service.get("minutes", 30):
        await sale.at(minutes=1)
    await actions.cancel_by_expert(db, sale.expert, sale.public_id)
    await actions.cancel_by_expert(db, sale.expert, sale.public_id)
    order = await sale.order()
    assert (order.status, order.payment_status) == ("cancelled", "refund_pending")
    assert (order.cancel_reason, order.kept, order.earned) == ("cancelled_by_expert", 0, 0)
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'cancelled'") == 2


async def test_a_session_that_has_begun_is_called_off_by_nobody(db: Database) -> None:
    sale = await sell(db)
    await sale.at(minutes=-1)
    with pytest.raises(CannotCancel, match="sudah mulai"):
        await sale.cancel()
    with pytest.raises(CannotCancel, match="sudah mulai"):
        await actions.cancel_by_expert(db, sale.expert, sale.public_id)
    assert await state_of(db, sale.public_id) == ("confirmed", "paid")


async def test_others_and_what_is_not_paid_are_not_there(db: Database) -> None:
    sale, other = await sell(db), await sell(db)
    unpaid = await book(db, await make_user(db), sale.seller, await slot_in(db, days=4))
    for attempt in (
        actions.cancel_paid(db, other.user, sale.public_id, 0),
        actions.cancel_paid(db, sale.expert, sale.public_id, 0),
        actions.cancel_by_expert(db, other.expert, sale.public_id),
        actions.cancel_by_expert(db, sale.user, sale.public_id),
        actions.cancel_by_expert(db, sale.expert, unpaid),
    ):
        with pytest.raises(NotThere):
            await attempt


async def test_less_than_was_shown_is_asked_again(db: Database) -> None:
    sale = await sell(db)
    await sale.at(hours=23)
    with pytest.raises(LessGoesBack, match=r"Rp 78\.750"):
        await sale.cancel(TOTAL)
    assert await state_of(db, sale.public_id) == ("confirmed", "paid")


async def test_the_bank_may_take_back_what_was_kept(db: Database) -> None:
    for word, status in (("deny", "reversed"), ("chargeback", "chargeback")):
        sale = await sell(db)
        await sale.at(hours=2)
        assert await sale.cancel() == 0
        await sale.hear(word, returned=TOTAL if word == "chargeback" else 0)
        assert await state_of(db, sale.public_id) == ("cancelled", status)
        assert (await ledger.earnings(db, sale.seller.id)).total == 0


async def test_a_reusable_meeting_link_is_free_again(db: Database) -> None:
    await actions.add_links(db, ["https://meet.test/lagi"], reusable=True)
    sale = await sell(db, category="online_video")
    starts = (await sale.order()).begins_at
    await sale.cancel()
    again = Sale(db, await make_user(db), sale.seller, "", "")
    again.public_id = await book(db, again.user, sale.seller, starts)
    await pay(db, again.public_id)
    assert (await again.order()).meeting_url == "https://meet.test/lagi"


async def end_and_cancel(db: Database) -> set[tuple[str, str]]:
    """The expert comes and the user cancels at the same moment: room and booking after it."""
    meeting = await meet_now(db)
    await rooms.enter(db, meeting.user, meeting.booking_id)
    await asyncio.gather(
        rooms.enter(db, meeting.expert, meeting.booking_id),
        actions.cancel_paid(db, meeting.user, meeting.order_id, 0),
        return_exceptions=True,
    )
    return {(str((await meeting.room()).status), await meeting.status())}


async def test_the_experts_arrival_and_a_cancel_at_once_are_one_of_the_two(db: Database) -> None:
    for _ in range(4):
        assert await end_and_cancel(db) <= {("running", "confirmed"), ("ended", "cancelled")}


async def test_without_the_rooms_lock_a_session_that_runs_is_cancelled(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    meeting = await meet_now(db)
    await rooms.enter(db, meeting.user, meeting.booking_id)
    call_off = cancelling._call_off

    async def no_lock(tx: Connection, public_id: str) -> None:
        return None

    async def expert_comes_between(*args: Any) -> int:
        await rooms.enter(db, meeting.expert, meeting.booking_id)
        return await call_off(*args)

    monkeypatch.setattr(moving, "_lock_room", no_lock)
    monkeypatch.setattr(cancelling, "_call_off", expert_comes_between)
    assert await actions.cancel_paid(db, meeting.user, meeting.order_id, 0) == TOTAL
    assert (await meeting.room()).started_at is not None, "it ran, and was cancelled with everything back"


async def test_the_page_shows_the_sum_before_and_the_payer_is_led_to_riwayat(site: Site) -> None:
    sale = await sell(site.db)
    await sale.at(hours=20)
    site.resources.clock.set(await clock.now(site.db))
    browser = await browser_of(site, sale.user)
    await browser.get("/user/transactions")
    assert browser.page.css_matches(f'a[href="/user/transactions/{sale.public_id}/cancel"]')
    await browser.get(f"/user/transactions/{sale.public_id}/cancel")
    for words in (
        "Ya, batalkan",
        "Rp 78.750",
        "Tidak kembali",
        "Rp 157.500",
        "Lebih dari 24 jam",
        "Pindah Jadwal",
    ):
        assert words in browser.text, words
    answer = await browser.submit("#cancel form")
    assert answer.url.path == "/user/transactions" and "Rp 78.750 kembali kepada Anda" in browser.text
    assert "Anda membatalkan sesi ini." in browser.text
    assert (await browser.get(f"/user/transactions/{sale.public_id}/cancel")).url.path == "/user/transactions"


async def test_a_page_that_grew_old_is_shown_anew_with_what_is_true(site: Site) -> None:
    sale = await sell(site.db)
    await sale.at(hours=24, minutes=1)
    site.resources.clock.set(await clock.now(site.db))
    browser = await browser_of(site, sale.user)
    await browser.get(f"/user/transactions/{sale.public_id}/cancel")
    await site.move_clock(timedelta(minutes=2))
    answer = await browser.submit("#cancel form")
    assert answer.status_code == 409 and "Jumlah yang kembali sudah berubah" in browser.text
    assert await state_of(site.db, sale.public_id) == ("confirmed", "paid")
    assert (await browser.submit("#cancel form")).status_code == 200
    assert await state_of(site.db, sale.public_id) == ("cancelled", "refund_pending")
    await browser.get("/user/transactions?status=confirmed")
    for shown in ({}, {"shown": ""}, {"shown": "-1"}, {"shown": "1.5"}, {"shown": "١٢"}, {"shown": "9" * 40}):
        other = await sell(site.db)
        mine = await browser_of(site, other.user)
        await mine.get(f"/user/transactions/{other.public_id}/cancel")
        answer = await mine.post(f"/user/transactions/{other.public_id}/cancel", shown)
        assert answer.status_code == 409, shown
        assert await state_of(site.db, other.public_id) == ("confirmed", "paid")


async def test_the_expert_is_asked_first_and_the_card_offers_it(site: Site) -> None:
    sale = await sell(site.db)
    browser = await seller_browser(site, sale.seller)
    await browser.get("/expert/dashboard/transaksi")
    address = f"/expert/dashboard/transaksi/{sale.public_id}/cancel"
    assert browser.page.css_matches(f'a[href="{address}"]')
    await browser.get(address)
    assert "Ya, batalkan" in browser.text and "Rp 157.500" in browser.text
    await browser.submit("#cancel form")
    assert "Dana pengguna kami kembalikan seluruhnya" in browser.text
    assert (await browser.get(address)).status_code == 409
    payer = await browser_of(site, sale.user)
    await payer.get("/user/transactions?status=cancelled")
    assert "Dibatalkan oleh mentor." in payer.text
