"""What admins decide about people: in or out, devices, roles by two, a second factor set anew."""

from __future__ import annotations

from mentorinaja.accounts import actions as accounts
from mentorinaja.accounts import roles, standing
from mentorinaja.admin import about
from mentorinaja.admin.about import Deal
from mentorinaja.admin.cases import Case, Decision, Means, PlainForm, Plan, ReasonForm
from mentorinaja.admin.users.case import UserCase
from mentorinaja.formats import when

_MOST_LISTED = 20
_NOT_UNDONE = "Tidak dapat dibatalkan; orangnya login lagi."


def _of(case: Case) -> UserCase:
    assert isinstance(case.data, UserCase), "load made it"
    return case.data


def _told(data: UserCase) -> str:
    return f"{data.person.full_name} diberi tahu lewat email."


def _listed(coming: list[Deal]) -> tuple[tuple[str, int], ...]:
    """Sessions that are paid for with their rupiah, the first ones by name, and what all of them amount to."""
    lines = [
        (
            f"{deal.public_id}, {'menjual ke' if deal.sells else 'membeli dari'} {deal.other}, {when(deal.at)}",
            deal.total,
        )
        for deal in coming[:_MOST_LISTED]
    ]
    if len(coming) > 1:
        lines.append((f"Seluruhnya, {len(coming)} sesi", sum(deal.total for deal in coming)))
    return tuple(lines)


async def _plan_suspend(means: Means, case: Case) -> Plan:
    data = _of(case)
    person, coming = data.person, data.coming
    happens = [
        f"{person.full_name} keluar dari semua perangkat ({data.open_sign_ins}) saat ini juga dan tidak dapat login."
    ]
    if person.expert_id is not None:
        happens.append(
            "Profil mentornya hilang dari daftar, pencarian, dan favorit, dan tidak dapat dipesan."
        )
    if unpaid := await about.unpaid_with(means.db, person.expert_id):
        happens.append(
            f"{unpaid} booking yang belum dibayar dengannya masih dapat dibayar sampai batas waktunya."
        )
    if coming:
        happens.append(
            f"{len(coming)} sesi yang sudah dibayar tidak dibatalkan dengan sendirinya. Putuskan satu per satu:"
        )
    else:
        happens.append("Tidak ada sesi mendatang yang sudah dibayar.")
    undo = "Akun dapat dibuka lagi kapan saja"
    return Plan(
        happens=tuple(happens),
        money=_listed(coming),
        links=tuple((deal.public_id, f"/admin/orders/{deal.public_id}") for deal in coming[:_MOST_LISTED]),
        tells=(f"{person.full_name} membaca alasan Anda di email.",),
        undo=f"{undo}; profilnya tampil lagi seperti sebelumnya." if person.expert_id else f"{undo}.",
    )


async def _suspend(means: Means, case: Case, form: ReasonForm) -> str:
    person = _of(case).person
    await standing.suspend(means.db, means.admin, person.id, form.reason.data or "")
    return f"Akun {person.full_name} ditangguhkan."


async def _plan_unsuspend(_means: Means, case: Case) -> Plan:
    data = _of(case)
    happens = [f"{data.person.full_name} dapat login lagi."]
    if data.person.expert_status == "suspended":
        happens.append(
            "Profil mentornya tampil lagi seperti sebelum ditangguhkan; jeda yang ada tetap berlaku."
        )
    return Plan(tuple(happens), tells=(_told(data),), undo="Akun dapat ditangguhkan lagi.")


async def _unsuspend(means: Means, case: Case, form: ReasonForm) -> str:
    person = _of(case).person
    await standing.unsuspend(means.db, means.admin, person.id, form.reason.data or "")
    return f"Akun {person.full_name} dibuka lagi."


async def _plan_devices(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan((f"{data.open_sign_ins} perangkat keluar saat ini juga.",), undo=_NOT_UNDONE)


async def _devices(means: Means, case: Case, form: ReasonForm) -> str:
    ended = await standing.end_devices(means.db, means.admin, _of(case).person.id, form.reason.data or "")
    return f"{ended} perangkat dikeluarkan."


async def _plan_verification(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan(
        ("Tautan konfirmasi dikirim sekali lagi.",),
        tells=(f"Email ke {data.person.email}.",),
        undo="Tidak perlu.",
    )


async def _verification(means: Means, case: Case, _form: PlainForm) -> str:
    person = _of(case).person
    await standing.send_verification(means.db, means.admin, person.id, means.now)
    return f"Tautan konfirmasi dikirim ke {person.email}."


async def _plan_ask(_means: Means, case: Case) -> Plan:
    person = _of(case).person
    change = "tidak lagi menjadi admin" if person.role == "admin" else "menjadi admin"
    return Plan(
        (
            f"Anda mengajukan agar {person.full_name} {change}.",
            "Tidak ada yang berubah sebelum admin lain, bukan Anda dan bukan orangnya sendiri, menyetujuinya.",
        ),
        tells=("Admin lain diberi tahu lewat email; permintaannya tampil di atas daftar pengguna.",),
        undo="Permintaan dapat Anda tarik sebelum diputuskan.",
    )


async def _ask(means: Means, case: Case, form: ReasonForm) -> str:
    person = _of(case).person
    wanted: roles.WantedRole = "user" if person.role == "admin" else "admin"
    await roles.ask_role(means.db, means.admin, person.id, wanted, form.reason.data or "")
    return "Permintaan dicatat. Admin lain perlu menyetujuinya."


async def _plan_confirm(_means: Means, case: Case) -> Plan:
    data = _of(case)
    assert data.request is not None, "allowed saw it"
    happens = [f"{data.person.full_name}: {data.request.words.lower()}. Diajukan oleh {data.request.asker}."]
    happens += [f"Alasannya: {data.request.reason}", "Semua perangkatnya keluar saat ini juga."]
    return Plan(
        tuple(happens), tells=(_told(data),), undo="Dengan permintaan baru yang juga disetujui dua admin."
    )


async def _confirm(means: Means, case: Case, _form: PlainForm) -> str:
    data = _of(case)
    assert data.request is not None, "allowed saw it"
    await roles.confirm_role(means.db, means.admin, data.request.id)
    return f"Peran {data.person.full_name} diubah."


async def _plan_keep(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan((f"Peran {data.person.full_name} tetap seperti sekarang.",), undo="Dapat diajukan lagi.")


async def _decline(means: Means, case: Case, form: ReasonForm) -> str:
    data = _of(case)
    assert data.request is not None, "allowed saw it"
    await roles.decline_role(means.db, means.admin, data.request.id, form.reason.data or "")
    return "Permintaan ditolak."


async def _withdraw(means: Means, case: Case, _form: PlainForm) -> str:
    data = _of(case)
    assert data.request is not None, "allowed saw it"
    await roles.withdraw_role(means.db, means.admin, data.request.id)
    return "Permintaan ditarik."


async def _plan_totp(_means: Means, case: Case) -> Plan:
    data = _of(case)
    return Plan(
        (
            "Perangkat dan kode cadangannya tidak berlaku lagi, dan semua perangkatnya keluar.",
            "Saat login berikutnya ia memasang verifikasi dua langkah dari awal. Pastikan dulu bahwa ini benar orangnya.",
        ),
        tells=(_told(data),),
        undo=_NOT_UNDONE,
    )


async def _totp(means: Means, case: Case, form: ReasonForm) -> str:
    person = _of(case).person
    await accounts.reset_totp(means.db, means.admin, person.id, form.reason.data or "")
    return f"Verifikasi dua langkah {person.full_name} diatur ulang."


def _could_suspend(case: Case) -> bool:
    data = _of(case)
    return not data.own and data.person.role != "admin" and not data.person.suspended_at


def _could_ask(case: Case) -> bool:
    data = _of(case)
    return not data.own and data.request is None and not data.person.suspended_at


def _could_decide(case: Case) -> bool:
    data = _of(case)
    return data.request is not None and data.request.asked_by != data.me and not data.own


def _asked_it(case: Case) -> bool:
    data = _of(case)
    return data.request is not None and data.request.asked_by == data.me


DECISIONS = (
    Decision("confirm-role", "Setujui perubahan peran", _could_decide, _plan_confirm, _confirm, form=PlainForm,
             sensitive=True),
    Decision("decline-role", "Tolak perubahan peran", _could_decide, _plan_keep, _decline, bad=True),
    Decision("withdraw-role", "Tarik permintaan peran", _asked_it, _plan_keep, _withdraw, form=PlainForm),
    Decision("unsuspend", "Buka lagi akun", lambda case: not _of(case).own and bool(_of(case).person.suspended_at),
             _plan_unsuspend, _unsuspend, sensitive=True),
    Decision("send-verification", "Kirim ulang konfirmasi email",
             lambda case: not _of(case).own and not _of(case).person.verified_at and not _of(case).person.suspended_at,
             _plan_verification, _verification, form=PlainForm),
    Decision("end-devices", "Keluarkan semua perangkat",
             lambda case: not _of(case).own and _of(case).open_sign_ins > 0, _plan_devices, _devices),
    Decision("make-admin", "Ajukan sebagai admin",
             lambda case: _could_ask(case) and _of(case).person.role != "admin", _plan_ask, _ask, sensitive=True),
    Decision("unmake-admin", "Ajukan berhenti sebagai admin",
             lambda case: _could_ask(case) and _of(case).person.role == "admin", _plan_ask, _ask, sensitive=True),
    Decision("reset-totp", "Atur ulang verifikasi dua langkah",
             lambda case: not _of(case).own and _of(case).person.has_factor, _plan_totp, _totp, bad=True, sensitive=True),
    Decision("suspend", "Tangguhkan akun", _could_suspend, _plan_suspend, _suspend, bad=True, sensitive=True),
)  # fmt: skip
