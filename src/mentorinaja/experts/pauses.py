"""A pause of an expert who missed sessions or left requests unanswered, as the expert reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mentorinaja.db.pool import Connection, Database

PauseCause = Literal["missed", "silent"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that holds: since when, and why."""

    id: int
    cause: PauseCause
    began_at: datetime

    @property
    def reason(self) -> str:
        """Why, as the expert reads it."""
        if self.cause == "missed":
            return "Dua sesi yang sudah dibayar berlalu tanpa Anda."
        return "Ada pengguna yang menunggu balasan Anda selama 14 hari."

    @property
    def next_step(self) -> str:
        """What to do before going on."""
        if self.cause == "missed":
            return "Sesuaikan dulu jam Anda di JADWAL bila perlu, lalu aktifkan lagi."
        return "Balas dulu permintaan yang menunggu, lalu aktifkan lagi."


async def pause_of(db: Connection | Database, expert_id: int) -> Pause | None:
    """The pause that holds of this expert, or None."""
    row = await db.fetchrow(
        "SELECT id, cause, began_at FROM expert_pauses WHERE expert_id = $1 AND ended_at IS NULL", expert_id
    )
    return Pause(**dict(row)) if row else None
