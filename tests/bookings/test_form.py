"""The booking form as a browser without script, and as htmx, sees it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mentorinaja import formats
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    make_seller,
    make_user,
    pay,
    seller_browser,
    slot_in,
)
from tests.support.site import Browser, Site

FORM = "#booking"
TOPIC = "Pindah karier ke produk"


def address(seller: Seller, **query: Any) -> str:
    asked = {"service": seller.service_id} | query
    return f"/expert/{seller.slug}/booking?" + "&".join(f"{name}={value}" for name, value in asked.items())


def typed(starts: datetime, zone: str = formats.WIB) -> dict[str, str]:
    local = starts.astimezone(ZoneInfo(zone))
    return {
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "topic": TOPIC,
        "payment_method": "qris",
    }


async def open_form(site: Site, seller: Seller, **query: Any) -> Browser:
    browser = await browser_of(site, await make_user(site.db))
    answer = await browser.get(address(seller, **query))
    assert answer.status_code == 200
    return browser


def error_at(browser: Browser, name: str) -> str:
    """The sentence tied to a field."""
    node = browser.page.css_first(f"#{name}-error")
    return node.text(strip=True) if node else ""


async def test_a_booking_leads_to_its_payment(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    starts = await slot_in(site.db, days=1)
    answer = await browser.submit(FORM, typed(starts) | {"notes": "Satu\r\nDua"}, follow=False)
    assert answer.status_code == 303
    row = await site.db.fetchrow(
        """SELECT o.public_id, o.payment_method, b.starts_at, b.topic, b.notes
           FROM orders o JOIN bookings b ON b.order_id = o.id"""
    )
    assert row is not None and answer.headers["location"] == f"/payment/{row['public_id']}"
    assert (row["starts_at"], row["topic"], row["notes"]) == (starts, TOPIC, "Satu\nDua")
    assert row["payment_method"] == "qris"


async def test_the_form_shows_what_is_drawn(site: Site) -> None:
    seller = await make_seller(site.db, ready=True)
    browser = await open_form(site, seller)
    for words in (
        "← Kembali ke Detail Expert", "Sari Wulandari", "Pilih Tanggal", "Pilih Waktu", "Topik Konsultasi",
        "Catatan Tambahan (Opsional)", "Metode Pembayaran", "Credit/Debit Card", "Bank Transfer",
        "E-Wallet (GoPay, OVO, Dana)", "QRIS", "RINGKASAN", "Subtotal", "Rp 150.000",
        "Admin Fee (5%)", "Rp 7.500", "TOTAL", "Rp 157.500", "Lanjut ke Pembayaran", "Sekarang",
    ):  # fmt: skip
        assert words in browser.text, words
    names = {node.attributes["name"] for node in browser.page.css(f"{FORM} [name]")} - {
        "_csrf",
        "show",
        "shown",
    }
    assert names == {"service", "date", "time", "zone", "topic", "notes", "payment_method"}
    ids = [node.attributes["id"] for node in browser.page.css("[id]")]
    assert len(ids) == len(set(ids))
    for node in browser.page.css("input:not([type=hidden]), select, textarea"):
        labelled = browser.page.css_first(f"label[for='{node.attributes['id']}']")
        assert labelled or (node.parent and node.parent.tag == "label"), node.html


async def test_visitors_sign_in_first_and_come_back_to_the_service(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await browser_of(site, None)
    back = f"/login?next=/expert/{seller.slug}/booking%3Fservice%3D{seller.service_id}"
    for answer in (
        await browser.get(address(seller), follow=False),
        await browser.post(address(seller), {"topic": TOPIC}),
    ):
        assert answer.status_code == 303 and answer.headers["location"] == back


async def test_nobody_books_themselves(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    answer = await browser.get(address(seller))
    assert answer.status_code == 409 and "layanan Anda sendiri" in browser.text


async def test_what_is_not_there_is_not_there(site: Site) -> None:
    seller, other = await make_seller(site.db), await make_seller(site.db)
    browser = await browser_of(site, await make_user(site.db))
    for path in (
        "/expert/tidak-ada/booking",
        f"/expert/{seller.slug}/booking?service={other.service_id}",
        f"/expert/{seller.slug}/booking?service=abc",
        f"/expert/{seller.slug}/booking?service=" + "9" * 40,
    ):
        assert (await browser.get(path)).status_code == 404, path
    assert (await browser.get(f"/expert/{seller.slug}/booking")).status_code == 200


async def test_an_old_address_still_books(site: Site) -> None:
    seller = await make_seller(site.db)
    await site.db.execute("INSERT INTO expert_slugs VALUES ('nama-lama', $1)", seller.id)
    browser = await browser_of(site, await make_user(site.db))
    await browser.get(f"/expert/nama-lama/booking?service={seller.service_id}")
    answer = await browser.submit(FORM, typed(await slot_in(site.db, days=1)), follow=False)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": ""}, "service"),
        ({"service": "x"}, "service"),
        ({"service": "999999999999999999999"}, "service"),
        ({"date": ""}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "2020-01-01"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "٢٠٢٦-١٢-٠١"}, "date"),
        ({"date": "26-11-2026"}, "date"),
        ({"date": "x" * 5000}, "date"),
        ({"time": ""}, "time"),
        ({"time": "24:00"}, "time"),
        ({"time": "9:00"}, "time"),
        ({"time": "٠٩:٠٠"}, "time"),
        ({"time": "09:07"}, "time"),
        ({"time": "now"}, "time"),
        ({"zone": ""}, "time"),
        ({"zone": "Europe/Berlin"}, "time"),
        ({"topic": ""}, "topic"),
        ({"topic": "abcd"}, "topic"),
        ({"topic": "    a    "}, "topic"),
        ({"topic": "a" * 151}, "topic"),
        ({"topic": "topik\x00rahasia"}, "topic"),
        ({"topic": "dua\nbaris saja"}, "topic"),
        ({"notes": "a" * 2001}, "notes"),
        ({"notes": "nol\x00"}, "notes"),
        ({"payment_method": ""}, "payment_method"),
        ({"payment_method": "cash"}, "payment_method"),
        ({"payment_method": "CARD"}, "payment_method"),
    ],
    ids=lambda given: str(given)[:40],
)
async def test_what_is_wrong_is_said_beside_its_field(
    site: Site, changes: dict[str, str], field: str
) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    sent = typed(await slot_in(site.db, days=1)) | {"notes": "Catatan saya"} | changes
    answer = await browser.submit(FORM, sent)
    assert answer.status_code == 422
    assert error_at(browser, field)
    assert browser.page.css_first(f"#error-summary a[href^='#{field}']")
    kept = browser.page.css_first("#topic").attributes.get("value")
    assert kept == sent["topic"].replace("\x00", "").strip()
    assert await site.db.fetchval("SELECT count(*) FROM orders") == 0


async def test_every_field_missing_is_said(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    token = browser.page.css_first("input[name=_csrf]").attributes["value"] or ""
    answer = await browser.client.post(address(seller), data={"_csrf": token})
    assert answer.status_code == 422
    browser.answer = answer
    for field in ("service", "date", "time", "topic", "payment_method"):
        assert error_at(browser, field), field


async def test_emoji_and_any_script_are_words_like_others(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    topic = "Karier 🚀 مهنة 职业"
    answer = await browser.submit(
        FORM, typed(await slot_in(site.db, days=1)) | {"topic": topic, "notes": "😀" * 2000}, follow=False
    )
    assert answer.status_code == 303
    assert await site.db.fetchval("SELECT topic FROM bookings") == topic


async def test_what_people_type_is_never_markup(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    evil = '"><script>alert(1)</script>'
    await browser.submit(FORM, {"topic": evil, "notes": "</textarea>" + evil, "date": evil, "time": evil})
    assert not browser.page.css("main script")
    assert browser.page.css_first("#topic").attributes["value"] == evil
    assert browser.page.css_first("#notes").text().strip() == "</textarea>" + evil


async def test_another_experts_service_cannot_be_slipped_in(site: Site) -> None:
    seller, other = await make_seller(site.db), await make_seller(site.db)
    browser = await open_form(site, seller)
    answer = await browser.submit(
        FORM, typed(await slot_in(site.db, days=1)) | {"service": str(other.service_id)}
    )
    assert answer.status_code == 422 and error_at(browser, "service")


async def test_times_are_those_of_the_persons_zone(site: Site) -> None:
    seller = await make_seller(site.db)
    wit = "Asia/Jayapura"
    browser = await browser_of(site, await make_user(site.db, zone=wit))
    await browser.get(address(seller))
    assert "WIT" in browser.text
    starts = await slot_in(site.db, days=1)
    answer = await browser.submit(FORM, typed(starts, wit), follow=False)
    assert answer.status_code == 303
    assert await site.db.fetchval("SELECT starts_at FROM bookings") == starts


async def test_a_lost_race_keeps_what_was_typed_and_offers_three_times(site: Site) -> None:
    seller = await make_seller(site.db)
    starts = await slot_in(site.db, days=1)
    browser = await open_form(site, seller)
    await book(site.db, await make_user(site.db), seller, starts)
    answer = await browser.submit(FORM, typed(starts) | {"notes": "Catatan saya"})
    assert answer.status_code == 409 and "Slot ini baru saja diambil" in browser.text
    assert browser.page.css_first("#topic").attributes["value"] == TOPIC
    assert browser.page.css_first("#notes").text().strip() == "Catatan saya"
    offered = [node.attributes["value"] or "" for node in browser.page.css("#notice button[name=show]")]
    assert len(offered) == 3
    await browser.submit(FORM, {"show": offered[0]})
    assert browser.page.css_first("input[name=time]:checked").attributes["value"] == offered[0][-5:]
    assert browser.page.css_first("#topic").attributes["value"] == TOPIC
    answer = await browser.submit(FORM, follow=False)
    assert answer.status_code == 303


async def test_the_same_booking_twice_leads_to_the_first(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    page, sent = browser.answer, typed(await slot_in(site.db, days=1))
    first = await browser.submit(FORM, sent, follow=False)
    browser.answer = page
    second = await browser.submit(FORM, sent, follow=False)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]


async def test_too_many_unpaid_bookings_lead_to_one_of_them(site: Site) -> None:
    seller, budi = await make_seller(site.db), await make_user(site.db)
    starts = await slot_in(site.db, days=1)
    unpaid = await book(site.db, budi, seller, starts)
    browser = await browser_of(site, budi)
    await browser.get(address(seller))
    answer = await browser.submit(FORM, typed(starts + timedelta(hours=3)))
    assert answer.status_code == 422
    assert browser.page.css_first(f"#notice a[href='/payment/{unpaid}']")


async def test_an_own_session_at_that_time_is_said(site: Site) -> None:
    seller, budi = await make_seller(site.db), await make_user(site.db)
    starts = await slot_in(site.db, days=1)
    await pay(site.db, await book(site.db, budi, await make_seller(site.db), starts))
    browser = await browser_of(site, budi)
    await browser.get(address(seller))
    answer = await browser.submit(FORM, typed(starts))
    assert answer.status_code == 409 and "sudah punya sesi lain" in browser.text


async def test_methods_below_the_total_are_off_and_say_why(site: Site) -> None:
    seller = await make_seller(site.db, price=10_000_000)
    browser = await open_form(site, seller)
    for method, most in (("qris", "Rp 10.000.000"), ("cstore", "Rp 5.000.000")):
        option = browser.page.css_first(f"input[value={method}]")
        assert "disabled" in option.attributes and option.parent is not None
        assert f"Paling banyak {most}" in option.parent.text()
    answer = await browser.submit(FORM, typed(await slot_in(site.db, days=1)) | {"payment_method": "qris"})
    assert answer.status_code == 422 and error_at(browser, "payment_method")


async def test_now_is_booked_without_a_date(site: Site) -> None:
    seller = await make_seller(site.db, ready=True)
    browser = await open_form(site, seller)
    sent = typed(await slot_in(site.db, days=1)) | {"time": "now", "date": ""}
    answer = await browser.submit(FORM, sent, follow=False)
    assert answer.status_code == 303
    assert await site.db.fetchval("SELECT is_now FROM bookings")


async def test_another_day_is_shown_without_script_and_keeps_what_was_typed(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    days = [node.attributes["value"] or "" for node in browser.page.css("input[name=date]")]
    answer = await browser.submit(FORM, {"date": days[3], "topic": TOPIC, "notes": "n", "show": ""})
    assert answer.status_code == 200
    assert browser.page.css_first("input[name=date]:checked").attributes["value"] == days[3]
    assert browser.page.css_first("#topic").attributes["value"] == TOPIC
    assert not browser.page.css(".error")


async def test_an_address_may_carry_the_day(site: Site) -> None:
    seller = await make_seller(site.db)
    day = f"{await slot_in(site.db, days=5):%Y-%m-%d}"
    browser = await open_form(site, seller, date=day)
    assert browser.page.css_first("input[name=date]:checked").attributes["value"] == day
    for wrong in ("2026-02-30", "2020-01-01", "9999-12-31", "%00", "x"):
        assert (await browser.get(address(seller, date=wrong))).status_code in (200, 400)


async def test_htmx_gets_the_parts_that_change(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    day = f"{await slot_in(site.db, days=4):%Y-%m-%d}"
    answer = await browser.get(
        address(seller, date=day, time="10:00", zone=formats.WIB, payment_method="ewallet"),
        headers={"HX-Request": "true", "HX-Request-Type": "partial"},
    )
    assert answer.status_code == 200 and "<html" not in answer.text
    parts = [node.attributes["hx-target"] for node in browser.page.css("hx-partial")]
    assert parts == ["#pick-date", "#pick-time", "#pick-method", "#summary"]
    assert "E-Wallet" in browser.page.css_first("#summary").text()
    assert "10:00 WIB" in browser.page.css_first("#summary").text()
    assert not browser.page.css("[name=topic]")


async def test_a_forged_form_is_refused(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await open_form(site, seller)
    sent = typed(await slot_in(site.db, days=1)) | {"_csrf": "x"}
    assert (await browser.submit(FORM, sent)).status_code == 403
    assert await site.db.fetchval("SELECT count(*) FROM orders") == 0
