"""Why a time cannot be had: somebody else has it, the person is busy then, or it is not offered at all."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.bookings.refusals import NotASlot, OwnOverlap, SlotTaken
from mentorinaja.bookings.rules import Hold
from mentorinaja.db.pool import Connection


async def why_not_free(
    tx: Connection,
    expert_id: int,
    user_id: int,
    time: Hold,
    *,
    is_now: bool = False,
    besides: UUID | None = None,
) -> SlotTaken | OwnOverlap | NotASlot:
    """The refusal for a time that is not among the free ones; the booking `besides` is in nobody's way."""
    if await _own_overlap(tx, user_id, time, besides):
        return _overlap()
    held = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM bookings WHERE expert_id = $1 AND status IN ('pending', 'confirmed')
                            AND blocked && tstzrange($2, $3) AND id IS DISTINCT FROM $4)""",
        expert_id,
        time.starts,
        time.blocked_until,
        besides,
    )
    if held:
        return _taken()
    if is_now:
        return NotASlot("Mentor ini sedang tidak siap. Pilih jadwal lain.")
    return NotASlot("Waktu ini tidak kosong di jadwal mentor. Pilih waktu lain.")


async def why_lost(
    tx: Connection, user_id: int, time: Hold, *, besides: UUID | None = None
) -> SlotTaken | OwnOverlap:
    """The refusal for a time that was free a moment ago, and the constraints gave to another booking."""
    return _overlap() if await _own_overlap(tx, user_id, time, besides) else _taken()


async def _own_overlap(tx: Connection, user_id: int, time: Hold, besides: UUID | None) -> bool:
    overlaps: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM bookings WHERE user_id = $1 AND status IN ('pending', 'confirmed')
                            AND during && tstzrange($2, $3) AND id IS DISTINCT FROM $4)""",
        user_id,
        time.starts,
        time.ends,
        besides,
    )
    return overlaps


def _overlap() -> OwnOverlap:
    return OwnOverlap("Anda sudah punya sesi lain pada waktu itu. Pilih waktu lain.")


def _taken() -> SlotTaken:
    return SlotTaken("Pilih salah satu waktu terdekat yang masih kosong.")
