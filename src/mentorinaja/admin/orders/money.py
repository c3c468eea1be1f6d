"""Decisions about an order's money: a paid session is called off, or part of what was sold goes back."""

from __future__ import annotations

from dataclasses import replace

from mentorinaja.admin.cases import Decision, Means, Plan
from mentorinaja.admin.orders.case import OrderCase
from mentorinaja.admin.orders.forms import SHARES, CancelForm, RefundForm
from mentorinaja.admin.orders.split import split
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.formats import rupiah
from mentorinaja.payments import actions as payments
from mentorinaja.payments.rules import UNDO_WITHIN

_MINUTES = int(UNDO_WITHIN.total_seconds() // 60)


def _in_words(sale: OrderDetail, back: int) -> str:
    return ", ".join(f"{name[0].lower()}{name[1:]} {rupiah(amount)}" for name, amount in split(sale, back))


def _cancelled(one: OrderCase, form: CancelForm) -> OrderCase:
    """With what goes back as the form has it; None as long as it does not say."""
    shares = {"policy": one.policy_back or 0, "all": one.sale.kept, "own": form.amount.data}
    return replace(one, back=shares.get(form.share.data or ""))


def _plan_cancel(one: OrderCase) -> Plan:
    sale, policy, back = one.sale, one.policy_back or 0, one.back
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


async def _cancel(means: Means, one: OrderCase, form: CancelForm) -> str:
    sale, back = one.sale, _cancelled(one, form).back
    assert back is not None and form.share.data in SHARES, "the form is valid"
    await payments.cancel_by_admin(
        means.db, means.admin, sale.public_id, back, sale.kept, form.share.data, form.why
    )
    return f"{sale.public_id} dibatalkan, {rupiah(back)} kembali kepada {sale.payer_name}."


def _refunded(one: OrderCase, form: RefundForm) -> OrderCase:
    return replace(one, back=form.amount.data)


def _plan_refund(one: OrderCase) -> Plan:
    sale, back = one.sale, one.back
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


async def _refund(means: Means, one: OrderCase, form: RefundForm) -> str:
    sale, back = one.sale, form.amount.data
    assert back is not None, "the form is valid"
    await payments.refund_by_admin(means.db, means.admin, sale.public_id, back, sale.kept, form.why)
    return f"{rupiah(back)} dari {sale.public_id} kembali kepada {sale.payer_name}."


def _may_cancel(one: OrderCase) -> bool:
    return payments.may_be_called_off(one.sale, one.now)


def _may_refund(one: OrderCase) -> bool:
    if _may_cancel(one) or payments.goes_on(one.sale):
        return False
    return one.sale.kept > 0 and not one.reported


CANCEL: Decision[OrderCase] = Decision(
    "cancel",
    "Batalkan sesi",
    _may_cancel,
    _plan_cancel,
    _cancel,
    form=CancelForm,
    bad=True,
    sensitive=True,
    preview=_cancelled,
)
REFUND: Decision[OrderCase] = Decision(
    "refund",
    "Kembalikan dana",
    _may_refund,
    _plan_refund,
    _refund,
    form=RefundForm,
    bad=True,
    sensitive=True,
    preview=_refunded,
)
