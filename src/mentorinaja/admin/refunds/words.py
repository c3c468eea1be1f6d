"""What stands on the desk about refunds, in the desk's words."""

from __future__ import annotations

from mentorinaja.admin.listing import Cell
from mentorinaja.refunds.rules import NEEDS_APPROVAL

STATES = {
    "requested": ("Diajukan", "warn"),
    "approved": ("Disetujui", "plain"),
    "sent": ("Dikirim", "plain"),
    "done": ("Selesai", "ok"),
    "failed": ("Gagal dikirim", "bad"),
    "rejected": ("Tidak dilanjutkan", "mute"),
}
WAYS = {"gateway": "Midtrans", "cancel": "Midtrans, pembatalan kartu", "bank": "Transfer bank"}
LATE = Cell("Terlambat", chip="bad")


def state(now: str, reason: str, way: str | None, *, has_account: bool) -> Cell:
    """A refund's state as a mark, with what it waits for."""
    words, kind = STATES[now]
    return Cell(words, chip=kind, note=_waits_for(now, reason, way, has_account=has_account))


def _waits_for(now: str, reason: str, way: str | None, *, has_account: bool) -> str:
    if now == "requested" and reason in NEEDS_APPROVAL:
        return "menunggu persetujuan"
    if way == "bank" and now in ("approved", "failed"):
        return "siap ditransfer" if has_account and now == "approved" else "menunggu rekening"
    return ""


def way(name: str | None) -> str:
    """How money goes back, in words."""
    return WAYS[name] if name else "Belum ditentukan"
