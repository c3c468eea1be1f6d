"""An expert who does not come: what the user may choose, once, by itself on the page, and who hears of it."""

import asyncio
import email
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest

from mentorinaja import clock
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.rooms import absence, actions, steps
from mentorinaja.rooms.absence import NotAbsent
from mentorinaja.rooms.room import Notice, Room, Side
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import events_of, make_user, state_of
from tests.support.rooms import Meeting, enter_site, known_browser, meet_now, room_path
from tests.support.site import Browser, Site
from tests.support.streams import eventually, listening

MINUTE = timedelta(minutes=1)
PANEL = "#panel-absent"


async def waiting(db: Database, minutes: int = 11) -> Meeting:
    """A chat whose user has been alone for so many minutes."""
    meeting = await meet_now(db)
    await actions.enter(db, meeting.user, meeting.booking_id)
    await clock.shift(db, minutes * MINUTE)
    return meeting


async def on_the_page(site: Site, minutes: int = 11) -> tuple[Meeting, Browser]:
    meeting = await waiting(site.db, minutes)
    site.resources.clock.set(await clock.now(site.db))
    return meeting, await enter_site(site, meeting, meeting.user)


async def refunds(db: Database) -> list[tuple[str, int, str]]:
    rows = await db.fetch("SELECT reason, amount, state FROM refunds ORDER BY id")
    return [tuple(row) for row in rows]


async def mails(site: Site) -> list[EmailMessage]:
    """What was sent of the session itself, besides the confirmation: one sweep tells, the next sends."""
    await site.sweep()
    await site.sweep()
    sent = [email.message_from_bytes(m.raw, policy=policy.default) for m in site.mailbox.messages]
    return [
        mail
        for mail in sent
        if "sesi" in mail["Subject"].lower() and not mail["Subject"].startswith("Pembayaran")
    ]


def words(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


async def test_money_back_cancels_the_session_and_owes_all_of_it(db: Database) -> None:
    meeting = await waiting(db)
    await absence.refund(db, meeting.user, meeting.booking_id)
    await absence.refund(db, meeting.user, meeting.booking_id)
    assert await state_of(db, meeting.order_id) == ("cancelled", "refund_pending")
    assert await refunds(db) == [("expert_absent", 157_500, "requested")]
    room = await meeting.room()
    assert (room.status, room.ended_by, room.cancel_reason, room.refunded) == (
        "ended", "user", "expert_absent", 157_500,
    )  # fmt: skip
    notices = [(item.kind, item.cause) for item in await meeting.items() if isinstance(item, Notice)]
    assert notices == [("ended", "expert_absent")]
    assert await events_of(db, meeting.order_id) == ["created", "confirmed", "cancelled", "refund_requested"]
    actor = await db.fetchval("SELECT actor_id FROM order_events WHERE event = 'refund_requested'")
    assert actor == meeting.user.id
    assert (await ledger.earnings(db, meeting.expert.expert_id or 0)).total == 0


async def test_waiting_gives_five_minutes_and_the_choice_stays(db: Database) -> None:
    meeting = await waiting(db)
    await absence.wait(db, meeting.user, meeting.booking_id)
    room = await meeting.room()
    assert room.user_waits_until is not None
    assert timedelta(0) <= room.user_waits_until - (room.read_at + 5 * MINUTE) + MINUTE < MINUTE + MINUTE
    await absence.refund(db, meeting.user, meeting.booking_id)
    assert await state_of(db, meeting.order_id) == ("cancelled", "refund_pending")


async def test_waiting_ends_with_the_booked_time(db: Database) -> None:
    meeting = await waiting(db, 28)
    await absence.wait(db, meeting.user, meeting.booking_id)
    room = await meeting.room()
    assert room.user_waits_until == room.scheduled_end
    await meeting.go_to(room.scheduled_end)
    with pytest.raises(NotAbsent, match="dibatalkan"):
        await absence.wait(db, meeting.user, meeting.booking_id)
    await absence.refund(db, meeting.user, meeting.booking_id)  # the clock was first
    assert await refunds(db) == [("expert_absent", 157_500, "requested")]


async def test_there_is_nothing_to_choose_before_the_tenth_minute(db: Database) -> None:
    meeting = await waiting(db, 9)
    for choose in (absence.refund, absence.wait):
        with pytest.raises(NotAbsent, match="10 menit"):
            await choose(db, meeting.user, meeting.booking_id)


async def test_there_is_nothing_to_choose_once_the_expert_came_or_it_is_over(db: Database) -> None:
    meeting = await waiting(db)
    await actions.enter(db, meeting.expert, meeting.booking_id)
    with pytest.raises(NotAbsent, match="sudah masuk"):
        await absence.refund(db, meeting.user, meeting.booking_id)
    await actions.end(db, meeting.user, meeting.booking_id)
    with pytest.raises(NotAbsent):
        await absence.wait(db, meeting.user, meeting.booking_id)


async def test_nobody_but_the_user_chooses(db: Database) -> None:
    meeting = await waiting(db)
    for person in (meeting.expert, await make_user(db)):
        for choose in (absence.refund, absence.wait):
            with pytest.raises(NotThere):
                await choose(db, person, meeting.booking_id)


async def test_asking_for_the_money_many_times_at_once_is_once(db: Database) -> None:
    meeting = await waiting(db)
    await asyncio.gather(*(absence.refund(db, meeting.user, meeting.booking_id) for _ in range(5)))
    assert await refunds(db) == [("expert_absent", 157_500, "requested")]


async def choice_and_arrival(db: Database) -> tuple[str, int]:
    """The user asks for the money while the expert comes: the booking's status, and the refunds."""
    meeting = await waiting(db)
    outcome = await asyncio.gather(
        absence.refund(db, meeting.user, meeting.booking_id),
        actions.enter(db, meeting.expert, meeting.booking_id),
        return_exceptions=True,
    )
    assert all(result is None or isinstance(result, NotAbsent) for result in outcome)
    room = await meeting.room()
    return f"{await meeting.status()}, {room.status}", room.refunded


async def test_the_choice_and_the_arrival_at_once_are_one_of_the_two(db: Database) -> None:
    for _ in range(5):
        assert await choice_and_arrival(db) in (("cancelled, ended", 157_500), ("confirmed, running", 0))


async def test_without_the_rooms_lock_a_session_starts_and_is_cancelled(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    meeting = await waiting(db)

    async def no_lock(tx: Connection, user: Viewer, booking_id: object) -> tuple[Room, Side]:
        room = await meeting.room()
        await actions.enter(db, meeting.expert, meeting.booking_id)  # comes between the look and the choice
        return room, "user"

    monkeypatch.setattr(steps, "locked", no_lock)
    await absence.refund(db, meeting.user, meeting.booking_id)
    kinds = [item.kind for item in await meeting.items() if isinstance(item, Notice)]
    assert kinds == ["started", "ended"] and await meeting.status() == "cancelled"


async def test_the_page_offers_the_three_by_itself(site: Site) -> None:
    meeting, browser = await on_the_page(site, 9)
    assert not browser.page.css_matches(PANEL)
    async with listening(browser.client, f"/session/{meeting.booking_id}/events") as reader:
        await site.move_clock(70 * timedelta(seconds=1))
        await eventually(lambda: any("Minta pengembalian dana" in event.data for event in reader.seen))
    await browser.get(room_path(meeting))
    panel = browser.page.css_first(PANEL)
    assert panel is not None
    for label in ("Minta pengembalian dana", "Pilih jadwal baru", "Tunggu lagi", "Rp 157.500"):
        assert label in panel.text(), label
    expert = await known_browser(site, meeting.expert)
    await expert.get(room_path(meeting))
    assert not expert.page.css_matches(PANEL)


async def test_waiting_says_until_when_and_leaves_the_other_choices(site: Site) -> None:
    meeting, browser = await on_the_page(site)
    answer = await browser.post(f"/session/{meeting.booking_id}/absence", {"choice": "wait"})
    assert (answer.status_code, answer.headers["location"]) == (303, room_path(meeting))
    await browser.get(room_path(meeting))
    text = browser.page.css_first(PANEL).text()  # type: ignore[union-attr]  # asked below
    assert "Kita tunggu sampai" in text and "Tunggu lagi" not in text and "Minta pengembalian dana" in text
    await site.move_clock(6 * MINUTE)
    await browser.get(room_path(meeting))
    assert "Tunggu lagi" in browser.page.css_first(PANEL).text()  # type: ignore[union-attr]


async def test_money_back_leads_to_riwayat_which_tells_both_how_far_it_is(site: Site) -> None:
    meeting, browser = await on_the_page(site)
    await browser.post(f"/session/{meeting.booking_id}/absence", {"choice": "refund"}, follow=True)
    for text in (
        "Dana Anda sedang dikembalikan",
        "Pengembalian dana Rp 157.500",
        "Mentor tidak hadir",
        "Diajukan",
    ):
        assert text in browser.text, text
    await browser.get(room_path(meeting))
    assert "tidak hadir, jadi sesi ini dibatalkan" in browser.text and "Rp 157.500" in browser.text
    expert = await known_browser(site, meeting.expert)
    await expert.get("/expert/dashboard/transaksi")
    for text in ("Pengembalian dana Rp 157.500", "Dikembalikan", "Pendapatan Rp 0", "Tertahan Rp 0"):
        assert text in expert.text, text
    for reader in (browser, expert):
        await reader.get(f"/invoice/{meeting.order_id}")
        assert "Pengembalian dana Rp 157.500" in reader.text


async def test_a_choice_that_came_too_late_is_answered_with_a_sentence(site: Site) -> None:
    meeting, browser = await on_the_page(site)
    await actions.enter(site.db, meeting.expert, meeting.booking_id)
    answer = await browser.post(f"/session/{meeting.booking_id}/absence", {"choice": "refund"})
    assert answer.status_code == 409 and "sudah masuk" in browser.text
    await browser.get(room_path(meeting))
    answer = await browser.post(f"/session/{meeting.booking_id}/absence", {"choice": "all"})
    assert answer.status_code == 422


async def test_after_ten_minutes_the_user_is_told_by_mail_once(site: Site) -> None:
    meeting, _ = await on_the_page(site)
    sent = await mails(site)
    assert [mail["Subject"] for mail in await mails(site)] == ["Sari Wulandari belum hadir di sesi Anda"]
    assert sent[0]["To"].endswith(f"<{await address_of(site.db, meeting.user)}>")
    assert f"/user/transactions/{meeting.order_id}/move" in words(sent[0])
    assert "Minta pengembalian dana" in words(sent[0], "html")


async def test_the_mail_is_not_sent_when_the_expert_came_meanwhile(site: Site) -> None:
    meeting, _ = await on_the_page(site)
    await absence.tell(site.db, meeting.booking_id)
    await actions.enter(site.db, meeting.expert, meeting.booking_id)
    assert await mails(site) == []


async def test_both_are_told_that_it_was_cancelled(site: Site) -> None:
    meeting, _ = await on_the_page(site)
    await absence.refund(site.db, meeting.user, meeting.booking_id)
    sent = {mail["To"].addresses[0].addr_spec: words(mail) for mail in await mails(site)}
    user, expert = await address_of(site.db, meeting.user), await address_of(site.db, meeting.expert)
    assert set(sent) == {user, expert}
    assert "tidak hadir" in sent[user] and "Dikembalikan: Rp 157.500" in sent[user]
    assert "tidak ada pendapatan" in sent[expert]


async def test_a_choice_before_its_time_is_not_called_outdated(site: Site) -> None:
    meeting, user = await on_the_page(site, 5)
    answer = await user.post(f"/session/{meeting.booking_id}/absence", {"choice": "refund"})
    assert answer.status_code == 409
    assert "Belum tersedia" in user.text and "sudah tidak berlaku" not in user.text


async def test_the_expert_s_closed_page_says_why(site: Site) -> None:
    meeting = await waiting(site.db)
    await absence.refund(site.db, meeting.user, meeting.booking_id)
    expert = await enter_site(site, meeting, meeting.expert)
    assert "Anda belum masuk ke ruang sesi ini, jadi sesi dibatalkan" in expert.text


async def test_a_session_without_its_user_is_told_so_everywhere(site: Site) -> None:
    meeting = await meet_now(site.db)
    await actions.enter(site.db, meeting.expert, meeting.booking_id)
    await actions.streams(site.db, meeting.booking_id, "expert")
    await clock.shift(site.db, 31 * MINUTE)
    site.resources.clock.set(await clock.now(site.db))
    await actions.advance(site.db, meeting.booking_id)
    notice = (await meeting.items())[-1]
    assert isinstance(notice, Notice) and notice.cause == "user_absent"
    room = await meeting.room()
    assert room.notice_text(notice, "user").startswith("Waktu habis tanpa Anda masuk ")
    assert room.notice_text(notice, "expert").startswith("Waktu habis tanpa Budi Santoso masuk ")
    for person, list_, name in (
        (meeting.user, "/user/transactions", "Anda"),
        (meeting.expert, "/expert/dashboard/transaksi", "Budi Santoso"),
    ):
        browser = await known_browser(site, person)
        await browser.get(list_)
        assert f"Sesi selesai tanpa {name} masuk" in browser.page.css_first("article.order").text()


async def test_when_it_is_over_the_user_is_led_to_the_review_and_the_expert_told_the_earning(
    site: Site,
) -> None:
    meeting = await meet_now(site.db)
    await meeting.begin()
    await clock.shift(site.db, 15 * MINUTE)
    await meeting.begin()
    site.resources.clock.set(await clock.now(site.db))
    await actions.end(site.db, meeting.expert, meeting.booking_id)
    back = (await meeting.room()).refunded
    assert 0 < back < 157_500
    sent = {mail["To"].addresses[0].addr_spec: words(mail) for mail in await mails(site)}
    mine = sent[await address_of(site.db, meeting.user)]
    theirs = sent[await address_of(site.db, meeting.expert)]
    assert f"/user/transactions/{meeting.order_id}/review" in mine and "mengakhiri sesi ini" in mine
    assert f"Dikembalikan: {rupiah(back)}" in mine and "Mentor mengakhiri sesi lebih awal" in mine
    earned = (await ledger.earnings(site.db, meeting.expert.expert_id or 0)).held
    assert f"Pendapatan: {rupiah(earned)}" in theirs and "Anda mengakhiri sesi ini." in theirs


async def test_the_checker_sees_a_cancelled_session_whose_money_nobody_owes(unchecked_db: Database) -> None:
    meeting = await waiting(unchecked_db)
    await absence.refund(unchecked_db, meeting.user, meeting.booking_id)
    await unchecked_db.execute("UPDATE refunds SET state = 'rejected'")
    problems = {name for name, rows in (await broken(unchecked_db)).items() if rows}
    assert {"M4_refund_pending_waits_for_a_refund", "M9_open_refunds_are_what_is_due"} <= problems


async def address_of(db: Database, person: Viewer) -> str:
    found: str = await db.fetchval("SELECT email::text FROM users WHERE id = $1", person.id)
    return found


def rupiah(amount: int) -> str:
    return f"Rp {amount:,}".replace(",", ".")
