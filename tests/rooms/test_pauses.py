"""The fair clock in the database: pauses, returns, limits and absence, to the second and once."""

import asyncio
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.rooms import actions, presence, queries, steps
from mentorinaja.rooms.clock import Step
from mentorinaja.rooms.room import Notice, Room
from mentorinaja.rooms.rules import NotOpen
from tests.support.races import Meet
from tests.support.rooms import Meeting, meet_after, meet_later, meet_now

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SOON = timedelta(seconds=5)  # what a test itself may take on a busy machine


def notices(items: list[object]) -> list[tuple[str, str]]:
    return [(item.kind, item.cause) for item in items if isinstance(item, Notice)]


async def begun(db: Database, minutes: int = 30) -> tuple[Meeting, Room]:
    """A running session whose expert has just closed the page."""
    meeting = await meet_now(db, minutes=minutes)
    await meeting.begin()
    await actions.leave(db, meeting.booking_id, "expert", seen=True)
    return meeting, await meeting.room()


async def refunds(db: Database, meeting: Meeting) -> list[tuple[str, int]]:
    rows = await db.fetch(
        """SELECT r.reason, r.amount FROM refunds r JOIN orders o ON o.id = r.order_id
           WHERE o.public_id = $1 ORDER BY r.id""",
        meeting.order_id,
    )
    return [(row["reason"], row["amount"]) for row in rows]


async def test_silence_pauses_from_the_last_sign_and_the_return_moves_the_end_by_exactly_the_gap(
    db: Database,
) -> None:
    meeting, before = await begun(db)
    left = before.expert_seen_at
    assert left is not None and before.ends_at is not None
    await meeting.go_to(left + 29 * SECOND)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).status == "running"

    await meeting.go_to(left + 31 * SECOND)
    await actions.advance(db, meeting.booking_id)
    paused = await meeting.room()
    assert (paused.status, paused.paused_at) == ("paused", left)
    assert paused.remaining(paused.read_at) == (before.ends_at - left).total_seconds()

    await meeting.go_to(left + 4 * MINUTE)
    await presence.here(db, meeting.expert, meeting.booking_id, 0)
    back = await meeting.room()
    assert back.status == "running" and back.expert_seen_at is not None and back.ends_at is not None
    assert back.ends_at - before.ends_at == back.paused_for == back.expert_seen_at - left
    assert notices(await meeting.items())[1:] == [
        ("paused", "expert_gone"),
        ("resumed", "expert_back"),
    ]


async def test_a_return_tells_of_a_silence_that_nobody_had_noticed(db: Database) -> None:
    meeting, before = await begun(db)
    assert before.expert_seen_at is not None
    await meeting.go_to(before.expert_seen_at + 2 * MINUTE)
    await meeting.say(meeting.expert, "Maaf, sinyal saya hilang.")
    items = await meeting.items()
    assert notices(items)[1:] == [("paused", "expert_gone"), ("resumed", "expert_back")]
    assert items[1].at == before.expert_seen_at and items[-1].seq == 4


async def test_the_user_s_absence_pauses_nothing(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    await actions.leave(db, meeting.booking_id, "user", seen=True)
    await meeting.go_to((await meeting.room()).read_at + 5 * MINUTE)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).status == "running"


async def test_in_a_pause_the_user_writes_and_the_expert_s_message_ends_it(db: Database) -> None:
    meeting, before = await begun(db)
    await meeting.go_to(before.read_at + MINUTE)
    await actions.advance(db, meeting.booking_id)
    await meeting.say(meeting.user, "Masih di sana?")
    assert (await meeting.room()).status == "paused"
    await meeting.say(meeting.expert, "Ya, saya kembali.")
    assert (await meeting.room()).status == "running"


async def test_after_ten_minutes_of_pauses_it_ends_and_the_unused_time_goes_back(db: Database) -> None:
    meeting, before = await begun(db)
    left = before.expert_seen_at
    assert left is not None and before.ends_at is not None
    for minutes in (6, 4):  # the second time it is over exactly at the limit
        await meeting.go_to((await clock.now(db)) + SECOND)
        await actions.leave(db, meeting.booking_id, "expert", seen=False)
        await meeting.go_to((await clock.now(db)) + minutes * MINUTE + 2 * SECOND)
        await presence.here(db, meeting.expert, meeting.booking_id, 0)
        await actions.leave(db, meeting.booking_id, "expert", seen=False)
    room = await meeting.room()
    assert room.status == "ended" and room.ended_by == "timeout" and await meeting.status() == "completed"
    assert notices(await meeting.items())[-1] == ("ended", "pause_limit")
    assert room.paused_at is not None and room.ends_at is not None and room.ended_at is not None
    assert room.ended_at - room.paused_at + room.paused_for == 10 * MINUTE
    unused = -(-(room.ends_at - room.paused_at) // SECOND)
    assert await refunds(db, meeting) == [("interrupted", -(-room.total * unused // 1800))]
    assert room.refunded == -(-room.total * unused // 1800)
    with pytest.raises(NotOpen):
        await meeting.say(meeting.user, "Terlambat")


async def test_when_the_expert_s_next_session_begins_the_late_one_ends(db: Database) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    after = await meet_after(db, meeting, start + 30 * MINUTE)
    await meeting.go_to(start + 10 * MINUTE)
    await meeting.begin()
    assert (await meeting.room()).ends_at is not None
    await after.go_to(start + 30 * MINUTE + SECOND)
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert (room.status, room.ended_at) == ("ended", start + 30 * MINUTE)
    assert notices(await meeting.items())[-1] == ("ended", "next_booking")
    (reason, amount), *_ = await refunds(db, meeting)
    assert reason == "interrupted" and abs(amount - room.total // 3) < room.total // 100


@pytest.mark.parametrize(("user_comes", "reason"), [(True, "expert_absent"), (False, "both_absent")])
async def test_an_absent_expert_cancels_it_at_the_end_of_the_booked_time(
    db: Database, user_comes: bool, reason: str
) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start)
    await (actions.enter(db, meeting.user, meeting.booking_id) if user_comes else opened(db, meeting))
    await meeting.go_to(start + 30 * MINUTE - SOON)
    await actions.advance(db, meeting.booking_id)
    assert await meeting.status() == "confirmed"
    await meeting.go_to(start + 31 * MINUTE)
    await asyncio.gather(*(actions.advance(db, meeting.booking_id) for _ in range(5)))
    room = await meeting.room()
    assert (room.booking_status, room.payment_status, room.cancel_reason) == (
        "cancelled", "refund_pending", reason,
    )  # fmt: skip
    assert await refunds(db, meeting) == [(reason, room.total)]
    assert notices(await meeting.items()) == [("ended", reason)]


async def opened(db: Database, meeting: Meeting) -> None:
    await actions.open_room(db, meeting.booking_id)


async def test_an_absent_user_s_session_completes_and_is_earned(db: Database) -> None:
    meeting = await meet_now(db)
    await actions.enter(db, meeting.expert, meeting.booking_id)
    await actions.streams(db, meeting.booking_id, "expert")
    await meeting.go_to((await clock.now(db)) + 31 * MINUTE)
    await actions.advance(db, meeting.booking_id)
    assert await meeting.status() == "completed" and await refunds(db, meeting) == []
    reason = await db.fetchval("SELECT detail->>'reason' FROM order_events WHERE event = 'completed'")
    assert reason == "user_absent"


@pytest.mark.parametrize(("minutes", "goes_back"), [(23, True), (25, False)])
async def test_an_expert_who_ends_early_gives_the_unused_share_back(
    db: Database, minutes: int, goes_back: bool
) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    started = (await meeting.room()).started_at
    assert started is not None
    await meeting.go_to(started + minutes * MINUTE)
    await actions.end(db, meeting.expert, meeting.booking_id)
    room = await meeting.room()
    assert room.ends_at is not None and room.ended_at is not None and room.status == "ended"
    unused = -(-(room.ends_at - room.ended_at) // SECOND)
    expected = [("ended_early", -(-room.total * unused // 1800))] if goes_back else []
    assert await refunds(db, meeting) == expected


async def test_a_user_who_ends_early_gets_nothing_back(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    await actions.end(db, meeting.user, meeting.booking_id)
    assert await refunds(db, meeting) == []


async def test_a_user_who_ends_while_the_clock_rests_pays_for_none_of_the_rest(db: Database) -> None:
    meeting, before = await begun(db)
    left = before.expert_seen_at
    assert left is not None and before.ends_at is not None
    await meeting.go_to(left + 3 * MINUTE)
    await actions.end(db, meeting.user, meeting.booking_id)
    unused = -(-(before.ends_at - left) // SECOND)
    assert await refunds(db, meeting) == [("interrupted", -(-before.total * unused // 1800))]


@pytest.mark.parametrize("side", ["user", "expert"])
async def test_what_the_next_session_cuts_off_goes_back_whoever_ends_it(db: Database, side: str) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meet_after(db, meeting, start + 30 * MINUTE)
    await meeting.go_to(start + 3 * MINUTE)
    await meeting.begin()
    await meeting.go_to(start + 29 * MINUTE)
    await actions.end(db, meeting.user if side == "user" else meeting.expert, meeting.booking_id)
    room = await meeting.room()
    assert room.ends_at is not None
    cut = -(-(room.ends_at - (start + 30 * MINUTE)) // SECOND)
    assert cut >= 180 and await refunds(db, meeting) == [("interrupted", -(-room.total * cut // 1800))]


async def test_moving_the_clock_makes_nobody_vanish_who_has_a_stream_open(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    await meeting.go_to((await clock.now(db)) + 20 * MINUTE)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).status == "running"


async def test_a_stream_that_goes_on_is_a_sign_and_one_after_silence_must_take_the_lock(db: Database) -> None:
    meeting, before = await begun(db)
    pair = (meeting.booking_id, "expert")
    assert await presence.keep(db, [pair]) == []
    await actions.leave(db, meeting.booking_id, "expert", seen=False)
    await meeting.go_to(before.read_at + MINUTE)
    assert await presence.keep(db, [pair]) == [pair]


async def test_both_sides_many_signs_and_sweeps_at_once_pause_and_resume_once(db: Database) -> None:
    meeting, before = await begun(db)
    await meeting.go_to(before.read_at + 3 * MINUTE)
    await asyncio.gather(
        *(actions.advance(db, meeting.booking_id) for _ in range(5)),
        *(presence.here(db, meeting.expert, meeting.booking_id, 0) for _ in range(5)),
        *(meeting.say(meeting.expert, f"Kembali {n}") for n in range(3)),
        *(meeting.say(meeting.user, f"Halo {n}") for n in range(3)),
    )
    kinds = [kind for kind, _ in notices(await meeting.items())]
    assert kinds == ["started", "paused", "resumed"]


async def test_without_the_lock_the_same_pause_is_written_twice(unchecked_db: Database) -> None:
    """The twin: whoever reads the room without its lock pauses it once more."""
    db = unchecked_db
    meeting, before = await begun(db)
    await meeting.go_to(before.read_at + 3 * MINUTE)
    all_looked = Meet(4)

    @atomic
    async def pause_without_lock(tx: Connection) -> None:
        room = (await queries.rooms_by_id(tx, [meeting.booking_id]))[meeting.booking_id]
        await all_looked.wait()
        if room.status == "running" and room.expert_seen_at:
            await steps._pause(tx, room, Step("pause", room.expert_seen_at, "expert_gone"))

    await asyncio.gather(*(pause_without_lock(db) for _ in range(4)))
    kinds = [kind for kind, _ in notices(await meeting.items())]
    assert kinds.count("paused") > 1


async def test_what_is_read_moves_forward_only_and_never_past_what_exists(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    for n in range(5):
        await meeting.say(meeting.user, str(n))
    for read, kept in ((3, 3), (2, 3), (10**12, 6)):
        await presence.here(db, meeting.expert, meeting.booking_id, read)
        assert (await meeting.room()).expert_read == kept
