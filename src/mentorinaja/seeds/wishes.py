"""What the demo's users keep: favourites, and the wait for a mentor who is away."""

from __future__ import annotations

from datetime import timedelta

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.favourites import actions as favourites
from mentorinaja.schedule import editing
from mentorinaja.schedule.plan import plan_of
from mentorinaja.seeds.cast import Cast

_AWAY = "samuel-pattiasina"
_DAYS_AWAY = 12


async def make_wishes(db: Database, cast: Cast) -> None:
    """Budi and Ani keep some mentors; Ani waits for one who is away for longer than she would like."""
    budi, ani = cast.users["budi"], cast.users["ani"]
    for user, slugs in ((budi, ("dimas", "sari")), (ani, ("sari", _AWAY))):
        for slug in slugs:
            await favourites.keep(db, user.id, slug)
    expert_id = next(actor.expert_id for actor in cast.experts.values() if actor.slug == _AWAY)
    today = (await clock.now(db)).astimezone((await plan_of(db, expert_id)).zone).date()
    await editing.add_days_off(db, expert_id, today, today + timedelta(days=_DAYS_AWAY), "Cuti")
    await favourites.wish(db, ani.id, _AWAY)
