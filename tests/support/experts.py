"""Experts with the working times a test wants, a clock that says what it wants, and held time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.experts.actions import add_service, create_expert, publish
from mentorinaja.experts.rules import NewService, Profile
from mentorinaja.schedule import actions as schedule
from mentorinaja.schedule.rules import OFFICE_WEEK, Rules, Week
from tests.support.bookings import make_user

CHAT = NewService("Chat Konsultasi", "online_chat", 30, 150_000, "Diskusi karier.")
_numbers = count(1)


@dataclass
class Told:
    """What an expert tells, with something for everything that must be told."""

    name: str = "Sari Wulandari"
    slug: str = ""
    position_title: str = "Product Manager"
    company: str = "Gojek"
    years_experience: int = 8
    bio: str = "Membantu orang pindah karier."
    city: str = "Jakarta"
    expertise: tuple[str, ...] = ("Karier",)
    skills: tuple[str, ...] = ()
    services: Sequence[NewService] = (CHAT,)
    week: Week = field(default_factory=lambda: OFFICE_WEEK)
    rules: Rules = field(default_factory=Rules)
    published: bool = True


async def make_expert(db: Database, told: Told | None = None) -> int:
    """An expert as told; answers the expert's id."""
    told = told or Told()
    user = await make_user(db, told.name, zone=told.rules.time_zone)
    profile = Profile(
        slug=told.slug or f"ahli-{next(_numbers)}",
        position_title=told.position_title,
        company=told.company,
        years_experience=told.years_experience,
        bio=told.bio,
        city=told.city,
        expertise=told.expertise,
        skills=told.skills,
    )
    async with db.transaction() as tx:
        expert_id = await create_expert(tx, user.id, profile, time_zone=told.rules.time_zone, week=told.week)
        for service in told.services:
            await add_service(tx, expert_id, service)
        if told.published:
            await publish(tx, expert_id)
    await schedule.set_rules(db, expert_id, told.rules)
    return expert_id


async def rate(db: Database, expert_id: int, stars: Sequence[int]) -> None:
    """What lists keep of these stars."""
    await db.execute(
        "UPDATE experts SET rating_count = $2, rating_sum = $3 WHERE id = $1",
        expert_id,
        len(stars),
        sum(stars),
    )


async def set_now(db: Database, now: datetime) -> None:
    """The database's clock says `now`, and goes on from there."""
    await clock.shift(db, now - await clock.now(db))


async def hold(
    db: Database,
    expert_id: int,
    starts: datetime,
    minutes: int,
    *,
    buffer: int = 0,
    status: str = "confirmed",
    deadline: datetime | None = None,
    user_id: int | None = None,
) -> int:
    """Time held by a booking, written as bare rows (no money behind it); answers the user's id."""
    user_id = user_id or (await make_user(db)).id
    number = next(_numbers)
    ends = starts + timedelta(minutes=minutes)
    order_id = await db.fetchval(
        """INSERT INTO orders (public_id, kind, user_id, expert_id, item_name, payer_name, expert_name, subtotal,
             admin_fee, total, platform_fee, expert_share, admin_fee_bps, platform_fee_bps, tax_bps, cancel_policy,
             payment_method, pay_deadline)
           VALUES ('BE-20260101-' || lpad(translate($1::text, '01', 'AB'), 6, 'Z'), 'booking', $2, $3, 'Chat', 'B',
             'S', 100, 5, 105, 21, 84, 500, 2000, 0, '{}', 'qris', $4) RETURNING id""",
        str(number),
        user_id,
        expert_id,
        deadline or starts,
    )
    await db.execute(
        """INSERT INTO bookings (order_id, user_id, expert_id, service_id, status, category, duration_minutes,
             starts_at, during, blocked, topic)
           SELECT $1, $2, $3::bigint, min(id), $4, 'online_chat', $5, $6, tstzrange($6, $7), tstzrange($6, $8), 'Tanya'
           FROM services WHERE expert_id = $3""",
        order_id,
        user_id,
        expert_id,
        status,
        minutes,
        starts,
        ends,
        ends + timedelta(minutes=buffer),
    )
    return user_id
