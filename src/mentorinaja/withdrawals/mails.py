"""Mails about withdrawals: its steps to its expert, to the admins what waits for one of them."""

from __future__ import annotations

from email.utils import parseaddr

from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings
from mentorinaja.withdrawals import queries
from mentorinaja.withdrawals.queries import Step, Withdrawal
from mentorinaja.withdrawals.rules import ALONE_UP_TO, State
from mentorinaja.withdrawals.writing import ASKED, CHECKED, STEPPED

_SUBJECTS: dict[State, str] = {
    "requested": "Penarikan {} diajukan",
    "processing": "Penarikan {} diproses",
    "paid": "Penarikan {} berhasil",
    "rejected": "Penarikan {} ditolak",
    "failed": "Penarikan {} gagal",
}
# Where an earlier decision was taken back, by the state it leads to.
_BACK: dict[State, str] = {
    "requested": "Penarikan {} diperiksa lagi",
    "processing": "Penarikan {} belum terkirim",
}


async def load_step(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """One step, as it was: `row.version` counts them from 1."""
    withdrawal = await _withdrawal(db, row)
    step = withdrawal.steps[row.version - 1]
    context = {
        "withdrawal": withdrawal,
        "step": step,
        "contact": parseaddr(settings.mail_from)[1],
        "page": f"{settings.base_url}/expert/dashboard/transaksi#riwayat-penarikan",
    }
    subject = _subject(step).format(rupiah(withdrawal.amount))
    return MailContent(subject, "withdrawal", context)


async def load_asked(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """A request waits for an admin; nothing once somebody has decided."""
    withdrawal = await _withdrawal(db, row)
    if withdrawal.state != "requested":
        return None
    subject = f"Penarikan {withdrawal.public_id} menunggu keputusan"
    context = {"withdrawal": withdrawal, "page": _page(settings, withdrawal)}
    return MailContent(subject, "withdrawal_asked", context)


async def load_checked(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """An admin approved what a second one must approve; nothing once anything was decided since."""
    withdrawal = await _withdrawal(db, row)
    if withdrawal.state != "checked" or len(withdrawal.steps) != row.version:
        return None
    context = {
        "withdrawal": withdrawal,
        "step": withdrawal.steps[-1],
        "alone": ALONE_UP_TO,
        "page": _page(settings, withdrawal),
    }
    subject = f"Penarikan {withdrawal.public_id} menunggu persetujuan kedua"
    return MailContent(subject, "withdrawal_checked", context)


def _subject(step: Step) -> str:
    return _BACK[step.state] if step.is_back else _SUBJECTS[step.state]


def _page(settings: Settings, withdrawal: Withdrawal) -> str:
    return f"{settings.base_url}/admin/withdrawals/{withdrawal.public_id}"


async def _withdrawal(db: Database, row: OutboxRow) -> Withdrawal:
    withdrawal = await queries.withdrawal_by_id(db, row.about)
    assert withdrawal is not None, "withdrawals are never deleted"
    return withdrawal


MAILS = [Mail(STEPPED, load_step), Mail(ASKED, load_asked), Mail(CHECKED, load_checked)]
