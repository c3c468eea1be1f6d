"""What an admin may decide about a refund, and what each decision will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wtforms import ValidationError

from mentorinaja.admin.cases import Decision, Means, Plan, at_once, with_reason
from mentorinaja.admin.forms import PlainForm, ReasonForm, SentForm
from mentorinaja.admin.orders.split import split
from mentorinaja.admin.refunds.case import RefundCase
from mentorinaja.formats import rupiah
from mentorinaja.refunds import actions, queries
from mentorinaja.refunds.queries import Looked
from mentorinaja.web.forms import LineField, required

_TO_BOTH = "Pembayar dan mentor diberi tahu lewat email, dan membaca alasan Anda."


class SentToForm(SentForm):
    """To which account it was sent, too: the payer may have given another one meanwhile."""

    tail = LineField(
        "Empat angka terakhir rekening tujuan",
        [required("Tulis empat angka terakhir rekeningnya.")],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 4},
    )

    def validate_tail(self, field: Any) -> None:
        """Raises ValidationError for what is no end of an account number."""
        if field.data and not (len(field.data) == 4 and field.data.isascii() and field.data.isdecimal()):
            raise ValidationError("Tulis empat angka.")


def _may(says: Callable[[Looked], bool]) -> Callable[[RefundCase], bool]:
    """Offered to whoever is not one of the two people, when the refund says so."""
    return lambda one: not one.is_own and says(one.refund)


def _id(one: RefundCase) -> int:
    return one.refund.id


def _plan_approve(one: RefundCase) -> Plan:
    return Plan(
        happens=(
            "Uang yang masuk tidak sesuai ini dikirim kembali: lewat Midtrans bila bisa, selain itu ke rekening.",
        ),
        money=(("Kembali kepada pembayar", one.refund.due),),
        tells=(f"{one.sale.payer_name} diberi tahu lewat email begitu dananya dikirim.",),
        undo="Tidak dapat ditarik lagi: uang ini bukan hasil penjualan dan harus kembali.",
    )


def _plan_reject(one: RefundCase) -> Plan:
    return Plan(
        happens=("Dana tidak dikirim dan tetap menjadi pembayaran order ini.",),
        money=split(one.sale, -one.refund.amount),
        tells=(_TO_BOTH,),
        undo="Dapat dilanjutkan lagi dengan catatan lawan, selama uangnya masih ada.",
    )


def _plan_resume(one: RefundCase) -> Plan:
    return Plan(
        happens=(
            "Dana ini harus kembali lagi: dicatat dengan catatan lawan, lalu dikirim seperti biasa.",
            "Bagian mentor dikurangi dari yang tertahan, lalu dari saldonya; sisanya dipotong dari pendapatan berikutnya.",
        ),
        money=split(one.sale, one.refund.amount),
        tells=(_TO_BOTH,),
        undo="Selama belum dikirim, dapat dihentikan lagi.",
    )


def _plan_sent(one: RefundCase) -> Plan:
    written = (
        f"Ada di berkas {one.file.batch_id}: {rupiah(one.file.amount)} ke •••• {one.file.tail}."
        if one.file
        else "Belum ada di berkas bank mana pun."
    )
    return Plan(
        happens=(
            written,
            "Dananya tercatat sudah keluar dari rekening kita, dan selesai dengan sendirinya setelah 5 hari.",
        ),
        money=((f"Ke {one.refund.account}", one.refund.due),),
        tells=(f"{one.sale.payer_name} membaca nomor referensinya di email.",),
        undo="Bila bank mengembalikannya, juga setelah selesai, catat dengan “Transfer kembali”.",
    )


async def _sent(means: Means, one: RefundCase, form: SentToForm) -> str:
    await actions.mark_transferred(means.db, means.admin, one.refund.id, form.number, form.tail.data or "")
    return f"{one.refund.name} tercatat terkirim."


def _plan_bounced(one: RefundCase) -> Plan:
    money = ("Kembali ke rekening kita", one.refund.transferred or 0), ("Masih harus kembali", one.due_again)
    if one.due_again == 0:
        return Plan(
            happens=("Bank pembayar sudah mengambil dana ini sendiri, jadi tidak ada yang dikirim lagi.",),
            money=money,
            undo="Tidak dapat ditarik lagi: catatan lawannya tetap.",
        )
    happens = [
        "Uangnya kembali ke rekening kita dan masih harus dikembalikan. Rekening itu tidak dipakai lagi."
    ]
    if one.refund.credited:
        happens.append(
            "Dana yang tercatat selesai ini terbuka lagi. Nota kreditnya tetap berlaku, jadwal tidak berubah."
        )
    return Plan(
        happens=tuple(happens),
        money=money,
        tells=(f"{one.sale.payer_name} diminta mengisi rekening lain lewat email.",),
        undo="Setelah rekening baru diisi, kirim lagi seperti biasa.",
    )


async def _bounced(means: Means, one: RefundCase, form: ReasonForm) -> str:
    name = one.refund.name
    await actions.mark_bounced(means.db, means.admin, one.refund.id, form.why)
    now = await queries.looked_at(means.db, one.refund.id)
    if now and now.state == "done":
        return f"Transfer {name} tercatat kembali. Dananya sudah diambil bank pembayar, jadi sudah selesai."
    return f"Transfer {name} tercatat kembali. Pembayar diminta mengisi rekening lain."


def _plan_ask(one: RefundCase) -> Plan:
    happens = ["Status tidak berubah; pembayar hanya diingatkan."]
    if one.refund.account:
        happens = [f"{one.refund.account} tidak dipakai lagi, karena bank tidak menerimanya."]
    if one.file and one.refund.account:
        happens.append(f"Sudah ada di berkas {one.file.batch_id}: pastikan tidak jadi ditransfer.")
    return Plan(
        happens=tuple(happens),
        tells=(f"{one.sale.payer_name} diminta mengisi rekening lewat email.",),
        undo="Email tidak dapat ditarik.",
    )


def _plan_retry(one: RefundCase) -> Plan:
    return Plan(
        happens=(
            "Midtrans ditanya sekarang, lalu diminta mengirim bila belum.",
            "Kuncinya tetap sama, jadi uangnya tidak terkirim dua kali.",
        ),
        money=(("Kembali kepada pembayar", one.refund.due),),
        tells=(f"{one.sale.payer_name} mendapat email begitu dananya terkirim.",),
        undo="Tidak mengubah keputusan apa pun.",
    )


async def _retry(means: Means, one: RefundCase, _form: PlainForm) -> str:
    if await actions.try_now(means.db, means.gateway, means.admin, one.refund.id):
        return "Midtrans sudah menjawab. Keadaannya sekarang ada di bawah."
    return "Midtrans belum menjawab. Kami coba lagi dengan sendirinya."


DECISIONS: tuple[Decision[RefundCase], ...] = (
    Decision(
        "approve",
        "Setujui",
        _may(lambda refund: refund.may_be_approved),
        _plan_approve,
        with_reason(actions.approve, _id, lambda one: f"{one.refund.name} disetujui."),
        sensitive=True,
    ),
    Decision(
        "sent",
        "Tandai terkirim",
        _may(lambda refund: refund.is_ready),
        _plan_sent,
        _sent,
        form=SentToForm,
        sensitive=True,
    ),
    Decision(
        "retry",
        "Coba lagi sekarang",
        _may(lambda refund: refund.hangs),
        _plan_retry,
        _retry,
        form=PlainForm,
    ),
    Decision(
        "ask",
        "Minta rekening",
        _may(lambda refund: refund.waits_for_account),
        _plan_ask,
        at_once(actions.ask_again, _id, lambda one: f"{one.sale.payer_name} diminta mengisi rekening."),
        form=PlainForm,
    ),
    Decision(
        "resume",
        "Lanjutkan lagi",
        _may(lambda refund: refund.may_be_resumed),
        _plan_resume,
        with_reason(actions.resume, _id, lambda one: f"{one.refund.name} dilanjutkan lagi."),
        sensitive=True,
    ),
    Decision(
        "bounced",
        "Transfer kembali",
        _may(lambda refund: refund.may_bounce),
        _plan_bounced,
        _bounced,
        bad=True,
        sensitive=True,
    ),
    Decision(
        "reject",
        "Hentikan",
        _may(lambda refund: refund.may_be_stopped),
        _plan_reject,
        with_reason(actions.reject, _id, lambda one: f"{one.refund.name} dihentikan."),
        bad=True,
        sensitive=True,
    ),
)
