"""Whatever the schedule: each slot offered can be booked, each refused was not offered, and all places agree.

What is free is worked out by plain counting of minutes (`model.py`), independently of the SQL function.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mentorinaja.bookings import choosing, making, moving
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.forms import BookingForm
from mentorinaja.bookings.making import Wish
from mentorinaja.bookings.refusals import NotASlot, OwnOverlap, SlotTaken
from mentorinaja.db.pool import Database
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.rules import Search
from mentorinaja.formats import WIB
from mentorinaja.schedule import queries
from mentorinaja.schedule.rules import Hours, Rules
from tests.schedule import model
from tests.schedule.worlds import NOW, Drawn, World, drawn_worlds, make_world
from tests.support.experts import set_now

FOR_EVER = NOW + timedelta(days=400)


class Undone(Exception):
    """Rolls a booking back that was only tried."""


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=drawn_worlds, data=st.data())
async def test_what_is_offered_can_be_booked_and_nothing_else(
    unchecked_db: Database, drawn: Drawn, data: st.DataObject
) -> None:
    db = unchecked_db
    await set_now(db, NOW)
    world = await make_world(db, drawn)
    offered = model.free_slots(world.plan, drawn.minutes, NOW, NOW, FOR_EVER)

    assert await _offered(db, world, drawn.minutes) == offered
    await _check_calendar(db, world, drawn, offered)
    await _check_form(db, world, drawn, offered)
    await _check_card(db, world, drawn)
    ready = model.ready_now(world.plan, drawn.minutes, NOW)
    assert await queries.ready_now(db, world.expert_id, drawn.minutes, world.user_id) == ready
    assert await _can_book(db, world, None) == ready

    some = data.draw(st.sets(st.sampled_from(offered), max_size=4)) if offered else set()
    for slot in some | set(offered[:1]) | set(offered[-1:]):
        assert await _can_book(db, world, slot), slot
    others = [at for at in _nearly(offered, world) if at not in set(offered)]
    refused = data.draw(st.sets(st.sampled_from(others), min_size=1, max_size=6))
    for at in refused:
        assert not await queries.slot_is_free(db, world.expert_id, drawn.minutes, at, world.user_id), at
        assert not await _can_book(db, world, at), at
    if offered:
        await _check_moving(db, world, drawn, offered, some | refused)


async def _offered(db: Database, world: World, minutes: int) -> list[datetime]:
    rows = await db.fetch(
        "SELECT starts_at FROM free_slots($1, $2, '-infinity', 'infinity', $3)",
        world.expert_id,
        minutes,
        world.user_id,
    )
    return [row["starts_at"] for row in rows]


async def _check_calendar(db: Database, world: World, drawn: Drawn, offered: list[datetime]) -> None:
    expert, zone = world.expert_id, drawn.viewers_zone
    by_day = sorted({slot.astimezone(ZoneInfo(zone)).date() for slot in offered})
    assert await queries.days_with_slots(db, expert, drawn.minutes, zone, world.user_id) == by_day
    for day in by_day[:2]:
        slots = await queries.free_slots(db, expert, drawn.minutes, day, zone, world.user_id)
        assert slots == [at for at in offered if at.astimezone(ZoneInfo(zone)).date() == day]


async def _check_form(db: Database, world: World, drawn: Drawn, offered: list[datetime]) -> None:
    """The form opens on the first day that has a time, shows that day's times, and "Sekarang" beside them."""
    zone = ZoneInfo(drawn.viewers_zone)
    slug = await db.fetchval("SELECT slug FROM experts WHERE id = $1", world.expert_id)
    expert, services = await choosing.seller(db, slug)
    choice = await choosing.look(
        db, expert, services, services[0], zone=drawn.viewers_zone, day=None, user_id=world.user_id
    )
    form = BookingForm()
    form.offer_choice(choice, NOW)
    first = offered[0].astimezone(zone).date() if offered else None
    clocks = [f"{at.astimezone(zone):%H:%M}" for at in offered if at.astimezone(zone).date() == first]
    now = ["now"] if model.ready_now(world.plan, drawn.minutes, NOW) else []
    assert [value for value, _ in form.time.choices] == [*now, *clocks]
    assert [value for value, _ in form.date.choices] == [
        str(day) for day in sorted({at.astimezone(zone).date() for at in offered})
    ]


async def _check_card(db: Database, world: World, drawn: Drawn) -> None:
    """The card is the same for everybody: it knows of nobody's own bookings."""
    world.plan.own, own = (), world.plan.own
    slots = model.free_slots(world.plan, drawn.minutes, NOW, NOW, FOR_EVER)
    ready = model.ready_now(world.plan, drawn.minutes, NOW)
    world.plan.own = own
    kept = await db.fetchval("SELECT next_slot_at FROM experts WHERE id = $1", world.expert_id)
    assert kept == (slots[0] if slots else None)
    slug = await db.fetchval("SELECT slug FROM experts WHERE id = $1", world.expert_id)
    row = await db.fetchrow(
        "SELECT listed_slot(e) AS slot, ready_now(e.id, e.shortest_minutes) AS ready FROM experts e WHERE slug = $1",
        slug,
    )
    assert row is not None and (row["slot"], row["ready"]) == (kept, ready)
    if slots:
        day = slots[0].astimezone(ZoneInfo(WIB)).date()
        listing = await find_experts(db, Search(day=day, sort="soonest"), WIB)
        cards = {card.slug: card for card in listing.cards}
        assert slug not in cards or (cards[slug].slot, cards[slug].ready) == (kept, ready)


async def _can_book(db: Database, world: World, starts_at: datetime | None) -> bool:
    """Whether the product's own action takes it; what it wrote is rolled back."""
    wish = Wish(world.user_id, world.service_id, starts_at, "Pindah karier", "", "qris")
    try:
        async with db.transaction() as tx:
            await _booked(tx, wish)
            raise Undone
    except Undone:
        return True
    except (SlotTaken, OwnOverlap, NotASlot):
        return False


async def _check_moving(
    db: Database, world: World, drawn: Drawn, offered: list[datetime], asked: set[datetime]
) -> None:
    """Whoever has one of the times can have each of the same ones instead: its own counts as free."""
    wish = Wish(world.user_id, world.service_id, offered[0], "Pindah karier", "", "qris")
    try:
        async with db.transaction() as tx:
            order = await orders.lock_order(tx, await _booked(tx, wish))
            rows = await tx.fetch(
                "SELECT starts_at FROM free_slots($1, $2, '-infinity', 'infinity', $3, NULL, $4)",
                world.expert_id,
                drawn.minutes,
                world.user_id,
                order.booking_id,
            )
            assert [row["starts_at"] for row in rows] == offered
            for at in asked:
                assert await _can_have_instead(tx, order, at) == (at in offered), at
            raise Undone
    except Undone:
        pass


async def _can_have_instead(tx: asyncpg.Connection, order: orders.Order, at: datetime) -> bool:
    """What moving, proposing and choosing with late money ask."""
    try:
        await moving.free_time(tx, order, at)
    except (SlotTaken, OwnOverlap, NotASlot):
        return False
    return True


async def _booked(tx: asyncpg.Connection, wish: Wish) -> str:
    """The action within a transaction that is already open, as it is written."""
    public_id: str = await making.book.__wrapped__(tx, wish)  # type: ignore[attr-defined]  # what @atomic wraps
    return public_id


def _nearly(offered: list[datetime], world: World) -> Iterable[datetime]:
    """Times next to those that are free, at the edges of what is taken, too soon and too late."""
    edges = [at for span in (*world.plan.blocked, *world.plan.own, *world.plan.busy) for at in span]
    around = [*offered[:20], *offered[-20:], *edges]
    minutes = [timedelta(minutes=n) for n in (-30, -5, -1, 0, 1, 5, 30)]
    far = [NOW + timedelta(minutes=n) for n in (1, 60, 74, 119)] + [
        NOW + timedelta(days=n) for n in (-1, 6, 300)
    ]
    return sorted({at + by for at in around for by in minutes} | set(far))


async def test_the_comparison_sees_a_busy_time_that_one_side_does_not_know(unchecked_db: Database) -> None:
    db = unchecked_db
    await set_now(db, NOW)
    every_day = {weekday: [Hours(0, 1440)] for weekday in range(1, 8)}
    drawn = Drawn(every_day, [], Rules(step_minutes=15), [], [], [(1440, 60)], 30, False, WIB)
    world = await make_world(db, drawn)
    offered = await _offered(db, world, 30)
    world.plan.busy = ()
    unaware = model.free_slots(world.plan, 30, NOW, NOW, FOR_EVER)
    # An hour from five in the evening on: no half hour that begins from 16.45 to 17.45.
    first = datetime(2027, 1, 4, 16, 45, tzinfo=UTC)
    missing = [first + n * timedelta(minutes=15) for n in range(5)]
    assert sorted(set(unaware) - set(offered)) == missing
    assert not await _can_book(db, world, missing[2])
