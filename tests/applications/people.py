"""Somebody who applies, as far as a test needs."""

from mentorinaja.applications import actions, saving
from mentorinaja.db.pool import Database
from mentorinaja.experts.rules import NewService, Profile
from mentorinaja.schedule.rules import OFFICE_WEEK
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import make_user

BIO = "Membantu Anda membaca data dan menyiapkan diri untuk wawancara kerja analis."
ABOUT = Profile("dewi-anggraini", "Senior Data Analyst", "Tokopedia", 7, BIO, "Bandung")
CHAT = NewService("Tanya data", "online_chat", 30, 150_000, "Diskusi.")


async def complete_draft(db: Database, slug: str = "dewi-anggraini") -> Viewer:
    """An applicant with everything an application must have, not sent yet."""
    user = await make_user(db, "Dewi Anggraini")
    await saving.save_about(db, user, Profile(slug, *_rest(ABOUT)))
    await saving.save_tags(db, user, ("Data", "Karier"), ("SQL",))
    await saving.save_service(db, user, CHAT)
    await saving.save_hours(db, user, "Asia/Makassar", OFFICE_WEEK)
    return user


async def submitted(db: Database, slug: str = "dewi-anggraini") -> Viewer:
    """An applicant who waits for a decision."""
    user = await complete_draft(db, slug)
    await actions.submit(db, user)
    return user


async def status_of(db: Database, user: Viewer) -> str:
    """The state of the expert's row."""
    status: str = await db.fetchval("SELECT status FROM experts WHERE user_id = $1", user.id)
    return status


async def events_of(db: Database, user: Viewer) -> list[str]:
    """What happened to the application, in order."""
    rows = await db.fetch(
        """SELECT event FROM application_events x JOIN experts e ON e.id = x.expert_id
           WHERE e.user_id = $1 ORDER BY x.id""",
        user.id,
    )
    return [row["event"] for row in rows]


def _rest(about: Profile) -> tuple[str, str, int, str, str]:
    return about.position_title, about.company, about.years_experience, about.bio, about.city
