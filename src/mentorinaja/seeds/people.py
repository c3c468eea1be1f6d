"""The people of the demo world: experts from the files beside this one, and the users who book them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mentorinaja.experts.rules import Education, NewService, Profile, Work
from mentorinaja.formats import ZONE_NAMES
from mentorinaja.schedule.rules import Hours, Rules

PASSWORD = "mentorinaja"  # noqa: S105 the demo's, told to everybody
DOMAIN = "mentorinaja.test"
ZONES = {name: zone for zone, name in ZONE_NAMES.items()}
_FILES = Path(__file__).parent / "experts"
_DAYS = re.compile(r"([1-7])(?:-([1-7]))?")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who books."""

    login: str
    full_name: str
    zone: str = "WIB"

    @property
    def email(self) -> str:
        """`budi@mentorinaja.test`."""
        return f"{self.login}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Expert:
    """Somebody who is booked; `stars` are the reviews that will be written, the oldest first."""

    user: User
    profile: Profile
    week: dict[int, list[Hours]]
    rules: Rules
    services: list[NewService]
    stars: list[int]


BUDI = User("budi", "Budi Santoso")
ANI = User("ani", "Ani Lestari", "WITA")
# Their bookings of the past are where the experts' reviews come from.
OTHERS = [
    User("citra", "Citra Puspita"),
    User("doni", "Doni Saputra"),
    User("eka", "Eka Fitriyani"),
    User("farhan", "Farhan Akbar"),
    User("gita", "Gita Savira"),
    User("hana", "Hana Nurfadilah", "WITA"),
    User("ilham", "Ilham Ramadhan"),
    User("jelita", "Jelita Simanjuntak"),
    User("krisna", "Krisna Mahendra", "WITA"),
    User("lina", "Lina Marlina"),
    User("made", "Made Suartana", "WITA"),
    User("nurul", "Nurul Hikmah"),
    User("oscar", "Oscar Manurung"),
    User("petrus", "Petrus Kareth", "WIT"),
    User("rara", "Rara Ayuningtyas"),
    User("yosep", "Yosep Lamandau", "WIT"),
]
USERS = [BUDI, ANI, *OTHERS]


def phone(number: int) -> str:
    """A phone number nobody else of the demo has."""
    return f"+62812{7_000_000 + number:08}"


def experts() -> list[Expert]:
    """All experts, in the order of the files."""
    return [
        _expert(raw)
        for file in sorted(_FILES.glob("*.toml"))
        for raw in tomllib.loads(file.read_text(encoding="utf-8"))["expert"]
    ]


def _expert(raw: dict[str, Any]) -> Expert:
    zone = raw["zone"]
    return Expert(
        user=User(raw["slug"], raw["name"], zone),
        profile=Profile(
            slug=raw["slug"],
            position_title=raw["position"],
            company=raw["company"],
            years_experience=raw["years"],
            bio=raw["bio"].strip(),
            city=raw["city"],
            expertise=tuple(raw["expertise"]),
            skills=tuple(raw["skills"]),
            education=tuple(Education(*fields) for fields in raw["education"]),
            work=tuple(
                Work(title, company, start, end or None, text)
                for title, company, start, end, text in raw["work"]
            ),
            achievements=tuple(raw["achievements"]),
        ),
        week=dict(_week(raw["week"])),
        rules=Rules(
            time_zone=ZONES[zone],
            step_minutes=raw.get("step", 30),
            buffer_minutes=raw.get("buffer", 0),
            notice_minutes=raw.get("notice", 120),
            horizon_days=raw.get("horizon", 30),
        ),
        services=[_service(*fields) for fields in raw["services"]],
        stars=[int(star) for star in raw["stars"]],
    )


def _service(
    name: str, category: str, minutes: int, price: int, description: str, address: str = ""
) -> NewService:
    """0 minutes is an unhurried thread."""
    return NewService(name, category, minutes or None, price, description, address)


def _week(text: str) -> Iterator[tuple[int, list[Hours]]]:
    """`1-5 09:00-12:00 13:00-17:00; 6 09:00-12:00` → the ranges of each weekday."""
    for part in text.split(";"):
        days, *ranges = part.split()
        match = _DAYS.fullmatch(days)
        assert match is not None, f"{days} is no weekday"
        for weekday in range(int(match[1]), int(match[2] or match[1]) + 1):
            yield weekday, [Hours.parse(*hours.split("-")) for hours in ranges]
