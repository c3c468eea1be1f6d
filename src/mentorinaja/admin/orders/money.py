"""Decisions about an order's money: a paid session is called off, or part of what was sold goes back."""

from __future__ import annotations

from mentorinaja.admin.cases import Case, Decision, Means, Plan
from mentorinaja.admin.orders.forms import SHARES, CancelForm, RefundForm, ordered_of
from mentorinaja.admin.orders.split import split
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.formats import rupiah
from mentorinaja.payments import actions as payments
from mentorinaja.payments.rules import UNDO_WITHIN

_MINUTES = int(UNDO_WITHIN.total_seconds() // 60)


def _in_words(sale: OrderDetail, back: int) -> str:
    return ", ".join(f"{name[0].lower()}{name[1:]} {rupiah(amount)}" for name, amount in split(sale, back))


def _back(case: Case, form: CancelForm) -> int | None:
    """What goes back as the form has it; None as long as it does not say."""
    ordered = ordered_of(case)
    if form.share.data == "own":
        return form.amount.data
    return ordered.sale.kept if form.share.data == "all" else ordered.policy_back or 0


async def _plan_cancel(_means: Means, case: Case) -> Plan:
    return _cancelling(case, ordered_of(case).policy_back or 0)


async def _preview_cancel(_means: Means, case: Case, form: CancelForm) -> Plan:
    return _cancelling(case, _back(case, form))


def _cancelling(case: Case, back: int | None) -> Plan:
    ordered = ordered_of(case)
    sale, policy = ordered.sale, ordered.policy_back or 0
    fits = back is not None and 0 <= back <= sale.kept
    return Plan(
        happens=(
            "Sesi tidak berlangsung dan waktunya kosong lagi.",
            f"Menurut aturan order: {_in_words(sale, policy)}.",
            f"Semua: {_in_words(sale, sale.kept)}.",
            f"Jumlah lain: paling banyak {rupiah(sale.kept)}.",
            f"Yang kembali dikirim setelah {_MINUTES} menit, lewat cara bayarnya atau ke rekening pembayar.",
        ),
        money=split(sale, back) if fits and back is not None else (),
        tells=(f"{sale.payer_name} dan {sale.expert_name} membaca alasan Anda di email, dengan jumlahnya.",),
        undo=(
            f"Sesi dapat dipulihkan selama {_MINUTES} menit, atau selama belum ada dana yang berangkat,"
            " asalkan waktunya masih kosong dan belum tiba."
        ),
    )


async def _cancel(means: Means, case: Case, form: CancelForm) -> str:
    sale, back = ordered_of(case).sale, _back(case, form)
    assert back is not None and form.share.data in SHARES, "the form is valid"
    await payments.cancel_by_admin(
        means.db, means.admin, case.subject, back, sale.kept, form.share.data, form.reason.data or ""
    )
    return f"{case.subject} dibatalkan, {rupiah(back)} kembali kepada {sale.payer_name}."


async def _plan_refund(_means: Means, case: Case) -> Plan:
    return _refunding(case, None)


async def _preview_refund(_means: Means, case: Case, form: RefundForm) -> Plan:
    return _refunding(case, form.amount.data)


def _refunding(case: Case, back: int | None) -> Plan:
    sale = ordered_of(case).sale
    fits = back is not None and 0 <= back <= sale.kept
    what = "Pembelian" if sale.is_product else "Sesi"
    whole = (
        "Bila semua dananya kembali, pembeli tidak dapat membuka produknya lagi."
        if sale.is_product
        else f"{what} tetap tercatat seperti adanya; hanya uangnya yang berubah."
    )
    return Plan(
        happens=(
            f"Paling banyak {rupiah(sale.kept)} dapat dikembalikan.",
            whole,
            "Bagian mentor dikurangi dari yang tertahan, lalu dari saldonya; sisanya dipotong dari pendapatan berikutnya.",
            f"Dananya dikirim setelah {_MINUTES} menit, lewat cara bayarnya atau ke rekening pembayar."
            " Nota kredit terbit begitu dananya kembali.",
        ),
        money=split(sale, back) if fits and back is not None else (),
        tells=(f"{sale.payer_name} dan {sale.expert_name} membaca alasan dan jumlahnya di email.",),
        undo=f"Selama belum dikirim, paling sedikit {_MINUTES} menit, dapat dihentikan di meja Pengembalian dana.",
    )


async def _refund(means: Means, case: Case, form: RefundForm) -> str:
    sale, back = ordered_of(case).sale, form.amount.data
    assert back is not None, "the form is valid"
    await payments.refund_by_admin(
        means.db, means.admin, case.subject, back, sale.kept, form.reason.data or ""
    )
    return f"{rupiah(back)} dari {case.subject} kembali kepada {sale.payer_name}."


def _may_cancel(case: Case) -> bool:
    ordered = ordered_of(case)
    return payments.may_be_called_off(ordered.sale, ordered.now)


def _may_refund(case: Case) -> bool:
    ordered = ordered_of(case)
    if _may_cancel(case) or payments.goes_on(ordered.sale):
        return False
    return ordered.sale.kept > 0 and not ordered.reported


CANCEL = Decision(
    "cancel",
    "Batalkan sesi",
    _may_cancel,
    _plan_cancel,
    _cancel,
    form=CancelForm,
    bad=True,
    sensitive=True,
    preview=_preview_cancel,
)
REFUND = Decision(
    "refund",
    "Kembalikan dana",
    _may_refund,
    _plan_refund,
    _refund,
    form=RefundForm,
    bad=True,
    sensitive=True,
    preview=_preview_refund,
)
