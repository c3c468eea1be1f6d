"""Another time for a session: what stays, who is told, who gets the slot, and what a later cancel gives."""

import asyncio
import email
from collections import Counter
from collections.abc import Awaitable
from datetime import datetime, timedelta
from email import policy
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions, moving, queries, rules
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.refusals import CannotMove, NotASlot, OwnOverlap, SlotTaken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions as payments
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms.room import Notice
from mentorinaja.schedule import queries as schedule
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    events_of,
    make_seller,
    make_user,
    slot_in,
    state_of,
)
from tests.support.payments import pay
from tests.support.rooms import Meeting, meet_now
from tests.support.site import Browser, Site

LATE = timedelta(minutes=11)


async def waiting(db: Database, minutes: int = 30) -> Meeting:
    """A chat whose user has waited for eleven minutes."""
    meeting = await meet_now(db, minutes=minutes)
    await rooms.enter(db, meeting.user, meeting.booking_id)
    await clock.shift(db, LATE)
    return meeting


async def seller_of(meeting: Meeting) -> Seller:
    row = await meeting.db.fetchrow(
        """SELECT e.id, e.user_id, e.slug, b.service_id FROM bookings b JOIN experts e ON e.id = b.expert_id
           WHERE b.id = $1""",
        meeting.booking_id,
    )
    assert row is not None
    return Seller(**dict(row))


@pytest.mark.parametrize(
    ("minutes", "came", "late"),
    [(9, False, False), (10, False, True), (29, False, True), (30, False, False), (15, True, False)],
)
def test_an_expert_is_late_from_the_tenth_minute_to_the_end(minutes: int, came: bool, late: bool) -> None:
    starts = datetime.fromisoformat("2026-11-26T07:00:00Z")
    now = starts + timedelta(minutes=minutes)
    assert rules.expert_is_late(starts, starts + timedelta(minutes=30), now, came=came) is late


def test_only_a_paid_session_without_its_expert_takes_another_time() -> None:
    assert rules.may_move(("confirmed", "paid"), expert_late=True)
    assert not rules.may_move(("confirmed", "paid"), expert_late=False)
    assert not rules.may_move(("cancelled", "refund_pending"), expert_late=True)
    assert not rules.may_move(("confirmed", "reversed"), expert_late=True)


async def test_a_move_keeps_payment_and_order_and_takes_the_room_along(db: Database) -> None:
    meeting = await waiting(db)
    starts = await slot_in(db, days=2)
    await actions.move(db, meeting.user, meeting.order_id, starts)
    await actions.move(db, meeting.user, meeting.order_id, starts)  # sent twice: once
    assert await state_of(db, meeting.order_id) == ("confirmed", "paid")
    assert await events_of(db, meeting.order_id) == ["created", "confirmed", "moved"]
    room = await meeting.room()
    assert (room.starts_at, room.phase(room.read_at), room.joined("user")) == (starts, "early", False)
    notices = [item for item in await meeting.items() if isinstance(item, Notice)]
    assert [(notice.kind, notice.cause) for notice in notices] == [("moved", f"{starts:%Y-%m-%dT%H:%M:%SZ}")]
    held = await db.fetchrow(
        "SELECT upper(during) AS until, is_now FROM bookings WHERE id = $1", meeting.booking_id
    )
    assert held is not None and (held["until"], held["is_now"]) == (starts + timedelta(minutes=30), False)
    mails = await db.fetch("SELECT user_id, version FROM outbox WHERE kind = 'changed' ORDER BY user_id")
    assert [tuple(row) for row in mails] == sorted([(meeting.user.id, 1), (meeting.expert.id, 1)])


async def test_a_moved_session_takes_place_at_its_new_time(db: Database) -> None:
    meeting = await waiting(db)
    starts = await slot_in(db, days=2)
    await actions.move(db, meeting.user, meeting.order_id, starts)
    await meeting.go_to(starts)
    await meeting.begin()
    room = await meeting.room()
    assert room.phase(room.read_at) == "running" and room.ends_at is not None
    assert room.ends_at - starts < timedelta(minutes=31)


async def test_it_can_be_moved_again_when_the_expert_is_absent_again(db: Database) -> None:
    meeting = await waiting(db)
    for days in (2, 3):
        starts = await slot_in(db, days=days)
        await actions.move(db, meeting.user, meeting.order_id, starts)
        await meeting.go_to(starts + LATE)
    order = await queries.order_for(db, meeting.user, meeting.order_id)
    assert order is not None and order.moves == 2


async def test_somebody_else_moves_nothing(db: Database) -> None:
    meeting = await waiting(db)
    for person in (meeting.expert, await make_user(db)):
        with pytest.raises(NotThere):
            await actions.move(db, person, meeting.order_id, await slot_in(db, days=2))


async def test_the_old_time_is_free_again_and_the_new_one_is_not(db: Database) -> None:
    meeting = await waiting(db, minutes=240)
    seller, starts = await seller_of(meeting), await slot_in(db, days=2)
    await actions.move(db, meeting.user, meeting.order_id, starts)
    with pytest.raises(SlotTaken):
        await book(db, await make_user(db), seller, starts)
    await book(db, await make_user(db), seller, await slot_in(db, hours=2))


async def sold(db: Database, **ahead: float) -> tuple[Meeting, Seller]:
    """A paid chat so far ahead."""
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, **ahead))
    await pay(db, public_id)
    booking_id = await db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", public_id
    )
    expert = Viewer(seller.user_id, "", "", "expert", "Asia/Jakarta", 0, seller.id)
    return Meeting(db, public_id, booking_id, user, expert), seller


async def detail(meeting: Meeting) -> OrderDetail:
    order = await queries.order_for(meeting.db, meeting.user, meeting.order_id)
    assert order is not None
    return order


async def test_its_payer_moves_a_session_once_and_keeps_the_share_of_that_moment(db: Database) -> None:
    meeting, _ = await sold(db, hours=20)
    starts = await slot_in(db, days=5)
    assert (await detail(meeting)).can_be_moved(await clock.now(db))
    await actions.move(db, meeting.user, meeting.order_id, starts)
    await actions.move(db, meeting.user, meeting.order_id, starts)  # sent twice: once
    order = await detail(meeting)
    assert (order.starts_at, order.moves, order.most_back_bps) == (starts, 1, 5_000)
    assert order.terms.back_bps(await clock.now(db)) == 5_000
    with pytest.raises(CannotMove, match="sekali"):
        await actions.move(db, meeting.user, meeting.order_id, await slot_in(db, days=6))
    assert await payments.cancel_paid(db, meeting.user, meeting.order_id, 0) == 78_750


async def test_twelve_hours_before_the_time_stays(db: Database) -> None:
    meeting, _ = await sold(db, hours=13)
    await clock.shift(db, timedelta(hours=2))
    with pytest.raises(CannotMove, match="12 jam"):
        await actions.move(db, meeting.user, meeting.order_id, await slot_in(db, days=2))


async def test_the_sessions_own_time_counts_as_free(db: Database) -> None:
    meeting, seller = await sold(db, days=2)
    await db.execute("UPDATE schedules SET step_minutes = 15 WHERE expert_id = $1", seller.id)
    old = (await detail(meeting)).begins_at
    with pytest.raises(NotASlot, match="sekarang"):
        await actions.move(db, meeting.user, meeting.order_id, old)
    await actions.move(db, meeting.user, meeting.order_id, old + timedelta(minutes=15))
    assert (await detail(meeting)).starts_at == old + timedelta(minutes=15)


async def test_a_meeting_link_goes_along_and_a_shared_one_gives_way(db: Database) -> None:
    await payments.add_links(db, ["https://meet.test/lagi"], reusable=True)
    seller, other = (
        await make_seller(db, category="online_video"),
        await make_seller(db, category="online_video"),
    )
    first, second = await slot_in(db, days=2), await slot_in(db, days=4)
    budi, ani = await make_user(db), await make_user(db)
    mine, theirs = await book(db, budi, seller, first), await book(db, ani, other, second)
    await pay(db, mine)
    await pay(db, theirs)
    await payments.add_links(db, ["https://meet.test/lain"])
    await actions.move(db, budi, mine, second)
    assert await payments.fill_links(db) == 1
    order = await queries.order_for(db, budi, mine)
    assert order is not None and order.meeting_url == "https://meet.test/lain"
    await actions.move(db, ani, theirs, second + timedelta(hours=1))
    kept = await queries.order_for(db, ani, theirs)
    assert kept is not None and kept.meeting_url == "https://meet.test/lagi"


async def test_a_missed_session_uses_up_no_move(db: Database) -> None:
    meeting = await waiting(db)
    await actions.move(db, meeting.user, meeting.order_id, await slot_in(db, days=2))
    order = await detail(meeting)
    assert order.most_back_bps is None and order.terms.payer_may_move(await clock.now(db))
    await actions.move(db, meeting.user, meeting.order_id, await slot_in(db, days=3))
    assert (await detail(meeting)).most_back_bps == 10_000


async def test_before_the_tenth_minute_and_after_the_arrival_the_time_stays(db: Database) -> None:
    meeting = await meet_now(db)
    starts = await slot_in(db, days=2)
    with pytest.raises(CannotMove):
        await actions.move(db, meeting.user, meeting.order_id, starts)
    await clock.shift(db, LATE)
    await rooms.enter(db, meeting.expert, meeting.booking_id)
    with pytest.raises(CannotMove, match="sudah masuk"):
        await actions.move(db, meeting.user, meeting.order_id, starts)


async def test_only_free_times_of_the_schedule_can_be_taken(db: Database) -> None:
    meeting = await waiting(db)
    seller, taken = await seller_of(meeting), await slot_in(db, days=2)
    await book(db, await make_user(db), seller, taken)
    own = await slot_in(db, days=3)
    await book(db, meeting.user, await make_seller(db), own)
    for starts, refusal in (
        (taken, SlotTaken),
        (own, OwnOverlap),
        (own + timedelta(days=1, minutes=7), NotASlot),
        (await slot_in(db, minutes=40), NotASlot),
    ):
        with pytest.raises(refusal):
            await actions.move(db, meeting.user, meeting.order_id, starts)
    assert "moved" not in await events_of(db, meeting.order_id)


async def rivals_of_one_slot(db: Database, rivals: int) -> Counter[str]:
    """A waiting user and new ones want the same slot at once; how it went."""
    meeting = await waiting(db)
    seller, starts = await seller_of(meeting), await slot_in(db, days=2)
    people = [await make_user(db) for _ in range(rivals)]

    async def try_it(wish: Awaitable[object]) -> str:
        try:
            await wish
        except SlotTaken:
            return "taken"
        return "won"

    wishes: list[Awaitable[object]] = [book(db, person, seller, starts) for person in people]
    wishes.insert(rivals // 2, actions.move(db, meeting.user, meeting.order_id, starts))
    return Counter(await asyncio.gather(*map(try_it, wishes)))


def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who look whether a slot is free see the same, before either takes it."""
    look, met = schedule.slot_is_free, asyncio.Barrier(2)

    async def look_together(*args: Any) -> bool:
        free = await look(*args)
        async with asyncio.timeout(30), met:
            return free

    monkeypatch.setattr(schedule, "slot_is_free", look_together)


async def test_many_want_one_slot_and_one_gets_it(db: Database) -> None:
    for _ in range(4):
        assert await rivals_of_one_slot(db, 5) == {"won": 1, "taken": 5}


async def test_of_two_who_saw_the_same_slot_one_gets_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_once(monkeypatch)
    for _ in range(4):
        assert await rivals_of_one_slot(db, 1) == {"won": 1, "taken": 1}


async def test_without_the_constraint_both_get_it(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await unchecked_db.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_expert_slot")
    look_at_once(monkeypatch)
    assert await rivals_of_one_slot(unchecked_db, 1) == {"won": 2}


async def arrival_and_move(db: Database) -> tuple[str, bool]:
    """The expert comes and the user moves at once: the room's status, and whether the booking was moved."""
    meeting = await waiting(db)
    starts = await slot_in(db, days=2)
    await asyncio.gather(
        rooms.enter(db, meeting.expert, meeting.booking_id),
        actions.move(db, meeting.user, meeting.order_id, starts),
        return_exceptions=True,
    )
    room = await meeting.room()
    return str(room.status), room.starts_at == starts


async def test_the_experts_arrival_and_a_move_at_once_are_one_of_the_two(db: Database) -> None:
    for _ in range(4):
        assert await arrival_and_move(db) in (("running", False), ("waiting", True))


async def test_without_the_rooms_lock_a_session_runs_that_was_moved(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    meeting = await waiting(db)

    look = moving.free_time

    async def no_lock(tx: Connection, public_id: str) -> None:
        return None

    async def expert_comes_between(*args: Any) -> Any:
        await rooms.enter(db, meeting.expert, meeting.booking_id)
        return await look(*args)

    monkeypatch.setattr(moving, "_lock_room", no_lock)
    monkeypatch.setattr(moving, "free_time", expert_comes_between)
    starts = await slot_in(db, days=2)
    await actions.move(db, meeting.user, meeting.order_id, starts)
    room = await meeting.room()
    assert room.status == "running" and room.starts_at == starts


async def on_the_page(site: Site) -> tuple[Meeting, Browser]:
    meeting = await waiting(site.db)
    site.resources.clock.set(await clock.now(site.db))
    browser = await browser_of(site, meeting.user)
    return meeting, browser


def typed(starts: datetime) -> dict[str, str]:
    local = starts + timedelta(hours=7)
    return {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}


async def test_the_page_offers_the_booking_forms_times_and_leads_back_to_riwayat(site: Site) -> None:
    meeting, browser = await on_the_page(site)
    await browser.get("/user/transactions")
    assert browser.page.css_matches(f'a[href="/user/transactions/{meeting.order_id}/move"]')
    await browser.get(f"/user/transactions/{meeting.order_id}/move")
    assert "Pilih jadwal baru" in browser.text and browser.page.css("#pick-date input[name=date]")
    assert not browser.page.css("input[value=now]")
    starts = await slot_in(site.db, days=2)
    await browser.submit("#move", typed(starts))
    assert "Jadwal dipindahkan ke" in browser.text
    assert (await meeting.room()).starts_at == starts
    await browser.get(f"/user/transactions/{meeting.order_id}/move")
    assert "Jadwal dapat dipindah sekali" in browser.text, "the missed one was not its payer's move"


async def test_htmx_gets_the_times_of_another_day(site: Site) -> None:
    meeting, browser = await on_the_page(site)
    day = typed(await slot_in(site.db, days=3))["date"]
    answer = await browser.get(
        f"/user/transactions/{meeting.order_id}/move?date={day}&zone=Asia/Jakarta",
        headers={"HX-Request": "true"},
    )
    assert 'hx-target="#pick-time"' in answer.text and "<html" not in answer.text
    assert f'value="{day}" checked' in answer.text


@pytest.mark.parametrize(
    "form", [{}, {"date": "2026-13-45", "time": "09:00"}, {"time": "now"}, {"time": "09:00"}]
)
async def test_what_is_no_time_is_said_beside_its_field(site: Site, form: dict[str, str]) -> None:
    meeting, browser = await on_the_page(site)
    await browser.get(f"/user/transactions/{meeting.order_id}/move")
    answer = await browser.post(
        f"/user/transactions/{meeting.order_id}/move", {"zone": "Asia/Jakarta"} | form
    )
    assert answer.status_code == 422 and browser.page.css(".error, [id$=-error]")


async def test_the_loser_of_a_race_gets_three_times_near_it(site: Site) -> None:
    meeting, browser = await on_the_page(site)
    await browser.get(f"/user/transactions/{meeting.order_id}/move")
    starts = await slot_in(site.db, days=2)
    await book(site.db, await make_user(site.db), await seller_of(meeting), starts)
    answer = await browser.submit("#move", typed(starts))
    assert answer.status_code == 409 and "Slot ini baru saja diambil" in browser.text
    buttons = browser.page.css("#notice button[name=show]")
    assert len(buttons) == 3
    shown = buttons[0].attributes["value"] or ""
    await browser.submit("#move", {"show": shown})
    assert browser.page.css_matches(f'input[name=time][value="{shown[11:]}"][checked]')


async def test_both_are_told_with_a_calendar_that_replaces_the_old_one(site: Site) -> None:
    meeting, _ = await on_the_page(site)
    starts = await slot_in(site.db, days=2)
    await actions.move(site.db, meeting.user, meeting.order_id, starts)
    await site.sweep()
    parsed = [email.message_from_bytes(m.raw, policy=policy.default) for m in site.mailbox.messages]
    changed = [message for message in parsed if message["Subject"].startswith("Jadwal baru")]
    assert sorted(message["Subject"] for message in changed) == [
        "Jadwal baru: sesi dengan Budi Santoso",
        "Jadwal baru: sesi dengan Sari Wulandari",
    ]
    for message in changed:
        calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
        text = calendar.get_content()
        text = (text if isinstance(text, str) else text.decode()).replace("\r\n ", "")
        assert f"UID:{meeting.booking_id}@mentorinaja" in text and "SEQUENCE:1" in text
        assert f"DTSTART:{starts:%Y%m%dT%H%M%SZ}" in text
        body = message.get_body(("plain",))
        assert body is not None and "{" not in body.get_content()
