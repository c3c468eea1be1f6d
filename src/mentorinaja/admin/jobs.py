"""What the desk does by itself: looks after the five numbers, tells when one leaves zero, adds the days up."""

from __future__ import annotations

from datetime import datetime

from mentorinaja.admin.health.figures import count_days
from mentorinaja.admin.health.numbers import Number, numbers
from mentorinaja.admin.mails import ALERT
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.notices import actions as notices
from mentorinaja.resources import Resources


async def look(resources: Resources, _payload: Payload) -> None:
    """Find the five numbers, write them down, and tell the admins of each that has left zero."""
    for number in await numbers(resources.db):
        await _keep(resources.db, number)


async def count(resources: Resources, _payload: Payload) -> None:
    """Add up what is not added up yet of sales, fees and what went back."""
    await count_days(resources.db)


@atomic
async def _keep(tx: Connection, number: Number) -> None:
    """Write a number down; whoever finds first that it left zero tells the admins, once a day at most."""
    await tx.execute(
        """INSERT INTO money_health (name, cases, amount, since, looked_at) VALUES ($1, 0, 0, NULL, app_now())
           ON CONFLICT DO NOTHING""",
        number.name,
    )
    before: datetime | None = await tx.fetchval(
        "SELECT since FROM money_health WHERE name = $1 FOR UPDATE", number.name
    )
    await tx.execute(
        """UPDATE money_health SET cases = $2::bigint, amount = $3, looked_at = app_now(),
             since = CASE WHEN $2::bigint > 0 THEN coalesce(since, app_now()) END WHERE name = $1""",
        number.name,
        number.count,
        number.amount,
    )
    if number.count and before is None:
        await _tell(tx, number)


async def _tell(tx: Connection, number: Number) -> None:
    today: int = await tx.fetchval(
        "SELECT to_char(app_now() AT TIME ZONE 'Asia/Jakarta', 'YYYYMMDD')::integer"
    )
    await notices.queue_for_admins(tx, ALERT, about=number.name, version=today)


JOBS = [Job("admin.look", look, sweep=True), Job("admin.count_days", count, sweep=True)]
