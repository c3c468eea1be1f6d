"""What was recorded of a session, as a section of a case: who came when, never what was said."""

from __future__ import annotations

from mentorinaja.admin.cases import Part
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Evidence, OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.formats import when


async def evidence_part(db: Database, sale: OrderDetail) -> Part:
    """The recorded facts of an order's session, side by side; only for what has one."""
    evidence = await orders.evidence_of(db, sale.session_id)
    context = {"sale": sale, "rows": _rows(sale, evidence), "facts": _facts(sale, evidence)}
    return Part("evidence", "Yang tercatat dari sesi", "partials/admin/reports/evidence.html", context)


def _rows(sale: OrderDetail, seen: Evidence) -> list[tuple[str, str, str]]:
    """What, of the user, of the mentor."""

    def moment(at: object) -> str:
        return when(at) if at else "tidak tercatat"  # type: ignore[arg-type]  # an aware time or None

    rows = [("Masuk ruang sesi", moment(seen.user_joined_at), moment(seen.expert_joined_at))]
    if sale.category == "online_video":
        rows.append(("Membuka tautan rapat", moment(seen.user_link_at), moment(seen.expert_link_at)))
    rows.append(("Pesan terkirim", str(seen.user_messages), str(seen.expert_messages)))
    return rows


def _facts(sale: OrderDetail, seen: Evidence) -> list[tuple[str, str]]:
    facts = [("Jawaban paling lambat" if sale.is_thread else "Jadwal", when(sale.begins_at))]
    if not sale.is_thread:
        facts.append(("Sampai", when(sale.ends_at)))
    if sale.ended_at:
        facts.append(("Berakhir", when(sale.ended_at)))
    if sale.category == "offline_event":
        facts.append(("Kode kedatangan cocok", when(seen.code_at) if seen.code_at else "tidak tercatat"))
    if seen.pauses:
        minutes, seconds = divmod(int(seen.paused_for.total_seconds()), 60)
        facts.append(("Waktu dijeda", f"{seen.pauses} kali, {minutes} menit {seconds} detik"))
    return facts
