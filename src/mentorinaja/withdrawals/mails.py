"""Mails about withdrawals: every step to its expert, a waiting request to the admins."""

from __future__ import annotations

from email.utils import parseaddr

from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings
from mentorinaja.withdrawals import queries
from mentorinaja.withdrawals.actions import ASKED, STEPPED
from mentorinaja.withdrawals.queries import Withdrawal
from mentorinaja.withdrawals.rules import State

_SUBJECTS: dict[State, str] = {
    "requested": "Penarikan {} diajukan",
    "processing": "Penarikan {} diproses",
    "paid": "Penarikan {} berhasil",
    "rejected": "Penarikan {} ditolak",
    "failed": "Penarikan {} gagal",
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
    subject = _SUBJECTS[step.state].format(rupiah(withdrawal.amount))
    return MailContent(subject, "withdrawal", context)


async def load_asked(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """A request waits for an admin; nothing once somebody has decided."""
    withdrawal = await _withdrawal(db, row)
    if withdrawal.state != "requested":
        return None
    subject = f"Penarikan {withdrawal.public_id} menunggu keputusan"
    return MailContent(subject, "withdrawal_asked", {"withdrawal": withdrawal})


async def _withdrawal(db: Database, row: OutboxRow) -> Withdrawal:
    withdrawal = await queries.withdrawal_by_id(db, row.about)
    assert withdrawal is not None, "withdrawals are never deleted"
    return withdrawal


MAILS = [Mail(STEPPED, load_step), Mail(ASKED, load_asked)]
