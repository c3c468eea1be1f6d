"""Experts who miss sessions or are silent are paused, told, and back by one click; bookings that stand stay."""

import asyncio
from datetime import datetime, timedelta

import pytest

from mentorinaja import clock
from mentorinaja.bookings import making
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import Wish
from mentorinaja.bookings.refusals import NotReceiving
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.experts import queries as experts
from mentorinaja.rooms import actions as rooms
from mentorinaja.trust import actions, queries
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    due_in,
    make_seller,
    make_user,
    pay,
    slot_in,
    state_of,
)
from tests.support.bookings import seller_browser as browser_of_seller
from tests.support.races import Meet
from tests.support.site import Site


async def missed(db: Database, seller: Seller) -> None:
    """A paid session of this expert to which the expert does not come."""
    user = await make_user(db)
    starts_at = await slot_in(db, hours=3)
    public_id = await book(db, user, seller, starts_at)
    await pay(db, public_id)
    booking_id = (await _of(db, public_id)).booking_id
    assert booking_id is not None
    await go_to(db, starts_at)
    await rooms.enter(db, user, booking_id)
    await go_to(db, starts_at + timedelta(minutes=31))
    await rooms.advance(db, booking_id)
    assert (await _of(db, public_id)).cancel_reason == "expert_absent"


async def _of(db: Database, public_id: str) -> orders.Order:
    async with db.transaction() as tx:
        return await orders.lock_order(tx, public_id)


async def go_to(db: Database, at: datetime) -> None:
    """The database's clock says `at`."""
    await clock.shift(db, at - await clock.now(db))


async def status_of(db: Database, seller: Seller) -> str:
    """The expert's status as written down."""
    status: str = await db.fetchval("SELECT status FROM experts WHERE id = $1", seller.id)
    return status


async def pause(db: Database, seller: Seller) -> None:
    """Two sessions missed, and judged for it."""
    for _ in range(2):
        await missed(db, seller)
    assert await actions.judge(db, seller.id) == "missed"


def wish_of(seller: Seller, user_id: int, starts_at: datetime) -> Wish:
    """What somebody wants to book."""
    return Wish(user_id, seller.service_id, starts_at, "Pindah karier", "", "qris")


async def test_two_missed_sessions_pause_and_going_on_begins_anew(db: Database) -> None:
    seller = await make_seller(db)
    await missed(db, seller)
    assert seller.id in await queries.facts_due(db)
    assert await actions.judge(db, seller.id) is None
    await missed(db, seller)
    answers = await asyncio.gather(*(actions.judge(db, seller.id) for _ in range(4)))
    assert sorted(answers, key=str) == [None, None, None, "missed"]
    assert await status_of(db, seller) == "paused"
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'paused'") == 1
    assert (await experts.expert_page(db, seller.slug)).paused  # type: ignore[union-attr] it is there

    assert sorted(await asyncio.gather(*(actions.resume(db, seller.id) for _ in range(3)))) == [
        False,
        False,
        True,
    ]
    assert await status_of(db, seller) == "published"
    assert await actions.judge(db, seller.id) is None, "what the pause was about does not count again"
    await missed(db, seller)
    assert await actions.judge(db, seller.id) is None
    await missed(db, seller)
    assert await actions.judge(db, seller.id) == "missed"
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'paused'") == 2


async def test_misses_far_apart_pause_only_when_nothing_was_held_between(db: Database) -> None:
    seller = await make_seller(db)
    await missed(db, seller)
    await clock.shift(db, timedelta(days=40))
    user = await make_user(db)
    starts_at = await slot_in(db, hours=3)
    public_id = await book(db, user, seller, starts_at)
    await pay(db, public_id)
    await go_to(db, starts_at)
    order = await _of(db, public_id)
    assert order.booking_id is not None
    expert = (await make_user(db)).__class__(
        seller.user_id, "Sari", "", "expert", "Asia/Jakarta", 0, seller.id
    )
    for person in (user, expert):
        await rooms.enter(db, person, order.booking_id)
    await rooms.end(db, user, order.booking_id)
    await missed(db, seller)
    assert await actions.judge(db, seller.id) is None, "one in 30 days, and one was held before it"
    await clock.shift(db, timedelta(days=40))
    await missed(db, seller)
    assert await actions.judge(db, seller.id) == "missed", "the last two"


async def test_fourteen_silent_days_with_a_request_pause(db: Database) -> None:
    user = await make_user(db)
    silent, looks = await make_seller(db, minutes=None), await make_seller(db, minutes=None)
    waiting = {}
    for seller in (silent, looks):
        public_id = await book(db, user, seller, await due_in(db, days=25))
        await pay(db, public_id)
        order = await _of(db, public_id)
        assert order.booking_id is not None
        waiting[seller.id] = order.booking_id
        await rooms.open_room(db, order.booking_id)
    await clock.shift(db, timedelta(days=10))
    await rooms.enter(
        db, user.__class__(looks.user_id, "", "", "expert", "Asia/Jakarta", 0, looks.id), waiting[looks.id]
    )
    await clock.shift(db, timedelta(days=3, hours=23))
    assert await queries.perhaps_silent(db) == []
    await clock.shift(db, timedelta(hours=2))
    assert await queries.perhaps_silent(db) == [silent.id]
    assert await actions.judge(db, looks.id) is None
    assert await actions.judge(db, silent.id) == "silent"
    assert await actions.resume(db, silent.id)
    assert await queries.perhaps_silent(db) == []
    assert await actions.judge(db, silent.id) is None, "going on is a sign of life"


async def test_what_was_booked_stays_and_nothing_new_is_taken(db: Database) -> None:
    seller, user = await make_seller(db), await make_user(db)
    far = await slot_in(db, days=5)
    standing = await book(db, user, seller, far)
    await pay(db, standing)
    await pause(db, seller)
    assert await state_of(db, standing) == ("confirmed", "paid")
    with pytest.raises(making.ServiceGone):
        await making.book(db, wish_of(seller, (await make_user(db)).id, far + timedelta(hours=2)))


async def test_a_booking_in_flight_is_made_before_the_pause_or_not_at_all(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _race(db, monkeypatch)
    assert await _made_while_paused(db) == 0


async def test_without_the_look_under_the_lock_the_same_race_breaks(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: whoever looked before the pause books after it."""

    async def only_listings(tx: Connection, expert_id: int) -> str:
        await tx.execute("SELECT refresh_listing($1)", expert_id)
        return "published"

    monkeypatch.setattr(making.moves, "refresh", only_listings)
    await _race(unchecked_db, monkeypatch)
    assert await _made_while_paused(unchecked_db) == 1


async def _race(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has looked at what is on sale; the expert is paused; then the booking goes on."""
    seller, user = await make_seller(db), await make_user(db)
    for _ in range(2):
        await missed(db, seller)
    looked, paused = Meet(2), Meet(2)
    offer = making._offer

    async def slow_offer(tx: Connection, service_id: int) -> making._Offer:
        found = await offer(tx, service_id)
        await looked.wait()
        await paused.wait()
        return found

    async def stop() -> None:
        await looked.wait()
        await actions.judge(db, seller.id)
        await paused.wait()

    monkeypatch.setattr(making, "_offer", slow_offer)
    wish = wish_of(seller, user.id, await slot_in(db, days=2))
    booked, _ = await asyncio.gather(making.book(db, wish), stop(), return_exceptions=True)
    assert isinstance(booked, str | NotReceiving)


async def _made_while_paused(db: Database) -> int:
    count: int = await db.fetchval(
        "SELECT count(*) FROM bookings b JOIN experts e ON e.id = b.expert_id "
        "WHERE e.status = 'paused' AND b.status = 'pending'"
    )
    return count


async def test_a_pause_races_with_going_on_and_leaves_one_truth(db: Database) -> None:
    seller = await make_seller(db)
    await pause(db, seller)

    @atomic
    async def read(tx: Connection) -> bool:
        return await queries.record_of(tx, seller.id) is not None

    await asyncio.gather(actions.resume(db, seller.id), actions.judge(db, seller.id), read(db))
    assert await status_of(db, seller) == "published"


async def test_a_paused_experts_page_says_so_and_one_click_ends_it(site: Site) -> None:
    seller, db = await make_seller(site.db), site.db
    for _ in range(2):
        await missed(db, seller)
    await site.sweep()
    assert await status_of(db, seller) == "paused"
    await site.sweep()
    [mail] = [mail for mail in site.mailbox.messages if "dijeda" in mail.subject]
    assert "/expert/dashboard" in mail.text

    visitor = await site.browser()
    assert (await visitor.get(f"/expert/{seller.slug}")).status_code == 200
    assert "Sedang tidak menerima sesi" in visitor.text and "Pesan Sesi" not in visitor.text
    await visitor.get("/")
    assert seller.slug not in str(visitor.answer and visitor.answer.text)
    user = await browser_of(site, await make_user(db))
    answer = await user.get(f"/expert/{seller.slug}/booking")
    assert answer.status_code == 409 and "sedang tidak menerima" in user.text

    mentor = await browser_of_seller(site, seller)
    await mentor.get("/expert/dashboard")
    assert "Anda dijeda dari daftar mentor" in mentor.text
    # Nobody finds them, so there is nothing to switch on, not even from a page that was open before.
    assert mentor.page.css_first("#ready-switch") is None
    answer = await mentor.post("/expert/dashboard/ready", {"on": "1", "until": "4"})
    assert answer.status_code == 409 and "begitu halaman Anda tampil" in mentor.text
    await mentor.get("/expert/dashboard")
    await mentor.submit("#pause form")
    assert "Anda tampil lagi di daftar mentor" in mentor.text and mentor.page.css_first("#pause") is None
    assert await status_of(db, seller) == "published"
