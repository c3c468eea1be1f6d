"""Keeping what is typed in a step: as it is while it is typed, and as a part of the profile once it is right."""

from __future__ import annotations

from collections.abc import Sequence

from mentorinaja.applications.queries import Typed
from mentorinaja.applications.rules import NotOpen, check_open
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.experts.actions import add_service, create_expert, refresh_listing, rename_slug
from mentorinaja.experts.rules import NewService, Profile, check_profile
from mentorinaja.schedule import actions as schedule
from mentorinaja.schedule.rules import Week
from mentorinaja.web.viewer import Viewer


async def keep_typed(db: Database, user_id: int, step: str, typed: Typed, begun: int) -> bool:
    """Keep what stands in a step's fields while it is typed, unless the step was saved since version `begun`.

    A request on a slow line may come after the one that saved the step; it must not bring back what was typed before.
    """
    return bool(
        await db.fetchval(
            """INSERT INTO application_drafts (user_id, step, typed) VALUES ($1, $2, $3)
               ON CONFLICT (user_id, step) DO UPDATE SET typed = excluded.typed, saved_at = excluded.saved_at
                 WHERE application_drafts.version = $4
               RETURNING true""",
            user_id,
            step,
            typed,
            begun,
        )
    )


async def put_aside(db: Connection | Database, user_id: int, step: str, typed: Typed | None) -> None:
    """Keep what was sent and cannot be saved, or (None) forget it, for it was saved; pages open so far are outdated."""
    await db.execute(
        """INSERT INTO application_drafts (user_id, step, typed, version) VALUES ($1, $2, $3, 1)
           ON CONFLICT (user_id, step) DO UPDATE
             SET typed = excluded.typed, saved_at = excluded.saved_at, version = application_drafts.version + 1""",
        user_id,
        step,
        typed,
    )


@atomic
async def save_about(tx: Connection, user: Viewer, about: Profile) -> None:
    """Make somebody an expert whom nobody sees yet, or write anew what a draft says of itself.

    Raises ProfileInvalid, SlugTaken, NotOpen.
    """
    # Two tabs that begin at once take turns: the second finds the first one's profile.
    await tx.execute("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", user.id)
    expert_id = await _own_draft(tx, user)
    if expert_id is None:
        await create_expert(tx, user.id, about, time_zone=user.time_zone, week={})
    else:
        await _change_about(tx, expert_id, about)
    await put_aside(tx, user.id, "tentang", None)


@atomic
async def save_tags(tx: Connection, user: Viewer, expertise: Sequence[str], skills: Sequence[str]) -> None:
    """Replace expertise and skills, each tidy and there once. Raises NotOpen."""
    expert_id = await _draft(tx, user)
    await tx.execute("DELETE FROM expert_tags WHERE expert_id = $1", expert_id)
    # As most others write it, so that who looks for one finds all of them.
    await tx.execute(
        """INSERT INTO expert_tags (expert_id, kind, name, place)
           SELECT $1, kind, coalesce(
             (SELECT t.name FROM expert_tags t JOIN experts e ON e.id = t.expert_id
              WHERE t.kind = told.kind AND lower(t.name) = lower(told.name) AND e.status = 'published'
              GROUP BY t.name ORDER BY count(*) DESC, t.name LIMIT 1), name), place
           FROM (SELECT 'expertise' AS kind, name, place FROM unnest($2::text[]) WITH ORDINALITY AS a (name, place)
                 UNION ALL
                 SELECT 'skill', name, place FROM unnest($3::text[]) WITH ORDINALITY AS b (name, place)) AS told""",
        expert_id,
        list(expertise),
        list(skills),
    )
    await refresh_listing(tx, expert_id)
    await put_aside(tx, user.id, "keahlian", None)


@atomic
async def save_service(tx: Connection, user: Viewer, service: NewService) -> None:
    """Offer a service; one of the same name that is there already is the same sent twice.

    Raises ProfileInvalid, ServicesFull, NotOpen.
    """
    expert_id = await _draft(tx, user)
    there = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM services WHERE expert_id = $1 AND name = $2 AND archived_at IS NULL)",
        expert_id,
        service.name.strip(),
    )
    if not there:
        await add_service(tx, expert_id, service)
    await put_aside(tx, user.id, "layanan", None)


@atomic
async def save_hours(tx: Connection, user: Viewer, time_zone: str, week: Week | None) -> None:
    """Work in this zone and at these weekly hours, or (None) at those that stand already.

    Raises ScheduleInvalid, NotOpen.
    """
    expert_id = await _draft(tx, user)
    await schedule.lock_schedule(tx, expert_id)
    await tx.execute("UPDATE schedules SET time_zone = $2 WHERE expert_id = $1", expert_id, time_zone)
    if week is not None:
        await tx.execute("DELETE FROM weekly_hours WHERE expert_id = $1", expert_id)
        await schedule.write_week(tx, expert_id, week)
    await refresh_listing(tx, expert_id)
    await put_aside(tx, user.id, "jadwal", None)


async def _change_about(tx: Connection, expert_id: int, about: Profile) -> None:
    check_profile(about)
    await rename_slug(tx, expert_id, about.slug)
    await tx.execute(
        """UPDATE experts SET position_title = $2, company = $3, years_experience = $4, bio = $5, city = $6,
             country = $7 WHERE id = $1""",
        expert_id,
        about.position_title.strip(),
        about.company.strip(),
        about.years_experience,
        about.bio.strip(),
        about.city.strip(),
        about.country.strip(),
    )
    await refresh_listing(tx, expert_id)


async def _draft(tx: Connection, user: Viewer) -> int:
    expert_id = await _own_draft(tx, user)
    if expert_id is None:
        raise NotOpen("Isi dulu langkah pertama.", [("Mulai", "/expert/apply")])
    return expert_id


async def _own_draft(tx: Connection, user: Viewer) -> int | None:
    """The person's expert, held till the transaction ends. Raises NotOpen when the form is closed."""
    row = await tx.fetchrow("SELECT id, status FROM experts WHERE user_id = $1 FOR NO KEY UPDATE", user.id)
    if row is None:
        return None
    check_open(row["status"])
    expert_id: int = row["id"]
    return expert_id


_APPLICATION, _DASHBOARD = ("Lihat lamaran", "/expert/apply"), ("Buka Dashboard", "/expert/dashboard")
