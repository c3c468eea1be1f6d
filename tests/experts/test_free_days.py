"""Who is free on a day: lists keep the answer, and it is the slot function's, in every zone."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.experts.actions import refresh_old_listings
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.rules import Search
from mentorinaja.formats import ZONE_NAMES
from tests.support.bookings import Seller, book, make_seller, make_user, slot_in

# Weekly hours as (weekday, from, to), the zone, minutes of a step and of notice.
WEEKS = (
    ([(day, "00:00", "24:00") for day in range(1, 8)], "Asia/Jayapura", 30, 120),
    ([(day, "22:00", "24:00") for day in range(1, 8)], "Asia/Jakarta", 15, 75),
    ([(2, "00:00", "01:30"), (4, "23:00", "24:00")], "Asia/Makassar", 30, 600),
    ([(1, "09:00", "10:00"), (1, "15:00", "16:00"), (6, "07:00", "08:00")], "Asia/Jakarta", 60, 2000),
    ([], "Asia/Jakarta", 30, 120),
)


async def set_week(
    db: Database, seller: Seller, week: tuple[list[tuple[int, str, str]], str, int, int]
) -> None:
    hours, zone, step, notice = week
    await db.execute(
        """UPDATE schedules SET time_zone = $2, step_minutes = $3, notice_minutes = $4, horizon_days = 12
           WHERE expert_id = $1""",
        seller.id, zone, step, notice,
    )  # fmt: skip
    await db.execute("DELETE FROM weekly_hours WHERE expert_id = $1", seller.id)
    for weekday, starts, ends in hours:
        await db.execute(
            "INSERT INTO weekly_hours (expert_id, weekday, starts, ends) VALUES ($1, $2, $3::text::time, $4::text::time)",
            seller.id, weekday, starts, ends,
        )  # fmt: skip
    await db.execute("SELECT refresh_listing($1)", seller.id)


async def asked(db: Database, day: date, zone: str) -> tuple[set[str], set[str]]:
    """Who is listed for a day, and whom the slot function has a start for."""
    listed = {card.slug for card in (await find_experts(db, Search(day=day), zone)).cards}
    free = await db.fetch(
        """SELECT slug FROM experts e WHERE EXISTS (SELECT FROM free_slots(e.id, e.shortest_minutes,
             $1::date::timestamp AT TIME ZONE $2, ($1::date + 1)::timestamp AT TIME ZONE $2))""",
        day,
        zone,
    )
    return listed, {row["slug"] for row in free}


async def assert_same(db: Database) -> int:
    """Ask for two weeks in all zones; answers how often somebody was free."""
    found = 0
    for zone in ZONE_NAMES:
        today = (await clock.now(db)).astimezone(ZoneInfo(zone)).date()
        for ahead in range(14):
            listed, free = await asked(db, today + timedelta(days=ahead), zone)
            assert listed == free, (zone, ahead)
            found += len(free)
    return found


async def test_a_day_lists_exactly_those_who_have_a_free_start_on_it(db: Database) -> None:
    sellers = [await make_seller(db) for _ in WEEKS]
    for seller, week in zip(sellers, WEEKS, strict=True):
        await set_week(db, seller, week)
    assert await assert_same(db) > 60
    await book(db, await make_user(db), sellers[0], await slot_in(db, days=1))
    await db.execute(
        """INSERT INTO schedule_exceptions (expert_id, day, kind)
           SELECT $1, app_now()::date + n, 'off' FROM generate_series(2, 4) AS n""",
        sellers[0].id,
    )
    await db.execute("SELECT refresh_listing($1)", sellers[0].id)
    await assert_same(db)
    await set_week(db, sellers[3], WEEKS[3])
    # Notice overtakes what was kept, without anybody touching it.
    for hours in (0, 5, 9, 4, 30):
        await clock.shift(db, timedelta(hours=hours, minutes=7))
        for row in await db.fetch(
            "SELECT slug, listed_slot(e) AS listed, next_free_slot(id, shortest_minutes) AS next FROM experts e"
        ):
            assert row["listed"] == row["next"], (hours, row["slug"])
        today = (await clock.now(db)).astimezone(ZoneInfo("Asia/Jakarta")).date()
        for ahead in range(8):
            listed, free = await asked(db, today + timedelta(ahead), "Asia/Jakarta")
            assert listed == free, (hours, ahead)


async def test_the_horizon_reaches_further_each_day_for_those_nobody_touches(db: Database) -> None:
    seller = await make_seller(db)
    await set_week(db, seller, ([(day, "09:00", "17:00") for day in range(1, 8)], "Asia/Jakarta", 30, 120))
    await db.execute(
        "UPDATE experts SET next_slot_at = app_now() + interval '9 days' WHERE id = $1", seller.id
    )
    await clock.shift(db, timedelta(hours=25))
    assert await refresh_old_listings(db) == 1
    await assert_same(db)
