"""The payment pages: what each state says, who may see them, their stream, and paying from end to end."""

import asyncio
import email
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import policy
from typing import Any

import httpx
from selectolax.lexbor import LexborHTMLParser

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.payments import actions
from mentorinaja.web.viewer import Viewer
from tests.support.accounts import eventually
from tests.support.bookings import book, browser_of, make_seller, make_user, seller_browser, slot_in, state_of
from tests.support.payments import open_attempt, pay, said
from tests.support.site import Browser, Site

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
ADDRESSES = [
    "/payment/{}",
    "/payment/success?orderId={}",
    "/payment/pending?orderId={}",
    "/payment/error?orderId={}",
    "/payment/finish?order_id={}",
    "/payment/{}/events",
]


async def ordered(site: Site, **changes: Any) -> tuple[Viewer, str, Browser]:
    """A user with an unpaid order, and their browser."""
    seller = await make_seller(site.db, category=changes.pop("category", "online_chat"), ready=True)
    user = await make_user(site.db)
    starts_at = changes.pop("starts_at", await slot_in(site.db, days=2))
    public_id = await book(site.db, user, seller, starts_at, **changes)
    return user, public_id, await browser_of(site, user)


async def settle(site: Site, public_id: str, verb: str = "settle", **body: Any) -> None:
    await site.control("POST", f"/_control/transactions/{public_id}/{verb}", body)


async def to_deadline(site: Site, public_id: str, before: timedelta) -> None:
    deadline = await site.db.fetchval("SELECT pay_deadline FROM orders WHERE public_id = $1", public_id)
    await site.move_clock(deadline - site.resources.clock.now() - before)


async def until_state(site: Site, public_id: str, state: tuple[str, str]) -> None:
    ends = asyncio.get_running_loop().time() + 30
    while await state_of(site.db, public_id) != state:
        assert asyncio.get_running_loop().time() < ends, await state_of(site.db, public_id)
        await asyncio.sleep(0.05)


async def test_the_page_after_booking_says_what_is_to_be_paid_and_until_when(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    answer = await browser.get(f"/payment/{public_id}")
    assert answer.status_code == 200
    assert "Booking berhasil dibuat!" in browser.text
    assert f"Order ID: #{public_id}" in browser.text
    assert "Total Pembayaran Rp 157.500" in browser.text
    assert "Bayar sebelum" in browser.text
    assert "Bayar Sekarang" in browser.text
    assert browser.page.css_first('a[href="/user/transactions"].btn') is not None
    assert "Lanjut ke Midtrans" not in browser.text
    assert "snap.js" not in answer.text


async def test_paying_without_script_leads_to_a_link_and_back_to_success(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    answer = await browser.submit(f"form[action='/payment/{public_id}/pay']", follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/payment/{public_id}")
    await browser.get(f"/payment/{public_id}")
    link = next(a for a in browser.page.css("main a") if "Lanjut ke Midtrans" in a.text())
    async with httpx.AsyncClient() as client:
        await client.post(link.attributes["href"] or "", data={"method": "other_qris", "action": "pay"})
    await browser.get(f"/payment/finish?order_id={public_id}&status_code=200&transaction_status=settlement")
    for words in (
        "Pembayaran Berhasil!",
        f"Order ID: #{public_id}",
        "Rp 157.500",
        "Booking Anda telah dikonfirmasi!",
        "Sari Wulandari",
        "Chat Konsultasi (30 menit)",
        "WIB",
        "Meeting Link:",
        "Email konfirmasi telah dikirim",
        "Join Session",
        "Lihat Invoice",
        "Kembali ke Home",
    ):
        assert words in browser.text
    room = await site.db.fetchval("SELECT id::text FROM bookings")
    assert f"{site.url}/session?bookingId={room}" in browser.text


async def test_htmx_gets_the_part_that_opens_snap(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    answer = await browser.post(f"/payment/{public_id}/pay", {}, headers=HTMX)
    place = browser.page.css_first("#midtrans-window")
    assert answer.status_code == 200 and place is not None
    token = await site.db.fetchval("SELECT snap_token FROM payment_attempts")
    assert place.attributes["data-token"] == token
    assert place.attributes["data-snap-js"] == f"{site.simulator_url}/snap/snap.js"
    assert place.attributes["data-client-key"] == site.settings.midtrans_client_key
    policy_text = answer.headers["content-security-policy"]
    assert f"script-src 'self' {site.simulator_url}" in policy_text
    assert site.settings.midtrans_server_key not in answer.text


async def test_every_address_asks_three_people(site: Site) -> None:
    _, public_id, payer = await ordered(site)
    stranger = await browser_of(site, await make_user(site.db, "Ani"))
    seller = await make_seller(site.db)
    expert = await seller_browser(site, seller)
    visitor = await browser_of(site, None)
    await pay(site.db, public_id)  # so that streams end
    for address in ADDRESSES:
        path = address.format(public_id)
        assert (await payer.get(path)).status_code == 200, path
        assert (await stranger.get(path)).status_code == 404, path
        assert (await expert.get(path)).status_code == 404, path
        answer = await visitor.get(path, follow=False)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login?next=/payment/"), path
        assert (await payer.get(address.format("BE-20261126-ABC234"))).status_code == 404, path
    assert (await stranger.post(f"/payment/{public_id}/pay", await token_of(stranger))).status_code == 404
    assert (await payer.client.post(f"/payment/{public_id}/pay")).status_code == 403


async def token_of(browser: Browser) -> dict[str, str]:
    """The form token of a page with a form."""
    await browser.get("/")
    token = browser.page.css_first("input[name=_csrf]")
    return {"_csrf": (token.attributes.get("value") or "") if token else ""}


async def test_addresses_without_a_sound_order_id_are_not_there(site: Site) -> None:
    _, _, browser = await ordered(site)
    for odd in ("", "x", "BE-20261126-ABC234-2-3", "../x", "BE-20261126-ABC23\x00", "1" * 3000):
        for page in ("success", "pending", "error", "finish"):
            answer = await browser.client.get(f"/payment/{page}", params={"orderId": odd})
            assert answer.status_code == 404, (page, odd)


async def test_the_address_claims_nothing(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/success?orderId={public_id}")
    assert "Menunggu pembayaran…" in browser.text
    assert "Berhasil" not in browser.text
    await browser.get(f"/payment/error?orderId={public_id}")
    assert "Pembayaran gagal. Silakan coba lagi." in browser.text
    await browser.get(f"/payment/finish?order_id={public_id}&transaction_status=settlement&status_code=200")
    assert "Menunggu pembayaran…" in browser.text
    assert await state_of(site.db, public_id) == ("pending", "waiting")
    await pay(site.db, public_id)
    for page in ("success", "pending", "error"):
        await browser.get(f"/payment/{page}?orderId={public_id}")
        assert "Pembayaran Berhasil!" in browser.text


async def test_an_attempts_own_number_is_understood(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await pay(site.db, public_id, 2)
    await browser.get(f"/payment/finish?order_id={public_id}-2")
    assert "Pembayaran Berhasil!" in browser.text


async def test_coming_back_asks_midtrans_though_no_notification_came(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    await browser.submit("#pay-forms form")
    await settle(site, public_id, notify=False)
    await browser.get(f"/payment/success?orderId={public_id}")
    assert "Pembayaran Berhasil!" in browser.text


async def test_a_payment_known_by_its_transaction_alone_is_found_by_the_hint(site: Site) -> None:
    _, public_id, browser = await ordered(site, payment_method="ewallet")
    await browser.get(f"/payment/{public_id}")
    await browser.submit("#pay-forms form")
    await settle(site, public_id, method="dana", notify=False)
    known = await site.control("GET", "/_control/transactions")
    hint = known[0]["transactions"][0]["transaction_id"]
    await browser.get(f"/payment/success?orderId={public_id}&transaction=nonsense")
    assert "Menunggu pembayaran…" in browser.text
    await browser.get(f"/payment/success?orderId={public_id}&transaction={hint}")
    assert "Pembayaran Berhasil!" in browser.text


async def test_midtrans_away_while_paying_keeps_the_booking(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    for fault in ({"error_before": 500}, {"html": True}, {"cut_after": True}, {"rate_limit": True}):
        await site.control("PUT", "/_control/faults", {"create": fault})
        await browser.get(f"/payment/{public_id}")
        answer = await browser.submit("#pay-forms form")
        assert answer.status_code == 503
        assert "Midtrans belum menjawab" in browser.text and "Booking Anda tetap tersimpan" in browser.text
        answer = await browser.post(f"/payment/{public_id}/pay", {}, headers=HTMX)
        assert answer.status_code == 200
        assert browser.page.css_first("#midtrans-trouble[role=alert]") is not None
    await site.control("PUT", "/_control/faults", {})
    await browser.get(f"/payment/{public_id}")
    await browser.submit("#pay-forms form")
    assert "Lanjut ke Midtrans" in browser.text


async def test_midtrans_away_does_not_keep_the_pages_waiting(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await open_attempt(site.db, public_id)
    await site.control("PUT", "/_control/faults", {"status": {"delay": 14}})
    before = asyncio.get_running_loop().time()
    await browser.get(f"/payment/success?orderId={public_id}")
    assert asyncio.get_running_loop().time() - before < 13
    assert "Menunggu pembayaran…" in browser.text
    await site.control("PUT", "/_control/faults", {})


async def test_other_methods_can_be_opened(site: Site) -> None:
    _, public_id, browser = await ordered(site, payment_method="card")
    await browser.get(f"/payment/{public_id}")
    await browser.submit("#pay-forms form")
    await browser.submit("#pay-forms form:has(input[name=method])")
    rows = await site.db.fetch("SELECT state FROM payment_attempts ORDER BY number")
    assert [row["state"] for row in rows] == ["closed", "open"]


async def test_too_short_before_the_deadline_paying_is_closed(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    await to_deadline(site, public_id, timedelta(seconds=90))
    answer = await browser.submit("#pay-forms form")
    assert answer.status_code == 409
    assert "Waktu pembayarannya hampir habis" in browser.text
    await browser.get(f"/payment/{public_id}")
    assert browser.page.css_first("#pay-forms") is None


async def test_an_amount_that_does_not_match_is_being_looked_at(site: Site) -> None:
    _, public_id, browser = await ordered(site, payment_method="bank_transfer")
    await browser.get(f"/payment/{public_id}")
    await browser.submit("#pay-forms form")
    await site.control("POST", f"/_control/transactions/{public_id}/settle", {"amount": 1_000})
    await eventually(lambda: site.db.fetchval("SELECT under_review FROM orders"))
    await browser.get(f"/payment/{public_id}")
    assert "Pembayaran sedang diperiksa" in browser.text and "pembayaran kartu" not in browser.text
    assert await state_of(site.db, public_id) == ("pending", "waiting")


async def test_what_was_cancelled_cannot_be_paid(site: Site) -> None:
    user, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    await bookings.cancel_unpaid(site.db, user, public_id)
    answer = await browser.submit("#pay-forms form")
    assert answer.status_code == 409
    assert "Booking ini dibatalkan" in browser.text
    assert await site.db.fetchval("SELECT count(*) FROM payment_attempts") == 0


async def test_after_the_deadline_the_page_says_so(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await to_deadline(site, public_id, -timedelta(seconds=1))
    await browser.get(f"/payment/{public_id}")
    assert "Waktu pembayaran sudah habis" in browser.text
    assert "Pesan jadwal lain" in browser.text
    assert await state_of(site.db, public_id) == ("cancelled", "expired")


async def test_each_state_has_its_own_words(site: Site) -> None:
    db = site.db
    user, given_up, browser = await ordered(site)
    await bookings.cancel_unpaid(db, user, given_up)
    await browser.get(f"/payment/{given_up}")
    assert "Booking ini dibatalkan" in browser.text
    transaction_id = await pay(db, given_up)
    await browser.get(f"/payment/{given_up}")
    assert "Pembayaran masuk terlambat" in browser.text and "Rp 157.500" in browser.text
    await actions.hear(
        db, given_up, said(given_up, "refund", transaction_id=transaction_id, returned=157_500)
    )
    await browser.get(f"/payment/{given_up}")
    assert "Dana Anda dikembalikan" in browser.text

    _, review, browser = await ordered(site)
    await open_attempt(db, review)
    await actions.hear(db, review, said(review, "capture", fraud="challenge", status_code="201"))
    await browser.get(f"/payment/{review}")
    assert "Pembayaran sedang diperiksa" in browser.text
    assert browser.page.css_first("#pay-forms") is None

    _, waiting, browser = await ordered(site)
    await open_attempt(db, waiting)
    await actions.hear(db, waiting, said(waiting, "pending", status_code="201"))
    answer = await browser.get(f"/payment/{waiting}")
    assert "Menunggu pembayaran…" in browser.text
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh"\s+content="4">\s*</noscript>', answer.text)
    await actions.hear(db, waiting, said(waiting, "deny", status_code="202"))


async def test_a_video_session_shows_its_link_or_that_it_follows(site: Site) -> None:
    _, public_id, browser = await ordered(site, category="online_video")
    await pay(site.db, public_id)
    await browser.get(f"/payment/success?orderId={public_id}")
    assert "Tautan menyusul" in browser.text
    await actions.add_links(site.db, ["https://meet.test/abc"])
    await site.sweep()
    await browser.get(f"/payment/success?orderId={public_id}")
    assert browser.page.css_first("#meeting-link").text() == "https://meet.test/abc"
    assert browser.page.css_first("a[href^='/session/'][href$='/link']") is not None
    assert browser.page.css_first('a[href^="https://meet.test"]') is None, "nothing leads around us"
    assert browser.page.css_first('button[data-copy="https://meet.test/abc"]') is not None


async def test_a_second_payment_is_told_on_the_page(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await pay(site.db, public_id)
    await pay(site.db, public_id, 2)
    await browser.get(f"/payment/{public_id}")
    assert "pembayaran ganda sebesar Rp 157.500" in browser.text


@asynccontextmanager
async def stream(browser: Browser, path: str, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
    async with browser.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def next_data(lines: AsyncIterator[str]) -> str:
    """The next message's HTML."""
    data: list[str] = []
    async with asyncio.timeout(30):
        async for line in lines:
            if line.startswith("data:"):
                data.append(line[6:])
            elif not line and data:
                return "\n".join(data)
    raise AssertionError("the stream ended")


async def test_the_page_turns_by_itself_and_its_stream_ends_when_all_is_said(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    answer = await browser.get(f"/payment/pending?orderId={public_id}")
    place = browser.page.css_first("[hx-sse\\:connect]")
    assert place is not None
    address = place.attributes["hx-sse:connect"] or ""
    async with stream(browser, address) as lines:
        await open_attempt(site.db, public_id)
        await actions.hear(site.db, public_id, said(public_id, "deny", status_code="202"))
        async with asyncio.timeout(30):
            while "Pembayaran gagal" not in (html := await next_data(lines)):
                pass
        assert html.strip().startswith("<section") and html.count('id="payment"') == 1
        await actions.hear(site.db, public_id, said(public_id))
        async with asyncio.timeout(30):
            while "Pembayaran Berhasil!" not in await next_data(lines):
                pass
        rest = [line async for line in lines]
    assert "event: done" in rest
    again = await browser.client.get(address, headers={"Last-Event-ID": "selesai"})
    assert again.status_code == 204
    answer = await browser.get(f"/payment/pending?orderId={public_id}")
    assert "hx-sse:connect" not in answer.text


async def test_what_the_stream_pushes_is_what_the_page_shows(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await pay(site.db, public_id)
    await browser.get(f"/payment/success?orderId={public_id}")
    shown = browser.page.css_first("#payment")
    async with stream(browser, f"/payment/{public_id}/events?at=success") as lines:
        pushed = await next_data(lines)
    part = LexborHTMLParser(pushed).css_first("#payment")
    assert shown is not None and part is not None
    assert " ".join((shown.html or "").split()) == " ".join((part.html or "").split())


async def test_confirmation_mails_carry_the_session_in_a_calendar(site: Site) -> None:
    user, public_id, _ = await ordered(site)
    await pay(site.db, public_id)
    await site.sweep()
    messages = site.mailbox.messages
    parsed = [email.message_from_bytes(m.raw, policy=policy.default) for m in messages]
    assert len(parsed) == 2
    order = await orders.order_for(site.db, user, public_id)
    assert order is not None
    for message in parsed:
        calendar = next(p for p in message.walk() if p.get_content_type() == "text/calendar")
        text = calendar.get_content()
        text = text if isinstance(text, str) else text.decode()
        unfolded = text.replace("\r\n ", "")
        assert f"UID:{order.booking_id}@mentorinaja" in unfolded
        assert "SEQUENCE:0" in unfolded and "METHOD:REQUEST" in unfolded
        assert f"DTSTART:{order.starts_at:%Y%m%dT%H%M%SZ}" in unfolded
        body = message.get_body(("plain",))
        assert body is not None and f"#{public_id}" in body.get_content()
    subjects = sorted(message["Subject"] for message in parsed)
    assert subjects == ["Booking baru dari Budi Santoso", "Pembayaran berhasil: sesi dengan Sari Wulandari"]


async def test_mails_lead_to_a_video_meeting_through_us(site: Site) -> None:
    user, public_id, _ = await ordered(site, category="online_video")
    await actions.add_links(site.db, ["https://meet.test/abc"])
    await pay(site.db, public_id)
    await site.sweep()
    order = await orders.order_for(site.db, user, public_id)
    assert order is not None
    way = f"{site.url}/session/{order.booking_id}/link"
    parsed = [email.message_from_bytes(one.raw, policy=policy.default) for one in site.mailbox.messages]
    assert len(parsed) == 2
    for message in parsed:
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None and html is not None
        assert {f"Meeting Link: {way}", "Alamat rapat, untuk disalin: https://meet.test/abc"} <= set(
            plain.get_content().splitlines()
        )
        assert f'href="{way}"' in html.get_content() and 'href="https://meet.test' not in html.get_content()
        calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
        text = calendar.get_content()
        text = text if isinstance(text, str) else text.decode()
        assert f"URL:{way}" in text.replace("\r\n ", "") and "meet.test" not in text


async def test_pressing_pay_on_a_paid_order_leads_to_its_page(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    await pay(site.db, public_id)
    await browser.submit("#pay-forms form")
    assert "Pembayaran Berhasil!" in browser.text


async def test_paying_end_to_end_with_a_real_notification(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await browser.get(f"/payment/{public_id}")
    await browser.submit("#pay-forms form")
    await settle(site, public_id)
    await until_state(site, public_id, ("confirmed", "paid"))
