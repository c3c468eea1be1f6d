"""The mentor's pages: the strip, the switch, earnings and transactions."""

from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    finish,
    make_seller,
    make_user,
    pay,
    seller_browser,
    slot_in,
)
from tests.support.site import Browser, Site

DASHBOARD = "/expert/dashboard"
TRANSACTIONS = f"{DASHBOARD}/transaksi"


async def sold(site: Site, seller: Seller, user: Viewer | None = None, hours: int = 0) -> str:
    """A paid booking for tomorrow."""
    user = user or await make_user(site.db)
    public_id = await book(site.db, user, seller, await slot_in(site.db, days=1, hours=hours))
    await pay(site.db, public_id)
    return public_id


async def is_ready(site: Site, seller: Seller) -> bool:
    answer: bool = await site.db.fetchval(
        "SELECT coalesce(ready_until > app_now(), false) FROM experts WHERE id = $1", seller.id
    )
    return answer


@pytest.mark.parametrize("path", [DASHBOARD, TRANSACTIONS])
async def test_the_portal_is_there_for_experts_only(site: Site, path: str) -> None:
    expert = await seller_browser(site, await make_seller(site.db))
    assert (await expert.get(path)).status_code == 200
    user, visitor = await browser_of(site, await make_user(site.db)), await browser_of(site, None)
    assert (await user.get(path)).status_code == 404
    answer = await visitor.get(path, follow=False)
    assert answer.status_code == 303 and answer.headers["location"] == f"/expert/login?next={path}"


async def test_above_the_tabs_stands_what_comes_and_the_own_address(site: Site) -> None:
    seller, budi = await make_seller(site.db), await make_user(site.db)
    await sold(site, seller, budi)
    unpaid = await book(
        site.db, await make_user(site.db, "Ani Wijaya"), seller, await slot_in(site.db, days=2)
    )
    browser = await seller_browser(site, seller)
    await browser.get(DASHBOARD)
    for words in ("Budi Santoso", "Chat Konsultasi (30 menit)", "Join Session", f"/expert/{seller.slug}",
                  "Siap sekarang"):  # fmt: skip
        assert words in browser.text, words
    assert "Ani Wijaya" not in browser.text and unpaid not in browser.text
    assert browser.page.css_first(f"a[href='{site.url}/expert/{seller.slug}']")
    tabs = [node.text(strip=True) for node in browser.page.css(".tabs a")]
    assert tabs == ["PROFIL", "LAYANAN", "JADWAL", "TRANSAKSI"]


async def test_the_switch_works_without_script(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(DASHBOARD)
    assert browser.page.css_first(".switch").attributes["aria-pressed"] == "false"
    answer = await browser.submit("form.ready", {"until": "2"})
    assert answer.url.path == DASHBOARD and await is_ready(site, seller)
    until = await site.db.fetchval("SELECT ready_until FROM experts WHERE id = $1", seller.id)
    assert abs(until - await clock.now(site.db) - timedelta(hours=2)) < timedelta(minutes=1)
    assert browser.page.css_first(".switch").attributes["aria-pressed"] == "true"
    await browser.submit("form.ready")
    assert not await is_ready(site, seller)


async def test_htmx_swaps_the_strip(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(DASHBOARD)
    answer = await browser.submit("form.ready", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.status_code == 200 and "<html" not in answer.text
    assert browser.page.css_first("#strip .switch[aria-pressed=true]")


@pytest.mark.parametrize("until", ["0", "5", "-1", "x", "٢", "9" * 40, "1\x00"])
async def test_odd_hours_are_refused(site: Site, until: str) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(DASHBOARD)
    answer = await browser.submit("form.ready", {"until": until})
    assert answer.status_code == 422 and not await is_ready(site, seller)


async def test_nobody_else_turns_the_switch(site: Site) -> None:
    seller = await make_seller(site.db)
    stranger, visitor = await browser_of(site, await make_user(site.db)), await browser_of(site, None)
    await stranger.get("/user/transactions")
    assert (await stranger.post(f"{DASHBOARD}/ready", {"on": "1"})).status_code == 404
    assert (await visitor.post(f"{DASHBOARD}/ready", {"on": "1"})).status_code == 303
    assert not await is_ready(site, seller)


async def test_a_transaction_shows_where_the_money_goes(site: Site) -> None:
    seller, budi = await make_seller(site.db), await make_user(site.db)
    public_id = await sold(site, seller, budi)
    browser = await seller_browser(site, seller)
    await browser.get(TRANSACTIONS)
    card = browser.page.css_first(f"#order-{public_id}")
    text = " ".join(card.text(separator=" ").split())
    for words in (
        "Budi Santoso", "BS", "Chat Konsultasi (30 menit)", f"#{public_id}", "Total Bayar", "Rp 157.500",
        "Platform Fee (20%)", "- Rp 31.500", "Pendapatan", "Rp 126.000", "Join Session", "Lihat Detail",
    ):  # fmt: skip
        assert words in text, words
    await browser.get(card.css_first("a[href^='/invoice/']").attributes["href"] or "")
    assert "Rincian Pendapatan" in browser.text


async def test_transactions_are_filtered_and_only_the_experts_own(site: Site) -> None:
    seller, rival = await make_seller(site.db), await make_seller(site.db, "Dimas")
    coming, done = await sold(site, seller), await sold(site, seller, hours=2)
    booking_id = await site.db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", done
    )
    await finish(site.db, booking_id)
    others = await sold(site, rival, hours=4)
    browser = await seller_browser(site, seller)
    shown = {
        "": {coming, done},
        "confirmed": {coming},
        "completed": {done},
        "cancelled": set(),
        "lain": {coming, done},
    }
    for status, expected in shown.items():
        await browser.get(f"{TRANSACTIONS}?status={status}")
        assert ids(browser) == expected, status
    assert others not in browser.text


async def test_the_review_of_a_session_stands_on_its_card(site: Site) -> None:
    seller, budi = await make_seller(site.db), await make_user(site.db)
    public_id = await sold(site, seller, budi)
    row = await site.db.fetchrow(
        "SELECT o.id, b.id AS booking_id FROM orders o JOIN bookings b ON b.order_id = o.id"
    )
    assert row is not None
    await finish(site.db, row["booking_id"])
    await site.db.execute(
        """WITH r AS (
             INSERT INTO reviews (order_id, expert_id, user_id, rating, comment, display_name, anonymous)
             VALUES ($1, $2, $3, 4, 'Sangat membantu!', 'Budi', false))
           UPDATE experts SET rating_count = 1, rating_sum = 4 WHERE id = $2""",
        row["id"],
        seller.id,
        budi.id,
    )
    browser = await seller_browser(site, seller)
    await browser.get(TRANSACTIONS)
    assert browser.page.css_first(f"#order-{public_id} [aria-label='4 dari 5 bintang']")
    assert "Sangat membantu!" in browser.text
    link = browser.page.css_first(f"#order-{public_id} a[href='/expert/{seller.slug}#reviews']")
    assert link is not None and link.text(strip=True) == "Lihat Review"


def ids(browser: Browser) -> set[str]:
    """The orders on the page."""
    return {
        (node.attributes["id"] or "").removeprefix("order-") for node in browser.page.css("article.order")
    }
