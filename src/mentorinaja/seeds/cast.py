"""The people of the demo world as they are in the database, for those who write its history."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Database
from mentorinaja.experts import queries as experts
from mentorinaja.experts.queries import Service
from mentorinaja.seeds import people
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Actor:
    """An expert at work: who signs in, which sessions and threads are offered, which stars will be given."""

    viewer: Viewer
    expert_id: int
    slug: str
    field: str
    services: list[Service]
    threads: list[Service]
    stars: list[int]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody: experts by slug, users by login."""

    experts: dict[str, Actor]
    users: dict[str, Viewer]


async def gather(db: Database) -> Cast:
    """Read everybody from the database."""
    rows = await db.fetch(
        """SELECT u.id, u.full_name, u.email::text AS email, u.role, u.time_zone, e.id AS expert_id
           FROM users u LEFT JOIN experts e ON e.user_id = u.id"""
    )
    viewers = {row["email"]: Viewer(**row, session_id=0) for row in rows}
    actors = {}
    for told in people.experts():
        viewer = viewers[told.user.email]
        assert viewer.expert_id is not None, "made just before"
        offered = await experts.services_of(db, viewer.expert_id)
        actors[told.user.login] = Actor(
            viewer,
            viewer.expert_id,
            told.profile.slug,
            told.profile.expertise[0],
            [service for service in offered if not service.is_thread],
            [service for service in offered if service.is_thread],
            told.stars,
        )
    return Cast(actors, {user.login: viewers[user.email] for user in people.USERS})
