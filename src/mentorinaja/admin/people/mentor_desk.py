"""The desk of mentors."""

from __future__ import annotations

from mentorinaja.admin.desk import Desk
from mentorinaja.admin.people.mentor_decisions import DECISIONS
from mentorinaja.admin.people.mentors import LISTING, load

DESK = Desk(
    name="experts",
    title="Mentor",
    word="mentor",
    kind="expert",
    about="Lamaran yang menunggu, dan semua profil mentor.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
)
