"""How the room's clock and notices read. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mentorinaja.formats import clock_time, rupiah, when, zone_name
from mentorinaja.rooms import rules

if TYPE_CHECKING:  # the room asks for its words
    from mentorinaja.rooms.room import Notice, Phase, Room, Side

_CLOCK_WORDS: dict[str, str] = {
    "waiting": "belum mulai", "running": "tersisa", "paused": "Waktu dijeda", "ended": "berakhir",
}  # fmt: skip
_SCHEDULE_WORDS: dict[str, str] = {
    "waiting": "belum mulai", "running": "berlangsung", "ended": "selesai",
}  # fmt: skip
_ENDINGS = {
    "timeout": "Waktu habis",
    "next_booking": "Sesi berakhir karena sesi mentor berikutnya dimulai",
    "pause_limit": "Sesi berakhir karena mentor terlalu lama tidak terhubung",
    "expert_absent": "Sesi dibatalkan karena mentor tidak hadir",
    "both_absent": "Sesi dibatalkan karena tidak ada yang hadir",
    "undelivered": "Dibatalkan karena belum ada jawaban dari mentor",
    "cancelled_by_user": "Sesi dibatalkan oleh pengguna",
    "cancelled_by_expert": "Sesi dibatalkan oleh mentor",
    "cancelled_by_admin": "Sesi dibatalkan oleh MentorinAja",
    "reversed": "Sesi dibatalkan karena pembayarannya ditarik kembali",
    "chargeback": "Sesi dibatalkan karena pembayarannya ditarik kembali",
    "refunded": "Sesi dibatalkan karena pembayarannya dikembalikan",
    "silence": "Hasil diterima otomatis setelah 72 jam",
    "accepted": "Hasil diterima",
    "objection_kept": "Keberatan diputuskan, pembayaran tetap",
    "objection_partly": "Keberatan diputuskan, sebagian dikembalikan",
    "disputed": "Keberatan diputuskan, pembayaran dikembalikan",
}


def clock_words(room: Room, phase: Phase) -> str:
    """What stands beside the clock, or in its place where the session has none."""
    words = _CLOCK_WORDS if room.timed else _SCHEDULE_WORDS
    return words.get(phase, "")


def ending_words(room: Room, side: Side, now: datetime, amount: int | None) -> str:
    """What goes back if `side` ends the session at `now`: `amount` rupiah, or in words that stay true for a while."""
    seconds, reason = rules.owed_at_end(room, side, now)
    if not seconds or amount == 0:
        return "Waktu yang tersisa tidak dikembalikan."
    to = "Anda" if side == "user" else room.user_name
    if amount is not None:
        # What the running clock still takes is not known before the button is pressed.
        return f"{'Sekitar ' if reason == 'ended_early' and not room.paused_at else ''}{rupiah(amount)} kembali kepada {to}."
    if reason == "interrupted" and room.paused_at is None and room.end_at is not None:
        since = _at(room.end_at, room.zone_of(side))
        return f"Waktu sejak {since} dikembalikan kepada {to}, sisanya tidak."
    return f"Sisa waktu akan dikembalikan kepada {to}."


def cut_words(room: Room, side: Side) -> str:
    """Why a session that the expert's next booking cuts off ends before its time: `Sesi ini berakhir 10:30 WIB …`."""
    assert room.end_at is not None, "it runs"
    whose, to = ("mentor", "Anda") if side == "user" else ("Anda", room.user_name)
    end = _at(room.end_at, room.zone_of(side))
    return f"Sesi ini berakhir {end} karena sesi {whose} berikutnya; sisa waktu dikembalikan kepada {to}."


def notice_text(room: Room, notice: Notice, side: Side, *, with_time: bool) -> str:
    """A notice as one of the two reads it: `Waktu mulai 14:00 WIB`; without its time where that stands beside it."""
    what, joint, how = _happened(room, notice, side)
    time = f"{joint} {_at(notice.at, room.zone_of(side))}" if with_time else ""
    return f"{what}{time}{how}"


def _happened(room: Room, notice: Notice, side: Side) -> tuple[str, str, str]:
    """What happened, what leads to its time, and what stands behind that."""
    match notice.kind:
        case "started":
            return _started(room, notice.cause, side)
        case "paused":
            who = "mentor" if side == "user" else "Anda"
            return f"Waktu dijeda, {who} tidak terhubung", " sejak", ""
        case "resumed":
            return "Waktu berjalan lagi", "", ""
        case "extended":
            return "Waktu ditambah 15 menit", "", ""
        case "moved":
            new = when(datetime.fromisoformat(notice.cause), room.zone_of(side))
            return f"Jadwal baru {new}, dipindahkan", "", ""
        case "finished":
            return f"{_who(room, 'expert', side)} menandai selesai", "", ""
        case "objected":
            return f"{_who(room, 'user', side)} mengajukan keberatan", "", ""
        case "arrived":
            return _arrived(room, notice.cause, side), "", ""
        case "ended":
            return _ended(room, notice.cause, side), "", ""


def _started(room: Room, cause: str, side: Side) -> tuple[str, str, str]:
    if not room.timed:
        return ("Percakapan dibuka" if room.kind == "thread" else "Sesi dimulai"), "", ""
    late = f" saat {'mentor' if side == 'user' else 'Anda'} hadir" if cause == "expert_arrived" else ""
    return "Waktu mulai", "", late


def _arrived(room: Room, cause: str, side: Side) -> str:
    if cause == "code":
        return "Kode kedatangan cocok, Anda berdua bertemu"
    return f"{_who(room, 'user' if cause == 'link:user' else 'expert', side)} membuka tautan rapat"


def _ended(room: Room, cause: str, side: Side) -> str:
    if cause in ("user", "expert"):
        return f"{_who(room, 'user' if cause == 'user' else 'expert', side)} mengakhiri sesi"
    if cause == "timeout" and not room.timed:
        return "Sesi selesai"
    if cause == "user_absent":
        return f"Waktu habis tanpa {_who(room, 'user', side)} masuk"
    return _ENDINGS.get(cause, "Sesi berakhir")


def _who(room: Room, of: Side, side: Side) -> str:
    return "Anda" if of == side else room.name_of(of)


def _at(at: datetime, zone: str) -> str:
    return f"{clock_time(at, zone)} {zone_name(zone)}"
