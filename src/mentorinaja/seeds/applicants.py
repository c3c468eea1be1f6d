"""People of the demo who want to be mentors: one has begun, one was sent back, one waits for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.applications import actions, rules, saving
from mentorinaja.db.pool import Database
from mentorinaja.experts.rules import NewService, Profile
from mentorinaja.resources import Resources
from mentorinaja.seeds.payouts import CASHIER
from mentorinaja.seeds.people import ZONES, User
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.web.viewer import Viewer

_REASON = "Ceritakan di bio pengalaman Anda mengajar, dan tambahkan pendidikan atau pekerjaan yang dapat kami periksa."


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who applies; without a service the form was left half way."""

    user: User
    about: Profile
    expertise: tuple[str, ...]
    skills: tuple[str, ...]
    service: NewService | None = None


_WULAN = Applicant(
    User("wulan", "Wulan Kusumawati"),
    Profile(
        slug="wulan-kusumawati",
        position_title="Lead UX Researcher",
        company="Traveloka",
        years_experience=9,
        bio="Sembilan tahun mendengarkan pengguna, dari warung sampai maskapai. Saya membantu peneliti dan desainer muda"
        " menyusun riset yang benar-benar dipakai tim, menyiapkan portofolio, dan berlatih wawancara kerja.",
        city="Yogyakarta",
    ),
    ("UX Research", "Karier"),
    ("Wawancara Pengguna", "Usability Testing", "Portofolio"),
    NewService("Bedah portofolio riset", "online_video", 45, 200_000, "Kita baca portofolio Anda bersama."),
)
_BAGAS = Applicant(
    User("bagas", "Bagas Prakoso", "WITA"),
    Profile(
        slug="bagas-prakoso",
        position_title="Guru Matematika",
        years_experience=4,
        bio="Membantu siswa SMA dan mahasiswa baru memahami kalkulus dan statistika.",
        city="Denpasar",
    ),
    ("Pendidikan",),
    ("Kalkulus", "Statistika"),
    NewService("Tanya soal", "online_chat", 30, 60_000, "Kirim soalnya, kita kerjakan bersama."),
)
_TIKA = Applicant(
    User("tika", "Tika Rahmawati"),
    Profile(
        slug="tika-rahmawati",
        position_title="Legal Counsel",
        company="Startup Logistik",
        years_experience=6,
        bio="Menemani pendiri usaha membaca kontrak, dari sewa ruko sampai perjanjian investasi.",
        city="Surabaya",
    ),
    ("Hukum",),
    (),
)
USERS = [applicant.user for applicant in (_WULAN, _BAGAS, _TIKA)]


class Applicants:
    """What they did in the last days. Nobody is published this way: who looks at the demo may decide."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock

    def past(self, today: datetime) -> Iterator[Story]:
        """What is over by `today`, or waits."""
        yield later(today - timedelta(days=6), self._apply(_BAGAS, sent_back=True))
        yield later(today - timedelta(days=3), self._apply(_TIKA))
        yield later(today - timedelta(hours=20), self._apply(_WULAN))

    async def _apply(self, applicant: Applicant, sent_back: bool = False) -> Story:
        user = await self._filled_in(applicant)
        if applicant.service is None:
            typed = {
                "name": "Baca kontrak",
                "category": "online_chat",
                "description": "Kirim kontraknya, saya",
            }
            await saving.put_aside(self._db, user.id, "layanan", typed)
            return
        await actions.submit(self._db, user)
        if sent_back:
            yield self._clock.now() + timedelta(hours=26)
            admin = await admin_by_email(self._db, CASHIER.email)
            await actions.reject(self._db, admin, applicant.about.slug, _REASON)

    async def _filled_in(self, applicant: Applicant) -> Viewer:
        user = await _viewer(self._db, applicant.user)
        await saving.save_about(self._db, user, applicant.about)
        await saving.save_tags(self._db, user, applicant.expertise, applicant.skills)
        if applicant.service is not None:
            await saving.save_service(self._db, user, applicant.service)
            await saving.save_hours(self._db, user, ZONES[applicant.user.zone], rules.WEEKS["malam"])
        return user


async def _viewer(db: Database, user: User) -> Viewer:
    row = await db.fetchrow(
        "SELECT id, full_name, email::text AS email, role, time_zone FROM users WHERE email = $1::text::citext",
        user.email,
    )
    assert row is not None, "registered before"
    return Viewer(**row, session_id=0)
