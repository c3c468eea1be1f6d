"""What admins decide about mentors: an application, and whether a profile stands in the lists."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.admin.cases import Decision, Means, Plan, with_reason
from mentorinaja.admin.experts.case import MentorCase
from mentorinaja.applications import actions as applications
from mentorinaja.formats import when
from mentorinaja.trust import actions as trust
from mentorinaja.web.forms import BaseForm, TextField, length, seen

_MOST_LISTED = 20


class NoteForm(BaseForm):
    """A decision with a note that stays in the log; nobody else reads it."""

    note = TextField(
        "Catatan untuk arsip (opsional)",
        [length("Paling banyak 1000 karakter.", -1, 1000), seen],
        widget=TextArea(),
        render_kw={"rows": 2},
    )


def _id(data: MentorCase) -> int:
    return data.page.id


def _slug(data: MentorCase) -> str:
    return data.page.slug


def _plan_verify(data: MentorCase) -> Plan:
    return Plan(
        (
            f"Profil /expert/{data.page.slug} tampil untuk semua orang dan dapat dipesan.",
            "Yang diterima adalah profil seperti yang Anda lihat; bila diubah sementara itu, Anda diberi tahu.",
        ),
        tells=(f"{data.person.full_name} mendapat email bahwa lamarannya diterima.",),
        undo="Profil dapat diturunkan dari daftar kapan saja.",
        links=(("Buka pratinjau", f"/admin/experts/pratinjau?id={data.page.id}"),),
    )


async def _verify(means: Means, data: MentorCase, form: NoteForm) -> str:
    await applications.verify(means.db, means.admin, data.page.slug, form.note.data or "", seen=data.seen)
    return f"{data.person.full_name} sekarang mentor."


def _plan_reject(data: MentorCase) -> Plan:
    return Plan(
        ("Lamaran dikembalikan; semua isiannya tetap ada.",),
        tells=(f"{data.person.full_name} membaca alasan Anda di email dan di halaman lamarannya.",),
        undo="Lamaran dapat diperbaiki dan dikirim lagi.",
    )


def _plan_unlist(data: MentorCase) -> Plan:
    coming = data.coming
    told = (
        f"{len(coming)} sesi yang sudah dibayar tetap berlaku:"
        if coming
        else "Tidak ada sesi mendatang yang sudah dibayar."
    )
    return Plan(
        (
            "Hilang dari daftar dan pencarian, dan tidak menerima order baru. Halamannya tetap dapat dibuka.",
            "Hanya admin yang dapat menampilkannya lagi.",
            told,
        ),
        money=tuple(
            (f"{deal.public_id}, {deal.other}, {when(deal.at)}", deal.total) for deal in coming[:_MOST_LISTED]
        ),
        links=tuple((deal.public_id, f"/admin/orders/{deal.public_id}") for deal in coming[:_MOST_LISTED]),
        tells=(f"{data.person.full_name} membaca alasan Anda di email dan di dashboardnya.",),
        undo="Dapat ditampilkan lagi kapan saja.",
    )


def _plan_relist(data: MentorCase) -> Plan:
    return Plan(
        ("Tampil lagi di daftar dan pencarian, dan dapat dipesan.",),
        tells=(f"{data.person.full_name} mendapat email; alasan Anda hanya tersimpan di catatan admin.",),
        undo="Dapat diturunkan lagi.",
    )


def _waits(data: MentorCase) -> bool:
    return data.status == "submitted" and not data.is_own


def _may_unlist(data: MentorCase) -> bool:
    off = data.pause is not None and data.pause.by_admin
    return not data.is_own and data.is_public and not off


DECISIONS: tuple[Decision[MentorCase], ...] = (
    Decision(
        "verify",
        "Terima sebagai mentor",
        lambda data: _waits(data) and not data.person.suspended_at,
        _plan_verify,
        _verify,
        form=NoteForm,
    ),
    Decision(
        "reject",
        "Kembalikan lamaran",
        _waits,
        _plan_reject,
        with_reason(
            applications.reject, _slug, lambda data: f"Lamaran {data.person.full_name} dikembalikan."
        ),
        bad=True,
    ),
    Decision(
        "relist",
        "Tampilkan lagi di daftar",
        lambda data: data.status == "paused" and not data.is_own,
        _plan_relist,
        with_reason(trust.relist, _id, lambda data: f"{data.person.full_name} tampil lagi di daftar."),
    ),
    Decision(
        "unlist",
        "Turunkan dari daftar",
        _may_unlist,
        _plan_unlist,
        with_reason(trust.unlist, _id, lambda data: f"{data.person.full_name} diturunkan dari daftar."),
        bad=True,
    ),
)
