"""TRANSAKSI: every number leads to movements that add up to it, orders are counted and found, months are drawn."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from mentorinaja import clock
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.ledger import actions
from mentorinaja.ledger import queries as ledger
from mentorinaja.ledger.lines import LINES_PER_PAGE
from mentorinaja.portal.balance_routes import BALANCES
from mentorinaja.portal.chart import HEIGHT, WIDTH, chart_of
from tests.support.bookings import Seller, book, finish, make_seller, make_user, pay, seller_browser, slot_in
from tests.support.site import Browser, Site

HERE = "/expert/dashboard/transaksi"
MONTHS = [(date(2026, month, 1), 0) for month in range(1, 13)]


async def sold(
    db: Database, seller: Seller, name: str = "Budi Santoso", *, over: bool = False, hours: int = 0
) -> str:
    """A paid booking of somebody of this name."""
    user = await make_user(db, name)
    public_id = await book(db, user, seller, await slot_in(db, days=1, hours=hours))
    order = await pay(db, public_id)
    if over:
        assert order.booking_id is not None
        await finish(db, order.booking_id)
    return public_id


def test_a_chart_stays_in_its_picture_and_says_what_it_shows() -> None:
    assert chart_of(MONTHS) is None
    months = [(month, [300_000, 0, -100_000, 1][number % 4]) for number, (month, _) in enumerate(MONTHS)]
    chart = chart_of(months)
    assert chart is not None
    for bar in chart.bars:
        assert bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.y >= 0 and bar.y + bar.height <= HEIGHT - 15
        assert (bar.height > 0) == (bar.amount != 0)
        assert bar.y == chart.base if bar.amount <= 0 else bar.y + bar.height >= chart.base
    assert chart.total == sum(amount for _, amount in months)
    assert "Rp 600.003" in chart.words and "Terbanyak Januari 2026: Rp 300.000" in chart.words
    only_back = chart_of([*MONTHS[:-1], (date(2026, 12, 1), -5)])
    assert only_back is not None and only_back.base == 18


async def test_each_number_is_the_sum_of_its_lines_page_by_page(db: Database) -> None:
    seller = await make_seller(db)
    for number in range(LINES_PER_PAGE + 3):
        await sold(db, seller, hours=number)
    other = await make_seller(db, "Dimas")
    await sold(db, other)
    earned = await ledger.earnings(db, seller.id)
    assert earned.held == (LINES_PER_PAGE + 3) * 126_000
    for balance in BALANCES.values():
        found = await ledger.lines_of(db, seller.id, balance.kinds)
        lines = found.lines
        while found.older:
            found = await ledger.lines_of(db, seller.id, balance.kinds, found.older)
            lines = lines + found.lines
        assert sum(line.amount for line in lines) == earned.of(balance.kinds)
        assert not lines or lines[0].balance == earned.of(balance.kinds)
        for newer, older in itertools.pairwise(lines):
            assert newer.balance - newer.amount == older.balance and newer.id > older.id
    months = await ledger.earned_by_month(db, seller.id)
    assert len(months) == 12 and sum(amount for _, amount in months) == earned.total
    assert months == sorted(months)


async def test_what_changes_place_is_no_earning_and_what_goes_back_is(db: Database) -> None:
    seller = await make_seller(db)
    public_id = await sold(db, seller, over=True)
    transaction_id = await db.fetchval("SELECT transaction_id FROM payment_transactions")
    order_id = await db.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
    async with db.transaction() as tx:
        await actions.record_release(tx, order_id, transaction_id)
    kinds = [line.kind for line in (await ledger.lines_of(db, seller.id, ledger.EARNED)).lines]
    assert kinds == ["payment"]
    held = (await ledger.lines_of(db, seller.id, ("expert_held",))).lines
    assert [(line.kind, line.amount, line.balance) for line in held] == [
        ("release", -126_000, 0),
        ("payment", 126_000, 126_000),
    ]
    available = (await ledger.lines_of(db, seller.id, ("expert_available",))).lines
    assert [(line.words, line.order_id) for line in available] == [("Bagian Anda masuk saldo", public_id)]


async def test_orders_are_found_by_id_name_and_item_and_each_tab_says_how_many(db: Database) -> None:
    seller = await make_seller(db)
    first = await sold(db, seller, "Ani Wijaya")
    await sold(db, seller, "Budi 100% _Santoso", over=True, hours=2)
    for words, expected in (
        ("", 2), ("ani", 1), ("WIJAYA", 1), (first.lower(), 1), (first[-6:], 1), ("chat", 2), ("%", 1), ("_S", 1),
        ("tidak ada", 0), ("' OR true --", 0),
    ):  # fmt: skip
        found = await orders.orders_of_expert(db, seller.id, None, 1, words)
        assert len(found.orders) == expected == found.counts[""], words
    found = await orders.orders_of_expert(db, seller.id, "completed", 5)
    assert found.counts == {"": 2, "confirmed": 1, "completed": 1} and found.pages == 1
    assert [order.status for order in found.orders] == ["completed"]


def numbers_of(browser: Browser) -> dict[str, str]:
    """What the five numbers say, by where they lead."""
    links = browser.page.css("#balance a")
    return {(link.attributes["href"] or ""): link.text(strip=True) for link in links}


async def test_every_number_leads_to_a_page_that_begins_with_it(site: Site) -> None:
    seller = await make_seller(site.db)
    public_id = await sold(site.db, seller)
    browser = await seller_browser(site, seller)
    await browser.get(HERE)
    numbers = numbers_of(browser)
    assert len(numbers) == 5 and numbers[f"{HERE}/saldo/tertahan"] == "Rp 126.000"
    tabs = [" ".join(tab.text().split()) for tab in browser.page.css('nav[aria-label="Filter"] a')]
    assert tabs == ["Semua 1", "Confirmed 1", "Completed 0", "Cancelled 0"]
    ways = [tab.attributes["href"] or "" for tab in browser.page.css('nav[aria-label="Filter"] a')]
    assert (
        all(way.endswith("#riwayat") for way in ways)
        and browser.page.css_first("#riwayat .orders") is not None
    )
    picture = browser.page.css_first("#chart svg")
    assert picture is not None and "Rp 126.000" in picture.css_first("title").text()
    month = await site.db.fetchval("SELECT to_char(app_now() AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM')")
    assert browser.page.css_first(f'#chart a[href="{HERE}/laporan/{month}"]') is not None
    for path, number in numbers.items():
        assert (await browser.get(path)).status_code == 200
        assert browser.page.css_first("main b.big").text(strip=True) == number
    await browser.get(f"{HERE}/saldo/tertahan")
    assert browser.page.css_first(f'a[href="/money/{public_id}"]') is not None
    assert re.search(r"\+ Rp 126\.000 .*menjadi Rp 126\.000", browser.text)
    await browser.get(f"{HERE}/saldo/tertahan?sebelum=1")
    assert "Terbaru" in browser.text
    for wrong in ("x", "-1", "9" * 30, "１"):
        assert (await browser.get(f"{HERE}/saldo/tertahan?sebelum={wrong}")).status_code == 200
    assert (await browser.get(f"{HERE}/saldo/platform_fee")).status_code == 404

    await browser.get(f"{HERE}?q=%23{public_id}&status=confirmed")
    assert len(browser.page.css("article.order")) == 1
    assert browser.page.css_first("input[name=q]").attributes["value"] == public_id
    await browser.submit("form[role=search]", {"q": "<script>alert(1)</script>"})
    assert "Tidak ada yang cocok" in browser.text
    assert browser.page.css_first("input[name=status]").attributes["value"] == "confirmed"


@pytest.mark.parametrize("days", [0, 31])
async def test_a_month_ends_at_midnight_in_jakarta(db: Database, days: int) -> None:
    seller = await make_seller(db)
    await clock.shift(db, datetime(2026, 11, 30, 16, 30, tzinfo=UTC) - await clock.now(db))
    await sold(db, seller)
    await clock.shift(db, timedelta(hours=1))
    await sold(db, seller)
    await clock.shift(db, timedelta(days=days))
    months = dict(await ledger.earned_by_month(db, seller.id))
    assert (months[date(2026, 11, 1)], months[date(2026, 12, 1)]) == (126_000, 126_000)
    assert max(months) == date(2027 if days else 2026, 1 if days else 12, 1)
