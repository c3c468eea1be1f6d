"""Random schedules with everything that takes time away from them, as a test draws them and as the database gets them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from mentorinaja.db.pool import Database
from mentorinaja.experts.actions import refresh_listing
from mentorinaja.experts.rules import NewService
from mentorinaja.formats import ZONE_NAMES
from mentorinaja.schedule import actions
from mentorinaja.schedule.rules import Hours, Rules, SpecialDay
from tests.schedule.model import Plan, Span
from tests.support.bookings import make_user
from tests.support.busy import make_busy
from tests.support.experts import Told, hold, make_expert

# No slot, deadline or end of a busy time falls on the eleventh minute: the seconds a test takes change nothing.
NOW = datetime(2027, 1, 3, 17, 11, tzinfo=UTC)
TODAY = date(2027, 1, 4)
QUARTER = 15
_HOUR = datetime(2027, 1, 3, 17, 0, tzinfo=UTC)

_quarters = st.integers(0, 96)


@dataclass(frozen=True)
class Drawn:
    """What was drawn: times are quarters of an hour after five in the evening UTC, (start, length, past its deadline)."""

    week: dict[int, list[Hours]]
    special: list[SpecialDay]
    rules: Rules
    taken: list[tuple[int, int, bool]]
    own: list[tuple[int, int, bool]]
    # Minutes after that hour, and how many.
    busy: list[tuple[int, int]]
    minutes: int
    ready: bool
    viewers_zone: str


@dataclass(frozen=True)
class World:
    """The same in the database, and as the model counts it for the `user` who wants to book."""

    expert_id: int
    service_id: int
    user_id: int
    plan: Plan


@st.composite
def _ranges(draw: st.DrawFn, at_most: int = 3) -> list[Hours]:
    """Ranges of one day that do not overlap, often touching, often at midnight."""
    marks = sorted(draw(st.sets(_quarters | st.sampled_from([0, 96]), min_size=2, max_size=2 * at_most)))
    found = [Hours(a * QUARTER, b * QUARTER) for a, b in pairwise(marks)]
    return [hours for hours in found if draw(st.booleans())]


@st.composite
def _special_days(draw: st.DrawFn) -> list[SpecialDay]:
    found = []
    for offset in draw(st.lists(st.integers(-1, 5), max_size=4)):
        day = TODAY + timedelta(days=offset)
        off = SpecialDay(day, "off")
        if off not in found and draw(st.booleans()):
            found.append(off)
        else:
            start, end = sorted(draw(st.sets(_quarters, min_size=2, max_size=2)))
            found.append(SpecialDay(day, "extra", Hours(start * QUARTER, end * QUARTER)))
    return found


_rules = st.builds(
    Rules,
    time_zone=st.sampled_from(list(ZONE_NAMES)),
    step_minutes=st.sampled_from([5, 15, 20, 30, 50, 60, 240]),
    buffer_minutes=st.sampled_from([0, 5, 15, 60]),
    notice_minutes=st.sampled_from([75, 120, 1440]),
    horizon_days=st.integers(1, 5),
)
_holds = st.lists(st.tuples(st.integers(-8, 480), st.integers(1, 8), st.booleans()), max_size=6)
# A meeting of some minutes, or days of travel; some begin between the steps of any grid.
_busy = st.lists(
    st.tuples(
        st.builds(lambda fives, odd: 5 * fives + 2 * odd, st.integers(-60, 1200), st.booleans()),
        st.sampled_from([5, 25, 45, 60, 120, 720, 2880]),
    ),
    max_size=5,
)

_some_days = st.dictionaries(st.integers(1, 7), _ranges(), max_size=7)
# Most of what is drawn should have something to offer.
_every_day = st.fixed_dictionaries({day: _ranges() | st.just([Hours(0, 1440)]) for day in range(1, 8)})

drawn_worlds = st.builds(
    Drawn,
    week=_some_days | _every_day,
    special=_special_days(),
    rules=_rules,
    taken=_holds,
    own=_holds,
    busy=_busy,
    minutes=st.sampled_from([5, 25, 30, 60, 95, 480]),
    ready=st.booleans(),
    viewers_zone=st.sampled_from(list(ZONE_NAMES)),
)


async def make_world(db: Database, drawn: Drawn) -> World:
    """Write it all down. The clock says `NOW` already."""
    service = NewService("Chat Konsultasi", "online_chat", drawn.minutes, 150_000, "Diskusi karier.")
    expert_id = await make_expert(db, Told(services=(service,), week=drawn.week, rules=drawn.rules))
    await actions.set_exceptions(db, expert_id, drawn.special)
    if drawn.ready:
        await actions.set_ready(db, expert_id, True)
    stranger, user = (await make_user(db)).id, (await make_user(db)).id
    blocked = await _hold_all(db, expert_id, drawn.taken, stranger, drawn.rules.buffer_minutes)
    own = await _hold_all(db, await make_expert(db), drawn.own, user, 0, paid=True)
    busy = [_minutes_on(start, length) for start, length in drawn.busy]
    await make_busy(db, expert_id, busy)
    async with db.transaction() as tx:
        await refresh_listing(tx, expert_id)
    service_id = await db.fetchval("SELECT id FROM services WHERE expert_id = $1", expert_id)
    plan = Plan(drawn.week, drawn.special, drawn.rules, blocked, own, busy, drawn.ready)
    return World(expert_id, service_id, user, plan)


def _minutes_on(start: int, length: int) -> Span:
    begins = _HOUR + timedelta(minutes=start)
    return begins, begins + timedelta(minutes=length)


async def _hold_all(
    db: Database,
    expert: int,
    wanted: list[tuple[int, int, bool]],
    user: int,
    buffer: int,
    *,
    paid: bool = False,
) -> list[Span]:
    """Hold what does not overlap; unpaid ones past their deadline hold nothing."""
    held: list[Span] = []
    last = datetime.min.replace(tzinfo=UTC)
    for offset, quarters, over in sorted(wanted):
        start, end = _minutes_on(offset * QUARTER, quarters * QUARTER + buffer)
        if start < last:
            continue
        last = end
        if over:
            deadline, status = NOW - timedelta(minutes=5), "pending"
        else:
            deadline = NOW + timedelta(days=9)
            status = "pending" if offset % 2 and not paid else "confirmed"
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
