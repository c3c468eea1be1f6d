"""Entering, the clock, messages and the end, with a real database."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from mentorinaja import clock
from mentorinaja.bookings.actions import ROOMS_DUE
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.rooms import actions, queries
from mentorinaja.rooms.room import Message, Notice
from mentorinaja.rooms.rules import MOST_A_MINUTE, Flood, NotOpen, NotRunning
from tests.support.bookings import make_user
from tests.support.races import Meet
from tests.support.rooms import Meeting, meet_later, meet_now, texts

MINUTE = timedelta(minutes=1)


async def jobs_named(db: Database, name: str) -> int:
    return int(await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", name))


async def test_a_room_opens_ten_minutes_before_the_start(db: Database) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 11 * MINUTE)
    await actions.enter(db, meeting.user, meeting.booking_id)
    assert (await meeting.room()).status is None

    await meeting.go_to(start - 10 * MINUTE)
    await actions.enter(db, meeting.user, meeting.booking_id)
    room = await meeting.room()
    assert (room.status, room.joined("user"), room.joined("expert")) == ("waiting", True, False)
    assert await jobs_named(db, ROOMS_DUE) == 2  # at the start, and at the end


async def test_the_clock_starts_at_the_scheduled_start_when_the_expert_waits(db: Database) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 5 * MINUTE)
    await meeting.begin()
    assert (await meeting.room()).status == "waiting"

    await meeting.go_to(start + timedelta(seconds=20))
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert (room.status, room.started_at, room.ends_at) == ("running", start, start + 30 * MINUTE)


async def test_the_clock_starts_when_a_late_expert_arrives_and_not_when_the_user_does(db: Database) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start + 4 * MINUTE)
    await actions.enter(db, meeting.user, meeting.booking_id)
    assert (await meeting.room()).status == "waiting"

    await meeting.go_to(start + 7 * MINUTE)
    await actions.enter(db, meeting.expert, meeting.booking_id)
    room = await meeting.room()
    assert room.status == "running" and room.started_at is not None and room.ends_at is not None
    assert timedelta() <= room.started_at - (start + 7 * MINUTE) < timedelta(seconds=10)
    assert room.ends_at - room.started_at == 30 * MINUTE


async def test_entering_again_changes_nothing(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    before = await meeting.room()
    await meeting.go_to(before.read_at + 5 * MINUTE)
    await meeting.begin()
    after = await meeting.room()
    assert (after.user_joined_at, after.expert_joined_at) == (before.user_joined_at, before.expert_joined_at)
    assert (after.started_at, after.ends_at, after.last_seq) == (before.started_at, before.ends_at, 1)


async def test_nobody_else_enters_or_writes_or_ends(db: Database) -> None:
    meeting, stranger = await meet_now(db), await make_user(db)
    await meeting.begin()
    with pytest.raises(NotThere):
        await actions.enter(db, stranger, meeting.booking_id)
    with pytest.raises(NotThere):
        await meeting.say(stranger, "Halo")
    with pytest.raises(NotThere):
        await actions.end(db, stranger, meeting.booking_id)
    assert await queries.room_for(db, stranger, meeting.booking_id) is None


async def test_messages_are_numbered_without_gaps_beside_the_notices(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    sent = [
        await meeting.say(person, f"Pesan {n}") for n, person in enumerate([meeting.user, meeting.expert] * 3)
    ]
    assert [one.message.seq for one in sent] == [2, 3, 4, 5, 6, 7]
    assert [one.message.sender for one in sent] == ["user", "expert"] * 3
    items = await meeting.items()
    assert isinstance(items[0], Notice) and items[0].kind == "started"
    assert texts(items) == [f"Pesan {n}" for n in range(6)]


async def test_a_hundred_messages_at_once_have_a_hundred_numbers(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    people = [meeting.user, meeting.expert] * 50
    sent = await asyncio.gather(*(meeting.say(person, str(n)) for n, person in enumerate(people)))
    assert sorted(one.message.seq for one in sent) == list(range(2, 102))


async def test_a_repeated_id_answers_as_the_first_time(db: Database) -> None:
    meeting, name = await meet_now(db), uuid4()
    await meeting.begin()
    first = await meeting.say(meeting.user, "Sekali", name)
    again = await meeting.say(meeting.user, "Lain isinya", name)
    assert again.message == first.message and again.again and not first.again
    other = await meeting.say(meeting.expert, "Id sama, orang lain", name)
    assert other.message.seq == first.message.seq + 1


async def test_the_same_message_fifty_times_at_once_is_one(db: Database) -> None:
    meeting, name = await meet_now(db), uuid4()
    await meeting.begin()
    sent = await asyncio.gather(*(meeting.say(meeting.user, "Sekali saja", name) for _ in range(50)))
    assert {one.message.seq for one in sent} == {2}
    assert [one.again for one in sent].count(False) == 1
    assert texts(await meeting.items()) == ["Sekali saja"]


async def test_a_known_message_is_answered_after_the_end_too(db: Database) -> None:
    meeting, name = await meet_now(db), uuid4()
    await meeting.begin()
    first = await meeting.say(meeting.user, "Sebelum akhir", name)
    await actions.end(db, meeting.user, meeting.booking_id)
    assert (await meeting.say(meeting.user, "Sebelum akhir", name)).message == first.message


async def test_no_message_before_the_start_nor_after_the_end(db: Database) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 5 * MINUTE)
    await meeting.begin()
    with pytest.raises(NotOpen):
        await meeting.say(meeting.user, "Terlalu awal")
    await meeting.go_to(start)
    await actions.advance(db, meeting.booking_id)
    await meeting.say(meeting.user, "Tepat waktu")
    await meeting.go_to(start + 30 * MINUTE)
    with pytest.raises(NotOpen):
        await meeting.say(meeting.user, "Terlambat")
    # The refusal itself wrote the end down, with nobody else about.
    assert (await meeting.room()).status == "ended" and await meeting.status() == "completed"
    assert texts(await meeting.items()) == ["Tepat waktu"]


async def test_a_flood_is_stopped_and_the_other_side_goes_on(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    await db.execute(
        "UPDATE active_sessions SET sent_minute = date_trunc('minute', app_now()), user_sent = $1",
        MOST_A_MINUTE,
    )
    if (await clock.now(db)).second < 58:  # the brake is counted by the minute
        with pytest.raises(Flood):
            await meeting.say(meeting.user, "Satu lagi")
    await meeting.say(meeting.expert, "Saya tidak")
    await meeting.go_to((await clock.now(db)) + MINUTE)
    await meeting.say(meeting.user, "Semenit kemudian")


async def test_the_session_ends_at_its_time_also_after_downtime(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    await meeting.go_to(ends_at + timedelta(hours=5))
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert (room.status, room.ended_by, room.ended_at) == ("ended", "timeout", ends_at)
    assert await meeting.status() == "completed"


async def test_either_side_ends_it_and_a_second_time_is_nothing(db: Database) -> None:
    for side in ("user", "expert"):
        meeting = await meet_now(db)
        await meeting.begin()
        person = meeting.user if side == "user" else meeting.expert
        await actions.end(db, person, meeting.booking_id)
        await actions.end(db, meeting.user, meeting.booking_id)
        room, items = await meeting.room(), await meeting.items()
        assert (room.status, room.ended_by) == ("ended", side)
        assert [item.kind for item in items if isinstance(item, Notice)] == ["started", "ended"]
        assert await meeting.status() == "completed"


async def test_ending_before_the_start_is_refused(db: Database) -> None:
    meeting = await meet_later(db)
    with pytest.raises(NotRunning):
        await actions.end(db, meeting.user, meeting.booking_id)
    await meeting.go_to((await meeting.room()).starts_at - MINUTE)
    await meeting.begin()
    with pytest.raises(NotRunning):
        await actions.end(db, meeting.user, meeting.booking_id)


@pytest.mark.parametrize("category", ["online_video", "offline_event"])
async def test_beside_a_video_session_the_room_follows_the_schedule(db: Database, category: str) -> None:
    meeting = await meet_later(db, category=category)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 5 * MINUTE)
    await actions.enter(db, meeting.user, meeting.booking_id)
    await meeting.say(meeting.user, "Saya sudah siap")
    await meeting.go_to(start + MINUTE)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).status == "running"
    with pytest.raises(NotRunning):
        await actions.end(db, meeting.user, meeting.booking_id)
    await meeting.go_to(start + 31 * MINUTE)
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert (room.status, room.ended_by, room.ended_at) == ("ended", "timeout", start + 30 * MINUTE)
    assert await meeting.status() == "completed"


async def ends_written(meeting: Meeting) -> int:
    return int(
        await meeting.db.fetchval(
            "SELECT count(*) FROM order_events e JOIN orders o ON o.id = e.order_id "
            "WHERE o.public_id = $1 AND e.event = 'completed'",
            meeting.order_id,
        )
    )


async def test_both_end_while_the_time_runs_out_and_there_is_one_end(db: Database) -> None:
    for _ in range(10):
        meeting = await meet_now(db, minutes=5)
        await meeting.begin()
        ends_at = (await meeting.room()).ends_at
        assert ends_at is not None
        await meeting.go_to(ends_at - timedelta(milliseconds=15))
        await asyncio.gather(
            *(actions.end(db, person, meeting.booking_id) for person in (meeting.user, meeting.expert)),
            *(_advance_later(db, meeting.booking_id, n / 100) for n in range(4)),
            *(_try_to_say(meeting, n) for n in range(4)),
        )
        items = await meeting.items()
        assert isinstance(items[-1], Notice) and items[-1].kind == "ended"
        assert len([item for item in items if isinstance(item, Notice)]) == 2
        assert all(item.at <= items[-1].at for item in items)
        assert await ends_written(meeting) == 1


async def test_without_the_lock_the_same_race_ends_twice(unchecked_db: Database) -> None:
    """The twin: without the row's lock and the one-end index, several ends are written."""
    db = unchecked_db
    await db.execute("DROP INDEX session_events_one_end")
    meeting = await meet_now(db)
    await meeting.begin()
    all_looked = Meet(4)

    @atomic
    async def end_without_lock(tx: Connection) -> None:
        room = (await queries.rooms_by_id(tx, [meeting.booking_id]))[meeting.booking_id]
        await all_looked.wait()
        if room.status == "running":
            await actions.finish(tx, room, by="user", cause="user", at=room.read_at, user_id=meeting.user.id)

    await asyncio.gather(*(end_without_lock(db) for _ in range(4)))
    notices = [item for item in await meeting.items() if isinstance(item, Notice) and item.kind == "ended"]
    assert len(notices) > 1


async def test_older_messages_come_in_pages(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    for n in range(2, 61):
        await meeting.say(meeting.user, str(n))
    latest = await queries.latest_items(db, meeting.booking_id, 50)
    older = await queries.latest_items(db, meeting.booking_id, 50, before=latest[0].seq)
    assert [item.seq for item in [*older, *latest]] == list(range(1, 61))
    assert all(isinstance(item, Message) for item in latest)


async def _advance_later(db: Database, booking_id: UUID, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await actions.advance(db, booking_id)


async def _try_to_say(meeting: Meeting, n: int) -> None:
    await asyncio.sleep(n / 200)
    try:
        await meeting.say(meeting.user, f"Menjelang akhir {n}")
    except NotOpen:
        return


async def test_whoever_only_writes_or_only_listens_has_come(db: Database) -> None:
    meeting = await meet_now(db)
    await actions.enter(db, meeting.expert, meeting.booking_id)
    assert (await meeting.room()).user_joined_at is None
    await meeting.say(meeting.user, "Saya hanya menulis")
    assert (await meeting.room()).user_joined_at is not None

    other = await meet_now(db)
    await actions.open_room(db, other.booking_id)
    await actions.streams(db, other.booking_id, "user")
    room = await other.room()
    assert room.user_joined_at is not None and room.expert_joined_at is None
