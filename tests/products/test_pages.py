"""The pages of products over HTTP: buying, the library, fetching, and the expert's shelf."""

import asyncio
from datetime import timedelta

from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.products import actions
from mentorinaja.products.rules import MOST_FILE_BYTES
from tests.support import files
from tests.support.bookings import browser_of, make_seller, make_user, seller_browser
from tests.support.payments import open_attempt, pay, said
from tests.support.products import LINK, make_product, purchase, store_file
from tests.support.site import Site

SHELF = "/expert/dashboard/layanan"


async def test_from_the_experts_page_over_paying_to_the_library_and_the_file(site: Site) -> None:
    db, storage = site.db, site.resources.storage
    seller, buyer = await make_seller(db), await make_user(db)
    data = files.pdf(2)
    own = await make_product(db, seller, file_id=await store_file(db, storage, seller, data))
    outside = await make_product(db, seller, "Kelas Produk", type="course", description="Tiga jam")
    await make_product(db, seller, "Belum dijual", active=False)

    visitor = await browser_of(site, None)
    await visitor.get(f"/expert/{seller.slug}")
    assert "Produk Digital" in visitor.text and "eBook: PM Interview Guide" in visitor.text
    assert "Course: Kelas Produk" in visitor.text and "Belum dijual" not in visitor.text
    assert LINK not in visitor.page.html
    answer = await visitor.get(f"/products/{own}/buy", follow=False)
    assert answer.headers["location"] == f"/login?next=/products/{own}/buy"

    browser = await browser_of(site, buyer)
    await browser.get(f"/products/{own}/buy")
    assert "Rp 157.500" in browser.text and "Admin Fee (5%)" in browser.text
    answer = await browser.submit("#buy", follow=False)
    assert answer.status_code == 303
    path = answer.headers["location"]
    assert path.startswith("/payment/PD-")
    public_id = path.removeprefix("/payment/")
    await browser.get(path)
    assert "Pesanan berhasil dibuat!" in browser.text and "eBook: PM Interview Guide" in browser.text
    await browser.get(f"/products/{own}/buy", follow=False)
    assert browser.answer is not None and browser.answer.headers["location"] == path
    await browser.get("/user/transactions")
    assert browser.page.css_first(f"#order-{public_id} a[href='{path}']") is not None
    await browser.get(f"/user/transactions/{public_id}/cancel")
    assert "belum dibayar" in browser.text.lower()

    await pay(db, public_id)
    await browser.get(path)
    assert "Pembayaran Berhasil!" in browser.text
    assert browser.page.css_first(f"a[href='/user/library#{public_id}']") is not None
    await browser.get("/user/transactions?status=completed")
    card = browser.page.css_first(f"#order-{public_id}")
    assert card is not None and "Buka" in card.text() and "Batalkan" in card.text()
    await browser.get(f"/invoice/{public_id}")
    assert browser.answer.status_code == 200 and "eBook: PM Interview Guide" in browser.text

    second = await purchase(db, buyer, outside)
    await browser.get("/user/library")
    assert LINK not in browser.page.html and "drive.example.com" not in browser.page.html
    assert "0 dari 10" in browser.text
    links = {
        item.attributes["id"]: item.css_first("a.btn").attributes["href"]
        for item in browser.page.css(".goods")
    }
    answer = await browser.get(links[public_id], follow=False)
    assert answer.content == data and answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="panduan.pdf"')
    assert answer.headers["cache-control"] == "no-store"
    answer = await browser.get(links[second], follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, LINK)
    await browser.get("/user/library")
    assert browser.text.count("1 dari 10") == 2 and "Batalkan" not in browser.text
    answer = await browser.get(f"/user/transactions/{public_id}/cancel")
    assert answer.status_code == 409 and "Pembelian ini tidak bisa dibatalkan lagi" in browser.text

    stranger = await browser_of(site, await make_user(db))
    for token in (links[public_id], links[second], "/unduh/abc.def", links[public_id][:-2]):
        assert (await stranger.get(token)).status_code == 404
    assert (await visitor.get(links[public_id], follow=False)).status_code == 303
    mentor = await seller_browser(site, seller)
    assert (await mentor.get(links[public_id])).status_code == 404
    await mentor.get("/expert/dashboard/transaksi")
    assert mentor.page.css_first(f"#order-{public_id}") is not None and "Pendapatan" in mentor.text
    assert (await mentor.get(f"/products/{own}/buy")).status_code == 409
    assert await db.fetchval("SELECT count(*) FROM downloads") == 2

    for _ in range(9):
        assert (await browser.get(links[public_id], follow=False)).status_code == 200
    answer = await browser.get(links[public_id], follow=False)
    assert answer.status_code == 409 and "Batas unduhan" in browser.text
    await site.sweep()
    subjects = [message.subject for message in site.mailbox.messages]
    assert "Pembayaran berhasil: eBook: PM Interview Guide" in subjects
    assert "Terjual: eBook: PM Interview Guide" in subjects


async def test_a_question_from_before_the_payment_does_not_give_the_product_back(site: Site) -> None:
    buyer, seller = await make_user(site.db), await make_seller(site.db)
    public_id = (await actions.buy(site.db, buyer, await make_product(site.db, seller))).public_id
    browser = await browser_of(site, buyer)
    await browser.get(f"/user/transactions/{public_id}/cancel")
    await pay(site.db, public_id)
    assert (await browser.submit("main form")).status_code == 409
    assert "baru saja kami terima" in browser.text and "Rp 157.500" in browser.text
    assert not await site.db.fetchval("SELECT count(*) FROM refunds")
    answers = await asyncio.gather(*(browser.submit("main form") for _ in range(4)))
    assert not any("Rp 0 kembali" in answer.text for answer in answers)
    assert await site.db.fetchval("SELECT sum(amount) FROM refunds") == 157_500


async def test_the_product_goes_back_before_it_is_fetched(site: Site) -> None:
    buyer, seller = await make_user(site.db), await make_seller(site.db)
    public_id = await purchase(site.db, buyer, await make_product(site.db, seller))
    browser = await browser_of(site, buyer)
    await browser.get(f"/user/transactions/{public_id}/cancel")
    assert "Rp 157.500" in browser.text
    await browser.submit("main form", follow=True)
    assert browser.page.css_first(f"#order-{public_id}.cancelled") is not None
    assert "Pengembalian dana Rp 157.500" in browser.text
    await browser.get("/user/library")
    assert "masih kosong" in browser.text
    await browser.get(f"/payment/{public_id}")
    assert "Dana Anda dikembalikan" in browser.text


async def test_what_the_bank_took_back_and_what_is_no_longer_sold_is_explained(site: Site) -> None:
    db, buyer, seller = site.db, await make_user(site.db), await make_seller(site.db)
    browser, mentor = await browser_of(site, buyer), await seller_browser(site, seller)
    product = await make_product(db, seller)
    for word, words in (("deny", "Anda dapat membelinya lagi"), ("chargeback", "mengembalikan dana"),
                        ("refund", "Dananya sudah dikembalikan")):  # fmt: skip
        public_id = (await actions.buy(db, buyer, product)).public_id
        attempt = await open_attempt(db, public_id)
        paid = said(attempt)
        await payments.hear(db, attempt, paid)
        returned = 0 if word == "deny" else 157_500
        await payments.hear(
            db, attempt, said(attempt, word, transaction_id=paid.transaction_id, returned=returned)
        )
        await browser.get("/user/transactions?status=cancelled")
        card = browser.page.css_first(f"#order-{public_id}")
        assert card is not None and words in card.text() and "tidak lagi di library Anda" in card.text()
        if word != "refund":
            await mentor.get("/expert/dashboard/transaksi")
            sale = mentor.page.css_first(f"#order-{public_id}")
            assert sale is not None and "Bank menarik kembali pembayarannya" in sale.text()
    await actions.put_away(db, seller.id, product)
    answer = await browser.get(f"/products/{product}/buy")
    assert answer.status_code == 422 and "tidak lagi dijual" in browser.text
    assert browser.page.css_first(f"a[href='/expert/{seller.slug}#produk']") is not None
    assert (await browser.get("/products/999999/buy")).status_code == 404


async def test_the_expert_offers_changes_and_puts_away(site: Site) -> None:
    db = site.db
    seller, other = await make_seller(db), await make_seller(db, "Lain")
    browser = await seller_browser(site, seller)
    await browser.get(SHELF)
    assert "Chat Konsultasi" in browser.text and "Belum ada produk" in browser.text
    new = f"{SHELF}/produk/baru"
    await browser.get(new)
    token = browser.page.css_first("main input[name=_csrf]").attributes["value"]
    said = {"_csrf": token, "type": "ebook", "name": "Panduan", "price": "Rp 75.000", "active": "y"}

    async def send(path: str, data: bytes | None = None, field: str = "file", **changes: str) -> int:
        sent = {field: ("../Panduan Wawancara.pdf", data)} if data is not None else None
        parts = {name: (None, value) for name, value in (said | changes).items()}
        browser.answer = await browser.client.post(path, files=parts | (sent or {}))
        return browser.answer.status_code

    for changes, words in (
        ({}, "Unggah berkasnya, atau tulis tautan"),
        ({"link": "http://a.example"}, "diawali https://"),
        ({"link": "https://a:b@c.example"}, "nama pengguna"),
        ({"link": "javascript:alert(1)"}, "diawali https://"),
        ({"link": LINK, "price": "1.5"}, "rupiah bulat"),
        ({"link": LINK, "price": "50,000"}, "rupiah bulat"),
        ({"link": LINK, "price": "٥٠٠٠٠"}, "rupiah bulat"),
        ({"link": LINK, "price": "-50000"}, "rupiah bulat"),
        ({"link": LINK, "price": "9999"}, "Harga antara"),
        ({"link": LINK, "price": "9223372036854775808"}, "rupiah bulat"),
        ({"link": LINK, "name": "ab"}, "3 sampai 80"),
        ({"link": LINK, "type": "mobil"}, "Pilih salah satu"),
    ):
        assert await send(new, **changes) == 422, changes
        assert words in browser.text, (changes, browser.text)
        assert browser.page.css_first("[name=name]").attributes["value"] == changes.get("name", "Panduan")
    for data, words in (
        (b"MZ" + bytes(100), "bukan PDF, EPUB"),
        (files.picture("PNG"), "bukan PDF, EPUB"),
        (files.script_pdf(), "berisi program"),
        (b"", "kosong"),
    ):
        assert await send(new, data) == 422
        assert words in browser.text
    assert await send(new, bytes(MOST_FILE_BYTES + 1)) == 413
    assert "paling besar 50 MB" in browser.text
    assert await send(new, files.pdf(), link=LINK) == 422
    assert "Pilih salah satu" in browser.text
    assert await db.fetchval("SELECT count(*) FROM products") == 0

    assert await send(new, files.pdf(3)) == 303
    one = browser.answer.headers["location"]
    product_id = int(one.rsplit("/", 1)[1])
    await browser.get(one)
    assert "Panduan Wawancara.pdf" in browser.text
    assert browser.page.css_first("[name=price]").attributes["value"] == "75000"
    assert await send(f"{one}/gambar", files.telling("JPEG"), "thumbnail") == 303
    assert await send(f"{one}/gambar", files.pdf(), "thumbnail") == 422
    await browser.get(one)
    picture = browser.page.css_first(".picture img").attributes["src"]
    seen = await (await browser_of(site, None)).get(picture)
    assert seen.headers["content-type"] == "image/webp" and "immutable" in seen.headers["cache-control"]
    assert files.GPS_SECRET not in seen.content

    assert await send(one, name="Panduan Baru", active="") == 303, "the file stays"
    row = await db.fetchrow("SELECT name, active, file_id, link FROM products")
    assert (row["name"], row["active"], row["link"]) == ("Panduan Baru", False, None) and row["file_id"]
    assert await send(one, link=LINK) == 303
    row = await db.fetchrow("SELECT file_id, link FROM products")
    assert tuple(row) == (None, LINK)
    await site.sweep()
    assert await db.fetchval("SELECT count(*) FROM product_files") == 2, "somebody may be fetching it"
    await site.move_clock(timedelta(hours=25))
    assert await db.fetchval("SELECT array_agg(kind) FROM product_files") == ["thumbnail"]

    stranger = await seller_browser(site, other)
    for path in (one, f"{one}/hapus"):
        assert (await stranger.get(path)).status_code == 404
    await stranger.get(SHELF)
    for path in (one, f"{one}/gambar", f"{one}/hapus"):
        assert (await stranger.post(path, {"name": "Punya saya"})).status_code == 404
    await browser.get(f"{one}/hapus")
    await browser.submit("main form")
    assert "dihapus dari penjualan" in browser.text
    assert await db.fetchval("SELECT count(*) FROM products WHERE id = $1", product_id) == 0


async def test_a_download_that_broke_off_goes_on_and_is_counted_once(site: Site) -> None:
    db, buyer, seller = site.db, await make_user(site.db), await make_seller(site.db)
    data = files.pdf(30)
    file_id = await store_file(db, site.resources.storage, seller, data)
    await purchase(db, buyer, await make_product(db, seller, file_id=file_id))
    browser = await browser_of(site, buyer)
    await browser.get("/user/library")
    path = browser.page.css_first(".goods a.btn").attributes["href"]

    async def ask(wanted: str, **headers: str) -> tuple[int, bytes]:
        answer = await browser.client.get(path, headers={"Range": wanted} | headers)
        return answer.status_code, answer.content

    assert await ask("bytes=100-") == (200, data), "nothing was begun yet: all of it, counted"
    assert await ask("bytes=100-") == (206, data[100:])
    assert await ask("bytes=100-", **{"If-Range": f'"{file_id}"'}) == (206, data[100:])
    assert (await ask(f"bytes={len(data)}-"))[0] == 416
    assert await db.fetchval("SELECT downloads FROM purchases") == 1
    for wanted, headers in (("bytes=0-", {}), ("bytes=5-9", {}), ("bytes=100-", {"If-Range": '"lain"'})):
        assert await ask(wanted, **headers) == (200, data), wanted
    assert await db.fetchval("SELECT downloads FROM purchases") == 4
    await site.move_clock(timedelta(hours=7))
    assert await ask("bytes=100-") == (200, data), "too long ago to go on"
    assert await db.fetchval("SELECT downloads FROM purchases") == 5


async def test_earnings_of_products_become_available_in_time_and_a_return_is_told(site: Site) -> None:
    db, buyer, seller = site.db, await make_user(site.db), await make_seller(site.db)
    fetched = await purchase(db, buyer, await make_product(db, seller))
    await purchase(db, buyer, await make_product(db, seller, "Tidak diunduh"))
    given_back = await purchase(db, buyer, await make_product(db, seller, "Dikembalikan"))
    await actions.count_download(db, buyer, fetched)
    await payments.return_product(db, buyer, given_back)

    async def earned() -> tuple[int, int]:
        now = await ledger.earnings(db, seller.id)
        return now.held, now.available

    await site.sweep()
    assert await earned() == (252_000, 0)
    await site.move_clock(timedelta(hours=23))
    assert await earned() == (252_000, 0)
    await site.move_clock(timedelta(hours=2))
    assert await earned() == (126_000, 126_000)
    await site.move_clock(timedelta(days=6))
    assert await earned() == (0, 252_000)
