"""Deciding on a reported session: how much goes back, who gets what then, and taking a decision back for another one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wtforms import RadioField, ValidationError

from mentorinaja.admin.cases import Decision, Means, Plan, with_reason
from mentorinaja.admin.forms import ReasonForm, reason_field
from mentorinaja.admin.orders.split import split
from mentorinaja.admin.reports.case import ReportCase
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.formats import percent, rupiah
from mentorinaja.money import BPS, part
from mentorinaja.reports import actions
from mentorinaja.web.forms import RupiahField

SHARES = {"none": "Tidak ada", "half": "Separuh", "all": "Semua", "own": "Jumlah lain"}


class DecideForm(ReasonForm):
    """How much goes back to the user, and why: both read it."""

    share = RadioField("Yang kembali kepada pengguna", choices=list(SHARES.items()))
    amount = RupiahField("Jumlah lain")
    reason = reason_field()

    def validate_amount(self, field: Any) -> None:
        """Raises ValidationError when a sum of its own was chosen and none written."""
        if self.share.data == "own" and not field.data and not field.errors:
            raise ValidationError("Tulis jumlahnya dalam rupiah, lebih dari Rp 0.")


def back_of(sale: OrderDetail, form: DecideForm) -> int | None:
    """What goes back as the form has it, in whole rupiah; None as long as it does not say."""
    shares = {"none": 0, "half": min(sale.kept, part(sale.total, BPS // 2, BPS)), "all": sale.kept}
    own: int | None = form.amount.data
    return own if form.share.data == "own" else shares.get(form.share.data or "")


def _typed(one: ReportCase, form: DecideForm) -> ReportCase:
    return replace(one, back=back_of(one.sale, form))


def _plan(one: ReportCase) -> Plan:
    sale, back = one.sale, one.back
    fits = back is not None and 0 <= back <= sale.kept
    happens = [f"Paling banyak {rupiah(sale.kept)} dapat dikembalikan.", _by_policy(sale)]
    if len([said for said in one.said if said.decided_at is None and said.kind == one.report.kind]) > 1:
        happens.append("Laporan kedua pihak diputuskan bersama.")
    if one.is_objection and sale.status == "confirmed":
        happens.append("Sesi tertulis ini berakhir; bila semuanya kembali, sesinya dibatalkan.")
    happens.append("Bagian mentor yang ditahan dilepas seperti biasa, kecuali yang kembali.")
    return Plan(
        happens=tuple(happens),
        money=split(sale, back) if fits and back is not None else (),
        tells=(f"{sale.payer_name} dan {sale.expert_name} membaca keputusan dan alasan Anda di email.",),
        undo=(
            "Dapat dibuka lagi untuk keputusan baru, selama yang kembali belum dikirim. Setelah itu, lebih banyak dapat "
            "dikembalikan dari halaman order."
        ),
    )


def _by_policy(sale: OrderDetail) -> str:
    """The shares that the order's own rule of cancelling knows, in rupiah."""
    rule = sale.cancel_policy
    shares = [step[1] for step in rule.get("steps", [])] or [
        value for name, value in rule.items() if name.endswith("_bps")
    ]
    told = ", ".join(
        f"{percent(share)} {rupiah(part(sale.total, share, BPS))}"
        for share in sorted(set(shares), reverse=True)
    )
    return f"Bagian menurut aturan batal order: {told}." if told else "Order ini tidak punya aturan batal."


async def _decide(means: Means, one: ReportCase, form: DecideForm) -> str:
    back = back_of(one.sale, form)
    assert back is not None, "the form is valid"
    await actions.decide(means.db, means.admin, one.report.id, back or None, form.why)
    return f"Laporan {one.report.id} diputuskan: {rupiah(back)} kembali kepada {one.sale.payer_name}."


def _plan_reopen(one: ReportCase) -> Plan:
    stopped = one.to_stop
    happens = [
        "Keputusan lama tetap tercatat, tetapi tidak berlaku lagi. Laporannya menunggu keputusan baru."
    ]
    if stopped:
        happens.append(
            f"Pengembalian {stopped.name}, {rupiah(stopped.amount)}, dihentikan dengan catatan lawan."
        )
    happens.append("Bagian mentor yang masih tertahan tetap ditahan sampai diputuskan.")
    if one.is_objection:
        happens.append("Sesi tertulisnya tetap berakhir seperti sekarang.")
    return Plan(
        happens=tuple(happens),
        money=split(one.sale, -stopped.amount if stopped else 0),
        tells=(f"{one.sale.payer_name} dan {one.sale.expert_name} membaca alasan Anda di email.",),
        undo="Putuskan lagi, juga sama seperti sebelumnya: yang kembali dicatat sebagai pengembalian baru.",
        links=((f"Pengembalian {stopped.name}", f"/admin/refunds/{stopped.id}"),) if stopped else (),
    )


DECISIONS: tuple[Decision[ReportCase], ...] = (
    Decision(
        "decide",
        "Putuskan",
        lambda one: one.is_open and not one.is_own,
        _plan,
        _decide,
        form=DecideForm,
        sensitive=True,
        preview=_typed,
        hints={
            "reason": "Dibaca kedua pihak.",
            "amount": "Hanya bila Anda memilih jumlah lain, misalnya 75.000.",
        },
    ),
    Decision(
        "reopen",
        "Buka lagi",
        lambda one: one.may_be_reopened and not one.is_own,
        _plan_reopen,
        with_reason(
            actions.reopen,
            lambda one: one.report.id,
            lambda one: f"Laporan {one.report.id} dibuka lagi. Putuskan sekali lagi.",
        ),
        bad=True,
        sensitive=True,
        hints={"reason": "Dibaca kedua pihak."},
    ),
)
