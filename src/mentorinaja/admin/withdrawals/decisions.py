"""What an admin can decide about a withdrawal, what each decision does, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable

from mentorinaja.admin.cases import Decision, Means, Plan, at_once, with_reason
from mentorinaja.admin.forms import PlainForm, SentForm
from mentorinaja.admin.withdrawals.case import WithdrawalCase
from mentorinaja.formats import rupiah
from mentorinaja.withdrawals import actions
from mentorinaja.withdrawals.rules import ALONE_UP_TO, State, needs_two


def _id(one: WithdrawalCase) -> str:
    return one.withdrawal.public_id


def _in(*states: State) -> Callable[[WithdrawalCase], bool]:
    """Whether a withdrawal that is not the admin's own is in one of these states."""
    return lambda one: not one.is_own and one.withdrawal.state in states


def _may_approve(one: WithdrawalCase) -> bool:
    return _in("requested", "checked")(one) and not (one.suspended or one.waits_for_another)


def _may_take_back(one: WithdrawalCase) -> bool:
    return _in("checked", "processing")(one) and (one.withdrawal.state == "checked" or one.file is None)


def _waits_for_second(one: WithdrawalCase) -> bool:
    """Whether whoever approves it now is the first of two."""
    return one.withdrawal.state == "requested" and needs_two(one.withdrawal.amount)


def _plan_approve(case: WithdrawalCase) -> Plan:
    one = case.withdrawal
    money = ((f"Ke {one.bank_name} {one.account}", one.amount),)
    if _waits_for_second(case):
        return Plan(
            happens=(
                f"Di atas {rupiah(ALONE_UP_TO)}: setelah Anda, satu admin lain harus menyetujuinya juga.",
            ),
            money=money,
            tells=("Admin lain diberi tahu lewat email. Mentor belum.",),
            undo="Persetujuan dapat ditarik kembali.",
        )
    return Plan(
        happens=("Penarikan siap masuk ke berkas bank berikutnya.",),
        money=money,
        tells=(f"{one.expert_name} diberi tahu lewat email bahwa penarikannya disetujui.",),
        undo="Persetujuan dapat ditarik kembali selama belum ada di berkas bank.",
    )


def _said_approved(one: WithdrawalCase) -> str:
    return (
        f"{_id(one)} Anda setujui. Menunggu admin kedua."
        if _waits_for_second(one)
        else f"{_id(one)} disetujui."
    )


def _plan_take_back(case: WithdrawalCase) -> Plan:
    one = case.withdrawal
    told = (
        "Mentor tidak diberi tahu."
        if one.state == "checked"
        else f"{one.expert_name} membaca alasan Anda di email."
    )
    return Plan(
        happens=("Persetujuannya tidak berlaku lagi; penarikan menunggu keputusan dari awal.",),
        tells=(told,),
        undo="Penarikan dapat disetujui lagi.",
    )


def _plan_sent(case: WithdrawalCase) -> Plan:
    one = case.withdrawal
    return Plan(
        happens=("Penarikan selesai: bank sudah mengirim uangnya.",),
        money=((f"Terkirim ke {one.bank_name} {one.account}", one.amount),),
        tells=(f"{one.expert_name} membaca nomor referensi di email dan riwayatnya.",),
        undo="Jika keliru, tanda terkirim dapat dibatalkan. Jika bank mengembalikan uangnya, tandai gagal.",
    )


async def _sent(means: Means, one: WithdrawalCase, form: SentForm) -> str:
    await actions.mark_sent(means.db, means.admin, _id(one), form.number)
    return f"{_id(one)} ditandai terkirim."


def _plan_unsend(case: WithdrawalCase) -> Plan:
    one = case.withdrawal
    return Plan(
        happens=(
            "Uangnya dicatat belum terkirim dan menunggu dikirim. Pastikan bank memang belum mengirimnya.",
        ),
        money=(("Kembali ke sedang ditarik", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email.",),
        undo="Tandai terkirim lagi setelah bank mengirimnya.",
    )


def _plan_return(case: WithdrawalCase) -> Plan:
    one = case.withdrawal
    return Plan(
        happens=(
            "Penarikan tidak dibayarkan; uangnya kembali ke saldo mentor, dikurangi utangnya bila ada.",
        ),
        money=(("Kembali ke mentor", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email dan riwayatnya.",),
        undo="Dapat dibuka lagi selama saldo mentor cukup dan tidak ada penarikan lain yang berjalan.",
    )


def _plan_restore(case: WithdrawalCase) -> Plan:
    one = case.withdrawal
    return Plan(
        happens=("Uangnya disisihkan lagi dari saldo mentor, dan penarikan menunggu keputusan dari awal.",),
        money=(("Dari saldo tersedia", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email.",),
        undo="Tolak lagi, dan uangnya kembali ke saldo.",
    )


DECISIONS: tuple[Decision[WithdrawalCase], ...] = (
    Decision(
        "approve",
        "Setujui",
        _may_approve,
        _plan_approve,
        at_once(actions.approve, _id, _said_approved),
        form=PlainForm,
        sensitive=True,
    ),
    Decision(
        "sent",
        "Tandai terkirim",
        _in("processing"),
        _plan_sent,
        _sent,
        form=SentForm,
        sensitive=True,
        hints={"reference": "Dari berkas jawaban bank. Mentor membacanya."},
    ),
    Decision(
        "take-back",
        "Tarik persetujuan",
        _may_take_back,
        _plan_take_back,
        with_reason(actions.take_back, _id, lambda one: f"Persetujuan {_id(one)} ditarik kembali."),
    ),
    Decision(
        "reject",
        "Tolak",
        _in("requested", "checked"),
        _plan_return,
        with_reason(actions.reject, _id, lambda one: f"{_id(one)} ditolak."),
        bad=True,
    ),
    Decision(
        "failed",
        "Tandai gagal",
        _in("processing", "paid"),
        _plan_return,
        with_reason(actions.mark_failed, _id, lambda one: f"{_id(one)} ditandai gagal."),
        bad=True,
        sensitive=True,
    ),
    Decision(
        "unsend",
        "Batalkan tanda terkirim",
        _in("paid"),
        _plan_unsend,
        with_reason(actions.unsend, _id, lambda one: f"{_id(one)} kembali menunggu dikirim."),
        sensitive=True,
    ),
    Decision(
        "restore",
        "Buka lagi",
        _in("rejected", "failed"),
        _plan_restore,
        with_reason(actions.restore, _id, lambda one: f"{_id(one)} dibuka lagi."),
        sensitive=True,
    ),
)
