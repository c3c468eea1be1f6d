"""A pause of an expert who missed sessions, left requests unanswered or was taken off the lists, as the expert reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mentorinaja.db.pool import Connection, Database

PauseCause = Literal["missed", "silent", "admin"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that holds: since when, and why; `words` are an admin's."""

    id: int
    cause: PauseCause
    began_at: datetime
    words: str

    @property
    def by_admin(self) -> bool:
        """Whether an admin decided it, and only an admin ends it."""
        return self.cause == "admin"

    @property
    def title(self) -> str:
        """What happened, in a line."""
        return (
            "Profil Anda diturunkan dari daftar mentor" if self.by_admin else "Anda dijeda dari daftar mentor"
        )

    @property
    def reason(self) -> str:
        """Why, as the expert reads it."""
        if self.by_admin:
            stop = "" if self.words.endswith((".", "!", "?")) else "."
            return f"Alasan dari tim kami: “{self.words}”{stop}"
        if self.cause == "missed":
            return "Dua sesi yang sudah dibayar berlalu tanpa Anda."
        return "Ada pengguna yang menunggu balasan Anda selama 14 hari."

    @property
    def next_step(self) -> str:
        """What to do before going on."""
        if self.by_admin:
            return "Perbaiki dulu, lalu balas email dari kami. Setelah diperiksa, kami menampilkan Anda lagi."
        if self.cause == "missed":
            return "Sesuaikan dulu jam Anda di JADWAL bila perlu, lalu aktifkan lagi."
        return "Balas dulu permintaan yang menunggu, lalu aktifkan lagi."


async def pause_of(db: Connection | Database, expert_id: int) -> Pause | None:
    """The pause that holds of this expert, or None."""
    row = await db.fetchrow(
        "SELECT id, cause, began_at, reason AS words FROM expert_pauses WHERE expert_id = $1 AND ended_at IS NULL",
        expert_id,
    )
    return Pause(**dict(row)) if row else None
