"""A thread's room as browsers without script see it: what each side can do, when, and until when."""

from datetime import timedelta

from mentorinaja.formats import when
from mentorinaja.reports import actions as reports
from mentorinaja.rooms.room import Notice
from mentorinaja.threads import actions as threads
from tests.rooms.test_live import hears
from tests.support.desk import make_admin
from tests.support.rooms import Meeting, enter_site, known_browser, meet_in_writing, room_path
from tests.support.site import Browser, Site
from tests.support.streams import eventually

WORDS = "Bagian pengalaman kerja belum dibahas sama sekali."


async def answered(site: Site) -> Meeting:
    meeting = await meet_in_writing(site.db)
    await meeting.say(meeting.expert, "Ini catatan saya.")
    await threads.finish(site.db, meeting.expert, meeting.booking_id)
    return meeting


def panel(browser: Browser) -> str:
    node = browser.page.css_first("#panel")
    assert node is not None
    return node.text(separator=" ", strip=True)


async def press(browser: Browser, meeting: Meeting, label: str) -> str:
    """Press a button of the panel as a browser without script does; answers where that leads."""
    button = next(node for node in browser.page.css("#panel button") if node.text(strip=True) == label)
    assert button.attributes["form"] == "room-form"
    token = browser.page.css_first("#room-form input[name=_csrf]")
    assert token is not None
    answer = await browser.client.post(
        button.attributes["formaction"] or "",
        data={"_csrf": token.attributes["value"]},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    await browser.get(answer.headers["location"])
    return answer.headers["location"]


async def test_both_read_when_the_answer_is_due_and_there_is_no_clock(site: Site) -> None:
    meeting = await meet_in_writing(site.db)
    room = await meeting.room()
    for person in (meeting.user, meeting.expert):
        browser = await enter_site(site, meeting, person)
        assert when(room.starts_at, person.time_zone) in panel(browser)
        assert when(room.undelivered_at, person.time_zone) in panel(browser)
        countdown = browser.page.css_first("#countdown")
        assert countdown is not None and "data-ms" not in countdown.attributes
        left = (room.starts_at - room.read_at).total_seconds()
        assert -1 < left - int(countdown.attributes["data-remaining"] or 0) < 30
        assert "tersisa" not in browser.text and "End Session" not in browser.text
        assert "Tautan rapat" not in browser.text


async def test_the_expert_says_selesai_and_the_user_accepts(site: Site) -> None:
    meeting = await meet_in_writing(site.db)
    expert = await enter_site(site, meeting, meeting.expert)
    user = await enter_site(site, meeting, meeting.user)
    assert not user.page.css("#panel button")
    await meeting.say(meeting.expert, "Ini catatan saya.")
    assert await press(expert, meeting, "Selesai") == room_path(meeting)
    accepted_at = (await meeting.room()).accepted_at
    assert accepted_at is not None
    assert f"diterima otomatis {when(accepted_at)}" in panel(expert) and not expert.page.css("#panel button")
    await user.get(room_path(meeting))
    assert f"Diterima otomatis {when(accepted_at)}" in panel(user)
    await press(user, meeting, "Terima hasil")
    assert await meeting.status() == "completed"
    assert "Session Telah Berakhir" in user.text and "Beri Review" in user.text
    assert "Hasil diterima" in user.text and not user.page.css("#panel button")
    assert (await user.get("/user/transactions?status=completed")).status_code == 200
    assert "Session Completed" in user.text


async def test_selesai_without_an_answer_says_what_is_missing(site: Site) -> None:
    meeting = await meet_in_writing(site.db)
    expert = await enter_site(site, meeting, meeting.expert)
    token = expert.page.css_first("#room-form input[name=_csrf]")
    assert token is not None
    answer = await expert.post(f"/session/{meeting.booking_id}/finish", {})
    assert answer.status_code == 409 and "Tulis jawaban Anda dulu" in answer.text
    assert room_path(meeting) in answer.text


async def test_an_objection_is_written_on_its_own_page(site: Site) -> None:
    meeting = await answered(site)
    user = await enter_site(site, meeting, meeting.user)
    link = next(node for node in user.page.css("#panel a") if node.text(strip=True) == "Ajukan keberatan")
    address = link.attributes["href"] or ""
    assert (await user.get(address)).status_code == 200
    for words in ("", "Kurang.", "x" * 2001):
        answer = await user.submit("form.card", {"words": words})
        assert answer.status_code == 422
        assert user.page.css_first("#words-error") is not None
        kept = user.page.css_first("textarea[name=words]")
        assert kept is not None and kept.text(strip=True) == words
    answer = await user.submit("form.card", {"words": WORDS}, follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, room_path(meeting))
    await user.get(room_path(meeting))
    assert "Keberatan sedang diperiksa" in panel(user) and "Terima hasil" in panel(user)
    expert = await enter_site(site, meeting, meeting.expert)
    assert "mengajukan keberatan" in panel(expert) and WORDS not in expert.text
    assert (await user.get(address, follow=False)).status_code == 303


async def test_an_objection_is_told_in_the_thread_and_by_mail_in_its_own_words(site: Site) -> None:
    meeting = await answered(site)
    await threads.object_to(site.db, meeting.user, meeting.booking_id, WORDS)
    notice = (await meeting.items())[-1]
    assert isinstance(notice, Notice) and (notice.kind, notice.cause) == ("objected", "user")
    expert = await enter_site(site, meeting, meeting.expert)
    assert "Budi Santoso mengajukan keberatan" in expert.page.css("#messages li")[-1].text()
    await site.sweep()
    room = await meeting.room()
    for person, title in ((meeting.user, "Keberatan Anda sudah masuk"), (meeting.expert, "Ada keberatan")):
        [mail] = [m for m in site.mailbox.messages_to(person.email) if m.subject.startswith("Keberatan")]
        due = when(room.starts_at, person.time_zone)
        for body in (mail.text, mail.html):
            assert title in body and "Keberatan diterima" not in body and "Jadwal" not in body
        assert f"Jawaban paling lambat: {due}" in mail.text and "lewat email" in mail.text


async def test_a_decided_objection_is_called_one(site: Site) -> None:
    meeting = await answered(site)
    report_id = await threads.object_to(site.db, meeting.user, meeting.booking_id, WORDS)
    await reports.decide(site.db, await make_admin(site.db), report_id, None, "Jawabannya sesuai pesanan.")
    user = await enter_site(site, meeting, meeting.user)
    assert "Keberatan ini sudah diputuskan." in user.text
    for person, list_ in ((user, "/user/transactions"), (None, "/expert/dashboard/transaksi")):
        browser = person or await known_browser(site, meeting.expert)
        await browser.get(list_)
        assert "Keberatan ini sudah diputuskan." in browser.text and "Lihat Keberatan" in browser.text


async def test_a_thread_is_not_ended_by_hand(site: Site) -> None:
    meeting = await answered(site)
    user = await enter_site(site, meeting, meeting.user)
    answer = await user.post(f"/session/{meeting.booking_id}/end", {})
    assert answer.status_code == 409 and "selesai saat hasilnya diterima" in user.text


async def test_an_objection_that_comes_too_late_keeps_what_was_typed(site: Site) -> None:
    meeting = await answered(site)
    user = await enter_site(site, meeting, meeting.user)
    await user.get(f"/session/{meeting.booking_id}/objection")
    await site.move_clock(timedelta(hours=73))
    assert await meeting.status() == "completed"
    answer = await user.submit("form.card", {"words": WORDS})
    assert answer.status_code == 409 and "Hasil ini sudah diterima" in answer.text
    kept = user.page.css_first("textarea[name=words]")
    assert kept is not None and kept.text(strip=True) == WORDS
    assert await site.db.fetchval("SELECT count(*) FROM session_reports") == 0


async def test_a_thread_without_selesai_is_cancelled_by_the_sweep_and_both_are_told(site: Site) -> None:
    meeting = await meet_in_writing(site.db)
    due = (await meeting.room()).starts_at
    await site.move_clock(due - (await meeting.room()).read_at + timedelta(hours=24, seconds=1))
    assert await meeting.status() == "cancelled"
    for person in (meeting.user, meeting.expert):
        browser = await enter_site(site, meeting, person)
        assert "belum ditandai selesai sampai 24 jam" in browser.text
    await site.sweep()
    sent = {
        message.recipients[0]: message
        for message in site.mailbox.messages
        if "belum ada jawaban" in message.subject
    }
    assert set(sent) == {meeting.user.email, meeting.expert.email}
    assert "157.500" in sent[meeting.user.email].text


async def test_the_finished_mail_says_until_when(site: Site) -> None:
    meeting = await answered(site)
    accepted_at = (await meeting.room()).accepted_at
    assert accepted_at is not None
    await site.sweep()
    mail = next(message for message in site.mailbox.messages if "sudah selesai" in message.subject)
    assert mail.recipients == [meeting.user.email]
    assert when(accepted_at) in mail.text and room_path(meeting) in mail.text
    assert "Jawaban untuk Anda sudah selesai" in mail.text and "Jawaban untuk Anda sudah selesai" in mail.html


async def test_the_calendar_shows_when_the_answer_is_due_and_keeps_nobody_busy(site: Site) -> None:
    meeting = await meet_in_writing(site.db)
    room = await meeting.room()
    await site.sweep()
    assert len(site.mailbox.messages) == 2
    for message in site.mailbox.messages:
        assert "Jawaban paling lambat" in message.text and "10 menit sebelum mulai" not in message.text
        calendar = message.attachments[0].content.decode().replace("\r\n ", "")
        assert f"DTSTART:{room.starts_at:%Y%m%dT%H%M%SZ}" in calendar
        assert "TRANSP:TRANSPARENT" in calendar and "Jatuh tempo Chat Konsultasi" in calendar


async def test_open_pages_turn_by_themselves_at_every_step(site: Site) -> None:
    meeting = await meet_in_writing(site.db)
    async with (
        hears(site, meeting, meeting.user, 1) as user,
        hears(site, meeting, meeting.expert, 1) as expert,
    ):
        await meeting.say(meeting.expert, "Ini catatan saya.")
        await threads.finish(site.db, meeting.expert, meeting.booking_id)
        await eventually(lambda: any("Terima hasil" in event.data for event in user.seen))
        await threads.object_to(site.db, meeting.user, meeting.booking_id, WORDS)
        await eventually(lambda: any("mengajukan keberatan" in event.data for event in expert.seen))
        await threads.accept(site.db, meeting.user, meeting.booking_id)
        await eventually(lambda: user.over and expert.over)
    assert user.numbers == expert.numbers == [2, 3, 4, 5]
    assert all(WORDS not in event.data for event in expert.seen)
