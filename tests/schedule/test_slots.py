"""The SQL function that decides which slots are free."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.formats import WIB
from mentorinaja.schedule import actions
from mentorinaja.schedule.queries import days_with_slots, free_slots, nearest_slots, ready_now, slot_is_free
from mentorinaja.schedule.rules import Hours, Rules, ScheduleInvalid, SpecialDay, Week
from tests.support.experts import Told, hold, make_expert, set_now

WITA, WIT = "Asia/Makassar", "Asia/Jayapura"
# A Monday, ten past midnight in Jakarta: the whole day lies ahead.
NOW = datetime(2027, 1, 3, 17, 10, tzinfo=UTC)
MONDAY = date(2027, 1, 4)
TUESDAY = date(2027, 1, 5)


def week(text: str) -> Week:
    """`1 09:00-12:00 13:00-15:00; 2 08:00-09:00`."""
    days: dict[int, list[Hours]] = {}
    for part in text.split(";"):
        weekday, *ranges = part.split()
        days[int(weekday)] = [Hours.parse(*hours.split("-")) for hours in ranges]
    return days


def local(day: date, clock_time: str, zone: str = WIB) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock_time), ZoneInfo(zone)).astimezone(UTC)


async def times(db: Database, expert_id: int, minutes: int, day: date = MONDAY, zone: str = WIB) -> list[str]:
    slots = await free_slots(db, expert_id, minutes, day, zone)
    return [f"{slot.astimezone(ZoneInfo(zone)):%H:%M}" for slot in slots]


async def expert_with(db: Database, hours: str, **rules: object) -> int:
    await set_now(db, NOW)
    return await make_expert(db, Told(week=week(hours), rules=Rules(**rules)))  # type: ignore[arg-type]  # named by tests


async def test_a_range_is_cut_into_steps_that_leave_room_for_the_session(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-11:00")
    assert await times(db, expert, 30) == ["09:00", "09:30", "10:00", "10:30"]
    assert await times(db, expert, 45) == ["09:00", "09:30", "10:00"]
    assert await times(db, expert, 120) == ["09:00"]
    assert await times(db, expert, 121) == []


async def test_several_ranges_a_day_each_count_from_their_own_beginning(db: Database) -> None:
    expert = await expert_with(db, "1 09:15-10:30 13:00-14:00")
    assert await times(db, expert, 30) == ["09:15", "09:45", "13:00", "13:30"]


async def test_ranges_that_touch_are_one(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-09:45 09:45-11:00")
    assert await times(db, expert, 60) == ["09:00", "09:30", "10:00"]


async def test_a_range_may_end_at_midnight(db: Database) -> None:
    expert = await expert_with(db, "1 22:30-24:00")
    assert await times(db, expert, 60) == ["22:30", "23:00"]


async def test_a_session_may_run_over_midnight_when_the_next_day_begins_there(db: Database) -> None:
    expert = await expert_with(db, "1 23:00-24:00; 2 00:00-01:00; 3 00:30-02:00")
    assert await times(db, expert, 60) == ["23:00", "23:30"]
    assert await times(db, expert, 60, TUESDAY) == ["00:00"]


async def test_a_day_without_hours_has_no_slots(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    assert await times(db, expert, 30, TUESDAY) == []


async def test_a_day_off_takes_the_weekly_hours_away_and_leaves_extra_ones(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00; 2 09:00-10:00")
    await actions.set_exceptions(
        db,
        expert,
        [
            SpecialDay(MONDAY, "off"),
            SpecialDay(TUESDAY, "off"),
            SpecialDay(TUESDAY, "extra", Hours.parse("19:00", "24:00")),
        ],
    )
    assert await times(db, expert, 30) == []
    assert await times(db, expert, 120, TUESDAY) == [
        "19:00",
        "19:30",
        "20:00",
        "20:30",
        "21:00",
        "21:30",
        "22:00",
    ]


async def test_an_extra_range_that_overlaps_lengthens_the_day(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    await actions.set_exceptions(
        db,
        expert,
        [
            SpecialDay(MONDAY, "extra", Hours.parse("09:40", "11:00")),
            SpecialDay(MONDAY, "extra", Hours.parse("08:00", "08:30")),
        ],
    )
    assert await times(db, expert, 30) == ["08:00", "09:00", "09:30", "10:00", "10:30"]


async def test_minimum_notice_hides_what_is_too_soon(db: Database) -> None:
    expert = await expert_with(db, "1 00:00-04:00", notice_minutes=75)
    assert await times(db, expert, 30) == ["01:30", "02:00", "02:30", "03:00", "03:30"]


async def test_the_horizon_hides_what_is_too_far(db: Database) -> None:
    expert = await expert_with(
        db, "1 00:00-01:00; 2 00:00-01:00; 3 00:00-01:00; 4 00:00-01:00", horizon_days=2
    )
    days = await days_with_slots(db, expert, 30, WIB)
    assert days == [TUESDAY, date(2027, 1, 6)]
    # Two days from ten past midnight: on the last day midnight itself is within, half past is not.
    assert await times(db, expert, 30, date(2027, 1, 6)) == ["00:00"]


@pytest.mark.parametrize(("zone", "hours"), [(WIB, "09:00"), (WITA, "08:00"), (WIT, "07:00")])
async def test_hours_are_those_of_the_experts_own_clock(db: Database, zone: str, hours: str) -> None:
    expert = await expert_with(db, f"1 {hours}-10:00", time_zone=zone)
    slots = await free_slots(db, expert, 30, MONDAY, zone)
    assert slots[0] == local(MONDAY, hours, zone)


async def test_days_are_those_of_the_viewers_zone(db: Database) -> None:
    """Half past midnight in Jayapura is still the evening before in Jakarta."""
    expert = await expert_with(db, "2 00:30-02:30", time_zone=WIT)
    assert await times(db, expert, 30, MONDAY, WIB) == ["22:30", "23:00", "23:30"]
    assert (await times(db, expert, 30, TUESDAY, WIB)) == ["00:00"]
    assert await times(db, expert, 30, TUESDAY, WIT) == ["00:30", "01:00", "01:30", "02:00"]
    assert await days_with_slots(db, expert, 30, WIT) == [TUESDAY + timedelta(weeks=n) for n in range(5)]
    assert (await days_with_slots(db, expert, 30, WIB))[:2] == [MONDAY, TUESDAY]


async def test_a_confirmed_booking_and_its_buffer_are_taken(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-12:00", buffer_minutes=15)
    await hold(db, expert, local(MONDAY, "10:00"), 30, buffer=15)
    # 09:30 would need its own buffer until 10:15; 10:30 lies in the booked one's.
    assert await times(db, expert, 30) == ["09:00", "11:00", "11:30"]


async def test_an_unpaid_booking_holds_until_its_deadline_and_not_after(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-10:00")
    await hold(db, expert, local(MONDAY, "09:00"), 30, status="pending", deadline=NOW + timedelta(minutes=20))
    assert await times(db, expert, 30) == ["09:30"]
    await clock.shift(db, timedelta(minutes=21))
    assert await times(db, expert, 30) == ["09:00", "09:30"]


@pytest.mark.parametrize("status", ["cancelled", "completed"])
async def test_what_is_over_holds_nothing(unchecked_db: Database, status: str) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-10:00")
    await hold(db, expert, local(MONDAY, "09:00"), 30, status=status)
    assert await times(db, expert, 30) == ["09:00", "09:30"]


async def test_a_users_own_bookings_block_for_that_user_alone(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-11:00", buffer_minutes=30)
    other = await make_expert(db, Told(name="Dimas Pratama"))
    busy = await hold(db, other, local(MONDAY, "10:00"), 30, buffer=30)
    slots = await free_slots(db, expert, 30, MONDAY, WIB, busy)
    # The expert's buffer is no matter of the user's own time.
    assert slots == [local(MONDAY, at) for at in ("09:00", "09:30", "10:30")]
    assert len(await free_slots(db, expert, 30, MONDAY, WIB)) == 4


async def test_the_nearest_free_slots_come_in_time_order(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-13:00")
    wanted = local(MONDAY, "11:00")
    await hold(db, expert, wanted, 30)
    near = await nearest_slots(db, expert, 30, wanted)
    assert near == [local(MONDAY, at) for at in ("10:00", "10:30", "11:30")]


async def test_a_slot_is_free_only_if_it_is_exactly_one_of_them(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-10:00")
    assert await slot_is_free(db, expert, 30, local(MONDAY, "09:30"))
    assert not await slot_is_free(db, expert, 30, local(MONDAY, "09:10"))
    assert not await slot_is_free(db, expert, 30, local(MONDAY, "10:00"))
    await hold(db, expert, local(MONDAY, "09:30"), 30)
    assert not await slot_is_free(db, expert, 30, local(MONDAY, "09:30"))


async def test_a_service_without_duration_has_no_slots(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    assert await db.fetch("SELECT * FROM free_slots($1, NULL, '-infinity', 'infinity')", expert) == []
    assert await db.fetch("SELECT * FROM free_slots($1, 0, '-infinity', 'infinity')", expert) == []


async def test_nobody_has_no_slots(db: Database) -> None:
    assert await free_slots(db, 999_999, 30, MONDAY, WIB) == []
    assert await days_with_slots(db, 999_999, 30, WIB) == []
    assert not await ready_now(db, 999_999, 30)


async def test_ready_needs_the_switch_and_lasts_four_hours(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    assert not await ready_now(db, expert, 30)
    until = await actions.set_ready(db, expert, True)
    assert until is not None and abs(until - NOW - timedelta(hours=4)) < timedelta(minutes=1)
    assert await ready_now(db, expert, 30)
    assert not await ready_now(db, expert, None)
    await clock.shift(db, timedelta(hours=4))
    assert not await ready_now(db, expert, 30)


async def test_ready_can_be_turned_off(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    await actions.set_ready(db, expert, True, NOW + timedelta(hours=1))
    assert await actions.set_ready(db, expert, False) is None
    assert not await ready_now(db, expert, 30)
    with pytest.raises(ScheduleInvalid):
        await actions.set_ready(db, expert, True, NOW - timedelta(minutes=5))


async def test_ready_needs_25_minutes_the_session_and_the_buffer(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-10:00", buffer_minutes=10)
    await actions.set_ready(db, expert, True)
    await hold(db, expert, NOW + timedelta(minutes=66), 30)
    assert await ready_now(db, expert, 30)  # 25 + 30 + 10 = 65
    assert not await ready_now(db, expert, 32)


async def test_ready_is_not_for_a_user_who_is_busy(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-10:00")
    await actions.set_ready(db, expert, True)
    other = await make_expert(db, Told(name="Dimas Pratama"))
    busy = await hold(db, other, NOW + timedelta(minutes=40), 30)
    assert not await ready_now(db, expert, 30, busy)
    assert await ready_now(db, expert, 30)


async def test_changing_hours_rewrites_the_listing(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    kept = "SELECT next_slot_at FROM experts WHERE id = $1"
    assert await db.fetchval(kept, expert) == local(MONDAY, "09:00")
    await actions.set_week(db, expert, week("2 13:00-14:00"))
    assert await db.fetchval(kept, expert) == local(TUESDAY, "13:00")
    await actions.set_week(db, expert, {})
    assert await db.fetchval(kept, expert) is None


async def test_wrong_hours_change_nothing(db: Database) -> None:
    expert = await expert_with(db, "1 09:00-10:00")
    with pytest.raises(ScheduleInvalid):
        await actions.set_week(db, expert, {1: [Hours(600, 540)]})
    with pytest.raises(ScheduleInvalid):
        await actions.set_rules(db, expert, Rules(step_minutes=1))
    assert await times(db, expert, 30) == ["09:00", "09:30"]


async def test_the_database_itself_refuses_two_sessions_at_once(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await expert_with(db, "1 09:00-10:00")
    await hold(db, expert, local(MONDAY, "09:00"), 30)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await hold(db, expert, local(MONDAY, "09:15"), 30)
