"""The room's pages over real HTTP: who may see them, what they say in every state, sending without script."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from mentorinaja.formats import clock_time
from mentorinaja.rooms import actions
from tests.support.bookings import make_user
from tests.support.rooms import Meeting, enter_site, known_browser, meet_later, meet_now, room_path
from tests.support.site import Browser, Site

MINUTE = timedelta(minutes=1)
HTMX = {"hx-request": "true", "hx-request-type": "partial"}


def state(browser: Browser) -> tuple[str | None, str | None]:
    """(data-state, data-remaining) of the clock."""
    clock = browser.page.css_first("#countdown")
    return clock.attributes.get("data-state"), clock.attributes.get("data-remaining")


async def running(site: Site) -> tuple[Meeting, Browser, Browser]:
    meeting = await meet_now(site.db)
    user = await enter_site(site, meeting, meeting.user)
    expert = await enter_site(site, meeting, meeting.expert)
    await user.get(room_path(meeting))
    return meeting, user, expert


async def test_three_people_ask_every_address(site: Site) -> None:
    meeting, stranger = await meet_now(site.db), await make_user(site.db)
    await meeting.begin()
    paths = [
        room_path(meeting),
        *(f"/session/{meeting.booking_id}/{name}" for name in ("thread", "end", "events")),
    ]
    may, may_not, nobody = (
        await known_browser(site, meeting.user), await known_browser(site, stranger), await site.browser(),
    )  # fmt: skip
    for path in paths:
        if not path.endswith("events"):
            assert (await may.get(path)).status_code == 200
        assert (await may_not.get(path)).status_code == 404
        answer = await nobody.get(path, follow=False)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/login?next=/session")
    await may_not.get("/")
    for path, data in (("messages", {"text": "Halo", "client_id": str(uuid4())}), ("end", {})):
        answer = await may_not.post(f"/session/{meeting.booking_id}/{path}", data)
        assert answer.status_code == 404
    assert (await meeting.room()).status == "running" and len(await meeting.items()) == 1


@pytest.mark.parametrize("name", ["", "x", "00000000-0000-0000-0000-000000000000", "%00", "1" * 300])
async def test_a_room_that_is_not_there_is_404(site: Site, name: str) -> None:
    browser = await known_browser(site, await make_user(site.db))
    assert (await browser.get(f"/session?bookingId={name}")).status_code == 404


async def test_a_signed_out_script_hears_an_error_instead_of_a_page(site: Site) -> None:
    meeting, nobody = await meet_now(site.db), await site.browser()
    answer = await nobody.get(f"/session/{meeting.booking_id}/events", headers=HTMX, follow=False)
    assert answer.status_code == 404


async def test_before_it_opens_the_page_says_when(site: Site) -> None:
    meeting = await meet_later(site.db)
    browser = await enter_site(site, meeting, meeting.user)
    assert browser.answer and browser.answer.status_code == 200
    assert "Sesi belum dibuka" in browser.text and "10 menit sebelum sesi" in browser.text
    answer = await browser.get(f"/session/{meeting.booking_id}/events", follow=False)
    assert answer.status_code == 409
    assert (await meeting.room()).status is None


async def test_in_the_last_hour_the_closed_page_opens_by_itself_and_says_so(site: Site) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).opens_at - 5 * MINUTE)
    browser = await enter_site(site, meeting, meeting.user)
    assert browser.page.css_first("meta[http-equiv=refresh]")
    assert "Halaman ini terbuka sendiri" in browser.text and "Buka lagi" not in browser.text
    assert "sebelum sesi: hari ini " in browser.text


async def test_who_waits_beside_the_mentor_reads_when_the_time_begins(site: Site) -> None:
    meeting = await meet_later(site.db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 5 * MINUTE)
    user = await enter_site(site, meeting, meeting.user)
    assert "Waktu Anda baru berjalan saat mentor hadir." in user.text
    await enter_site(site, meeting, meeting.expert)
    await user.get(room_path(meeting))
    at = clock_time(start, meeting.user.time_zone)
    assert f"Mentor sudah hadir. Waktu mulai {at} WIB, juga bila Anda terlambat." in user.text
    assert "baru berjalan" not in user.text


async def test_beside_a_video_session_the_seconds_to_its_end_are_told_without_a_clock(site: Site) -> None:
    meeting = await meet_later(site.db, category="online_video")
    end = (await meeting.room()).scheduled_end
    await meeting.go_to(end - 10 * MINUTE)
    user = await enter_site(site, meeting, meeting.user)
    clock = user.page.css_first("#countdown")
    assert 570 < int(clock.attributes["data-remaining"] or 0) <= 600 and "data-ms" not in clock.attributes
    await meeting.go_to(end + MINUTE)
    await user.get(room_path(meeting))
    assert state(user) == ("ended", "0") and "Sesi telah selesai." in user.page.css_first("#ended").text()


async def test_unpaid_and_cancelled_say_what_to_do(site: Site) -> None:
    meeting = await meet_later(site.db, paid=False)
    user = await enter_site(site, meeting, meeting.user)
    assert "Booking belum dibayar" in user.text
    assert user.page.css_first(f"a[href='/payment/{meeting.order_id}']")
    expert = await enter_site(site, meeting, meeting.expert)
    assert "membayar" in expert.text and not expert.page.css_first("a[href^='/payment']")
    await meeting.go_to((await meeting.room()).starts_at)
    await site.sweep()
    await user.get(room_path(meeting))
    assert "tidak berlaku" in user.text


async def test_the_waiting_room_shows_who_is_there(site: Site) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - 5 * MINUTE)
    user = await enter_site(site, meeting, meeting.user)
    assert state(user) == ("waiting", "1800")
    assert "belum hadir" in user.page.css_first("#waiting").text()
    await enter_site(site, meeting, meeting.expert)
    await user.get(room_path(meeting))
    assert "Mentor sudah hadir." in user.page.css_first("#waiting").text()
    assert state(user)[0] == "waiting"


async def test_the_running_room_has_the_marks_other_programs_rely_on(site: Site) -> None:
    meeting, user, expert = await running(site)
    await user.submit("#composer", {"text": "Halo\nMbak <b>Sari</b> https://contoh.com"})
    for browser, mine in ((user, True), (expert, False)):
        await browser.get(room_path(meeting))
        message = browser.page.css_first("#messages > #message-2")
        assert message.attributes["data-seq"] == "2" and message.attributes["data-sender"] == "user"
        assert message.attributes["data-client-id"] and message.css_first("time")
        assert message.css_first(".text").text() == "Halo\nMbak <b>Sari</b> https://contoh.com"
        assert ("mine" in (message.attributes["class"] or "").split()) is mine
        assert message.css_first("a").attributes["href"] == "https://contoh.com"
        assert browser.page.css_first("#messages > #message-1").text().startswith("Waktu mulai")
        phase, remaining = state(browser)
        assert phase == "running" and 1790 <= int(remaining or 0) <= 1800
        assert browser.page.css_first("#connection")


async def test_a_message_without_script_goes_back_to_the_room(site: Site) -> None:
    meeting, user, _ = await running(site)
    answer = await user.submit("#composer", {"text": "Halo"}, follow=False)
    assert answer.status_code == 303 and answer.headers["location"] == room_path(meeting)


async def test_a_message_with_htmx_is_answered_with_its_partial(site: Site) -> None:
    meeting, user, _ = await running(site)
    data = {"text": "Halo", "client_id": str(uuid4())}
    first = await user.post(f"/session/{meeting.booking_id}/messages", data, headers=HTMX)
    assert first.status_code == 201 and re.match(r'<li class="msg mine"\s+id="message-2"', first.text)
    await user.get(room_path(meeting))
    again = await user.post(f"/session/{meeting.booking_id}/messages", data, headers=HTMX)
    assert again.status_code == 200 and again.text == first.text


@pytest.mark.parametrize("text", ["", "  ", "a" * 4001, "\u200b"])
async def test_what_cannot_be_sent_comes_back_with_its_text(site: Site, text: str) -> None:
    _, user, _ = await running(site)
    answer = await user.submit("#composer", {"text": text})
    assert answer.status_code == 422
    assert user.page.css_first("#pesan").text().strip("\n") == text
    assert user.page.css_first("#refusal").text()


async def test_nul_is_refused_and_a_foreign_id_too(site: Site) -> None:
    meeting, user, _ = await running(site)
    for data in ({"text": "a\x00b", "client_id": str(uuid4())}, {"text": "Halo", "client_id": "satu"}, {}):
        answer = await user.post(f"/session/{meeting.booking_id}/messages", data)
        assert answer.status_code == 422
        await user.get(room_path(meeting))
    assert len(await meeting.items()) == 1


async def test_before_the_start_the_text_stays_in_the_box(site: Site) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - 5 * MINUTE)
    user = await enter_site(site, meeting, meeting.user)
    answer = await user.submit("#composer", {"text": "Pertanyaan saya"})
    assert answer.status_code == 409 and "Pertanyaan saya" in user.page.css_first("#pesan").text()
    assert "setelah sesi dimulai" in user.page.css_first("#refusal").text()


async def test_a_message_for_a_room_that_is_not_open_is_shown_again(site: Site) -> None:
    meeting = await meet_later(site.db)
    user = await known_browser(site, meeting.user)
    await user.get(room_path(meeting))
    data = {"text": "Belum <i>terkirim</i>", "client_id": str(uuid4())}
    answer = await user.post(f"/session/{meeting.booking_id}/messages", data)
    assert answer.status_code == 409
    assert "Belum <i>terkirim</i>" in user.text


async def test_after_the_end_the_text_stays_in_the_box(site: Site) -> None:
    meeting, user, _ = await running(site)
    await actions.end(site.db, meeting.expert, meeting.booking_id)
    answer = await user.submit("#composer", {"text": "Satu lagi"})
    assert answer.status_code == 409 and "Satu lagi" in user.page.css_first("#pesan").text()
    assert "Session Telah Berakhir" in user.text and "Sari Wulandari mengakhiri sesi ini." in user.text
    htmx = {"text": "Satu lagi", "client_id": str(uuid4())}
    answer = await user.post(f"/session/{meeting.booking_id}/messages", htmx, headers=HTMX)
    assert answer.status_code == 409 and "Sesi sudah berakhir" in answer.text


async def test_a_form_without_its_token_is_refused(site: Site) -> None:
    meeting, user, _ = await running(site)
    for path in ("messages", "end"):
        user.answer = None  # nothing to take a token from
        answer = await user.post(f"/session/{meeting.booking_id}/{path}", {"text": "Halo"})
        assert answer.status_code == 403


async def test_ending_asks_first_and_shows_the_end_to_both(site: Site) -> None:
    meeting, user, expert = await running(site)
    await user.get(f"/session/{meeting.booking_id}/end")
    assert "Anda yakin ingin mengakhiri session?" in user.text
    assert re.search(r"Waktu yang tersisa: (30:00|29:\d\d)", user.text)
    answer = await user.submit("#end-form", follow=False)
    assert answer.status_code == 303 and answer.headers["location"] == room_path(meeting)
    await user.get(room_path(meeting))
    await expert.get(room_path(meeting))
    for browser in (user, expert):
        assert (
            "Session Telah Berakhir" in browser.text
            and "Terima kasih telah menggunakan MentorinAja!" in browser.text
        )
        assert (
            browser.page.css_first(f"a[href='/invoice/{meeting.order_id}']")
            and "Kembali ke Home" in browser.text
        )
        assert state(browser)[0] == "ended" and not browser.page.css_first("#stream")
    review = f"a[href='/user/transactions/{meeting.order_id}/review']"
    assert user.page.css_first(review) and not expert.page.css_first(review)
    assert "Anda mengakhiri sesi ini." in user.text and "Budi Santoso mengakhiri sesi ini." in expert.text


async def test_ending_before_the_start_is_409(site: Site) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - 5 * MINUTE)
    user = await enter_site(site, meeting, meeting.user)
    assert (await user.post(f"/session/{meeting.booking_id}/end", {})).status_code == 409


async def test_a_room_past_its_end_is_over_for_whoever_looks_first(site: Site) -> None:
    meeting, user, _ = await running(site)
    await meeting.go_to((await meeting.room()).read_at + 31 * MINUTE)
    await user.get(room_path(meeting))
    assert "Waktu konsultasi telah habis." in user.text and await meeting.status() == "completed"


async def test_old_messages_load_by_a_link_and_the_transcript_stays(site: Site) -> None:
    meeting, user, _ = await running(site)
    for n in range(2, 62):
        await meeting.say(meeting.user, f"Nomor {n}")
    await actions.end(site.db, meeting.user, meeting.booking_id)
    await user.get(room_path(meeting))
    seen = [node.attributes["data-seq"] for node in user.page.css("#messages > li[data-seq]")]
    assert len(seen) == 50 and seen[-1] == "62"
    await user.get(user.page.css_first("#older").attributes["href"] or "")
    assert [node.attributes["data-seq"] for node in user.page.css("#messages > li[data-seq]")] == [
        str(n) for n in range(1, 13)
    ]
    assert not user.page.css_first("#older")


async def test_without_script_the_thread_refreshes_itself_in_a_frame(site: Site) -> None:
    meeting, user, _ = await running(site)
    await user.submit("#composer", {"text": "Halo dari HP tua"})
    frame = user.page.css_first("noscript iframe.thread-frame")
    answer = await user.get(frame.attributes["src"] or "")
    assert 'http-equiv="refresh"' in answer.text and "Halo dari HP tua" in user.text
    assert state(user)[0] == "running"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    await actions.end(site.db, meeting.user, meeting.booking_id)
    answer = await user.get(f"/session/{meeting.booking_id}/thread")
    assert "Session Telah Berakhir" in user.text and "refresh" not in answer.text


async def test_beside_a_video_session_the_room_shows_the_link_and_no_clock(site: Site) -> None:
    await site.db.execute("INSERT INTO meeting_links_pool (url) VALUES ('https://meet.contoh.test/abc')")
    meeting = await meet_later(site.db, category="online_video")
    await meeting.go_to((await meeting.room()).starts_at + MINUTE)
    user = await enter_site(site, meeting, meeting.user)
    assert state(user)[0] == "running" and not user.page.css_first(
        "#countdown b, #countdown[data-ms], #end-session"
    )
    assert user.page.css_first("#meeting-link").text() == "https://meet.contoh.test/abc"
    await user.submit("#composer", {"text": "Saya di ruang video"})
    assert "Saya di ruang video" in user.text


async def test_each_sees_times_of_their_own_zone(site: Site) -> None:
    meeting = await meet_now(site.db, zones=("Asia/Jakarta", "Asia/Jayapura"))
    await meeting.begin()
    started = (await meeting.room()).started_at
    assert started is not None
    user, expert = (
        await enter_site(site, meeting, meeting.user),
        await enter_site(site, meeting, meeting.expert),
    )
    assert "WIB" in user.page.css_first("#message-1").text()
    assert "WIT" in expert.page.css_first("#message-1").text()


async def test_the_question_of_the_end_says_what_goes_back_then(site: Site) -> None:
    meeting, user, expert = await running(site)
    await meeting.begin()
    end, stays = f"/session/{meeting.booking_id}/end", "Waktu yang tersisa tidak dikembalikan."
    await user.get(end)
    assert stays in user.text
    await expert.get(room_path(meeting))
    dialog = expert.page.css_first("#akhiri #ending")
    assert dialog is not None and dialog.text() == "Sisa waktu akan dikembalikan kepada Budi Santoso."
    await expert.get(end)
    told = re.search(r"Sekitar Rp ([\d.]+) kembali kepada Budi Santoso\.", expert.text)
    assert told is not None
    await expert.submit("#end-form")
    room = await meeting.room()
    assert 0 <= int(told[1].replace(".", "")) - room.refunded < 1000


async def test_in_a_pause_the_user_reads_the_sum_that_goes_back(site: Site) -> None:
    meeting, user, _ = await running(site)
    await meeting.begin()
    await actions.leave(site.db, meeting.booking_id, "expert", seen=False)
    await meeting.go_to((await meeting.room()).read_at + 2 * MINUTE)
    await user.get(f"/session/{meeting.booking_id}/end")
    told = re.search(r"(?<!Sekitar )Rp ([\d.]+) kembali kepada Anda\.", user.text)
    assert told is not None
    await user.submit("#end-form")
    assert int(told[1].replace(".", "")) == (await meeting.room()).refunded
