"""Arriving at a session elsewhere: the link opened through us, the code given, and nobody who guesses it."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from mentorinaja.arrivals import actions as arrivals
from mentorinaja.arrivals.actions import MOST_TRIES, NoLink, NotNow, WrongCode
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere, TooMany
from mentorinaja.rooms.room import Notice
from tests.support.bookings import make_user
from tests.support.places import (
    LINK,
    MINUTE,
    be_over,
    code_of,
    meet_by_video,
    meet_in_person,
    open_doors,
    wrong_code_of,
)
from tests.support.rooms import Meeting, meet_later


async def arrived(meeting: Meeting) -> list[tuple[str, str]]:
    """(side, kind) of every arrival."""
    rows = await meeting.db.fetch(
        "SELECT side, kind FROM session_arrivals WHERE booking_id = $1 ORDER BY at, side", meeting.booking_id
    )
    return [tuple(row) for row in rows]


async def told(meeting: Meeting) -> list[str]:
    """The causes of the room's arrival notices."""
    items = await meeting.items()
    return [item.cause for item in items if isinstance(item, Notice) and item.kind == "arrived"]


async def test_the_first_opening_of_each_side_is_recorded_and_told(db: Database) -> None:
    meeting = await meet_by_video(db)
    await meeting.go_to((await meeting.room()).starts_at - 9 * MINUTE)
    for person in (meeting.user, meeting.user, meeting.expert, meeting.user):
        url = await arrivals.open_link(db, person, meeting.booking_id)
        assert url.startswith(LINK)
    assert await arrived(meeting) == [("user", "link"), ("expert", "link")]
    assert await told(meeting) == ["link:user", "link:expert"]
    room = await meeting.room()
    notice = next(item for item in await meeting.items() if isinstance(item, Notice))
    assert room.notice_text(notice, "expert").startswith("Budi Santoso membuka tautan rapat ")
    assert room.notice_text(notice, "user").startswith("Anda membuka tautan rapat ")


async def test_opened_many_times_at_once_it_is_one_arrival(db: Database) -> None:
    meeting = await meet_by_video(db)
    await open_doors(meeting)
    await asyncio.gather(*(arrivals.open_link(db, meeting.user, meeting.booking_id) for _ in range(8)))
    assert await arrived(meeting) == [("user", "link")] and await told(meeting) == ["link:user"]


@pytest.mark.parametrize("minutes", [-11, 30, 31, 90])
async def test_outside_its_time_nobody_is_led_to_the_meeting(db: Database, minutes: int) -> None:
    meeting = await meet_by_video(db)
    await meeting.go_to((await meeting.room()).starts_at + minutes * MINUTE)
    with pytest.raises(NotNow):
        await arrivals.open_link(db, meeting.user, meeting.booking_id)
    assert await arrived(meeting) == []


async def test_an_unpaid_session_leads_nowhere(db: Database) -> None:
    meeting = await meet_later(db, category="online_video", paid=False)
    with pytest.raises(NotNow):
        await arrivals.open_link(db, meeting.user, meeting.booking_id)


async def test_without_a_link_nobody_has_arrived(db: Database) -> None:
    meeting = await meet_by_video(db, link=None)
    await open_doors(meeting)
    with pytest.raises(NoLink):
        await arrivals.open_link(db, meeting.user, meeting.booking_id)
    assert await arrived(meeting) == []


async def test_links_and_codes_are_there_for_the_two_of_such_a_session_only(db: Database) -> None:
    video, person, chat = await meet_by_video(db), await meet_in_person(db), await meet_later(db)
    stranger = await make_user(db)
    for meeting in (video, person, chat):
        await open_doors(meeting)
    for user, meeting in ((stranger, video), (person.user, person), (chat.user, chat), (video.user, chat)):
        with pytest.raises(NotThere):
            await arrivals.open_link(db, user, meeting.booking_id)
    code = await code_of(person)
    for user, meeting in (
        (stranger, person), (person.user, person), (video.expert, video), (chat.expert, chat), (video.expert, person),
    ):  # fmt: skip
        with pytest.raises(NotThere):
            await arrivals.give_code(db, user, meeting.booking_id, code)
    assert await arrived(person) == [] == await arrived(video)


async def test_a_confirmed_offline_session_has_a_code_of_six_digits_and_nothing_else_has(
    db: Database,
) -> None:
    codes = [await code_of(await meet_in_person(db)) for _ in range(5)]
    assert all(len(code) == 6 and code.isdigit() for code in codes) and len(set(codes)) > 1
    unpaid = await meet_later(db, category="offline_event", paid=False)
    for meeting in (await meet_by_video(db), await meet_later(db), unpaid):
        assert await code_of(meeting) is None


async def test_the_code_says_that_both_have_met(db: Database) -> None:
    meeting = await meet_in_person(db)
    await open_doors(meeting)
    code = await code_of(meeting)
    await arrivals.give_code(db, meeting.expert, meeting.booking_id, f" {code[:3]}-{code[3:]} ")
    await arrivals.give_code(db, meeting.expert, meeting.booking_id, code)
    assert await arrived(meeting) == [("expert", "code"), ("user", "code")]
    assert await told(meeting) == ["code"] and (await meeting.room()).met_at is not None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34\x00", "1e5"])
async def test_what_is_no_code_is_no_try(db: Database, typed: str) -> None:
    meeting = await meet_in_person(db)
    await open_doors(meeting)
    for _ in range(MOST_TRIES + 1):
        with pytest.raises(WrongCode):
            await arrivals.give_code(db, meeting.expert, meeting.booking_id, typed)
    await arrivals.give_code(db, meeting.expert, meeting.booking_id, await code_of(meeting))


async def test_guessing_ends_after_five_tries_also_at_once_and_goes_on_later(db: Database) -> None:
    meeting = await meet_in_person(db)
    await open_doors(meeting)
    # Not across the edge of a window.
    into: int = await db.fetchval("SELECT extract(epoch FROM app_now())::bigint % 600")
    await meeting.go_to((await meeting.room()).read_at + timedelta(seconds=601 - into))
    wrong, right = await wrong_code_of(meeting), await code_of(meeting)

    async def guess(code: str) -> str:
        try:
            await arrivals.give_code(db, meeting.expert, meeting.booking_id, code)
        except (WrongCode, TooMany) as refusal:
            return type(refusal).__name__
        return "right"

    guesses = Counter(await asyncio.gather(*(guess(wrong) for _ in range(20))))
    assert guesses == {"WrongCode": MOST_TRIES, "TooMany": 20 - MOST_TRIES}
    assert await guess(right) == "TooMany" and await arrived(meeting) == []
    await meeting.go_to((await meeting.room()).read_at + 10 * MINUTE)
    assert await guess(right) == "right"


async def test_after_the_end_no_code_is_taken(db: Database) -> None:
    meeting = await meet_in_person(db)
    code = await code_of(meeting)
    await be_over(meeting)
    with pytest.raises(NotNow):
        await arrivals.give_code(db, meeting.expert, meeting.booking_id, code)
    assert await arrived(meeting) == [] and await meeting.status() == "completed"
