"""Invoices, credit notes and statements as people get them: on the page and as files, each only who may."""

import csv
import io
from datetime import timedelta

import httpx
import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.invoices.rules import month_after, month_of
from mentorinaja.ledger import actions as ledger_actions
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    finish,
    make_seller,
    make_user,
    seller_browser,
    slot_in,
)
from tests.support.papers import words_of
from tests.support.payments import call_off, pay, said
from tests.support.products import make_product, purchase
from tests.support.site import Browser, Site

MONTHS = "/expert/dashboard/transaksi/laporan"


def texts(browser: Browser, selector: str = "#sheet") -> list[str]:
    """Each piece of text in a part of the page, white space folded."""
    part = browser.page.css_first(selector)
    assert part is not None, selector
    pieces = (" ".join(piece.split()) for piece in part.text(separator="\n").split("\n"))
    return [piece for piece in pieces if piece]


async def file(browser: Browser, path: str, kind: str = "application/pdf") -> httpx.Response:
    """A file to keep, as the browser gets it."""
    answer = await browser.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def same_on_paper(browser: Browser, path: str, pdf: str) -> str:
    """The page at `path`, whose sheet says piece by piece what its file says; answers the file's words."""
    await browser.get(path)
    pieces = texts(browser)
    words = words_of((await file(browser, pdf)).content)
    assert [piece for piece in pieces if piece not in words] == []
    return words


async def session_of(
    site: Site, seller: Seller, name: str = "Budi Santoso", **ahead: float
) -> tuple[Browser, str]:
    """A payer's browser and the order of a paid session."""
    budi = await make_user(site.db, name)
    public_id = await book(site.db, budi, seller, await slot_in(site.db, **(ahead or {"days": 1})))
    await pay(site.db, public_id, payment_type="gopay")
    return await browser_of(site, budi), public_id


async def test_an_invoice_says_the_same_on_the_page_and_on_paper(site: Site) -> None:
    seller = await make_seller(site.db, "Sari Wulandari")
    browser, public_id = await session_of(site, seller, "Çağla Łuczak Иванова Nguyễn 王")
    await browser.get(f"/invoice/{public_id}")
    assert "Çağla Łuczak Иванова Nguyễn 王" in texts(browser)
    page = browser.text
    first = (await file(browser, f"/invoice/{public_id}.pdf")).content
    words = words_of(first)
    year = await site.db.fetchval("SELECT year FROM invoices")
    for text in (
        f"INV-{year}-000001", "LUNAS", "Sari Wulandari", "Chat Konsultasi (30 menit)", "Subtotal", "Rp 150.000",
        "Admin Fee (5%)", "Rp 7.500", "Termasuk pajak (0%)", "Rp 157.500", "GoPay", f"#{public_id}",
    ):  # fmt: skip
        assert text in page and text in words, text
    # Letters that the fonts do not have are boxes, not nothing.
    assert "Çağla Łuczak Иванова Nguyễn □" in words
    await site.move_clock(timedelta(hours=5))
    assert (await file(browser, f"/invoice/{public_id}.pdf")).content == first


async def test_each_sees_the_own_paper_and_nobody_else_any(site: Site) -> None:
    seller = await make_seller(site.db)
    payer, public_id = await session_of(site, seller)
    path = f"/invoice/{public_id}"
    expert, other = (
        await seller_browser(site, seller),
        await seller_browser(site, await make_seller(site.db, "Dimas")),
    )
    words = await same_on_paper(expert, path, path + ".pdf")
    assert "Rincian Pendapatan" in words and "- Rp 31.500" in words and "Rp 126.000" in words
    assert "LUNAS" not in words and "INV-" not in words
    for address in (path, f"/money/{public_id}"):
        menu = {
            browser: (await browser.get(address)).text.count("Beralih ke pengguna")
            for browser in (expert, payer)
        }
        assert menu == {expert: 1, payer: 0}, "the menu of the side that the page shows"
    boss = await make_user(site.db, "Admin")
    await site.db.execute("UPDATE users SET role = 'admin' WHERE id = $1", boss.id)
    admin = await browser_of(site, boss)
    assert "LUNAS" in await same_on_paper(admin, path, path + ".pdf")
    for address in (path, path + ".pdf", path + ".csv", path + ".pdf.pdf", path + "?invoice=INV-2026-000009"):
        assert (await other.get(address)).status_code == 404, address
    for address in (path + ".csv", path + ".pdf.pdf", path + "?invoice=INV-2026-000009"):
        assert (await payer.get(address)).status_code == 404, address


async def test_a_refund_that_is_done_has_a_credit_note(site: Site) -> None:
    seller = await make_seller(site.db)
    payer, public_id = await session_of(site, seller, days=3)
    transaction_id, booking_id = await site.db.fetchrow(
        "SELECT t.transaction_id, b.id FROM payment_transactions t, bookings b"
    ) or ("", None)
    async with site.db.transaction() as tx:
        await call_off(tx, booking_id, 78_750)
    before = (await payer.get(f"/invoice/{public_id}.pdf")).content
    await payments.hear(
        site.db, public_id, said(public_id, "partial_refund", transaction_id=transaction_id, returned=78_750)
    )
    await payer.get("/user/transactions")
    link = payer.page.css_first("a[href*='/nota/']")
    assert link is not None
    path = link.attributes["href"] or ""
    words = await same_on_paper(payer, path, path + ".pdf")
    year = await site.db.fetchval("SELECT year FROM invoices")
    for text in (f"CN-{year}-000001", f"INV-{year}-000001", "Dibatalkan oleh MentorinAja", "Rp 78.750"):
        assert text in words, text
    # The invoice itself stays what it was.
    assert (await payer.get(f"/invoice/{public_id}.pdf")).content == before
    expert = await seller_browser(site, seller)
    for browser, address in (
        (expert, path), (expert, path + ".pdf"), (payer, path.replace("000001", "000002")),
        (payer, path + ".csv"), (payer, path.replace("000001", "1")), (payer, path.replace("000001", "0000001")),
    ):  # fmt: skip
        assert (await browser.get(address)).status_code == 404, address
    await expert.get(f"/invoice/{public_id}")
    assert "/nota/" not in (expert.answer.text if expert.answer else "")


async def test_an_order_that_was_paid_again_has_two_invoices(site: Site) -> None:
    seller = await make_seller(site.db)
    payer, public_id = await session_of(site, seller, days=3)
    first = await site.db.fetchval("SELECT transaction_id FROM payment_transactions")
    await payments.hear(site.db, public_id, said(public_id, "deny", transaction_id=first))
    await pay(site.db, public_id, 2)
    await payer.get(f"/invoice/{public_id}")
    year = await site.db.fetchval("SELECT year FROM invoices")
    assert f"INV-{year}-000002" in texts(payer) and f"Nota kredit CN-{year}-000001" in payer.text
    older = f"?invoice=INV-{year}-000001"
    words = await same_on_paper(payer, f"/invoice/{public_id}{older}", f"/invoice/{public_id}.pdf{older}")
    assert f"INV-{year}-000001" in words and "GoPay" in words


async def test_a_products_invoice_has_no_time(site: Site) -> None:
    seller, ani = await make_seller(site.db), await make_user(site.db, "Ani Lestari")
    public_id = await purchase(site.db, ani, await make_product(site.db, seller, "Panduan Wawancara"))
    payer, expert = await browser_of(site, ani), await seller_browser(site, seller)
    path = f"/invoice/{public_id}"
    words = await same_on_paper(payer, path, path + ".pdf")
    assert "Panduan Wawancara" in words and "LUNAS" in words and words.count("WIB") == 1  # when it was paid
    assert "Produk" in words and "Layanan" not in words
    assert "Rp 126.000" in await same_on_paper(expert, path, path + ".pdf")


async def _a_busy_month(site: Site, seller: Seller) -> list[str]:
    """Three sales: one held, one released and partly withdrawn, one given back in part; answers their orders."""
    browsers = [await session_of(site, seller, name, days=2, hours=hours) for hours, name in enumerate(
        ("=HYPERLINK(\"http://jahat.test\")", "Ani; =1+1", "Budi"))]  # fmt: skip
    orders = [public_id for _, public_id in browsers]
    rows = await site.db.fetch(
        """SELECT b.id, o.id AS order_id, t.transaction_id FROM bookings b JOIN orders o ON o.id = b.order_id
             JOIN payment_attempts a ON a.order_id = o.id JOIN payment_transactions t ON t.attempt_id = a.id
           ORDER BY o.id"""
    )
    await finish(site.db, rows[1]["id"])
    async with site.db.transaction() as tx:
        await ledger_actions.lock_balances(tx, seller.id)
        await ledger_actions.record_release(tx, rows[1]["order_id"], rows[1]["transaction_id"])
        await tx.execute("UPDATE orders SET release_at = NULL WHERE id = $1", rows[1]["order_id"])
        await call_off(tx, rows[2]["id"], 78_750)
    return orders


async def test_a_month_adds_up_on_the_page_on_paper_and_in_a_spreadsheet(site: Site) -> None:
    seller = await make_seller(site.db, "Sari Wulandari")
    orders = await _a_busy_month(site, seller)
    browser = await seller_browser(site, seller)
    first = month_of(await clock.now(site.db))
    assert (await browser.get(MONTHS, follow=False)).headers["location"] == f"{MONTHS}/{first:%Y-%m}"
    await browser.get(f"{MONTHS}/{first:%Y-%m}")
    words = words_of((await file(browser, f"{MONTHS}/{first:%Y-%m}.pdf")).content)
    await browser.get(f"{MONTHS}/{first:%Y-%m}")
    for text in ["Tertahan", "Tersedia", "Pembayaran diterima", "Pendapatan tersedia", *orders]:
        assert text in browser.text and text in words, text
    assert "- Rp 126.000" in words and "+ Rp 126.000" in words and "Bulan ini masih berjalan." in browser.text

    answer = await file(browser, f"{MONTHS}/{first:%Y-%m}.csv", "text/csv")
    assert answer.content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    names, opening, *moves, closing = rows
    assert names[6:] == ["Tertahan", "Tersedia", "Sedang ditarik", "Sudah ditarik", "Kewajiban"]
    assert (opening[2], closing[2]) == ("Saldo awal", "Saldo akhir")
    assert len({len(row) for row in rows}) == 1 and len(moves) == 5
    for column in range(6, len(names)):
        assert int(opening[column]) + sum(int(move[column]) for move in moves) == int(closing[column])
    earned = await ledger.earnings(site.db, seller.id)
    assert [int(amount) for amount in closing[6:]] == [
        earned.held, earned.available, earned.withdrawing, earned.withdrawn, -earned.owed,
    ]  # fmt: skip
    payers = {move[5] for move in moves}
    assert payers == {'\'=HYPERLINK("http://jahat.test")', "Ani; '=1+1", "Budi"}
    assert not any(cell[:1] in "=+@\t" for row in rows for cell in row[:6] if cell)


async def test_months_follow_each_other(site: Site) -> None:
    seller = await make_seller(site.db)
    await _a_busy_month(site, seller)
    browser = await seller_browser(site, seller)
    first = month_of(await clock.now(site.db))
    await clock.shift(site.db, timedelta(days=32))
    site.resources.clock.set(await clock.now(site.db))
    after = month_of(await clock.now(site.db))
    closing = list(csv.reader(io.StringIO((await browser.get(f"{MONTHS}/{first:%Y-%m}.csv")).text)))[-1]
    opening = list(csv.reader(io.StringIO((await browser.get(f"{MONTHS}/{after:%Y-%m}.csv")).text)))[1]
    assert closing[6:] == opening[6:]
    await browser.get(f"{MONTHS}/{after:%Y-%m}")
    assert "Tidak ada pergerakan di bulan ini." in browser.text
    links = [link.attributes["href"] for link in browser.page.css(f'a[href^="{MONTHS}"]')]
    own = f"{MONTHS}/{after:%Y-%m}"
    assert links == [f"{own}.pdf", f"{own}.csv", f"{MONTHS}/{month_after(after, -1):%Y-%m}"]
    wrong = ["2026-13", "2026-00", "0000-01", "2026-1", "26-11", "2026-11-01", "../2026-11", "２０２６-11",
             f"{month_after(after):%Y-%m}", f"{month_after(first, -1):%Y-%m}", f"{first:%Y-%m}.xls"]  # fmt: skip
    for name in wrong:
        assert (await browser.get(f"{MONTHS}/{name}")).status_code == 404, name
    payer = await browser_of(site, await make_user(site.db))
    assert (await payer.get(f"{MONTHS}/{first:%Y-%m}")).status_code == 404


@pytest.mark.parametrize("path", ["/invoice/{}", "/invoice/{}.pdf", "/invoice/{}/nota/CN-2026-000001"])
async def test_before_the_payment_there_is_nothing(site: Site, path: str) -> None:
    budi = await make_user(site.db)
    public_id = await book(site.db, budi, await make_seller(site.db), await slot_in(site.db, days=1))
    browser = await browser_of(site, budi)
    assert (await browser.get(path.format(public_id))).status_code == 404
    await bookings.cancel_unpaid(site.db, budi, public_id)
    assert (await browser.get(path.format(public_id))).status_code == 404
