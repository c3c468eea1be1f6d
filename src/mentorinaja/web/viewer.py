"""Who is looking: what a request knows of the signed-in person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from litestar import Request
from litestar.datastructures import State

Role = Literal["user", "expert", "admin"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person. `expert_id` is set for whoever has an expert profile.

    `seen_by` is the admin who looks as this person and may only look; `session_id` is then that admin's.
    """

    id: int
    full_name: str
    email: str
    role: Role
    time_zone: str
    session_id: int
    expert_id: int | None = None
    seen_by: int | None = None

    @property
    def is_expert(self) -> bool:
        """Whether the person has an expert profile (and may book others all the same)."""
        return self.expert_id is not None


# `auth` is the raw session token, which CSRF tokens are bound to.
WebRequest = Request[Viewer | None, str | None, State]
AnyRequest = Request[Any, Any, State]
