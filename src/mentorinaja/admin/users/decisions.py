"""What admins decide about people: in or out, devices, roles by two, a second factor set anew."""

from __future__ import annotations

from dataclasses import replace

from mentorinaja.accounts import actions as accounts
from mentorinaja.accounts import roles, standing
from mentorinaja.admin import about
from mentorinaja.admin.about import Deal
from mentorinaja.admin.cases import Decision, Means, Plan, at_once, with_reason
from mentorinaja.admin.forms import PlainForm, ReasonForm
from mentorinaja.admin.users.case import UserCase
from mentorinaja.formats import when

_MOST_LISTED = 20
_NOT_UNDONE = "Tidak dapat dibatalkan; orangnya login lagi."


def _id(data: UserCase) -> int:
    return data.person.id


def _asked(data: UserCase) -> int:
    return data.asked.id


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


async def _with_unpaid(means: Means, data: UserCase) -> UserCase:
    return replace(data, unpaid=await about.unpaid_with(means.db, data.person.expert_id))


def _plan_suspend(data: UserCase) -> Plan:
    person, coming = data.person, data.coming
    happens = [
        f"{person.full_name} keluar dari semua perangkat ({data.open_sign_ins}) saat ini juga dan tidak dapat login."
    ]
    if person.expert_id is not None:
        happens.append(
            "Profil mentornya hilang dari daftar, pencarian, dan favorit, dan tidak dapat dipesan."
        )
    if data.unpaid:
        happens.append(
            f"{data.unpaid} booking yang belum dibayar dengannya masih dapat dibayar sampai batas waktunya."
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


def _plan_unsuspend(data: UserCase) -> Plan:
    happens = [f"{data.person.full_name} dapat login lagi."]
    if data.person.expert_status == "suspended":
        happens.append(
            "Profil mentornya tampil lagi seperti sebelum ditangguhkan; jeda yang ada tetap berlaku."
        )
    return Plan(tuple(happens), tells=(_told(data),), undo="Akun dapat ditangguhkan lagi.")


def _plan_devices(data: UserCase) -> Plan:
    return Plan((f"{data.open_sign_ins} perangkat keluar saat ini juga.",), undo=_NOT_UNDONE)


async def _devices(means: Means, data: UserCase, form: ReasonForm) -> str:
    ended = await standing.end_devices(means.db, means.admin, data.person.id, form.why)
    return f"{ended} perangkat dikeluarkan."


def _plan_verification(data: UserCase) -> Plan:
    return Plan(
        ("Tautan konfirmasi dikirim sekali lagi.",),
        tells=(f"Email ke {data.person.email}.",),
        undo="Tidak perlu.",
    )


async def _verification(means: Means, data: UserCase, _form: PlainForm) -> str:
    await standing.send_verification(means.db, means.admin, data.person.id, means.now)
    return f"Tautan konfirmasi dikirim ke {data.person.email}."


def _plan_ask(data: UserCase) -> Plan:
    person = data.person
    change = "tidak lagi menjadi admin" if person.role == "admin" else "menjadi admin"
    return Plan(
        (
            f"Anda mengajukan agar {person.full_name} {change}.",
            "Tidak ada yang berubah sebelum admin lain, bukan Anda dan bukan orangnya sendiri, menyetujuinya.",
        ),
        tells=("Admin lain diberi tahu lewat email; permintaannya tampil di atas daftar pengguna.",),
        undo="Permintaan dapat Anda tarik sebelum diputuskan.",
    )


async def _ask(means: Means, data: UserCase, form: ReasonForm) -> str:
    wanted: roles.WantedRole = "user" if data.person.role == "admin" else "admin"
    await roles.ask_role(means.db, means.admin, data.person.id, wanted, form.why)
    return "Permintaan dicatat. Admin lain perlu menyetujuinya."


def _plan_confirm(data: UserCase) -> Plan:
    happens = [f"{data.person.full_name}: {data.asked.words.lower()}. Diajukan oleh {data.asked.asker}."]
    happens += [f"Alasannya: {data.asked.reason}", "Semua perangkatnya keluar saat ini juga."]
    return Plan(
        tuple(happens), tells=(_told(data),), undo="Dengan permintaan baru yang juga disetujui dua admin."
    )


def _plan_keep(data: UserCase) -> Plan:
    return Plan((f"Peran {data.person.full_name} tetap seperti sekarang.",), undo="Dapat diajukan lagi.")


def _plan_totp(data: UserCase) -> Plan:
    return Plan(
        (
            "Perangkat dan kode cadangannya tidak berlaku lagi, dan semua perangkatnya keluar.",
            "Saat login berikutnya ia memasang verifikasi dua langkah dari awal. Pastikan dulu bahwa ini benar orangnya.",
        ),
        tells=(_told(data),),
        undo=_NOT_UNDONE,
    )


def _may_suspend(data: UserCase) -> bool:
    return not data.is_own and data.person.role != "admin" and not data.person.suspended_at


def _may_unsuspend(data: UserCase) -> bool:
    return not data.is_own and bool(data.person.suspended_at)


def _may_verify(data: UserCase) -> bool:
    return not data.is_own and not data.person.verified_at and not data.person.suspended_at


def _may_ask(data: UserCase) -> bool:
    return not data.is_own and data.request is None and not data.person.suspended_at


def _may_answer(data: UserCase) -> bool:
    return data.request is not None and data.request.asked_by != data.me and not data.is_own


def _asked_it(data: UserCase) -> bool:
    return data.request is not None and data.request.asked_by == data.me


DECISIONS: tuple[Decision[UserCase], ...] = (
    Decision(
        "confirm-role",
        "Setujui perubahan peran",
        _may_answer,
        _plan_confirm,
        at_once(roles.confirm_role, _asked, lambda data: f"Peran {data.person.full_name} diubah."),
        form=PlainForm,
        sensitive=True,
    ),
    Decision(
        "decline-role",
        "Tolak perubahan peran",
        _may_answer,
        _plan_keep,
        with_reason(roles.decline_role, _asked, lambda _: "Permintaan ditolak."),
        bad=True,
    ),
    Decision(
        "withdraw-role",
        "Tarik permintaan peran",
        _asked_it,
        _plan_keep,
        at_once(roles.withdraw_role, _asked, lambda _: "Permintaan ditarik."),
        form=PlainForm,
    ),
    Decision(
        "unsuspend",
        "Buka lagi akun",
        _may_unsuspend,
        _plan_unsuspend,
        with_reason(standing.unsuspend, _id, lambda data: f"Akun {data.person.full_name} dibuka lagi."),
        sensitive=True,
    ),
    Decision(
        "send-verification",
        "Kirim ulang konfirmasi email",
        _may_verify,
        _plan_verification,
        _verification,
        form=PlainForm,
    ),
    Decision(
        "end-devices",
        "Keluarkan semua perangkat",
        lambda data: not data.is_own and data.open_sign_ins > 0,
        _plan_devices,
        _devices,
    ),
    Decision(
        "make-admin",
        "Ajukan sebagai admin",
        lambda data: _may_ask(data) and data.person.role != "admin",
        _plan_ask,
        _ask,
        sensitive=True,
    ),
    Decision(
        "unmake-admin",
        "Ajukan berhenti sebagai admin",
        lambda data: _may_ask(data) and data.person.role == "admin",
        _plan_ask,
        _ask,
        sensitive=True,
    ),
    Decision(
        "reset-totp",
        "Atur ulang verifikasi dua langkah",
        lambda data: not data.is_own and data.person.has_factor,
        _plan_totp,
        with_reason(
            accounts.reset_totp,
            _id,
            lambda data: f"Verifikasi dua langkah {data.person.full_name} diatur ulang.",
        ),
        bad=True,
        sensitive=True,
    ),
    Decision(
        "suspend",
        "Tangguhkan akun",
        _may_suspend,
        _plan_suspend,
        with_reason(standing.suspend, _id, lambda data: f"Akun {data.person.full_name} ditangguhkan."),
        look=_with_unpaid,
        bad=True,
        sensitive=True,
    ),
)
