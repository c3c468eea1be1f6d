"""The steps of becoming a mentor, what a profile needs before an admin looks at it, and what would help it: pure."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.errors import DomainError
from mentorinaja.experts.names import slug_from
from mentorinaja.experts.rules import RESERVED_SLUGS
from mentorinaja.schedule.rules import OFFICE_WEEK, Hours, Week

# The step's name in addresses and rows → the words above it, in their order.
STEPS = {
    "tentang": "Tentang Anda",
    "keahlian": "Keahlian",
    "layanan": "Layanan pertama",
    "jadwal": "Jadwal",
    "kirim": "Periksa & kirim",
}
# Those in which something is typed.
TYPED_STEPS = ("tentang", "keahlian", "layanan", "jadwal")
# In these states the form is open; afterwards the portal is where a profile is changed.
OPEN = ("draft", "rejected")

BIO_LEAST, BIO_GOOD = 40, 200
SKILLS_GOOD = 3
REASON_LENGTH = (10, 1000)
# How much of one field is kept as it was typed: more than any field may hold.
LONGEST_TYPED = 6000

EVENINGS_AND_WEEKENDS: Week = {
    **dict.fromkeys(range(1, 6), (Hours(19 * 60, 22 * 60),)),
    **dict.fromkeys((6, 7), (Hours(9 * 60, 17 * 60),)),
}
# Working hours to begin with, by the name of the choice; None: those that stand already are kept.
WEEKS: dict[str, Week | None] = {"kantor": OFFICE_WEEK, "malam": EVENINGS_AND_WEEKENDS, "sendiri": None}


class NotOpen(DomainError):
    """The application is not in a state in which this can be done."""

    title = "Lamaran tidak bisa diubah sekarang"


class NotComplete(DomainError):
    """Something that every mentor's page needs is missing."""

    title = "Lamaran belum lengkap"


class NotDecidable(DomainError):
    """An admin's decision on what does not wait for one, or without a reason that says enough."""

    title = "Lamaran ini tidak bisa diputuskan"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a profile holds so far, as far as its completeness goes. `works`: somebody can find a time in it."""

    position: bool = False
    bio_length: int = 0
    city: bool = False
    expertise: int = 0
    skills: int = 0
    services: int = 0
    works: bool = False
    photo: bool = False
    history: bool = False
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing a good profile has; `path` is where it is added."""

    text: str
    done: bool
    path: str
    required: bool = False


def step_path(step: str) -> str:
    """The address of a step."""
    return f"/expert/apply?step={step}"


def hints(facts: Facts) -> list[Hint]:
    """Everything a good profile has, what it must have first."""
    return [
        *(Hint(text, done, step_path(step), required=True) for step, text, done in _required(facts)),
        *_recommended(facts),
    ]


def missing_steps(facts: Facts) -> list[str]:
    """The steps that lack something without which nothing is sent to an admin, in order."""
    lacking = {step for step, _, done in _required(facts) if not done}
    return [step for step in TYPED_STEPS if step in lacking]


def step_to_go_on(facts: Facts) -> str:
    """Where somebody who comes back goes on: the first step that lacks something, else the last."""
    return next(iter(missing_steps(facts)), "kirim")


def after(step: str) -> str:
    """The step that follows; the last is followed by itself."""
    names = list(STEPS)
    return names[min(names.index(step) + 1, len(names) - 1)]


def slugs_for(name: str) -> list[str]:
    """Addresses that suit a name, the nicest first: `sari-wulandari`, `sari-wulandari-2` … to 50."""
    plain = slug_from(name)[:40].strip("-")
    base = plain if len(plain) >= 3 else f"mentor-{plain}".strip("-")
    numbered = [f"{base}-{number}" for number in range(2, 51)]
    return numbered if base in RESERVED_SLUGS else [base, *numbered]


def check_open(status: str) -> None:
    """Whether the form may be filled in; `none` for somebody who has not begun. Raises NotOpen."""
    if status == "submitted":
        raise NotOpen(
            "Lamaran Anda sedang kami periksa. Tarik dulu untuk mengubahnya.",
            [("Lihat lamaran", "/expert/apply")],
        )
    if status not in ("none", *OPEN):
        raise NotOpen(
            "Anda sudah menjadi mentor. Ubah profil di Dashboard.", [("Buka Dashboard", "/expert/dashboard")]
        )


def check_reason(reason: str) -> str:
    """The reason of a rejection, without spaces around it. Raises NotDecidable when it says too little or too much."""
    least, most = REASON_LENGTH
    said = reason.strip()
    if not least <= len(said) <= most:
        raise NotDecidable(f"Alasan berisi {least} sampai {most} karakter: pelamar membacanya.")
    return said


def _required(facts: Facts) -> list[tuple[str, str, bool]]:
    return [
        ("tentang", "Peran atau posisi Anda", facts.position),
        ("tentang", f"Bio, paling sedikit {BIO_LEAST} karakter", facts.bio_length >= BIO_LEAST),
        ("keahlian", "Paling sedikit satu keahlian", facts.expertise > 0),
        ("layanan", "Paling sedikit satu layanan aktif", facts.services > 0),
        ("jadwal", "Jam kerja, agar sesi dapat dipesan", facts.works),
    ]


def _recommended(facts: Facts) -> list[Hint]:
    profile = "/expert/dashboard"
    return [
        Hint("Foto Anda", facts.photo, f"{profile}#foto"),
        Hint(
            f"Bio yang bercerita, {BIO_GOOD} karakter atau lebih",
            facts.bio_length >= BIO_GOOD,
            step_path("tentang"),
        ),
        Hint("Kota tempat Anda tinggal", facts.city, step_path("tentang")),
        Hint(f"{SKILLS_GOOD} skill atau lebih", facts.skills >= SKILLS_GOOD, step_path("keahlian")),
        Hint("Pendidikan atau pengalaman kerja", facts.history, f"{profile}#pendidikan"),
        Hint("Email yang sudah dikonfirmasi", facts.email_verified, "/user/profile"),
    ]
