"""One withdrawal on the desk: who asks, what was earned, whether anything is odd, and every step it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.words import money, person, time
from mentorinaja.banks.vault import Vault
from mentorinaja.formats import day, rupiah, when
from mentorinaja.transfers.queries import Batched
from mentorinaja.withdrawals import queries
from mentorinaja.withdrawals.queries import Evidence, Step, Withdrawal
from mentorinaja.withdrawals.rules import ALONE_UP_TO, State, is_late, needs_two

CHIPS: dict[State, str] = {
    "requested": "warn",
    "checked": "warn",
    "processing": "plain",
    "paid": "ok",
    "rejected": "bad",
    "failed": "bad",
}


@dataclass(frozen=True, slots=True)
class WithdrawalCase:
    """What decisions on a withdrawal rest on; `is_own`: it is the admin's, who decides nothing about it.

    `waits_for_another`: this admin approved it first, so that another one has to. `file`: the bank's file it is in.
    """

    withdrawal: Withdrawal
    file: Batched | None
    suspended: bool
    is_own: bool
    waits_for_another: bool


async def load(means: Means, public_id: str) -> Case[WithdrawalCase] | None:
    """A withdrawal with its steps, and what its mentor has."""
    found = await queries.withdrawal_by_id(means.db, public_id)
    if found is None:
        return None
    seen = await queries.evidence_of(means.db, Vault(means.settings), public_id)
    file = await queries.file_of(means.db, public_id)
    return Case(
        subject=public_id,
        title=public_id,
        version=f"{found.state}:{len(found.steps)}:{file.batch_id if file else ''}",
        data=_data(means, found, seen, file),
        chips=_chips(found, means.now),
        facts=_facts(found, seen, file),
        parts=await _parts(means, found, seen),
        events=tuple(_event(step) for step in found.steps),
    )


def _data(means: Means, found: Withdrawal, seen: Evidence, file: Batched | None) -> WithdrawalCase:
    me = means.admin.id
    waits = found.state == "checked" and found.steps[-1].actor_id == me
    return WithdrawalCase(found, file, seen.suspended, found.expert_user_id == me, waits)


def _chips(found: Withdrawal, now: datetime) -> tuple[Cell, ...]:
    late = found.is_open and is_late(found.requested_at, now)
    return (Cell(found.words, chip=CHIPS[found.state]), *((Cell("Terlambat", chip="bad"),) if late else ()))


def _facts(found: Withdrawal, seen: Evidence, file: Batched | None) -> tuple[tuple[str, Cell], ...]:
    earned = seen.earnings
    facts = [
        ("Jumlah", money(found.amount)),
        ("Mentor", person(found.expert_name, seen.email, found.expert_user_id)),
        ("Rekening", Cell(f"{found.bank_name} {found.account}", note=found.account_holder)),
        ("Diajukan", time(found.requested_at)),
        ("Paling lambat", Cell(day(found.due))),
        ("Saldo tersedia", money(earned.available)),
        ("Tertahan", money(earned.held)),
        ("Sedang ditarik", money(earned.withdrawing)),
        ("Sudah ditarik", money(earned.withdrawn)),
        ("Utang ke platform", money(earned.owed)),
    ]
    if file:
        facts.append(
            ("Berkas bank", Cell(f"Berkas {file.batch_id}", note=f"{when(file.made_at)} oleh {file.made_by}"))
        )
    return tuple(facts)


async def _parts(means: Means, found: Withdrawal, seen: Evidence) -> tuple[Part, ...]:
    page = await queries.withdrawals_of(means.db, found.expert_id, 1)
    others = [one for one in page.withdrawals if one.public_id != found.public_id]
    warnings = _warnings(found, seen)
    parts = []
    if warnings:
        parts.append(
            Part(
                "warnings",
                "Perlu diperhatikan",
                "partials/admin/withdrawals/warnings.html",
                {"warnings": warnings},
            )
        )
    return (
        *parts,
        Part(
            "earned", "Pendapatan terakhir", "partials/admin/withdrawals/earned.html", {"lines": seen.earned}
        ),
        Part(
            "others",
            "Penarikan lainnya",
            "partials/admin/withdrawals/others.html",
            {"others": others, "chips": CHIPS},
        ),
    )


def _warnings(found: Withdrawal, seen: Evidence) -> list[str]:
    """What whoever approves should have seen."""
    told = []
    if seen.suspended:
        told.append("Akun mentor ditangguhkan: penarikan ini tidak dapat disetujui atau dikirim.")
    if seen.changed and seen.last:
        told.append(
            f"Rekening berbeda dari penarikan terakhir yang terkirim: {seen.last.bank_name} {seen.last.account}, "
            f"{seen.last.holder}, {day(seen.last.sent_at)}."
        )
    if seen.last is None:
        told.append("Penarikan pertama: belum ada yang pernah terkirim ke rekening mentor ini.")
    if found.account_holder.casefold() != found.expert_name.casefold():
        told.append(f"Nama pemilik rekening tidak sama dengan nama akun, {found.expert_name}.")
    if not seen.email_confirmed:
        told.append("Email mentor belum dikonfirmasi.")
    if seen.paused:
        told.append("Mentor sedang dijeda.")
    if seen.earnings.owed:
        told.append(f"Mentor masih berutang {rupiah(seen.earnings.owed)} kepada platform.")
    if needs_two(found.amount) and found.state in ("requested", "checked"):
        told.append(f"Di atas {rupiah(ALONE_UP_TO)}: dua admin harus menyetujuinya.")
    return told


def _event(step: Step) -> Event:
    return Event(
        step.at, step.words, step.actor, step.note, kind="bad" if step.state in ("rejected", "failed") else ""
    )
