"""Writing experts and their services. All take the caller's transaction: applying and seeding do several at once."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from piccolo.table import Table

from mentorinaja.db.pool import Connection, Database, run
from mentorinaja.errors import NotThere
from mentorinaja.experts import rules
from mentorinaja.experts.rules import (
    NewService,
    NotPublishable,
    Profile,
    ProfileInvalid,
    ServicesFull,
    SlugTaken,
)
from mentorinaja.experts.tables import (
    Achievements,
    Educations,
    Experts,
    ExpertTags,
    Services,
    WorkExperiences,
)
from mentorinaja.formats import WIB
from mentorinaja.schedule.actions import open_schedule
from mentorinaja.schedule.rules import OFFICE_WEEK, Week

# Slugs, those of today and those of the past, are one namespace: whoever takes one waits for the others.
_SLUGS = 4_100_731
# Each is nobody else's for ever.
MOST_OLD_SLUGS = 10


async def create_expert(
    tx: Connection, user_id: int, profile: Profile, *, time_zone: str = WIB, week: Week = OFFICE_WEEK
) -> int:
    """Make an expert (a draft, with a schedule) of a user; answers the expert's id.

    Raises ProfileInvalid, ScheduleInvalid, SlugTaken; NotThere when there is no such user.
    """
    rules.check_profile(profile)
    await _claim_slug(tx, profile.slug)
    name = await tx.fetchval(
        "UPDATE users SET role = CASE role WHEN 'user' THEN 'expert' ELSE role END WHERE id = $1 RETURNING full_name",
        user_id,
    )
    if name is None:
        raise NotThere
    expert_id = await _insert_expert(tx, user_id, name, profile)
    await open_schedule(tx, expert_id, time_zone, week)
    await _write_details(tx, expert_id, profile)
    await refresh_listing(tx, expert_id)
    return expert_id


async def add_service(tx: Connection, expert_id: int, service: NewService) -> int:
    """Offer one more service, after those there are; answers its id. The same sent twice is one.

    Raises ProfileInvalid, ServicesFull.
    """
    rules.check_service(service)
    place = await _next_place(tx, expert_id)
    if same := await _same_service(tx, expert_id, service):
        return same
    row = Services(
        expert_id=expert_id,
        name=service.name.strip(),
        category=service.category,
        duration_minutes=service.duration_minutes,
        price=service.price,
        description=service.description.strip(),
        address=service.address.strip(),
        active=service.active,
        place=place,
    )
    made = await run(tx, Services.insert(row).returning(Services.id))
    await refresh_listing(tx, expert_id)
    service_id: int = made[0]["id"]
    return service_id


async def publish(tx: Connection, expert_id: int) -> None:
    """Show the expert to everybody. Raises NotPublishable while position, bio or an active service is missing."""
    complete = await tx.fetchval(
        """SELECT position_title <> '' AND bio <> '' AND EXISTS (
             SELECT FROM services s WHERE s.expert_id = e.id AND s.active AND s.archived_at IS NULL)
           FROM experts e WHERE id = $1 FOR UPDATE""",
        expert_id,
    )
    if complete is None:
        raise NotThere
    if not complete:
        raise NotPublishable("Lengkapi peran, bio, dan paling sedikit satu layanan aktif.")
    await tx.execute(
        "UPDATE experts SET status = 'published', published_at = coalesce(published_at, app_now()) WHERE id = $1",
        expert_id,
    )
    await refresh_listing(tx, expert_id)


async def rename_slug(tx: Connection, expert_id: int, slug: str) -> None:
    """Give the expert's page a new address; the old one leads there for ever.

    Raises ProfileInvalid, SlugTaken (also when this would leave one address too many behind).
    """
    rules.check_slug(slug)
    await _claim_slug(tx, slug, expert_id)
    old = await tx.fetchval("SELECT slug FROM experts WHERE id = $1 FOR UPDATE", expert_id)
    if old is None:
        raise NotThere
    if old == slug:
        return
    await tx.execute("DELETE FROM expert_slugs WHERE old_slug = $1", slug)
    kept = await tx.fetchval("SELECT count(*) FROM expert_slugs WHERE expert_id = $1", expert_id)
    if kept >= MOST_OLD_SLUGS:
        raise SlugTaken(
            f"Alamat profil sudah {MOST_OLD_SLUGS} kali diganti. Pakai lagi salah satu alamat lama Anda."
        )
    await tx.execute("UPDATE experts SET slug = $2 WHERE id = $1", expert_id, slug)
    # An address nobody could ever have opened is left to others.
    await tx.execute(
        """INSERT INTO expert_slugs (old_slug, expert_id)
           SELECT $1, id FROM experts WHERE id = $2 AND published_at IS NOT NULL""",
        old,
        expert_id,
    )


async def refresh_listing(tx: Connection, expert_id: int) -> None:
    """Rewrite what lists keep of this expert; called by whatever changed it, in the same transaction."""
    await tx.execute("SELECT refresh_listing($1)", expert_id)


async def refresh_old_listings(db: Database) -> int:
    """Rewrite listings whose next slot the minimum notice has overtaken; answers how many.

    Where no slot was found the horizon may have reached one since: those are looked at once an hour. It reaches one
    more day each day for everybody.
    """
    done: int = await db.fetchval(
        """WITH due AS (
             SELECT e.id FROM experts e JOIN schedules s ON s.expert_id = e.id
             WHERE e.status = 'published' AND e.shortest_minutes IS NOT NULL AND (
               e.next_slot_at < app_now() + make_interval(mins => s.notice_minutes)
               OR e.listed_at NOT BETWEEN app_now() - CASE WHEN e.next_slot_at IS NULL THEN interval '1 hour'
                                                           ELSE interval '1 day' END AND app_now())
             ORDER BY e.listed_at LIMIT 500 FOR UPDATE OF e SKIP LOCKED
           ), done AS (SELECT refresh_listing(id) FROM due)
           SELECT count(*) FROM done"""
    )
    return done


async def _next_place(tx: Connection, expert_id: int) -> int:
    """Where one more service stands, the expert's others held off till the transaction ends. Raises ServicesFull."""
    await tx.execute("SELECT FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    row = await tx.fetchrow(
        """SELECT count(*) FILTER (WHERE archived_at IS NULL) AS there, coalesce(max(place) + 1, 0) AS place
           FROM services WHERE expert_id = $1""",
        expert_id,
    )
    assert row is not None, "counting always answers"
    if row["there"] >= rules.MOST_SERVICES:
        raise ServicesFull(
            f"Paling banyak {rules.MOST_SERVICES} layanan. Hapus dulu yang tidak lagi Anda tawarkan."
        )
    place: int = row["place"]
    return place


async def _same_service(tx: Connection, expert_id: int, service: NewService) -> int | None:
    """The service that is this one in every word, if there is one."""
    service_id: int | None = await tx.fetchval(
        """SELECT id FROM services
           WHERE expert_id = $1 AND archived_at IS NULL AND active = $2 AND category = $3 AND price = $4
             AND duration_minutes IS NOT DISTINCT FROM $5 AND (name, description, address) = ($6, $7, $8)""",
        expert_id,
        service.active,
        service.category,
        service.price,
        service.duration_minutes,
        service.name.strip(),
        service.description.strip(),
        service.address.strip(),
    )
    return service_id


async def _claim_slug(tx: Connection, slug: str, expert_id: int | None = None) -> None:
    """Hold the namespace till the transaction ends. Raises SlugTaken when another expert has or had the slug."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _SLUGS)
    taken = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM experts WHERE slug = $1 AND id IS DISTINCT FROM $2)
             OR EXISTS (SELECT FROM expert_slugs WHERE old_slug = $1 AND expert_id IS DISTINCT FROM $2)""",
        slug,
        expert_id,
    )
    if taken:
        raise SlugTaken(rules.taken_words(slug))


async def _insert_expert(tx: Connection, user_id: int, name: str, profile: Profile) -> int:
    row = Experts(
        user_id=user_id,
        slug=profile.slug,
        position_title=profile.position_title.strip(),
        company=profile.company.strip(),
        years_experience=profile.years_experience,
        bio=profile.bio.strip(),
        city=profile.city.strip(),
        country=profile.country.strip(),
        display_name=name,
    )
    try:
        made = await run(tx, Experts.insert(row).returning(Experts.id))
    except asyncpg.UniqueViolationError as problem:
        raise ProfileInvalid("Akun ini sudah punya profil mentor.") from problem
    expert_id: int = made[0]["id"]
    return expert_id


async def _write_details(tx: Connection, expert_id: int, profile: Profile) -> None:
    rows: list[Sequence[Table]] = [
        [
            ExpertTags(expert_id=expert_id, kind=kind, name=name.strip(), place=place)
            for kind, names in (("expertise", profile.expertise), ("skill", profile.skills))
            for place, name in enumerate(names)
        ],
        [
            Educations(
                expert_id=expert_id, degree=e.degree, institution=e.institution, year=e.year, place=place
            )
            for place, e in enumerate(profile.education)
        ],
        [
            WorkExperiences(
                expert_id=expert_id,
                title=w.title,
                company=w.company,
                from_year=w.from_year,
                to_year=w.to_year,
                description=w.description,
                place=place,
            )
            for place, w in enumerate(profile.work)
        ],
        [
            Achievements(expert_id=expert_id, title=title, place=place)
            for place, title in enumerate(profile.achievements)
        ],
    ]
    for some in rows:
        if some:
            await run(tx, type(some[0]).insert(*some))
