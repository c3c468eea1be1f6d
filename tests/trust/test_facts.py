"""Facts are counted from what was recorded, once a session is over, and stand on the public page from five on."""

from datetime import timedelta

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.experts import queries as experts
from mentorinaja.experts.queries import Facts
from mentorinaja.payments import actions as payments
from mentorinaja.rooms import actions as rooms
from mentorinaja.threads import actions as threads
from mentorinaja.trust import actions, queries
from mentorinaja.trust.jobs import look_again
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import Seller, book, due_in, make_seller, make_user, pay, seller_browser, slot_in
from tests.support.conversations import put_message
from tests.support.site import Site


def viewer_of(seller: Seller) -> Viewer:
    """The expert as a request would see the expert."""
    return Viewer(seller.user_id, "Sari Wulandari", "", "expert", "Asia/Jakarta", 0, seller.id)


async def held(db: Database, seller: Seller, *, late: timedelta, reply: timedelta | None) -> None:
    """A session to which the expert comes `late` after its start, and replies so long after the user's first words."""
    user = await make_user(db)
    starts_at = await slot_in(db, hours=3)
    public_id = await book(db, user, seller, starts_at)
    await pay(db, public_id)
    booking_id = await db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE public_id = $1", public_id
    )
    await clock.shift(db, starts_at - await clock.now(db))
    await rooms.enter(db, user, booking_id)
    await clock.shift(db, late)
    await rooms.enter(db, viewer_of(seller), booking_id)
    if reply is not None:
        at = await clock.now(db)
        await put_message(db, booking_id, "Halo, saya punya pertanyaan", at=at)
        await clock.shift(db, reply)
        await put_message(db, booking_id, "Halo", side="expert", at=at + reply)
    await rooms.end(db, user, booking_id)


async def facts_of(db: Database, seller: Seller) -> Facts:
    """What is counted now."""
    assert seller.id in await queries.facts_due(db)
    await actions.count(db, seller.id)
    page = await experts.expert_page(db, seller.slug)
    assert page is not None and page.facts is not None
    return page.facts


async def test_coming_replying_and_calling_off_are_counted(db: Database) -> None:
    seller = await make_seller(db)
    for late, reply in ((0, 20), (119, 60), (121, 300), (60, None)):
        await held(
            db,
            seller,
            late=timedelta(seconds=late),
            reply=None if reply is None else timedelta(seconds=reply),
        )
    public_id = await book(db, await make_user(db), seller, await slot_in(db, days=3))
    await pay(db, public_id)
    await payments.cancel_by_expert(db, viewer_of(seller), public_id)
    by_user = await book(db, await make_user(db), seller, await slot_in(db, days=3))
    await pay(db, by_user)

    facts = await facts_of(db, seller)
    assert (facts.on_time, facts.on_time_of) == (3, 4)
    assert facts.chat_reply_of == 3 and abs((facts.chat_reply_seconds or 0) - 60) <= 2
    assert (facts.held, facts.cancelled, facts.sold) == (4, 1, 5)
    assert facts.shown == [("Terlaksana", "80% dari 5 sesi"), ("Dibatalkan mentor", "1 dari 5 sesi")]
    assert await queries.facts_due(db) == []
    await clock.shift(db, timedelta(days=400))
    assert (await facts_of(db, seller)).sold == 0, "only the last twelve months count"
    assert await queries.facts_due(db) == []


async def test_threads_have_a_median_of_their_own(db: Database) -> None:
    seller, user = await make_seller(db, minutes=None), await make_user(db)
    public_id = await book(db, user, seller, await due_in(db, days=2))
    await pay(db, public_id)
    booking_id = await db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE public_id = $1", public_id
    )
    await rooms.open_room(db, booking_id)
    await clock.shift(db, timedelta(hours=5))
    await put_message(db, booking_id, "Ini tinjauan CV Anda", side="expert")
    await threads.finish(db, viewer_of(seller), booking_id)
    await threads.accept(db, user, booking_id)
    facts = await facts_of(db, seller)
    assert facts.thread_reply_of == 1 and abs((facts.thread_reply_seconds or 0) - 18_000) <= 60
    assert facts.chat_reply_of == 0 and facts.on_time_of == 0 and facts.held == 1


async def test_the_sweep_counts_and_the_page_tells(site: Site) -> None:
    seller = await make_seller(site.db)
    for _ in range(5):
        await held(site.db, seller, late=timedelta(), reply=timedelta(seconds=30))
    await look_again(site.resources, {})
    browser = await site.browser()
    await browser.get(f"/expert/{seller.slug}")
    for words in ("Dari catatan sesi", "100% dari 5 sesi", "< 1 menit, nilai tengah 5 chat", "0 dari 5 sesi"):
        assert words in browser.text
    mentor = await seller_browser(site, seller)
    await mentor.get("/expert/dashboard/transaksi")
    assert "Catatan Sesi Anda" in mentor.text and "100% dari 5 sesi" in mentor.text
