"""What admins decide about mentors: an application, and whether a profile stands in the lists."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.admin.cases import Case, Decision, Means, Plan, ReasonForm
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


def _of(case: Case) -> MentorCase:
    assert isinstance(case.data, MentorCase), "load made it"
    return case.data


async def _plan_verify(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan(
        (
            f"Profil /expert/{data.page.slug} tampil untuk semua orang dan dapat dipesan.",
            "Yang diterima adalah profil seperti yang Anda lihat; bila diubah sementara itu, Anda diberi tahu.",
        ),
        tells=(f"{data.person.full_name} mendapat email bahwa lamarannya diterima.",),
        undo="Profil dapat diturunkan dari daftar kapan saja.",
        links=(("Buka pratinjau", f"/admin/experts/pratinjau?id={data.page.id}"),),
    )


async def _verify(means: Means, case: Case, form: NoteForm) -> str:
    data = _of(case)
    await applications.verify(means.db, means.admin, data.page.slug, form.note.data or "", seen=data.seen)
    return f"{data.person.full_name} sekarang mentor."


async def _plan_reject(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan(
        ("Lamaran dikembalikan; semua isiannya tetap ada.",),
        tells=(f"{data.person.full_name} membaca alasan Anda di email dan di halaman lamarannya.",),
        undo="Lamaran dapat diperbaiki dan dikirim lagi.",
    )


async def _reject(means: Means, case: Case, form: ReasonForm) -> str:
    data = _of(case)
    await applications.reject(means.db, means.admin, data.page.slug, form.reason.data or "")
    return f"Lamaran {data.person.full_name} dikembalikan."


async def _plan_unlist(_means: Means, case: Case) -> Plan:
    data = _of(case)
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


async def _unlist(means: Means, case: Case, form: ReasonForm) -> str:
    data = _of(case)
    await trust.unlist(means.db, means.admin, data.page.id, form.reason.data or "")
    return f"{data.person.full_name} diturunkan dari daftar."


async def _plan_relist(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan(
        ("Tampil lagi di daftar dan pencarian, dan dapat dipesan.",),
        tells=(f"{data.person.full_name} mendapat email; alasan Anda hanya tersimpan di catatan admin.",),
        undo="Dapat diturunkan lagi.",
    )


async def _relist(means: Means, case: Case, form: ReasonForm) -> str:
    data = _of(case)
    await trust.relist(means.db, means.admin, data.page.id, form.reason.data or "")
    return f"{data.person.full_name} tampil lagi di daftar."


def _waits(case: Case) -> bool:
    return _of(case).status == "submitted" and not _of(case).own


def _could_verify(case: Case) -> bool:
    return _waits(case) and not _of(case).person.suspended_at


def _could_unlist(case: Case) -> bool:
    data = _of(case)
    off = data.pause is not None and data.pause.by_admin
    return not data.own and data.is_public and not off


def _could_relist(case: Case) -> bool:
    return _of(case).status == "paused" and not _of(case).own


DECISIONS = (
    Decision("verify", "Terima sebagai mentor", _could_verify, _plan_verify, _verify, form=NoteForm),
    Decision("reject", "Kembalikan lamaran", _waits, _plan_reject, _reject, bad=True),
    Decision("relist", "Tampilkan lagi di daftar", _could_relist, _plan_relist, _relist),
    Decision("unlist", "Turunkan dari daftar", _could_unlist, _plan_unlist, _unlist, bad=True),
)
