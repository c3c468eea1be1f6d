"""When a session can be reported, in how many words, and why not."""

from __future__ import annotations

from collections.abc import Sequence

from mentorinaja.bookings.queries import Report
from mentorinaja.errors import DomainError
from mentorinaja.formats import when
from mentorinaja.rooms.room import Room

# Characters of a report, and of the reason for a decision.
SHORTEST, LONGEST = 10, 2000
SHORTEST_REASON, LONGEST_REASON = 10, 1000


class NotReportable(DomainError):
    """This session cannot be reported, or not at this time."""

    title = "Laporan belum bisa dikirim"


class TooLate(NotReportable):
    """A session can be reported for a day."""

    title = "Batas waktu laporan sudah lewat"


class AlreadyReported(DomainError):
    """This side has reported the session before, in other words."""

    title = "Anda sudah melapor"


class Undecidable(DomainError):
    """The decision cannot be taken like this."""

    title = "Belum bisa diputuskan"


def why_not(room: Room, reports: Sequence[Report]) -> NotReportable | None:
    """Why a side that has not reported this session cannot do so at `room.read_at`; None when it can."""
    if room.booking_status == "confirmed":
        ends = when(room.scheduled_end, room.user_zone, room.expert_zone)
        return NotReportable(f"Masalah bisa dilaporkan setelah sesi selesai: {ends}.")
    if room.booking_status != "completed":
        return NotReportable("Sesi ini tidak berlangsung, jadi tidak ada yang bisa dilaporkan.")
    if any(report.decided_at for report in reports):
        return NotReportable("Masalah sesi ini sudah diputuskan.")
    if room.read_at >= room.report_until:
        return TooLate("Laporan bisa dikirim sampai 24 jam setelah sesi selesai, dan waktu itu sudah lewat.")
    return None
