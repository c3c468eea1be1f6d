"""A decision of an admin that the log does not tell of is found; the list of older ones grows no more."""

import asyncpg
import pytest

from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Database
from mentorinaja.reviews import actions as reviews
from tests.reviews.test_replies import reviewed
from tests.support.bookings import make_user
from tests.support.desk import make_admin

EACH, TOGETHER = "L1_each_decision_has_its_entry", "L2_decisions_of_several_have_an_entry"


async def _found(db: Database, invariant: str) -> list[str]:
    return [row["what"] for row in (await broken(db))[invariant]]


async def test_a_decision_without_its_entry_is_found(unchecked_db: Database) -> None:
    db = unchecked_db
    meeting, admin, user = await reviewed(db), await make_admin(db), await make_user(db)
    await reviews.hide(db, admin, meeting.order_id, "Memuat nomor telepon.")
    assert not await _found(db, EACH) and not await _found(db, TOGETHER)
    await db.execute(
        "INSERT INTO suspensions (user_id, reason, suspended_by) VALUES ($1, 'Tanpa catatan.', $2)",
        user.id,
        admin.id,
    )
    assert await _found(db, EACH) == ["suspensions"]
    # Somebody else's entry is none.
    other = await make_admin(db, "Admin Lain")
    await db.execute("UPDATE reviews SET hidden_by = $1", other.id)
    assert sorted(await _found(db, EACH)) == ["reviews", "suspensions"]
    await db.execute(
        """INSERT INTO order_events (order_id, actor, actor_id, event)
           SELECT id, 'admin', $1, 'refund_approved' FROM orders LIMIT 1""",
        other.id,
    )
    assert await _found(db, TOGETHER) == ["order_events"]
    with pytest.raises(asyncpg.RestrictViolationError):
        await db.execute("INSERT INTO decided_before_log VALUES ('suspensions', 1)")
