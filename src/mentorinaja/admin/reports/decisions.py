"""Deciding on a reported session: how much goes back, and who gets what then."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, ValidationError
from wtforms.widgets import TextArea

from mentorinaja.admin.cases import Case, Decision, Means, Plan
from mentorinaja.admin.orders.split import split
from mentorinaja.admin.reports.case import Reported
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.formats import percent, rupiah
from mentorinaja.money import BPS, part
from mentorinaja.reports import actions
from mentorinaja.web.forms import BaseForm, RupiahField, TextField, length, required, seen

SHARES = {"none": "Tidak ada", "half": "Separuh", "all": "Semua", "own": "Jumlah lain"}


class DecideForm(BaseForm):
    """How much goes back to the user, and why: both read it."""

    share = RadioField("Yang kembali kepada pengguna", choices=list(SHARES.items()))
    amount = RupiahField("Jumlah lain")
    reason = TextField(
        "Alasan",
        [required("Tulis alasannya."), length("Tulis alasan, 10 sampai 500 karakter.", 10, 500), seen],
        widget=TextArea(),
    )

    def validate_amount(self, field: Any) -> None:
        """Raises ValidationError when a sum of its own was chosen and none written."""
        if self.share.data == "own" and not field.data and not field.errors:
            raise ValidationError("Tulis jumlahnya dalam rupiah, lebih dari Rp 0.")


def reported_of(case: Case) -> Reported:
    """The report that a case is about."""
    assert isinstance(case.data, Reported), "load made it"
    return case.data


def back_of(sale: OrderDetail, form: DecideForm) -> int | None:
    """What goes back as the form has it, in whole rupiah; None as long as it does not say."""
    shares = {"none": 0, "half": min(sale.kept, part(sale.total, BPS // 2, BPS)), "all": sale.kept}
    own: int | None = form.amount.data
    return own if form.share.data == "own" else shares.get(form.share.data or "")


async def _plan(_means: Means, case: Case) -> Plan:
    return _deciding(reported_of(case), None)


async def _preview(_means: Means, case: Case, form: DecideForm) -> Plan:
    one = reported_of(case)
    return _deciding(one, back_of(one.sale, form))


def _deciding(one: Reported, back: int | None) -> Plan:
    sale = one.sale
    fits = back is not None and 0 <= back <= sale.kept
    happens = [f"Paling banyak {rupiah(sale.kept)} dapat dikembalikan.", _by_policy(sale)]
    if len([said for said in one.said if said.decided_at is None and said.kind == one.report.kind]) > 1:
        happens.append("Laporan kedua pihak diputuskan bersama.")
    if one.is_objection:
        happens.append("Sesi tertulis ini berakhir; bila semuanya kembali, sesinya dibatalkan.")
    happens.append("Bagian mentor yang ditahan dilepas seperti biasa, kecuali yang kembali.")
    return Plan(
        happens=tuple(happens),
        money=split(sale, back) if fits and back is not None else (),
        tells=(f"{sale.payer_name} dan {sale.expert_name} membaca keputusan dan alasan Anda di email.",),
        undo=(
            "Keputusan tidak dapat diubah. Yang kembali dapat dihentikan di meja Pengembalian dana selama belum dikirim; "
            "lebih banyak dapat dikembalikan dari halaman order."
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


async def _decide(means: Means, case: Case, form: DecideForm) -> str:
    one = reported_of(case)
    back = back_of(one.sale, form)
    assert back is not None, "the form is valid"
    await actions.decide(means.db, means.admin, one.report.id, back or None, form.reason.data or "")
    return f"Laporan {one.report.id} diputuskan: {rupiah(back)} kembali kepada {one.sale.payer_name}."


DECISIONS = (
    Decision(
        "decide",
        "Putuskan",
        lambda case: reported_of(case).is_open and not reported_of(case).is_own,
        _plan,
        _decide,
        form=DecideForm,
        sensitive=True,
        preview=_preview,
        hints={
            "reason": "Dibaca kedua pihak.",
            "amount": "Hanya bila Anda memilih jumlah lain, misalnya 75.000.",
        },
    ),
)
