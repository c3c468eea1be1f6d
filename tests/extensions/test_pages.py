"""+15 menit as its two people see it: in the room, on the payment pages, in Riwayat and in mails."""

import re
from datetime import timedelta

import httpx

from mentorinaja.formats import clock_time, rupiah
from mentorinaja.notices.actions import take
from mentorinaja.notices.letters import compose
from mentorinaja.payments.mails import MAILS
from mentorinaja.rooms import actions
from tests.support.bookings import events_of, make_user
from tests.support.extensions import agreed, answer, ask, leave, order_of, pay_extension, running
from tests.support.rooms import enter_site, known_browser, meet_after, meet_later, room_path
from tests.support.site import Browser, Site


async def press(browser: Browser, words: str) -> httpx.Response:
    """Press a button of the room's panel, as a browser without script does."""
    button = next(found for found in browser.page.css("#panel button") if words in found.text())
    name = button.attributes.get("name")
    data = {name: button.attributes.get("value") or ""} if name else {}
    assert button.attributes.get("form") == "room-form"
    return await browser.post(button.attributes.get("formaction") or "", data, follow=True)


def stage_of(browser: Browser) -> str | None:
    panel = browser.page.css_first("#panel-extension")
    return panel.attributes.get("data-stage") if panel else None


async def test_both_come_to_an_agreement_in_the_room_and_the_payer_is_led_to_pay(site: Site) -> None:
    meeting = await running(site.db)
    budi, sari = (
        await enter_site(site, meeting, meeting.user),
        await enter_site(site, meeting, meeting.expert),
    )
    assert stage_of(budi) == "offered" and stage_of(sari) is None
    assert re.search(r"Bisa diminta sampai \d\d[.:]\d\d\. Dibayar setelah mentor setuju\.", budi.text)
    await press(budi, "+15 menit · Rp 78.750")
    assert "Menunggu jawaban mentor" in budi.text and not budi.page.css("#panel button")
    await sari.get(room_path(meeting))
    assert "Budi Santoso meminta +15 menit" in sari.text
    await press(sari, "Setuju")
    assert "Menunggu pembayaran Budi Santoso" in sari.text
    await budi.get(room_path(meeting))
    link = budi.page.css_first("#panel-extension a")
    assert link is not None and link.text() == "Bayar Rp 78.750"
    assert link.attributes["href"] == f"/payment/{await order_of(meeting)}"
    assert link.attributes["target"] == "_blank"


async def test_a_no_is_told_with_what_is_left_to_do(site: Site) -> None:
    meeting = await running(site.db)
    await ask(meeting)
    sari = await enter_site(site, meeting, meeting.expert)
    await press(sari, "Tolak")
    budi = await enter_site(site, meeting, meeting.user)
    assert "tidak dapat menambah waktu. Anda bisa bertanya sekali lagi." in budi.text
    assert stage_of(sari) is None
    await press(budi, "+15 menit")
    await answer(meeting, "no")
    await budi.get(room_path(meeting))
    assert stage_of(budi) == "refused" and not budi.page.css("#panel button")


async def test_asking_too_early_is_refused_with_the_times_and_the_way_back(site: Site) -> None:
    meeting = await running(site.db, left=12)
    budi = await enter_site(site, meeting, meeting.user)
    assert stage_of(budi) is None
    refused = await budi.post(f"/session/{meeting.booking_id}/extend", {})
    assert refused.status_code == 409 and "dari lima sampai dua menit sebelum sesi berakhir" in budi.text
    assert budi.page.css_first(f'a[href="{room_path(meeting)}"]') is not None


async def test_in_the_last_two_minutes_it_says_why_it_is_offered_no_more(site: Site) -> None:
    meeting = await running(site.db, left=2.5)
    budi = await enter_site(site, meeting, meeting.user)
    assert stage_of(budi) == "offered"
    await leave(meeting, 1.9)
    await budi.get(room_path(meeting))
    assert stage_of(budi) == "too_late" and not budi.page.css("#panel button")
    assert "Waktu tidak dapat ditambah lagi: sisanya tidak cukup untuk membayar." in budi.text
    sari = await enter_site(site, meeting, meeting.expert)
    assert stage_of(sari) is None


async def test_an_answer_waited_for_says_until_when(site: Site) -> None:
    meeting = await running(site.db)
    await ask(meeting)
    budi = await enter_site(site, meeting, meeting.user)
    end = (await meeting.room()).ends_at
    assert end is not None
    last = clock_time(end - timedelta(minutes=2), meeting.user.time_zone)
    assert f"Menunggu jawaban mentor sampai {last}" in budi.text


async def test_a_session_that_the_next_one_cuts_off_tells_both_and_sells_no_time(site: Site) -> None:
    meeting = await meet_later(site.db)
    room = await meeting.room()
    cut = room.scheduled_end
    await meet_after(site.db, meeting, cut)
    await meeting.go_to(cut - timedelta(minutes=25))
    await meeting.begin()
    await meeting.go_to(cut - timedelta(minutes=4))
    at = clock_time(cut, meeting.user.time_zone)
    for person, whose, to in (
        (meeting.user, "mentor", "Anda"),
        (meeting.expert, "Anda", "Budi Santoso"),
    ):
        browser = await enter_site(site, meeting, person)
        told = browser.page.css_first("#panel-cut")
        assert told is not None and told.text() == (
            f"Sesi ini berakhir {at} WIB karena sesi {whose} berikutnya; sisa waktu dikembalikan kepada {to}."
        )
    budi = await enter_site(site, meeting, meeting.user)
    refused = await budi.post(f"/session/{meeting.booking_id}/extend", {})
    assert refused.status_code == 409 and f"Sesi mentor berikutnya mulai {at}" in budi.text


async def test_what_is_too_cheap_says_so(site: Site) -> None:
    meeting = await running(site.db, minutes=480)
    budi = await enter_site(site, meeting, meeting.user)
    assert stage_of(budi) == "too_cheap" and "di bawah pembayaran paling kecil" in budi.text


async def test_paying_leads_back_to_the_room(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    budi = await known_browser(site, meeting.user)
    await budi.get(f"/payment/{public_id}")
    assert "Tambahan waktu disetujui!" in budi.text and "Total Pembayaran Rp 78.750" in budi.text
    assert "Sesi tetap berakhir pada waktunya sampai pembayaran Anda masuk" in budi.text
    assert "Bayar Nanti" not in budi.text
    await budi.submit(f"form[action='/payment/{public_id}/pay']", follow=True)
    attempt = await site.db.fetchrow("SELECT * FROM payment_attempts WHERE gateway_order_id = $1", public_id)
    assert attempt is not None and attempt["enabled_payments"] == ["other_qris"]
    link = next(a for a in budi.page.css("main a") if "Lanjut ke Midtrans" in a.text())
    async with httpx.AsyncClient() as client:
        await client.post(link.attributes["href"] or "", data={"method": "other_qris", "action": "pay"})
    await budi.get(f"/payment/success?orderId={public_id}")
    assert "Pembayaran Berhasil!" in budi.text and "Waktu sesi bertambah 15 menit." in budi.text
    assert "Meeting Link" not in budi.text
    back = budi.page.css_first("#paid a.btn")
    assert back is not None and (back.text(), back.attributes["href"]) == (
        "Kembali ke sesi",
        room_path(meeting),
    )
    await actions.advance(site.db, meeting.booking_id)
    await budi.get(room_path(meeting))
    remaining = budi.page.css_first("#countdown")
    assert remaining is not None and int(remaining.attributes["data-remaining"] or 0) > 18 * 60


async def test_nothing_the_bank_may_take_back_is_offered_and_all_methods_may_be(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    budi = await known_browser(site, meeting.user)
    await budi.get(f"/payment/{public_id}")
    await budi.post(f"/payment/{public_id}/pay", {"method": "any"})
    enabled = await site.db.fetchval(
        "SELECT enabled_payments FROM payment_attempts WHERE gateway_order_id = $1", public_id
    )
    assert "other_qris" in enabled and "gopay" in enabled
    assert not {"permata_va", "echannel", "indomaret"} & set(enabled)


async def test_money_after_the_end_is_told_on_the_payment_pages(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    budi = await known_browser(site, meeting.user)
    await leave(meeting, 1.5)
    await budi.get(f"/payment/{public_id}")
    assert "Tinggal kurang dari dua menit" in budi.text and not budi.page.css("form[action$='/pay']")
    await leave(meeting, -0.1)
    await budi.get(f"/payment/{public_id}")
    assert "Tambahan waktu ini tidak terbayar sebelum sesi berakhir" in budi.text
    await pay_extension(site.db, public_id)
    await actions.advance(site.db, meeting.booking_id)
    await budi.get(f"/payment/{public_id}")
    assert "masuk setelah sesi berakhir, jadi waktunya tidak dapat ditambah lagi" in budi.text
    assert "Dana Anda kami kembalikan sepenuhnya" in budi.text
    await budi.get("/user/transactions?status=cancelled")
    assert public_id in budi.text


async def test_after_the_end_midtrans_is_told_that_nothing_is_to_be_paid(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    budi = await known_browser(site, meeting.user)
    await budi.get(f"/payment/{public_id}")
    await budi.post(f"/payment/{public_id}/pay", {})
    await actions.end(site.db, meeting.user, meeting.booking_id)
    await site.sweep()
    assert await events_of(site.db, public_id) == ["created", "expired"]
    state = await site.db.fetchval(
        "SELECT state FROM payment_attempts WHERE gateway_order_id = $1", public_id
    )
    assert state == "closed"


async def test_riwayat_the_invoice_and_the_experts_list_know_it(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    budi, sari = await known_browser(site, meeting.user), await known_browser(site, meeting.expert)
    await budi.get("/user/transactions?status=pending")
    card = budi.page.css_first(f"#order-{public_id}")
    assert (
        card is not None and "+15 menit: Chat Konsultasi" in card.text() and "Bayar Sekarang" in card.text()
    )
    await sari.get("/expert/dashboard/transaksi")
    assert public_id not in sari.text
    await pay_extension(site.db, public_id)
    await actions.advance(site.db, meeting.booking_id)
    await budi.get("/user/transactions?status=confirmed")
    assert {public_id, meeting.order_id} <= set(re.findall(r"(?:BE|EX)-\d{8}-\w{6}", budi.text))
    await budi.get(f"/invoice/{public_id}")
    assert "LUNAS" in budi.text and "Rp 78.750" in budi.text and "Rp 3.750" in budi.text
    await sari.get(f"/invoice/{public_id}")
    assert "Rp 63.000" in sari.text
    await sari.get("/expert/dashboard/transaksi?status=confirmed")
    assert public_id in sari.text
    await sari.get("/expert/dashboard")
    assert len(sari.page.css(f'a[href="{room_path(meeting)}"]')) == 1
    await leave(meeting, -0.1)
    await actions.advance(site.db, meeting.booking_id)
    await budi.get("/user/transactions?status=completed")
    card = budi.page.css_first(f"#order-{public_id}")
    assert card is not None and "Waktu ditambahkan" in card.text() and "Beri Review" not in card.text()
    await budi.get(f"/user/transactions/{public_id}/review")
    assert budi.answer is not None and budi.answer.status_code == 404


async def test_it_is_given_up_like_any_unpaid_order(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    budi = await known_browser(site, meeting.user)
    await budi.get(f"/user/transactions/{public_id}/cancel")
    assert "Batalkan tambahan waktu ini?" in budi.text and "Sesi tetap berakhir pada waktunya." in budi.text
    await budi.submit("main form")
    assert "Tambahan waktu dibatalkan." in budi.text
    assert await events_of(site.db, public_id) == ["created", "cancelled"]
    await budi.get(room_path(meeting))
    assert stage_of(budi) == "lapsed" and "Tidak ada yang ditagih" in budi.text
    await budi.get(f"/payment/{public_id}")
    assert "Tambahan waktu dibatalkan" in budi.text


async def test_others_do_not_even_know_it(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    for browser in (
        await known_browser(site, await make_user(site.db)),
        await known_browser(site, meeting.expert),
    ):
        await browser.get("/user/profile")
        for address in (
            f"/payment/{public_id}",
            f"/invoice/{public_id}",
            f"/user/transactions/{public_id}/cancel",
        ):
            assert (await browser.get(address)).status_code == 404
    stranger = await known_browser(site, await make_user(site.db))
    await stranger.get("/user/profile")
    assert (
        await stranger.post(f"/session/{meeting.booking_id}/extend", {"answer": "yes"})
    ).status_code == 404


async def test_both_are_told_by_mail(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    await pay_extension(site.db, public_id)
    await actions.advance(site.db, meeting.booking_id)
    for person, subject, words in (
        (
            meeting.user,
            "Pembayaran berhasil: +15 menit dengan Sari Wulandari",
            "Sesi Anda bertambah 15 menit.",
        ),
        (
            meeting.expert,
            "Budi Santoso menambah 15 menit",
            "sudah membayar tambahan waktu yang Anda setujui.",
        ),
    ):
        told = await _mail(site, public_id, person.id)
        assert told[0] == subject and words in told[1]


async def test_what_goes_back_of_added_time_is_told_the_same_everywhere(site: Site) -> None:
    meeting, public_id = await agreed(site.db)
    await pay_extension(site.db, public_id)
    await actions.advance(site.db, meeting.booking_id)
    await leave(meeting, 18)
    await actions.end(site.db, meeting.expert, meeting.booking_id)
    refunded = (await meeting.room()).refunded
    assert refunded == await site.db.fetchval("SELECT sum(amount) FROM refunds") > 78_750
    budi = await enter_site(site, meeting, meeting.user)
    assert rupiah(refunded) in budi.page.css_first("#ended").text()
    await budi.get("/user/transactions?status=completed")
    card = budi.page.css_first(f"#order-{public_id}").text()
    assert "Tambahan waktu tidak terpakai" in card and "Waktu ditambahkan" not in card
    await site.sweep()
    [mail] = [m for m in site.mailbox.messages_to(meeting.expert.email) if m.subject.endswith(" selesai")]
    told = {
        name: int(amount.replace(".", ""))
        for name, amount in re.findall(r"^([\w ]+): Rp ([\d.]+)$", mail.text, re.MULTILINE)
    }
    assert told["Dibayar pengguna"] == 157_500 + 78_750 and told["Dikembalikan kepada pengguna"] == refunded
    assert told["Dibayar pengguna"] - refunded == told["Platform fee"] + told["Pendapatan"]


async def _mail(site: Site, public_id: str, user_id: int) -> tuple[str, str]:
    """Subject and text of the mail about the extension, as it would be sent."""
    row_id = await site.db.fetchval(
        "SELECT id FROM outbox WHERE about = $1 AND user_id = $2", public_id, user_id
    )
    row = await take(site.db, row_id)
    assert row is not None
    content = await next(mail.load for mail in MAILS if mail.kind == row.kind)(site.db, site.settings, row)
    assert content is not None and not content.attachments
    plain = compose(site.settings, row, content, row.created_at).get_body(("plain",))
    assert plain is not None
    return content.subject, plain.get_content()
