"""Riwayat, cancelling and invoices: what each of three people sees."""

import uuid
from datetime import timedelta

import pytest

from mentorinaja.formats import when
from tests.support.bookings import (
    book,
    browser_of,
    finish,
    make_seller,
    make_user,
    pay,
    seller_browser,
    slot_in,
    state_of,
)
from tests.support.site import Browser, Site

HISTORY = "/user/transactions"


def card(browser: Browser, public_id: str) -> str:
    node = browser.page.css_first(f"#order-{public_id}")
    return " ".join(node.text(separator=" ").split()) if node else ""


def links(browser: Browser, public_id: str) -> dict[str, str]:
    """Label → address of everything offered on a card."""
    return {
        node.text(strip=True): node.attributes["href"] or ""
        for node in browser.page.css(f"#order-{public_id} .order-foot a")
    }


async def test_an_empty_history_leads_to_mentors(site: Site) -> None:
    browser = await browser_of(site, await make_user(site.db))
    await browser.get(HISTORY)
    assert "Riwayat Transaksi Saya" in browser.text
    for tab in ("Semua", "Pending", "Confirmed", "Completed", "Cancelled"):
        assert tab in [node.text(strip=True) for node in browser.page.css(".tabs a")]
    for status in ("", "pending", "confirmed", "completed", "cancelled"):
        await browser.get(f"{HISTORY}?status={status}")
        assert browser.page.css_first(".empty a.btn")


async def test_a_pending_card_asks_for_the_money(site: Site) -> None:
    budi = await make_user(site.db)
    starts = await slot_in(site.db, days=1)
    public_id = await book(site.db, budi, await make_seller(site.db), starts)
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}?status=pending")
    text = card(browser, public_id)
    for words in (
        f"#{public_id}", "Sari Wulandari", "Chat Konsultasi (30 menit)", "Rp 157.500", "Menunggu Pembayaran",
        when(starts), when(starts - timedelta(hours=1)), "Pending",
    ):  # fmt: skip
        assert words in text, words
    assert links(browser, public_id) == {
        "Bayar Sekarang": f"/payment/{public_id}",
        "Batalkan": f"{HISTORY}/{public_id}/cancel",
    }


async def test_a_confirmed_chat_leads_to_its_room(site: Site) -> None:
    budi = await make_user(site.db)
    public_id = await book(site.db, budi, await make_seller(site.db), await slot_in(site.db, days=1))
    order = await pay(site.db, public_id)
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}?status=confirmed")
    assert links(browser, public_id) == {
        "Join Session": f"/session?bookingId={order.booking_id}",
        "Pindah Jadwal": f"{HISTORY}/{public_id}/move",
        "Batalkan": f"{HISTORY}/{public_id}/cancel",
        "Lihat Invoice": f"/invoice/{public_id}",
    }


async def test_a_video_booking_shows_its_link_or_that_one_follows(site: Site) -> None:
    budi = await make_user(site.db)
    seller = await make_seller(site.db, category="online_video")
    public_id = await book(site.db, budi, seller, await slot_in(site.db, days=1))
    order = await pay(site.db, public_id)
    browser = await browser_of(site, budi)
    await browser.get(HISTORY)
    assert "Tautan menyusul" in card(browser, public_id)
    await site.db.execute(
        """WITH l AS (INSERT INTO meeting_links_pool (url) VALUES ('https://meet.test/abc') RETURNING id)
           INSERT INTO meeting_link_uses (booking_id, link_id, reusable, around)
           SELECT $1, l.id, false, tstzrange($2::timestamptz, $2::timestamptz + interval '4 hours') FROM l""",
        order.booking_id,
        order.starts_at,
    )
    await browser.get(HISTORY)
    assert browser.page.css_first(".order .copy .whole").text() == "https://meet.test/abc"
    assert browser.page.css_first(".order a[href^='/session/'][href$='/link']")
    assert not browser.page.css_first("a[href^='https://meet.test']"), "nothing leads around us"
    assert browser.page.css_first("script[src*='js/app.']"), "which shows the button that copies"


async def test_an_offline_booking_says_where(site: Site) -> None:
    budi = await make_user(site.db)
    seller = await make_seller(site.db, category="offline_event")
    public_id = await book(site.db, budi, seller, await slot_in(site.db, days=1))
    await pay(site.db, public_id)
    browser = await browser_of(site, budi)
    await browser.get(HISTORY)
    assert "Jl. Melati 1, Jakarta" in card(browser, public_id)


async def test_a_completed_card_asks_for_a_review_once_and_for_thirty_days(site: Site) -> None:
    budi = await make_user(site.db)
    seller = await make_seller(site.db)
    public_id = await book(site.db, budi, seller, await slot_in(site.db, days=1))
    order = await pay(site.db, public_id)
    await finish(site.db, order.booking_id)
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}?status=completed")
    assert "Session Completed" in card(browser, public_id)
    assert links(browser, public_id)["Beri Review"] == f"{HISTORY}/{public_id}/review"
    await site.db.execute(
        """WITH r AS (
             INSERT INTO reviews (order_id, expert_id, user_id, rating, comment, display_name, anonymous)
             VALUES ($1, $2, $3, 5, 'Sangat membantu!', 'Budi', false))
           UPDATE experts SET rating_count = 1, rating_sum = 5 WHERE id = $2""",
        order.id,
        seller.id,
        budi.id,
    )
    await browser.get(f"{HISTORY}?status=completed")
    assert "Beri Review" not in links(browser, public_id) and "Sangat membantu!" in card(browser, public_id)
    later = await book(site.db, budi, seller, await slot_in(site.db, days=2))
    await finish(site.db, (await pay(site.db, later)).booking_id)
    await site.move_clock(timedelta(days=33))
    await browser.get(f"{HISTORY}?status=completed")
    assert "Lihat Invoice" in links(browser, later) and "Beri Review" not in links(browser, later)


async def test_what_is_overdue_is_over_before_anybody_wrote_it_down(site: Site) -> None:
    budi = await make_user(site.db)
    public_id = await book(site.db, budi, await make_seller(site.db), await slot_in(site.db, days=1))
    await site.db.execute("UPDATE orders SET pay_deadline = app_now()")
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}?status=cancelled")
    assert "Kedaluwarsa" in card(browser, public_id) and not links(browser, public_id)
    await browser.get(f"{HISTORY}?status=pending")
    assert not card(browser, public_id)


async def test_an_unknown_tab_or_page_shows_all(site: Site) -> None:
    budi = await make_user(site.db)
    public_id = await book(site.db, budi, await make_seller(site.db), await slot_in(site.db, days=1))
    browser = await browser_of(site, budi)
    for query in (
        "status=semua",
        "status=%F0%9F%9A%80",
        "page=99",
        "page=x",
        "page=-1",
        "status=pending&page=0",
    ):
        answer = await browser.get(f"{HISTORY}?{query}")
        assert answer.status_code == 200 and card(browser, public_id), query


async def test_a_long_history_comes_in_pages(site: Site) -> None:
    budi, seller = await make_user(site.db), await make_seller(site.db)
    ids = []
    for hours in range(12):
        ids.append(await book(site.db, budi, seller, await slot_in(site.db, days=1, hours=hours)))
        await pay(site.db, ids[-1])
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}?status=confirmed")
    assert len(browser.page.css("article.order")) == 10 and card(browser, ids[-1])
    following = browser.page.css_first("a[rel=next]").attributes["href"] or ""
    await browser.get(following)
    assert len(browser.page.css("article.order")) == 2 and card(browser, ids[0])


async def test_times_are_in_the_payers_zone_with_the_experts_beside(site: Site) -> None:
    budi = await make_user(site.db, zone="Asia/Jayapura")
    starts = await slot_in(site.db, days=1)
    public_id = await book(site.db, budi, await make_seller(site.db), starts)
    browser = await browser_of(site, budi)
    await browser.get(HISTORY)
    assert when(starts, "Asia/Jayapura", "Asia/Jakarta") in card(browser, public_id)


async def test_cancelling_asks_first_and_frees_the_slot(site: Site) -> None:
    budi, seller, starts = (
        await make_user(site.db),
        await make_seller(site.db),
        await slot_in(site.db, days=1),
    )
    public_id = await book(site.db, budi, seller, starts)
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}/{public_id}/cancel")
    assert "Ya, batalkan" in browser.text and await state_of(site.db, public_id) == ("pending", "waiting")
    answer = await browser.submit()
    assert answer.url.path == HISTORY and "Booking dibatalkan" in browser.text
    assert await state_of(site.db, public_id) == ("cancelled", "cancelled")
    await book(site.db, await make_user(site.db), seller, starts)
    assert (await browser.get(f"{HISTORY}/{public_id}/cancel")).url.path == HISTORY


async def test_what_is_paid_meanwhile_is_not_cancelled(site: Site) -> None:
    budi = await make_user(site.db)
    public_id = await book(site.db, budi, await make_seller(site.db), await slot_in(site.db, days=1))
    browser = await browser_of(site, budi)
    await browser.get(f"{HISTORY}/{public_id}/cancel")
    await pay(site.db, public_id)
    answer = await browser.submit()
    assert answer.status_code == 409 and "sudah dibayar" in browser.text and "Rp 157.500" in browser.text
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
    await browser.submit("#cancel form")
    assert await state_of(site.db, public_id) == ("cancelled", "refund_pending")


@pytest.mark.parametrize("path", [f"{HISTORY}/{{}}/cancel", "/invoice/{}"])
async def test_an_order_is_there_for_its_own_people_only(site: Site, path: str) -> None:
    budi, seller = await make_user(site.db), await make_seller(site.db)
    public_id = await book(site.db, budi, seller, await slot_in(site.db, days=1))
    if "invoice" in path:
        await pay(site.db, public_id)
    mine, stranger = await browser_of(site, budi), await browser_of(site, await make_user(site.db, "Ani"))
    rival = await seller_browser(site, await make_seller(site.db))
    assert (await mine.get(path.format(public_id))).status_code == 200
    for browser in (stranger, rival):
        assert (await browser.get(path.format(public_id))).status_code == 404
    visitor = await browser_of(site, None)
    answer = await visitor.get(path.format(public_id), follow=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/login?next=/")
    for unknown in ("BE-20260101-AAAAAA", "x", "%F0%9F%9A%80", str(uuid.uuid4())):
        assert (await mine.get(path.format(unknown))).status_code == 404, unknown


async def test_nobody_else_cancels(site: Site) -> None:
    budi, seller = await make_user(site.db), await make_seller(site.db)
    public_id = await book(site.db, budi, seller, await slot_in(site.db, days=1))
    expert, stranger = await seller_browser(site, seller), await browser_of(site, await make_user(site.db))
    for browser in (expert, stranger):
        await browser.get(HISTORY)
        assert (await browser.post(f"{HISTORY}/{public_id}/cancel", {})).status_code == 404
    assert await state_of(site.db, public_id) == ("pending", "waiting")


async def test_there_is_no_invoice_before_the_payment(site: Site) -> None:
    budi = await make_user(site.db)
    public_id = await book(site.db, budi, await make_seller(site.db), await slot_in(site.db, days=1))
    browser = await browser_of(site, budi)
    assert (await browser.get(f"/invoice/{public_id}")).status_code == 404


async def test_the_payer_sees_the_invoice_and_the_expert_a_statement(site: Site) -> None:
    budi, seller = await make_user(site.db), await make_seller(site.db)
    public_id = await book(site.db, budi, seller, await slot_in(site.db, days=1))
    await pay(site.db, public_id)
    payer, expert = await browser_of(site, budi), await seller_browser(site, seller)
    await payer.get(f"/invoice/{public_id}")
    year = await site.db.fetchval("SELECT year FROM invoices")
    for words in (
        f"INV-{year}-000001", "LUNAS", "Budi Santoso", "Sari Wulandari", "Chat Konsultasi (30 menit)",
        "Subtotal", "Rp 150.000", "Admin Fee (5%)", "Rp 7.500", "Rp 157.500", "QRIS", f"#{public_id}",
    ):  # fmt: skip
        assert words in payer.text, words
    assert "Platform Fee" not in payer.text
    await expert.get(f"/invoice/{public_id}")
    for words in ("Rincian Pendapatan", "Platform Fee (20%)", "- Rp 31.500", "Rp 126.000", "Budi Santoso"):
        assert words in expert.text, words
    assert "LUNAS" not in expert.text
