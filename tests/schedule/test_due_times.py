"""When the answer of a thread can be due: every hour the expert works, whatever else is booked."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from mentorinaja.db.pool import Database
from mentorinaja.formats import WIB
from mentorinaja.schedule import actions
from mentorinaja.schedule.queries import days_with_slots, free_slots, nearest_slots, ready_now, slot_is_free
from mentorinaja.schedule.rules import Hours, Rules, SpecialDay
from tests.support.experts import Told, hold, make_expert, set_now

# A Monday, ten past midnight in Jakarta: the whole day lies ahead.
NOW = datetime(2027, 1, 3, 17, 10, tzinfo=UTC)
MONDAY, TUESDAY = date(2027, 1, 4), date(2027, 1, 5)
MORNING = {
    1: [Hours.parse("09:15", "12:00"), Hours.parse("13:00", "15:00")],
    2: [Hours.parse("22:00", "24:00")],
}


def local(day: date, clock_time: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock_time), ZoneInfo(WIB)).astimezone(UTC)


async def writer(db: Database, *, notice_minutes: int = 120, horizon_days: int = 30) -> int:
    await set_now(db, NOW)
    rules = Rules(notice_minutes=notice_minutes, horizon_days=horizon_days)
    return await make_expert(db, Told(week=MORNING, rules=rules))


async def times(db: Database, expert_id: int, day: date) -> list[str]:
    due = await free_slots(db, expert_id, None, day, WIB)
    return [f"{at.astimezone(ZoneInfo(WIB)):%H:%M}" for at in due]


async def test_answers_are_due_every_hour_of_each_stretch_of_work(db: Database) -> None:
    expert = await writer(db)
    assert await times(db, expert, MONDAY) == ["09:15", "10:15", "11:15", "13:00", "14:00"]
    assert await times(db, expert, TUESDAY) == ["22:00", "23:00"]
    assert (await days_with_slots(db, expert, None, WIB))[:2] == [MONDAY, TUESDAY]


async def test_minimum_notice_and_horizon_hold_for_answers_too(db: Database) -> None:
    expert = await writer(db, notice_minutes=11 * 60, horizon_days=2)
    assert await times(db, expert, MONDAY) == ["11:15", "13:00", "14:00"]
    assert await days_with_slots(db, expert, None, WIB) == [MONDAY, TUESDAY]


async def test_a_day_off_has_no_answers_and_extra_hours_have(db: Database) -> None:
    expert = await writer(db)
    extra = SpecialDay(TUESDAY, "extra", Hours.parse("07:00", "08:30"))
    await actions.set_exceptions(db, expert, [SpecialDay(MONDAY, "off"), SpecialDay(TUESDAY, "off"), extra])
    assert await times(db, expert, MONDAY) == []
    assert await times(db, expert, TUESDAY) == ["07:00", "08:00"]


async def test_bookings_take_no_answer_away(unchecked_db: Database) -> None:
    db = unchecked_db
    expert = await writer(db)
    user = await hold(db, expert, local(MONDAY, "13:00"), 120)
    assert "13:00" in await times(db, expert, MONDAY)
    assert await slot_is_free(db, expert, None, local(MONDAY, "13:00"), user)
    assert not await slot_is_free(db, expert, None, local(MONDAY, "13:30"), user)
    near = await nearest_slots(db, expert, None, local(MONDAY, "13:20"), user)
    assert near == [local(MONDAY, clock_time) for clock_time in ("11:15", "13:00", "14:00")]


async def test_a_thread_is_never_now_and_nobody_has_no_due_times(db: Database) -> None:
    expert = await writer(db)
    await db.execute("UPDATE experts SET ready_until = app_now() + interval '1 hour'")
    assert not await ready_now(db, expert, None)
    assert await free_slots(db, 999_999, None, MONDAY, WIB) == []
