"""What the room's stream sends: the page's own markup, everything once and in order, until it is over."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from mentorinaja import clock
from mentorinaja.rooms import actions, live
from mentorinaja.rooms.room import Notice
from mentorinaja.rooms.seats import Seat
from mentorinaja.web.viewer import Viewer
from tests.live.test_hub import CUT
from tests.rooms.test_pages import HTMX
from tests.support.rooms import Meeting, enter_site, known_browser, meet_later, meet_now, room_path
from tests.support.site import Site
from tests.support.streams import Event, Reader, eventually, listening


def address(meeting: Meeting) -> str:
    return f"/session/{meeting.booking_id}/events"


@asynccontextmanager
async def hears(site: Site, meeting: Meeting, person: Viewer, after: int = 0) -> AsyncIterator[Reader]:
    browser = await known_browser(site, person)
    async with listening(browser.client, address(meeting), after) as reader:
        yield reader


async def running(site: Site) -> Meeting:
    meeting = await meet_now(site.db)
    await meeting.begin()
    return meeting


def clocks(events: list[Event]) -> list[tuple[str, int]]:
    """(data-state, data-remaining) of every clock sent."""
    found = re.findall(
        r'data-state="(\w+)"\s+data-remaining="(\d+)"', "".join(event.data for event in events)
    )
    return [(state, int(seconds)) for state, seconds in found]


async def test_page_answer_and_stream_show_one_and_the_same_message(site: Site) -> None:
    meeting = await running(site)
    user = await enter_site(site, meeting, meeting.user)
    expert = await known_browser(site, meeting.expert)
    async with (
        hears(site, meeting, meeting.user, 1) as mine,
        hears(site, meeting, meeting.expert, 1) as theirs,
    ):
        data = {
            "text": "Halo <b>\nhttps://contoh.com/?a=1&b=2 \u2028 \u202e'\" selesai",
            "client_id": str(uuid4()),
        }
        posted = await user.post(f"/session/{meeting.booking_id}/messages", data, headers=HTMX)
        await eventually(lambda: mine.numbers == [2] and theirs.numbers == [2])
        pushed = {
            "user": next(e.data for e in mine.seen if e.id == "2"),
            "expert": next(e.data for e in theirs.seen if e.id == "2"),
        }
    assert pushed["user"] == posted.text
    assert pushed["user"] in (await user.get(room_path(meeting))).text
    assert pushed["expert"] in (await expert.get(room_path(meeting))).text
    assert pushed["expert"] == pushed["user"].replace(' mine"', '"').replace(
        '<span class="state">Terkirim</span>', ""
    )


async def test_it_opens_with_the_state_and_without_a_number(site: Site) -> None:
    meeting = await running(site)
    async with hears(site, meeting, meeting.user, 1) as reader:
        assert reader.seen[0].id is None
        assert 'id="countdown"' in reader.seen[0].data and 'id="connection"' in reader.seen[0].data
        state, seconds = clocks(reader.seen)[0]
        assert state == "running" and 1790 <= seconds <= 1800


async def test_it_replays_what_was_missed_and_goes_on(site: Site) -> None:
    meeting = await running(site)
    for n in range(2, 500):
        await meeting.say(meeting.user, str(n))
    async with hears(site, meeting, meeting.expert, 3) as reader:
        await eventually(lambda: len(reader.numbers) == 496)
        await meeting.say(meeting.user, "baru")
        await eventually(lambda: len(reader.numbers) == 497)
    assert reader.numbers == list(range(4, 501))


@pytest.mark.parametrize(
    ("after", "header", "first"),
    [
        ("1", "2", 3),
        ("2", "1", 3),
        ("-5", None, 1),
        ("99999", None, None),
        ("9" * 50, None, 1),
        ("abc", "x", 1),
    ],
)
async def test_any_cursor_is_understood(
    site: Site, after: str, header: str | None, first: int | None
) -> None:
    meeting = await running(site)
    for n in range(2, 5):
        await meeting.say(meeting.user, str(n))
    browser = await known_browser(site, meeting.user)
    browser.client.headers.update({"last-event-id": header} if header else {})
    reader = Reader(browser.client, address(meeting))
    reader.cursor = after  # type: ignore[assignment]  # what a broken browser sends
    task = asyncio.create_task(reader.read_once())
    await eventually(lambda: bool(reader.seen))
    await meeting.say(meeting.expert, "terakhir")
    await eventually(lambda: 5 in reader.numbers)
    assert reader.numbers == list(range(first or 5, 6))
    await reader.cut()
    await asyncio.wait([task])


async def test_an_arrival_and_the_start_are_told_at_once(site: Site) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=5))
    await actions.enter(site.db, meeting.user, meeting.booking_id)
    async with hears(site, meeting, meeting.user) as reader:
        assert clocks(reader.seen)[-1] == ("waiting", 1800) and "belum hadir" in reader.seen[0].data
        await actions.enter(site.db, meeting.expert, meeting.booking_id)
        await eventually(lambda: "Mentor sudah hadir." in reader.seen[-1].data)
        # Nobody runs a job here: the stream itself starts the clock when the time has come.
        await meeting.go_to((await meeting.room()).starts_at)
        await eventually(lambda: reader.numbers == [1])
        assert clocks(reader.seen)[-1][0] == "running"


async def test_the_end_comes_in_one_piece_and_closes_the_stream(site: Site) -> None:
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)
    async with (
        hears(site, meeting, meeting.user, 1) as mine,
        hears(site, meeting, meeting.expert, 1) as theirs,
    ):
        await meeting.say(meeting.user, "Terima kasih")
        await actions.end(site.db, meeting.user, meeting.booking_id)
        await eventually(lambda: mine.over and theirs.over)
    for reader in (mine, theirs):
        last, over = reader.seen[-2:]
        assert last.id == "3" and 'data-state="ended"' in last.data and "Session Telah Berakhir" in last.data
        assert over.event == "ended" and reader.numbers == [2, 3]
    assert "Beri Review" in mine.seen[-2].data and "Beri Review" not in theirs.seen[-2].data
    for after in ("3", "0", "", "7"):
        assert (await browser.get(f"{address(meeting)}?after={after}")).status_code == 204


async def test_whoever_missed_the_end_gets_it_replayed(site: Site) -> None:
    meeting = await running(site)
    await meeting.say(meeting.user, "Terlewat")
    await actions.end(site.db, meeting.user, meeting.booking_id)
    async with hears(site, meeting, meeting.expert, 1) as reader:
        await eventually(lambda: reader.over)
    assert reader.numbers == [2, 3] and "Session Telah Berakhir" in reader.seen[-2].data


async def test_the_time_runs_out_in_front_of_both_with_nobody_else_running(site: Site) -> None:
    meeting = await meet_now(site.db, minutes=5)
    await meeting.begin()
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    async with (
        hears(site, meeting, meeting.user, 1) as mine,
        hears(site, meeting, meeting.expert, 1) as theirs,
    ):
        await meeting.go_to(ends_at - timedelta(seconds=4))
        await eventually(lambda: mine.over and theirs.over)
    for reader in (mine, theirs):
        told = [seconds for state, seconds in clocks(reader.seen) if state == "running" and seconds <= 4]
        assert len(set(told)) >= 2 and told == sorted(told, reverse=True)
        assert "Waktu konsultasi telah habis." in reader.seen[-2].data
    room = await meeting.room()
    assert (room.ended_by, room.ended_at) == ("timeout", ends_at) and await meeting.status() == "completed"


async def test_the_time_is_told_again_and_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert live._TICK_SECONDS * live._TICKS_A_ROUND <= 10, "every ten seconds"
    monkeypatch.setattr(live, "_TICKS_A_ROUND", 4)
    meeting = await running(site)
    async with hears(site, meeting, meeting.user, 1) as reader:
        await eventually(lambda: len(clocks(reader.seen)) >= 4)
        seconds = [left for _, left in clocks(reader.seen)]
    assert seconds[1] > seconds[-1] and seconds == sorted(seconds, reverse=True)


async def test_a_cut_doorbell_loses_nothing(site: Site) -> None:
    meeting = await running(site)
    async with (
        hears(site, meeting, meeting.user, 1) as mine,
        hears(site, meeting, meeting.expert, 1) as theirs,
    ):
        for n in range(2, 62):
            if n % 15 == 0:
                await site.db.execute(CUT)
            await meeting.say(meeting.user if n % 2 else meeting.expert, str(n))
        await eventually(lambda: len(mine.numbers) == len(theirs.numbers) == 60)
    assert mine.numbers == theirs.numbers == list(range(2, 62))
    assert mine.opened == theirs.opened == 1


@pytest.mark.parametrize(
    "what",
    [
        "UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1",
        "UPDATE users SET suspended_at = app_now() WHERE id = $1",
    ],
)
async def test_whoever_may_no_longer_is_cut_off(site: Site, what: str) -> None:
    meeting = await running(site)
    async with (
        hears(site, meeting, meeting.user, 1) as mine,
        hears(site, meeting, meeting.expert, 1) as theirs,
    ):
        await site.db.execute(what, meeting.user.id)
        await eventually(lambda: mine.status != 200)
        before = len(mine.numbers)
        await meeting.say(meeting.expert, "Rahasia")
        await eventually(lambda: theirs.numbers == [2])
        assert len(mine.numbers) == before and theirs.opened == 1


async def test_a_renamed_person_stays(site: Site) -> None:
    meeting = await running(site)
    async with hears(site, meeting, meeting.user, 1) as reader:
        await site.db.execute("UPDATE users SET full_name = 'Budi S.' WHERE id = $1", meeting.user.id)
        await meeting.say(meeting.expert, "Masih di sini")
        await eventually(lambda: reader.numbers == [2])
        assert reader.opened == 1


async def test_a_cancelled_booking_sends_the_browser_to_its_page(site: Site) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=5))
    await actions.enter(site.db, meeting.user, meeting.booking_id)
    browser = await known_browser(site, meeting.user)
    reader = Reader(browser.client, address(meeting))
    task = asyncio.create_task(reader.read_once())
    await eventually(lambda: bool(reader.seen))
    async with site.db.transaction() as tx:
        await tx.execute("UPDATE bookings SET status = 'pending' WHERE id = $1", meeting.booking_id)
    async with asyncio.timeout(30):
        await task
    assert reader.seen[-1].event == "changed"
    await site.db.execute("UPDATE bookings SET status = 'confirmed' WHERE id = $1", meeting.booking_id)


async def test_a_slow_browser_is_cut_and_nobody_waits_for_it() -> None:
    seat = Seat("user", 0, answers=False)
    for seq in range(1, 600):
        seat.put(b"x", seq)
    assert await seat.take() is None


async def test_a_seat_joins_what_waits_drops_what_was_seen_and_shows_no_gap() -> None:
    seat = Seat("user", 3, answers=False)
    for seq in (2, 3, 4, None, 5):
        seat.put(str(seq).encode(), seq)
    assert await seat.take() == b"4None5"
    seat.put(b"9", 9)
    assert await seat.take() is None


async def test_a_seat_waits_for_the_next_and_ends_after_the_last() -> None:
    seat = Seat("user", 0, answers=False)
    waiting = asyncio.create_task(seat.take())
    await asyncio.sleep(0)
    seat.put(b"1", 1)
    seat.close()
    assert await waiting == b"1" and await seat.take() is None


async def test_head_answers_without_a_stream(site: Site) -> None:
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)
    answer = await browser.client.head(address(meeting), timeout=httpx.Timeout(5))
    assert answer.status_code == 200 and answer.content == b""


async def gone_quiet(meeting: Meeting) -> None:
    """Wait until the database knows that no stream of the expert is open."""

    async def quiet() -> bool:
        return not await meeting.db.fetchval(
            "SELECT streaming FROM room_presence WHERE booking_id = $1 AND side = 'expert'",
            meeting.booking_id,
        )

    await eventually(quiet)


async def test_a_pause_is_shown_while_it_begins_and_when_the_expert_is_back(site: Site) -> None:
    meeting = await running(site)
    async with hears(site, meeting, meeting.user, 1) as reader:
        async with hears(site, meeting, meeting.expert, 1):
            await eventually(lambda: clocks(reader.seen)[-1][0] == "running")
        await gone_quiet(meeting)
        await meeting.go_to(await clock.now(site.db) + timedelta(seconds=31))
        await eventually(lambda: clocks(reader.seen)[-1][0] == "paused")
        async with hears(site, meeting, meeting.expert, 1):
            await eventually(lambda: clocks(reader.seen)[-1][0] == "running")
    kinds = [item.kind for item in await meeting.items() if isinstance(item, Notice)]
    assert kinds == ["started", "paused", "resumed"]


async def test_what_the_other_has_read_and_writes_comes_over_the_stream(site: Site) -> None:
    meeting = await running(site)
    await meeting.say(meeting.user, "Sudah dibaca?")
    expert = await enter_site(site, meeting, meeting.expert)
    async with hears(site, meeting, meeting.user, 1) as reader:
        await eventually(lambda: 'id="read-mark" hidden data-seq="0"' in reader.seen[0].data)
        answer = await expert.post(f"/session/{meeting.booking_id}/here", {"read": "2", "typing": "1"})
        assert answer.status_code == 204
        await eventually(lambda: any('data-seq="2"' in one.data for one in reader.seen))
        await eventually(lambda: any("sedang mengetik" in one.data for one in reader.seen))
    assert (await meeting.room()).expert_read == 2
