"""How the desk says what somebody is."""

from __future__ import annotations

from mentorinaja.admin.listing import Cell

ROLES = {"user": "Pengguna", "expert": "Mentor", "admin": "Admin"}
_ROLE_CHIPS = {"user": "plain", "expert": "ok", "admin": "warn"}


def role_cell(role: str) -> Cell:
    """What somebody is."""
    return Cell(ROLES[role], chip=_ROLE_CHIPS[role])
