"""Whatever the schedule, the SQL function offers exactly the slots that plain counting of minutes finds."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mentorinaja.db.pool import Database
from mentorinaja.formats import ZONE_NAMES
from mentorinaja.schedule import actions, queries
from mentorinaja.schedule.rules import Hours, Rules, SpecialDay
from tests.schedule import model
from tests.schedule.model import Plan, Span
from tests.support.bookings import make_user
from tests.support.experts import Told, hold, make_expert, set_now

NOW = datetime(2027, 1, 3, 17, 11, tzinfo=UTC)
TODAY = date(2027, 1, 4)
QUARTER = 15

quarters = st.integers(0, 96)


@st.composite
def ranges(draw: st.DrawFn, at_most: int = 3) -> list[Hours]:
    """Ranges of one day that do not overlap, often touching, often at midnight."""
    marks = sorted(draw(st.sets(quarters | st.sampled_from([0, 96]), min_size=2, max_size=2 * at_most)))
    found = [Hours(a * QUARTER, b * QUARTER) for a, b in pairwise(marks)]
    return [hours for hours in found if draw(st.booleans())]


@st.composite
def special_days(draw: st.DrawFn) -> list[SpecialDay]:
    days = draw(st.lists(st.integers(-1, 5), max_size=4))
    found = []
    for offset in days:
        day = TODAY + timedelta(days=offset)
        if draw(st.booleans()):
            found.append(SpecialDay(day, "off"))
        else:
            start, end = sorted(draw(st.sets(quarters, min_size=2, max_size=2)))
            found.append(SpecialDay(day, "extra", Hours(start * QUARTER, end * QUARTER)))
    return found


rule_sets = st.builds(
    Rules,
    time_zone=st.sampled_from(list(ZONE_NAMES)),
    step_minutes=st.sampled_from([5, 15, 20, 30, 50, 60, 240]),
    buffer_minutes=st.sampled_from([0, 5, 15, 60]),
    notice_minutes=st.sampled_from([75, 120, 1440]),
    horizon_days=st.integers(1, 5),
)
# Quarters of an hour after now at which somebody holds time, and for how many quarters.
holds = st.lists(st.tuples(st.integers(-8, 480), st.integers(1, 8), st.booleans()), max_size=6)


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    week=st.dictionaries(st.integers(1, 7), ranges(), max_size=7),
    special=special_days(),
    rules=rule_sets,
    taken=holds,
    own=holds,
    minutes=st.sampled_from([5, 25, 30, 60, 95, 480]),
    viewers_zone=st.sampled_from(list(ZONE_NAMES)),
)
async def test_the_function_agrees_with_counting_minutes(
    unchecked_db: Database,
    week: dict[int, list[Hours]],
    special: list[SpecialDay],
    rules: Rules,
    taken: list[tuple[int, int, bool]],
    own: list[tuple[int, int, bool]],
    minutes: int,
    viewers_zone: str,
) -> None:
    db = unchecked_db
    await set_now(db, NOW)
    expert = await make_expert(db, Told(week=week, rules=rules))
    await actions.set_exceptions(db, expert, special)
    stranger, user = (await make_user(db)).id, (await make_user(db)).id
    blocked = await _hold_all(db, expert, taken, stranger, rules.buffer_minutes)
    mine = await _hold_all(db, await make_expert(db), own, user, 0)
    plan = Plan(week, special, rules, blocked, mine)

    found = await _found(db, expert, minutes, user)
    assert found == model.free_slots(plan, minutes, NOW, NOW, NOW + timedelta(days=400))
    by_day = {slot.astimezone(ZoneInfo(viewers_zone)).date() for slot in found}
    assert await queries.days_with_slots(db, expert, minutes, viewers_zone, user) == sorted(by_day)
    for day in sorted(by_day)[:2]:
        slots = await queries.free_slots(db, expert, minutes, day, viewers_zone, user)
        assert slots == [at for at in found if at.astimezone(ZoneInfo(viewers_zone)).date() == day]
    for slot in found[:3]:
        assert await queries.slot_is_free(db, expert, minutes, slot, user)
    without = model.free_slots(
        Plan(week, special, rules, blocked), minutes, NOW, NOW, NOW + timedelta(days=400)
    )
    listed = await db.fetchval("SELECT next_free_slot($1, $2)", expert, minutes)
    assert listed == (without[0] if without else None)


async def _found(db: Database, expert: int, minutes: int, user: int) -> list[datetime]:
    rows = await db.fetch(
        "SELECT starts_at FROM free_slots($1, $2, '-infinity', 'infinity', $3)", expert, minutes, user
    )
    return [row["starts_at"] for row in rows]


async def _hold_all(
    db: Database, expert: int, wanted: list[tuple[int, int, bool]], user: int, buffer: int
) -> list[Span]:
    """Hold what does not overlap; unpaid ones past their deadline hold nothing."""
    held: list[Span] = []
    last = datetime.min.replace(tzinfo=UTC)
    for offset, quarters, over in sorted(wanted):
        start = datetime(2027, 1, 3, 17, 0, tzinfo=UTC) + timedelta(minutes=offset * QUARTER)
        end = start + timedelta(minutes=quarters * QUARTER + buffer)
        if start < last:
            continue
        last = end
        if over:
            deadline, status = NOW - timedelta(minutes=5), "pending"
        else:
            deadline, status = NOW + timedelta(days=9), "pending" if offset % 2 else "confirmed"
        await hold(
            db,
            expert,
            start,
            quarters * QUARTER,
            buffer=buffer,
            status=status,
            deadline=deadline,
            user_id=user,
        )
        if not over:
            held.append((start, end))
    return held
