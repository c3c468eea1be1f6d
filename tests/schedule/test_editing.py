"""A schedule edited one part at a time: what is written, what is refused, and two windows at once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from mentorinaja.db.pool import Connection, Database
from mentorinaja.schedule import editing
from mentorinaja.schedule.editing import MadeOff
from mentorinaja.schedule.plan import DaysOff, plan_of, print_of, print_of_rules
from mentorinaja.schedule.rules import Hours, Rules, ScheduleChanged, ScheduleInvalid
from tests.support.experts import Told, make_expert, set_now
from tests.support.races import Meet

# A Monday, ten past midnight in Jakarta.
NOW = datetime(2027, 1, 3, 17, 10, tzinfo=UTC)
MONDAY = date(2027, 1, 4)
OFFICE = "09:00–17:00"


def at(*texts: str) -> list[Hours]:
    return [Hours.parse(*text.split("-")) for text in texts]


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


async def expert_on(db: Database, rules: Rules | None = None) -> int:
    await set_now(db, NOW)
    return await make_expert(db, Told(rules=rules or Rules()))


async def next_slot(db: Database, expert: int) -> datetime | None:
    found: datetime | None = await db.fetchval("SELECT next_slot_at FROM experts WHERE id = $1", expert)
    return found


async def test_a_weekday_is_replaced_with_its_copies_and_the_listing_follows(db: Database) -> None:
    expert = await expert_on(db)
    ranges = at("20:00-24:00", "13:00-15:00")
    await editing.set_day(db, expert, 1, ranges, seen=OFFICE, also=[3, 7])
    plan = await plan_of(db, expert)
    assert plan.hours_of(1) == plan.hours_of(3) == plan.hours_of(7) == tuple(sorted(ranges))
    assert plan.hours_of(2) == tuple(at("09:00-17:00")) and plan.hours_of(6) == ()
    assert await next_slot(db, expert) == datetime(2027, 1, 4, 6, 0, tzinfo=UTC)
    # Sent twice it is as sent once.
    await editing.set_day(db, expert, 1, ranges, seen=OFFICE, also=[3, 7])
    with pytest.raises(ScheduleChanged, match="13:00–15:00 20:00–24:00"):
        await editing.set_day(db, expert, 1, at("08:00-09:00"), seen=OFFICE)
    await editing.set_day(db, expert, 1, [], seen=print_of(plan.hours_of(1)))
    assert (await plan_of(db, expert)).hours_of(1) == ()
    for bad in (
        at("09:00-10:00", "09:30-11:00"),
        [Hours(600, 600)],
        [Hours(n, n + 1) for n in range(0, 90, 10)],
    ):
        with pytest.raises(ScheduleInvalid):
            await editing.set_day(db, expert, 2, bad, seen=OFFICE)
    with pytest.raises(ScheduleInvalid):
        await editing.set_day(db, expert, 2, [], seen=OFFICE, also=[8])
    assert (await plan_of(db, expert)).hours_of(2) == tuple(at("09:00-17:00"))


async def test_days_off_take_slots_and_extra_hours_away_until_they_are_removed(db: Database) -> None:
    expert = await expert_on(db)
    await editing.add_extra(db, expert, after(1), at("19:00-21:00")[0])
    assert await editing.add_days_off(db, expert, after(0), after(2), "Mudik") == MadeOff(3, 1)
    assert await editing.add_days_off(db, expert, after(2), after(3)) == MadeOff(1, 0)
    plan = await plan_of(db, expert)
    assert plan.days_off() == [DaysOff(after(0), after(2), "Mudik"), DaysOff(after(3), after(3), "")]
    assert plan.extra() == [] and plan.hours_on(after(1)) == []
    assert await next_slot(db, expert) == datetime(2027, 1, 8, 2, 0, tzinfo=UTC)
    # An extra range holds on a day off, too.
    await editing.add_extra(db, expert, after(0), at("19:00-24:00")[0])
    assert await next_slot(db, expert) == datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
    assert await editing.remove_days_off(db, expert, after(1), after(2)) == 2
    assert await editing.remove_days_off(db, expert, after(1), after(2)) == 0
    assert [run.first for run in (await plan_of(db, expert)).days_off()] == [after(0), after(3)]
    for first, last in ((after(-1), after(0)), (after(5), after(4)), (after(1), after(5000))):
        with pytest.raises(ScheduleInvalid):
            await editing.add_days_off(db, expert, first, last)


async def test_extra_hours_never_overlap_and_go_one_by_one(db: Database) -> None:
    expert = await expert_on(db)
    evening, night = at("18:00-20:00", "20:00-24:00")
    for hours in (evening, night, evening):
        await editing.add_extra(db, expert, after(5), hours)
    assert [each.hours for each in (await plan_of(db, expert)).extra()] == [evening, night]
    with pytest.raises(ScheduleInvalid, match="18:00–20:00"):
        await editing.add_extra(db, expert, after(5), at("17:00-18:30")[0])
    with pytest.raises(ScheduleInvalid):
        await editing.add_extra(db, expert, after(-1), evening)
    assert await editing.remove_extra(db, expert, after(5), evening.starts)
    assert not await editing.remove_extra(db, expert, after(5), evening.starts)
    assert (await plan_of(db, expert)).hours_on(after(5)) == [night]


async def test_holidays_become_days_off_under_their_names_and_never_in_the_past(db: Database) -> None:
    expert = await expert_on(db)
    await editing.add_days_off(db, expert, after(3), after(3), "Cuti")
    made = await editing.add_holidays(db, expert, {after(-3): "Lewat", after(3): "Imlek", after(4): "Nyepi"})
    assert made == MadeOff(1, 0)
    runs = (await plan_of(db, expert, after(-9))).days_off()
    assert runs == [DaysOff(after(3), after(3), "Imlek"), DaysOff(after(4), after(4), "Nyepi")]


async def test_rules_change_for_new_slots_and_an_old_window_is_told(db: Database) -> None:
    expert = await expert_on(db)
    seen = print_of_rules(Rules())
    east = Rules("Asia/Jayapura", step_minutes=60, buffer_minutes=15, notice_minutes=75, horizon_days=7)
    await editing.change_rules(db, expert, east, seen=seen)
    await editing.change_rules(db, expert, east, seen=seen)
    assert (await plan_of(db, expert)).rules == east
    assert await next_slot(db, expert) == datetime(2027, 1, 4, 0, 0, tzinfo=UTC)
    with pytest.raises(ScheduleChanged):
        await editing.change_rules(db, expert, Rules(), seen=seen)
    with pytest.raises(ScheduleInvalid):
        await editing.change_rules(db, expert, Rules(notice_minutes=30), seen=print_of_rules(east))


async def test_a_plan_covers_what_is_worked_without_a_break_also_over_midnight(db: Database) -> None:
    expert = await expert_on(db)
    await editing.set_day(db, expert, 1, at("09:00-12:00", "12:00-13:00", "22:00-24:00"), seen=OFFICE)
    await editing.set_day(db, expert, 2, at("00:00-01:00"), seen=OFFICE)
    plan = await plan_of(db, expert)

    def covers(starts: str, minutes: int) -> bool:
        begin = datetime.fromisoformat(f"2027-01-04T{starts}:00+07:00")
        return plan.covers(begin, begin + timedelta(minutes=minutes))

    assert covers("09:00", 240) and covers("11:30", 60) and covers("23:30", 90) and covers("23:00", 60)
    assert not covers("08:59", 30) and not covers("12:45", 30) and not covers("23:30", 91)
    await editing.add_days_off(db, expert, after(1), after(1))
    assert not (await plan_of(db, expert)).covers(
        datetime(2027, 1, 4, 16, 30, tzinfo=UTC), datetime(2027, 1, 4, 17, 30, tzinfo=UTC)
    )


async def both_save(db: Database, expert: int) -> list[str]:
    """Two windows, opened with the same hours, save different ones; how it went."""

    async def save(ranges: Sequence[Hours]) -> str:
        try:
            await editing.set_day(db, expert, 1, ranges, seen=OFFICE)
        except ScheduleChanged:
            return "told"
        return "saved"

    return sorted(await asyncio.gather(save(at("06:00-07:00")), save(at("20:00-21:00"))))


async def test_of_two_windows_one_saves_and_the_other_is_told(db: Database) -> None:
    expert = await expert_on(db)
    assert await both_save(db, expert) == ["saved", "told"]
    assert len((await plan_of(db, expert)).hours_of(1)) == 1


async def test_without_the_lock_both_save_and_nobody_is_told(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    expert, meet = await expert_on(unchecked_db), Meet(2)
    read = editing.week_of

    async def no_lock(tx: Connection, expert_id: int) -> None:
        """Nobody waits."""

    async def read_together(tx: Connection, expert_id: int) -> dict[int, tuple[Hours, ...]]:
        found = await read(tx, expert_id)
        await meet.wait()
        return found

    monkeypatch.setattr(editing, "lock_schedule", no_lock)
    monkeypatch.setattr(editing, "week_of", read_together)
    assert await both_save(unchecked_db, expert) == ["saved", "saved"]
