"""What an admin can decide about a withdrawal, what each decision does, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable

from mentorinaja.admin.cases import Case, Decision, Means, PlainForm, Plan, ReasonForm
from mentorinaja.admin.withdrawals.case import Seen
from mentorinaja.formats import rupiah
from mentorinaja.web.forms import BaseForm, LineField, length, required, seen
from mentorinaja.withdrawals import actions
from mentorinaja.withdrawals.rules import (
    ALONE_UP_TO,
    LONGEST_REFERENCE,
    SHORTEST_REFERENCE,
    State,
    needs_two,
)


class SentForm(BaseForm):
    """The bank's reference of a transfer, which the mentor reads."""

    reference = LineField(
        "Nomor referensi bank",
        [
            required("Tulis nomor referensi dari bank."),
            length(
                f"Tulis {SHORTEST_REFERENCE} sampai {LONGEST_REFERENCE} karakter.",
                SHORTEST_REFERENCE,
                LONGEST_REFERENCE,
            ),
            seen,
        ],
        render_kw={"autocomplete": "off"},
    )


def _of(case: Case) -> Seen:
    assert isinstance(case.data, Seen), "load made it"
    return case.data


def _in(*states: State) -> Callable[[Case], bool]:
    """Whether a withdrawal that is not the admin's own is in one of these states."""
    return lambda case: not _of(case).is_own and _of(case).withdrawal.state in states


def _approvable(case: Case) -> bool:
    it = _of(case)
    return _in("requested", "checked")(case) and not (it.suspended or it.waits_for_another)


def _takable(case: Case) -> bool:
    it = _of(case)
    return _in("checked", "processing")(case) and (it.withdrawal.state == "checked" or it.file is None)


async def _plan_approve(_means: Means, case: Case) -> Plan:
    one = _of(case).withdrawal
    money = ((f"Ke {one.bank_name} {one.account}", one.amount),)
    if one.state == "requested" and needs_two(one.amount):
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


async def _approve(means: Means, case: Case, _form: PlainForm) -> str:
    await actions.approve(means.db, means.admin, case.subject)
    if _of(case).withdrawal.state == "requested" and needs_two(_of(case).withdrawal.amount):
        return f"{case.subject} Anda setujui. Menunggu admin kedua."
    return f"{case.subject} disetujui."


async def _plan_take_back(_means: Means, case: Case) -> Plan:
    one = _of(case).withdrawal
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


async def _take_back(means: Means, case: Case, form: ReasonForm) -> str:
    await actions.take_back(means.db, means.admin, case.subject, form.reason.data or "")
    return f"Persetujuan {case.subject} ditarik kembali."


async def _plan_sent(_means: Means, case: Case) -> Plan:
    one = _of(case).withdrawal
    return Plan(
        happens=("Penarikan selesai: bank sudah mengirim uangnya.",),
        money=((f"Terkirim ke {one.bank_name} {one.account}", one.amount),),
        tells=(f"{one.expert_name} membaca nomor referensi di email dan riwayatnya.",),
        undo="Jika keliru, tanda terkirim dapat dibatalkan. Jika bank mengembalikan uangnya, tandai gagal.",
    )


async def _sent(means: Means, case: Case, form: SentForm) -> str:
    await actions.mark_sent(means.db, means.admin, case.subject, form.reference.data or "")
    return f"{case.subject} ditandai terkirim."


async def _plan_unsend(_means: Means, case: Case) -> Plan:
    one = _of(case).withdrawal
    return Plan(
        happens=(
            "Uangnya dicatat belum terkirim dan menunggu dikirim. Pastikan bank memang belum mengirimnya.",
        ),
        money=(("Kembali ke sedang ditarik", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email.",),
        undo="Tandai terkirim lagi setelah bank mengirimnya.",
    )


async def _unsend(means: Means, case: Case, form: ReasonForm) -> str:
    await actions.unsend(means.db, means.admin, case.subject, form.reason.data or "")
    return f"{case.subject} kembali menunggu dikirim."


async def _plan_return(_means: Means, case: Case) -> Plan:
    one = _of(case).withdrawal
    return Plan(
        happens=(
            "Penarikan tidak dibayarkan; uangnya kembali ke saldo mentor, dikurangi utangnya bila ada.",
        ),
        money=(("Kembali ke mentor", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email dan riwayatnya.",),
        undo="Dapat dibuka lagi selama saldo mentor cukup dan tidak ada penarikan lain yang berjalan.",
    )


async def _reject(means: Means, case: Case, form: ReasonForm) -> str:
    await actions.reject(means.db, means.admin, case.subject, form.reason.data or "")
    return f"{case.subject} ditolak."


async def _failed(means: Means, case: Case, form: ReasonForm) -> str:
    await actions.mark_failed(means.db, means.admin, case.subject, form.reason.data or "")
    return f"{case.subject} ditandai gagal."


async def _plan_restore(_means: Means, case: Case) -> Plan:
    one = _of(case).withdrawal
    return Plan(
        happens=("Uangnya disisihkan lagi dari saldo mentor, dan penarikan menunggu keputusan dari awal.",),
        money=(("Dari saldo tersedia", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email.",),
        undo="Tolak lagi, dan uangnya kembali ke saldo.",
    )


async def _restore(means: Means, case: Case, form: ReasonForm) -> str:
    await actions.restore(means.db, means.admin, case.subject, form.reason.data or "")
    return f"{case.subject} dibuka lagi."


_REFERENCE = {"reference": "Dari berkas jawaban bank. Mentor membacanya."}

DECISIONS = (
    Decision("approve", "Setujui", _approvable, _plan_approve, _approve, form=PlainForm, sensitive=True),
    Decision(
        "sent",
        "Tandai terkirim",
        _in("processing"),
        _plan_sent,
        _sent,
        form=SentForm,
        sensitive=True,
        hints=_REFERENCE,
    ),
    Decision("take-back", "Tarik persetujuan", _takable, _plan_take_back, _take_back),
    Decision("reject", "Tolak", _in("requested", "checked"), _plan_return, _reject, bad=True),
    Decision(
        "failed",
        "Tandai gagal",
        _in("processing", "paid"),
        _plan_return,
        _failed,
        bad=True,
        sensitive=True,
    ),
    Decision("unsend", "Batalkan tanda terkirim", _in("paid"), _plan_unsend, _unsend, sensitive=True),
    Decision("restore", "Buka lagi", _in("rejected", "failed"), _plan_restore, _restore, sensitive=True),
)
