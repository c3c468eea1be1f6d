"""LAYANAN over HTTP: the list, the form with everything wrong, the switch, the order, and taking away."""

import asyncio
import re
from datetime import timedelta

import pytest

from mentorinaja.experts import services
from mentorinaja.experts.rules import MOST_SERVICES, NewService
from mentorinaja.web import auth
from tests.support.bookings import book, browser_of, make_seller, make_user, seller_browser, slot_in
from tests.support.products import make_product
from tests.support.site import Browser, Site

SHELF = "/expert/dashboard/layanan"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
SAID = {
    "name": "Tinjau CV",
    "category": "online_chat",
    "duration": "45",
    "price": "Rp 100.000",
    "active": "y",
}


def shown(browser: Browser, part: str = "layanan") -> list[str]:
    """The names in a part of the page, in order."""
    return [each.text(strip=True) for each in browser.page.css(f"#{part} h3")]


async def sees(visitor: Browser, slug: str, name: str, *, there: bool) -> bool:
    """Whether the expert's page, which is kept for visitors until the bell rings, comes to show the name, or not to."""
    async with asyncio.timeout(20):
        while True:
            await visitor.get(f"/expert/{slug}")
            if (name in visitor.text) is there:
                return True
            await asyncio.sleep(0.05)


async def test_a_service_is_added_with_what_it_earns_changed_and_taken_away(site: Site) -> None:
    seller = await make_seller(site.db)
    browser, visitor = await seller_browser(site, seller), await browser_of(site, None)
    await browser.get(SHELF)
    assert shown(browser) == ["Chat Konsultasi"]
    for words in (
        "Durasi",
        "30 menit",
        "Rp 150.000",
        "Online Chat",
        "Aktif",
        "+ Tambah Layanan",
        "+ Tambah Produk",
    ):
        assert words in browser.text

    await browser.get(f"{SHELF}/baru")
    await browser.submit("#service-form", SAID | {"price": "Rp 1.5", "name": "<b>x</b>", "duration": "dua"})
    assert browser.answer is not None and browser.answer.status_code == 422
    for field, typed in (("price", "Rp 1.5"), ("name", "<b>x</b>"), ("duration", "dua")):
        element = browser.page.css_first(f"#service-form [name={field}]")
        assert element is not None and element.attributes["value"] == typed
    assert {each.attributes["id"] for each in browser.page.css("#service-form .error")} == {
        "duration-error", "price-error",
    }  # fmt: skip
    # Without script a button says what a price earns; nothing is saved by it.
    await browser.submit("#service-form", SAID | {"show": "price"})
    assert browser.answer.status_code == 200
    assert all(words in browser.text for words in ("Rp 5.000", "Rp 21.000", "Rp 84.000", "Pendapatan Anda"))
    assert browser.page.css_first("[name=name]").attributes["value"] == "Tinjau CV"
    assert not browser.page.css(".error")
    await browser.submit("#service-form", SAID, follow=False)
    assert browser.answer.status_code == 303
    path, _, place = browser.answer.headers["location"].partition("#")
    service_id = int(place.removeprefix("service-"))
    await browser.get(path)
    assert shown(browser) == ["Chat Konsultasi", "Tinjau CV"] and "“Tinjau CV” ditambahkan" in browser.text
    assert await sees(visitor, seller.slug, "Tinjau CV", there=True)

    one = f"{SHELF}/{service_id}"
    await browser.get(one)
    assert browser.page.css_first("[name=price]").attributes["value"] == "100000"
    await browser.submit(
        "#service-form",
        {"price": "200.000", "category": "offline_event", "address": "Jl. <Melati> 1"},
        follow=True,
    )
    assert "Jl. <Melati> 1" in browser.text and "Offline Event" in browser.text
    await browser.get(one)
    values = {"duration": "", "untimed": "y", "category": "online_chat"}
    await browser.submit("#service-form", values, follow=True)
    own = await services.own_service(site.db, seller.id, service_id)
    assert own is not None and own.is_thread and own.address == "" and own.price == 200_000
    assert "Tanpa durasi, dijawab tertulis" in browser.text

    await browser.get(f"{one}/hapus")
    assert "Belum ada yang memesannya" in browser.text
    await browser.submit("#put-away", {}, follow=True)
    assert shown(browser) == ["Chat Konsultasi"] and "“Tinjau CV” dihapus" in browser.text
    assert (await browser.get(one)).status_code == 404


async def test_switched_and_moved_with_and_without_htmx(site: Site) -> None:
    seller, other = await make_seller(site.db), await make_seller(site.db, "Lain")
    video = await services.add(site.db, seller.id, NewService("Video Call", "online_video", 60, 300_000))
    first, second = await make_product(site.db, seller), await make_product(site.db, seller, "Kelas")
    browser, visitor = await seller_browser(site, seller), await browser_of(site, None)
    await browser.get(SHELF)
    for kind, name, address in (
        ("layanan", "Video Call", f"{SHELF}/{video}"),
        ("produk", "eBook: Kelas", f"{SHELF}/produk/{second}"),
    ):
        answer = await browser.post(f"{address}/aktif", {"active": "0"}, follow=True)
        assert answer.status_code == 200 and "tidak tampil" in browser.text
        assert await sees(visitor, seller.slug, name, there=False)
        answer = await browser.post(f"{address}/aktif", {"active": "1"}, headers=PARTIAL)
        assert answer.headers["hx-retarget"] == f"#{kind}" and answer.text.lstrip().startswith("<section")
        assert name in shown(browser, kind)
        assert await sees(visitor, seller.slug, name, there=True)
        answer = await browser.post(f"{address}/urutan", {"to": "up"}, headers=PARTIAL)
        assert shown(browser, kind)[0] == name and "naik satu tempat" in browser.text
        for _ in range(3):
            await browser.post(f"{address}/urutan", {"to": "down"}, headers=PARTIAL)
        assert shown(browser, kind)[-1] == name
    assert await site.db.fetchval("SELECT version FROM products WHERE id = $1", second) == 3
    assert await site.db.fetchval("SELECT version FROM products WHERE id = $1", first) == 1

    stranger = await seller_browser(site, other)
    await stranger.get(SHELF)
    for path in (f"{video}", f"{video}/aktif", f"{video}/urutan", f"{video}/hapus",
                 f"produk/{first}/aktif", f"produk/{first}/urutan"):  # fmt: skip
        assert (await stranger.post(f"{SHELF}/{path}", SAID)).status_code == 404, path
    assert (await services.own_service(site.db, seller.id, video)) is not None


async def test_in_the_dialog_the_form_comes_alone_and_what_is_saved_comes_as_the_list(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(SHELF)
    answer = await browser.get(f"{SHELF}/baru", headers=PARTIAL)
    assert answer.text.lstrip().startswith('<div class="stack" id="dialog-body"')
    form = browser.page.css_first("#service-form")
    assert form is not None and form.attributes["hx-post"] == f"{SHELF}/baru"
    answer = await browser.post(f"{SHELF}/baru", SAID | {"price": ""}, headers=PARTIAL)
    assert answer.status_code == 422 and "hx-retarget" not in answer.headers
    assert "Tulis harganya" in browser.text and browser.page.css_first("#dialog-body") is not None
    answer = await browser.post(f"{SHELF}/baru", SAID, headers=PARTIAL)
    assert (answer.status_code, answer.headers["hx-retarget"]) == (200, "#layanan")
    assert shown(browser) == ["Chat Konsultasi", "Tinjau CV"]
    for path in (f"{SHELF}/{seller.service_id}/hapus", f"{SHELF}/produk/baru"):
        assert "dialog-body" in (await browser.get(path, headers=PARTIAL)).text

    for typed, told in (
        ("150000", "Rp 126.000"),
        ("Rp 300.000", "Rp 252.000"),
        ("9999", "Tulis harganya"),
        ("150,000", "Tulis harganya"),
        ("<script>", "Tulis harganya"),
        ("9" * 60, "Tulis harganya"),
    ):
        answer = await browser.get(f"{SHELF}/harga", params={"price": typed}, headers=PARTIAL)
        assert answer.status_code == 200 and told in answer.text and "<script>" not in answer.text
        assert answer.text.lstrip().startswith('<div class="card flat earning" id="earning"')


async def test_what_was_changed_in_another_tab_is_shown_before_it_is_overwritten(site: Site) -> None:
    seller = await make_seller(site.db)
    product = await make_product(site.db, seller)
    for path, form in ((f"{SHELF}/{seller.service_id}", "#service-form"),
                       (f"{SHELF}/produk/{product}", "#product-form")):  # fmt: skip
        here, there = await seller_browser(site, seller), await seller_browser(site, seller)
        await here.get(path)
        await there.get(path)
        parts = {"files": {"nothing": (None, "")}} if "produk" in path else {}
        assert (await there.submit(form, {"price": "222.000"}, **parts)).status_code in (200, 303)
        answer = await here.submit(form, {"name": "Nama saya"}, **parts)
        assert answer.status_code == 409
        assert "baru saja diubah" in here.text and "Rp 222.000" in here.text
        assert here.page.css_first("[name=name]").attributes["value"] == "Nama saya"
        assert (await here.submit(form, {"price": "180.000"}, **parts)).status_code in (200, 303)
    assert await site.db.fetchval("SELECT name FROM services") == "Nama saya"
    assert await site.db.fetchval("SELECT price FROM products") == 180_000


async def test_a_page_is_full_with_thirty_services(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(f"{SHELF}/baru")
    for number in range(MOST_SERVICES - 1):
        await services.add(site.db, seller.id, NewService(f"Layanan {number}", "online_chat", 30, 50_000))
    assert (await browser.submit("#service-form", SAID)).status_code == 409
    assert "Paling banyak 30 layanan" in browser.text
    assert browser.page.css_first("[name=name]").attributes["value"] == "Tinjau CV"
    await browser.get(SHELF)
    assert "Sudah 30 layanan" in browser.text and "+ Tambah Layanan" not in browser.text


async def test_a_price_that_changed_while_somebody_books_is_told_first(site: Site) -> None:
    db = site.db
    seller, other = await make_seller(db), await make_user(db, "Ani")
    held = await book(db, other, seller, await slot_in(db, days=2))
    product = await make_product(db, seller)
    mentor, browser = await seller_browser(site, seller), await browser_of(site, await make_user(db))
    form = f"/expert/{seller.slug}/booking?service={seller.service_id}"
    await browser.get(form)
    assert "Rp 157.500" in browser.text
    at = await slot_in(db, days=1)
    wish = {"topic": "Pindah karier", "notes": "Halo", "payment_method": "qris",
            "date": f"{at + timedelta(hours=7):%Y-%m-%d}", "time": f"{at + timedelta(hours=7):%H:%M}"}  # fmt: skip

    await mentor.get(f"{SHELF}/{seller.service_id}")
    assert "1 pesanan yang sudah dibuat (1 belum dibayar) tetap memakai" in mentor.text
    await mentor.submit("#service-form", {"price": "200.000"})
    answer = await browser.submit("#booking", wish)
    assert answer.status_code == 409
    assert "Harganya baru saja berubah" in browser.text and "Rp 210.000" in browser.text
    assert browser.page.css_first("[name=topic]").attributes["value"] == "Pindah karier"
    answer = await browser.submit("#booking", wish, follow=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/payment/BE-")
    rows = await db.fetch("SELECT public_id = $1 AS first, subtotal FROM orders ORDER BY id", held)
    assert [tuple(row) for row in rows] == [(True, 150_000), (False, 200_000)]

    await browser.get(f"/products/{product}/buy")
    await db.execute("UPDATE products SET price = 300000 WHERE id = $1", product)
    answer = await browser.submit("#buy", {})
    assert answer.status_code == 409 and "Rp 315.000" in browser.text
    answer = await browser.submit("#buy", {}, follow=False)
    assert answer.status_code == 303 and re.match("/payment/PD-", answer.headers["location"])


async def test_nobody_changes_what_is_shown_without_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MOST_CHANGES", 2)
    seller = await make_seller(site.db)
    browser, other = (
        await seller_browser(site, seller),
        await seller_browser(site, await make_seller(site.db)),
    )
    switch = f"{SHELF}/{seller.service_id}/aktif"
    for status in (303, 303, 429):
        await browser.get(SHELF)
        assert (await browser.post(switch, {"active": "0"}, follow=False)).status_code == status
    assert (await browser.get(SHELF)).status_code == 200
    await other.get(SHELF)
    assert (await other.post(switch, {"active": "0"}, follow=False)).status_code == 404, (
        "each has an own count"
    )
