"""What an admin decides about a withdrawal, and how it is taken back: step, ledger, mail and log in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.formats import rupiah, when
from mentorinaja.ledger import actions as ledger
from mentorinaja.notices import actions as notices
from mentorinaja.transfers.rules import checked_reference
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import queries, rules
from mentorinaja.withdrawals.rules import Move, State, Undecidable
from mentorinaja.withdrawals.writing import CHECKED, tell_mentor, write_step

# What the log calls it.
_DONE: dict[Move, str] = {
    "approve": "withdrawal.approved",
    "reject": "withdrawal.rejected",
    "send": "withdrawal.sent",
    "fail": "withdrawal.failed",
    "take_back": "withdrawal.taken_back",
    "unsend": "withdrawal.unsent",
    "restore": "withdrawal.restored",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A withdrawal that nobody else moves on until the transaction ends, and who brought it to its state, and why."""

    id: int
    public_id: str
    expert_id: int
    user_id: int
    amount: int
    state: State
    suspended: bool
    by_id: int
    by: str
    at: datetime
    note: str


@atomic
async def approve(tx: Connection, admin: Viewer, public_id: str) -> None:
    """The request goes to the bank; above `rules.ALONE_UP_TO` only once a second admin says so, too.

    Raises `NotThere`, `Undecidable`.
    """
    await _decide(tx, admin, public_id, "approve", "")


@atomic
async def reject(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """It is not paid out, and the money is the expert's again. Raises `NotThere`, `Undecidable`."""
    await _decide(tx, admin, public_id, "reject", _reason(reason))


@atomic
async def mark_sent(tx: Connection, admin: Viewer, public_id: str, reference: str) -> None:
    """The bank has transferred it, under this reference. Raises `NotThere`, `Undecidable`, `Unmarkable`."""
    await write_down(tx, admin, public_id, reference)


@atomic
async def mark_failed(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """The bank could not transfer it, or sent it back: the money is the expert's again.

    Raises `NotThere`, `Undecidable`.
    """
    await _decide(tx, admin, public_id, "fail", _reason(reason))


@atomic
async def take_back(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """An approval does not hold: the request waits again. Not once it stands in a file for the bank.

    Raises `NotThere`, `Undecidable`.
    """
    await _decide(tx, admin, public_id, "take_back", _reason(reason))


@atomic
async def unsend(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """It was marked as sent by mistake: it is still to be sent. Raises `NotThere`, `Undecidable`."""
    await _decide(tx, admin, public_id, "unsend", _reason(reason))


@atomic
async def restore(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """What was rejected, or had failed, waits again, its money reserved anew. Raises `NotThere`, `Undecidable`.

    Not when the expert has less by now, or has asked for something else meanwhile.
    """
    await _decide(tx, admin, public_id, "restore", _reason(reason))


async def write_down(tx: Connection, admin: Viewer, public_id: str, reference: str) -> None:
    """As `mark_sent`, in the caller's transaction. Raises `NotThere`, `Undecidable`, `Unmarkable`."""
    await _decide(tx, admin, public_id, "send", checked_reference(reference))


async def _decide(tx: Connection, admin: Viewer, public_id: str, move: Move, note: str) -> None:
    if admin.role != "admin":
        raise NotThere
    held = await _locked(tx, public_id)
    if held.user_id == admin.id:
        raise Undecidable("Ini penarikan Anda sendiri. Minta admin lain memutuskannya.")
    state = rules.after(held.state, move, held.amount)
    if state is None:
        if rules.TARGETS[move] == held.state and (held.by_id, held.note) == (admin.id, note):
            return  # whoever repeats a decision after a lost answer is content
        raise Undecidable(
            f"Penarikan {public_id} sudah berstatus “{rules.WORDS[held.state]}” oleh {held.by}, {when(held.at)}."
        )
    await _check(tx, admin, held, move)
    await tx.execute("UPDATE withdrawals SET state = $2 WHERE id = $1", held.id, state)
    number = await write_step(tx, held.id, state, admin.id, note)
    await _move_money(tx, held, move, number)
    await _tell(tx, held, state, number, admin)
    action = "withdrawal.checked" if state == "checked" else _DONE[move]
    await audit.record(tx, admin, action, "withdrawal", public_id, reason=note, amount=held.amount)


async def _locked(tx: Connection, public_id: str) -> Held:
    """The request, which nobody else moves on until the transaction ends. Raises `NotThere`."""
    if not await tx.fetchval("SELECT true FROM withdrawals WHERE public_id = $1 FOR UPDATE", public_id):
        raise NotThere
    # A statement of its own: it sees what was committed while the lock was waited for.
    return await _seen(tx, public_id)


async def _seen(tx: Connection, public_id: str) -> Held:
    row = await tx.fetchrow(
        """SELECT w.id, w.public_id, w.expert_id, e.user_id, w.amount, w.state,
             u.suspended_at IS NOT NULL AS suspended, last.actor_id AS by_id, by.full_name AS by, last.at, last.note
           FROM withdrawals w JOIN experts e ON e.id = w.expert_id JOIN users u ON u.id = e.user_id
             JOIN LATERAL (SELECT * FROM withdrawal_steps s WHERE s.withdrawal_id = w.id ORDER BY s.id DESC LIMIT 1) last
               ON true
             JOIN users by ON by.id = last.actor_id
           WHERE w.public_id = $1""",
        public_id,
    )
    assert row is not None, "withdrawals are never deleted, and begin with a step"
    return Held(**row)


async def _check(tx: Connection, admin: Viewer, held: Held, move: Move) -> None:
    """Raises `Undecidable` for what the state alone does not forbid."""
    if move == "approve":
        _check_approval(admin, held)
    elif move == "take_back" and held.state == "processing":
        if found := await queries.file_of(tx, held.public_id):
            raise Undecidable(
                f"Penarikan ini sudah ada di berkas bank {found.batch_id}. Tandai terkirim, atau gagal bila bank "
                "tidak mengirimnya."
            )
    elif move == "restore":
        await _check_restoring(tx, held)


def _check_approval(admin: Viewer, held: Held) -> None:
    if held.suspended:
        raise Undecidable(
            "Akun mentor ini ditangguhkan. Akhiri penangguhannya dulu, atau tolak penarikannya dengan alasan."
        )
    if held.state == "checked" and held.by_id == admin.id:
        raise Undecidable(
            f"Anda sudah menyetujuinya. Di atas {rupiah(rules.ALONE_UP_TO)} admin lain harus menyetujuinya juga."
        )


async def _check_restoring(tx: Connection, held: Held) -> None:
    purse = await ledger.lock_balances(tx, held.expert_id)
    other = await tx.fetchval(
        "SELECT public_id FROM withdrawals WHERE expert_id = $1 AND state = ANY($2::text[])",
        held.expert_id,
        list(rules.OPEN),
    )
    if other:
        raise Undecidable(f"Mentor sudah mengajukan penarikan lain, {cast(str, other)}.")
    if purse.available < held.amount:
        raise Undecidable(
            f"Saldo tersedia mentor tinggal {rupiah(purse.available)}, kurang dari {rupiah(held.amount)}."
        )


async def _move_money(tx: Connection, held: Held, move: Move, step: int) -> None:
    """What the decision means in the ledger; approvals move nothing."""
    what = (tx, held.expert_id, held.public_id, held.amount)
    if move == "send":
        await ledger.record_withdrawal_paid(*what, step=step)
    elif move == "unsend":
        await ledger.record_withdrawal_unsent(*what, step=step)
    elif move == "restore":
        await ledger.record_withdrawal(*what, step=step)
    elif move in ("reject", "fail"):
        await ledger.record_withdrawal_returned(*what, paid=held.state == "paid", step=step)


async def _tell(tx: Connection, held: Held, state: State, number: int, admin: Viewer) -> None:
    """The mentor reads each step that is the mentor's business; a first approval calls the other admins."""
    if state == "checked":
        await notices.queue_for_admins(
            tx, CHECKED, about=held.public_id, version=number, but=(admin.id, held.user_id)
        )
    elif held.state != "checked" or state != "requested":
        await tell_mentor(tx, held.user_id, held.public_id, number)


def _reason(text: str) -> str:
    text = text.strip()
    if not rules.SHORTEST_REASON <= len(text) <= rules.LONGEST_REASON:
        raise Undecidable(
            f"Tulis alasan, {rules.SHORTEST_REASON} sampai {rules.LONGEST_REASON} karakter. Mentor membacanya."
        )
    return text
