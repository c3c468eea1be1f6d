"""What an admin can decide about an order, each told before it is done."""

from __future__ import annotations

from dataclasses import replace

from mentorinaja.admin.cases import Decision, Means, Plan, with_reason
from mentorinaja.admin.forms import PlainForm, ReasonForm
from mentorinaja.admin.orders.case import OrderCase
from mentorinaja.admin.orders.forms import MoveForm
from mentorinaja.admin.orders.money import CANCEL, REFUND
from mentorinaja.admin.orders.words import PAYMENT, TRANSACTIONS
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.actions import OwnOverlap, SlotTaken
from mentorinaja.formats import WIB, rupiah, when
from mentorinaja.payments import actions as payments
from mentorinaja.payments.actions import Heard
from mentorinaja.refunds import actions as refunds
from mentorinaja.schedule import queries as schedule

_NEAREST = 5


def _id(one: OrderCase) -> str:
    return one.sale.public_id


def _plan_ask(one: OrderCase) -> Plan:
    count = one.attempts
    return Plan(
        happens=(
            f"Midtrans ditanya tentang {count} pembayaran yang pernah dibuka untuk order ini, juga yang sudah ditutup.",
            "Jawabannya diterapkan seperti notifikasi: uang yang sudah masuk mengonfirmasi order atau dikembalikan.",
            "Order yang batas bayarnya sudah lewat ditutup setelah itu.",
        ),
        tells=("Yang berubah diberitahukan lewat email seperti biasa.",),
        undo="Tidak perlu: yang dicatat hanya apa yang dikatakan Midtrans.",
    )


async def _ask(means: Means, one: OrderCase, _form: PlainForm) -> str:
    return _told(await payments.ask_again(means.db, means.gateway, means.admin, _id(one)))


def _told(heard: Heard) -> str:
    if not heard.changed:
        return "Midtrans sudah menjawab. Tidak ada yang berubah."
    told = []
    before, after = heard.before.payment_status, heard.after.payment_status
    if before != after:
        told.append(f"pembayaran: {PAYMENT[before][0]} → {PAYMENT[after][0]}")
    for id_, (state, returned) in heard.after.transactions.items():
        earlier = heard.before.transactions.get(id_)
        if earlier != (state, returned):
            was = f"{TRANSACTIONS[earlier[0]]} → " if earlier else ""
            back = f", {rupiah(returned)} kembali" if returned else ""
            told.append(f"transaksi {id_}: {was}{TRANSACTIONS[state]}{back}")
    return f"Midtrans sudah menjawab. Yang berubah: {'; '.join(told) or 'tenggat dan percobaannya'}."


async def _with_nearest(means: Means, one: OrderCase) -> OrderCase:
    sale = one.sale
    free = await schedule.nearest_slots(
        means.db,
        sale.expert_id,
        sale.duration_minutes,
        sale.begins_at,
        sale.user_id,
        _NEAREST,
        sale.booking_id,
    )
    return replace(one, nearest=tuple(slot for slot in free if slot != sale.begins_at))


def _plan_move(one: OrderCase) -> Plan:
    sale = one.sale
    others = [when(slot, WIB, sale.expert_zone) for slot in one.nearest]
    return Plan(
        happens=(
            f"Sekarang {when(sale.begins_at, WIB, sale.expert_zone)}. Pembayaran dan nomor ordernya tetap.",
            f"Kosong terdekat: {'; '.join(others)}."
            if others
            else "Tidak ada waktu kosong di jadwal mentor ini.",
            "Jatah pindah milik pembayar tidak terpakai; aturan batal dihitung dari waktu yang baru.",
        ),
        tells=(
            f"{sale.payer_name} dan {sale.expert_name} membaca alasan Anda di email, dengan berkas kalender.",
        ),
        undo="Pindahkan lagi ke waktu semula selama masih kosong.",
    )


async def _move(means: Means, one: OrderCase, form: MoveForm) -> str:
    starts_at = form.starts_at()
    try:
        await bookings.move_by_admin(means.db, means.admin, _id(one), starts_at, form.why)
    except SlotTaken:
        raise SlotTaken("Waktu itu sudah diambil sesi lain mentor ini. Pilih waktu lain.") from None
    except OwnOverlap:
        raise OwnOverlap("Pembayar punya sesi lain pada waktu itu. Pilih waktu lain.") from None
    return f"{_id(one)} dipindah ke {when(starts_at)}."


def _plan_give_up(one: OrderCase) -> Plan:
    sale = one.sale
    return Plan(
        happens=(
            "Order berakhir tanpa pembayaran"
            + ("; waktunya kosong lagi." if sale.kind == "booking" else "."),
            "Pembayaran yang masih terbuka di Midtrans ditutup.",
            "Uang yang terlanjur masuk tetap dikembalikan, atau dipakai untuk jadwal lain pilihan pembayar.",
        ),
        money=(("Tidak jadi dibayar", sale.total),),
        tells=(f"{sale.payer_name} membaca alasan Anda di email. Mentor belum tahu tentang order ini.",),
        undo="Tidak dapat ditarik kembali. Pembayar dapat memesan lagi.",
    )


def _plan_restore(one: OrderCase) -> Plan:
    sale = one.sale
    return Plan(
        happens=(
            f"Sesi berlangsung seperti semula, {when(sale.begins_at, WIB, sale.expert_zone)}, bila waktunya masih kosong.",
            "Dana yang menunggu dikirim tidak jadi kembali.",
        ),
        money=(("Tidak jadi kembali kepada pembayar", sale.total - sale.kept),),
        tells=(
            f"{sale.payer_name} dan {sale.expert_name} membaca alasan Anda di email, dengan berkas kalender.",
        ),
        undo="Sesi dapat dibatalkan lagi sampai mulai.",
    )


async def _restore(means: Means, one: OrderCase, form: ReasonForm) -> str:
    try:
        await refunds.restore(means.db, means.admin, _id(one), form.why)
    except SlotTaken:
        raise SlotTaken("Waktunya sudah diambil sesi lain mentor ini.") from None
    except OwnOverlap:
        raise OwnOverlap("Pembayar punya sesi lain pada waktu itu.") from None
    return f"{_id(one)} berlangsung seperti semula."


def _plan_late(one: OrderCase) -> Plan:
    sale = one.sale
    assert sale.choose_until is not None, "it is allowed only then"
    return Plan(
        happens=(
            f"Pembayar tidak dapat lagi memilih jadwal lain (tadinya sampai {when(sale.choose_until)}).",
            "Dananya dikirim sekarang, lewat cara bayarnya atau ke rekening pembayar.",
        ),
        money=(("Kembali kepada pembayar", sale.total),),
        tells=(f"{sale.payer_name} mendapat email di setiap langkah dananya.",),
        undo="Tidak dapat ditarik kembali: uang ini bukan milik siapa pun selain pembayarnya.",
    )


DECISIONS: tuple[Decision[OrderCase], ...] = (
    Decision(
        "ask",
        "Tanya Midtrans lagi",
        lambda one: one.attempts > 0,
        _plan_ask,
        _ask,
        form=PlainForm,
    ),
    Decision(
        "move",
        "Pindahkan",
        lambda one: bookings.may_be_moved(one.sale, one.now),
        _plan_move,
        _move,
        form=MoveForm,
        look=_with_nearest,
    ),
    Decision(
        "restore",
        "Pulihkan sesi",
        lambda one: refunds.may_be_restored(one.sale, one.now),
        _plan_restore,
        _restore,
        sensitive=True,
    ),
    Decision(
        "late",
        "Kembalikan uang terlambat",
        lambda one: one.sale.can_choose(one.now),
        _plan_late,
        with_reason(
            payments.send_late_back, _id, lambda one: f"Uang terlambat dari {_id(one)} dikirim kembali."
        ),
        sensitive=True,
    ),
    REFUND,
    CANCEL,
    Decision(
        "give-up",
        "Batalkan sebelum dibayar",
        lambda one: one.sale.payment_status == "waiting",
        _plan_give_up,
        with_reason(
            bookings.cancel_unpaid_by_admin,
            _id,
            lambda one: f"{_id(one)} dibatalkan. Tidak ada yang ditagih.",
        ),
        bad=True,
    ),
)
