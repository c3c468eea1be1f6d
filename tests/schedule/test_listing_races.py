"""A listing that is rewritten while somebody books: whoever comes second counts what the first one did."""

import asyncio
from datetime import UTC, datetime

from mentorinaja.bookings import making
from mentorinaja.bookings.making import Wish
from mentorinaja.db.pool import Database
from mentorinaja.schedule import editing
from mentorinaja.schedule.plan import plan_of, print_of_rules
from mentorinaja.schedule.rules import Rules
from tests.support.bookings import Seller, make_seller, make_user
from tests.support.experts import set_now
from tests.withdrawals.locks import waiting

TURN = "  PERFORM FROM experts WHERE id = p_expert FOR NO KEY UPDATE;\n"


async def kept_and_free(db: Database, seller: Seller) -> tuple[datetime | None, datetime | None]:
    """The first slot as the card keeps it, and as the function says."""
    row = await db.fetchrow(
        """SELECT next_slot_at, next_free_slot(id, shortest_minutes) AS free FROM experts WHERE id = $1""",
        seller.id,
    )
    assert row is not None
    return row["next_slot_at"], row["free"]


async def book_while_rules_change(db: Database) -> Seller:
    """The first slot is booked; before that is committed the step of slots is changed."""
    await set_now(db, datetime(2027, 1, 3, 17, 11, tzinfo=UTC))
    seller, user = await make_seller(db), await make_user(db)
    first = (await kept_and_free(db, seller))[1]
    there = (await plan_of(db, seller.id)).rules
    change = editing.change_rules(
        db, seller.id, Rules(there.time_zone, horizon_days=there.horizon_days + 1), seen=print_of_rules(there)
    )
    wish = Wish(user.id, seller.service_id, first, "Pindah karier", "", "qris")
    async with db.transaction() as tx:
        await making.book.__wrapped__(tx, wish)  # type: ignore[attr-defined]  # what @atomic wraps
        changing = asyncio.create_task(change)
        await waiting(db)
    async with asyncio.timeout(30):
        await changing
    assert first is not None and (await kept_and_free(db, seller))[1] != first
    return seller


async def test_a_change_of_the_schedule_counts_a_booking_that_it_waited_for(db: Database) -> None:
    kept, free = await kept_and_free(db, await book_while_rules_change(db))
    assert kept == free


async def test_without_the_turn_the_card_would_show_the_slot_that_was_just_booked(
    unchecked_db: Database,
) -> None:
    db = unchecked_db
    body: str = await db.fetchval("SELECT pg_get_functiondef('refresh_listing'::regproc)")
    assert TURN in body
    await db.execute(body.replace(TURN, ""))
    kept, free = await kept_and_free(db, await book_while_rules_change(db))
    assert kept is not None and free is not None and kept < free
