"""Asking for a withdrawal, and deciding on it: the ledger, the step and the mail in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from mentorinaja import clock
from mentorinaja.accounts import actions as accounts
from mentorinaja.banks import rules as banks
from mentorinaja.banks.vault import Vault
from mentorinaja.bookings.rules import new_public_id
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.ledger import actions as ledger
from mentorinaja.notices import actions as notices
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import queries, rules
from mentorinaja.withdrawals.queries import Allowance
from mentorinaja.withdrawals.rules import Move, State, Undecidable, WrongPassword

# Mails: a step of the own withdrawal, for its expert; a request that waits, for the admins.
STEPPED, ASKED = "withdrawal", "withdrawal_asked"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as its form was filled in: whole rupiah, a bank's code, the digits of the account number.

    `form_key` names the form: sent again, it is the same request.
    """

    form_key: UUID
    amount: int
    bank: str
    account_number: str
    account_holder: str


async def ask(db: Database, vault: Vault, user: Viewer, wish: Wish, password: str) -> str:
    """An expert asks for a withdrawal and gives the password once more; answers its public id.

    The same form sent again answers as it did the first time. Raises `CannotWithdraw`, `WrongAmount`,
    `WrongPassword`, `TooMany`.
    """
    expert_id = _expert_id(user)
    async with db.snapshot() as seen:
        if known := await _known(seen, expert_id, wish):
            return known
        _check(await queries.allowance_of(seen, expert_id), wish)
    if not await accounts.knows_password(db, user.id, password):
        raise WrongPassword("Password salah. Coba lagi.")
    return await _ask(db, user, expert_id, wish, vault.seal(wish.account_number))


@atomic
async def approve(tx: Connection, admin: Viewer, public_id: str) -> None:
    """The request goes to the bank. Raises `NotThere`, `Undecidable`."""
    await _decide(tx, admin, public_id, "approve", "")


@atomic
async def reject(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """It is not paid out, and the money is the expert's again. Raises `NotThere`, `Undecidable`."""
    await _decide(tx, admin, public_id, "reject", _reason(reason))


@atomic
async def mark_sent(tx: Connection, admin: Viewer, public_id: str, reference: str) -> None:
    """The bank has transferred it, under this reference. Raises `NotThere`, `Undecidable`."""
    least, most = rules.SHORTEST_REFERENCE, rules.LONGEST_REFERENCE
    reference = reference.strip()
    if not (least <= len(reference) <= most and reference.isprintable()):
        raise Undecidable(f"Tulis nomor referensi bank, {least} sampai {most} karakter.")
    await _decide(tx, admin, public_id, "send", reference)


@atomic
async def mark_failed(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """The bank could not transfer it, or sent it back: the money is the expert's again.

    Raises `NotThere`, `Undecidable`.
    """
    await _decide(tx, admin, public_id, "fail", _reason(reason))


@atomic
async def _ask(tx: Connection, user: Viewer, expert_id: int, wish: Wish, sealed: bytes) -> str:
    await ledger.lock_balances(tx, expert_id)
    # As it is now that nobody else can change it.
    if known := await _known(tx, expert_id, wish):
        return known
    _check(await queries.allowance_of(tx, expert_id), wish)
    withdrawal_id, public_id = await _insert(tx, expert_id, wish, sealed)
    await _step(tx, withdrawal_id, "requested", user.id, "")
    await ledger.record_withdrawal(tx, expert_id, public_id, wish.amount)
    await _tell(tx, user.id, public_id, 1)
    admins = await tx.fetch("SELECT id FROM users WHERE role = 'admin' AND suspended_at IS NULL ORDER BY id")
    for admin in admins:
        await notices.queue(tx, ASKED, user_id=admin["id"], about=public_id)
    return public_id


async def _known(tx: Connection, expert_id: int, wish: Wish) -> str | None:
    tail = banks.tail(wish.account_number)
    return await queries.sent_before(tx, expert_id, wish.form_key, wish.amount, wish.bank, tail)


def _check(allowance: Allowance, wish: Wish) -> None:
    if refusal := allowance.refusal:
        raise refusal
    rules.check_amount(wish.amount, allowance.available, allowance.least)


async def _insert(tx: Connection, expert_id: int, wish: Wish, sealed: bytes) -> tuple[int, str]:
    now = await clock.now(tx)
    while True:
        public_id = new_public_id(now, "WD")
        withdrawal_id = await tx.fetchval(
            """INSERT INTO withdrawals (public_id, expert_id, form_key, amount, bank, bank_name, account_sealed,
                 account_tail, account_holder)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (public_id) DO NOTHING RETURNING id""",
            public_id, expert_id, wish.form_key, wish.amount, wish.bank, banks.BANKS[wish.bank].name, sealed,
            banks.tail(wish.account_number), wish.account_holder,
        )  # fmt: skip
        if withdrawal_id is not None:
            return withdrawal_id, public_id


async def _decide(tx: Connection, admin: Viewer, public_id: str, move: Move, note: str) -> None:
    if admin.role != "admin":
        raise NotThere
    row = await _locked(tx, public_id)
    if row["user_id"] == admin.id:
        raise Undecidable("Ini penarikan Anda sendiri. Minta admin lain memutuskannya.")
    before: State = row["state"]
    state = rules.after(before, move)
    if state is None:
        if await _said_before(tx, row["id"], before, move, note):
            return
        raise Undecidable(f"Penarikan {public_id} sudah berstatus “{rules.WORDS[before]}”.")
    await tx.execute("UPDATE withdrawals SET state = $2 WHERE id = $1", row["id"], state)
    number = await _step(tx, row["id"], state, admin.id, note)
    if move == "send":
        await ledger.record_withdrawal_paid(tx, row["expert_id"], public_id, row["amount"])
    elif move in ("reject", "fail"):
        await ledger.record_withdrawal_returned(
            tx, row["expert_id"], public_id, row["amount"], paid=before == "paid"
        )
    await _tell(tx, row["user_id"], public_id, number)


async def _locked(tx: Connection, public_id: str) -> asyncpg.Record:
    """The request, which nobody else moves on until the transaction ends. Raises `NotThere`."""
    row = await tx.fetchrow(
        """SELECT w.id, w.expert_id, w.amount, w.state, e.user_id FROM withdrawals w
             JOIN experts e ON e.id = w.expert_id
           WHERE w.public_id = $1 FOR UPDATE OF w""",
        public_id,
    )
    if row is None:
        raise NotThere
    return row


async def _said_before(tx: Connection, withdrawal_id: int, state: State, move: Move, note: str) -> bool:
    """Whether the very same decision stands already: whoever repeats it after a lost answer is content."""
    if rules.TARGETS[move] != state:
        return False
    same: bool = await tx.fetchval(
        "SELECT note = $3 FROM withdrawal_steps WHERE withdrawal_id = $1 AND state = $2",
        withdrawal_id,
        state,
        note,
    )
    return same


async def _step(tx: Connection, withdrawal_id: int, state: State, actor_id: int, note: str) -> int:
    """Write a state down; answers which one of the withdrawal it is, counted from 1."""
    await tx.execute(
        "INSERT INTO withdrawal_steps (withdrawal_id, state, actor_id, note) VALUES ($1, $2, $3, $4)",
        withdrawal_id,
        state,
        actor_id,
        note,
    )
    number: int = await tx.fetchval(
        "SELECT count(*) FROM withdrawal_steps WHERE withdrawal_id = $1", withdrawal_id
    )
    return number


async def _tell(tx: Connection, user_id: int, public_id: str, number: int) -> None:
    await notices.queue(tx, STEPPED, user_id=user_id, about=public_id, version=number)


def _reason(text: str) -> str:
    text = text.strip()
    if not rules.SHORTEST_REASON <= len(text) <= rules.LONGEST_REASON:
        raise Undecidable(
            f"Tulis alasan, {rules.SHORTEST_REASON} sampai {rules.LONGEST_REASON} karakter. Mentor membacanya."
        )
    return text


def _expert_id(user: Viewer) -> int:
    if user.expert_id is None:
        raise NotThere
    return user.expert_id
