"""Asking for a withdrawal: the ledger, the step and the mails in one transaction. Deciding on it has its own modules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
from mentorinaja.withdrawals.deciding import (
    approve,
    mark_failed,
    mark_sent,
    reject,
    restore,
    take_back,
    unsend,
)
from mentorinaja.withdrawals.queries import Allowance
from mentorinaja.withdrawals.rules import WrongPassword
from mentorinaja.withdrawals.sending import BY_BANK
from mentorinaja.withdrawals.writing import ASKED, tell_mentor, write_step

__all__ = [
    "BY_BANK",
    "Wish",
    "approve",
    "ask",
    "mark_failed",
    "mark_sent",
    "reject",
    "restore",
    "take_back",
    "unsend",
]


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
async def _ask(tx: Connection, user: Viewer, expert_id: int, wish: Wish, sealed: bytes) -> str:
    await ledger.lock_balances(tx, expert_id)
    # As it is now that nobody else can change it.
    if known := await _known(tx, expert_id, wish):
        return known
    _check(await queries.allowance_of(tx, expert_id), wish)
    now = await clock.now(tx)
    withdrawal_id, public_id = await _insert(tx, expert_id, wish, sealed, now)
    await write_step(tx, withdrawal_id, "requested", user.id, "", now)
    await ledger.record_withdrawal(tx, expert_id, public_id, wish.amount)
    await tell_mentor(tx, user.id, public_id, 1)
    await notices.queue_for_admins(tx, ASKED, about=public_id)
    return public_id


async def _known(tx: Connection, expert_id: int, wish: Wish) -> str | None:
    tail = banks.tail(wish.account_number)
    return await queries.sent_before(tx, expert_id, wish.form_key, wish.amount, wish.bank, tail)


def _check(allowance: Allowance, wish: Wish) -> None:
    if refusal := allowance.refusal:
        raise refusal
    rules.check_amount(wish.amount, allowance.available, allowance.least)


async def _insert(
    tx: Connection, expert_id: int, wish: Wish, sealed: bytes, now: datetime
) -> tuple[int, str]:
    while True:
        public_id = new_public_id(now, "WD")
        withdrawal_id = await tx.fetchval(
            """INSERT INTO withdrawals (public_id, expert_id, form_key, amount, bank, bank_name, account_sealed,
                 account_tail, account_holder, asked_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (public_id) DO NOTHING RETURNING id""",
            public_id, expert_id, wish.form_key, wish.amount, wish.bank, banks.BANKS[wish.bank].name, sealed,
            banks.tail(wish.account_number), wish.account_holder, now,
        )  # fmt: skip
        if withdrawal_id is not None:
            return withdrawal_id, public_id


def _expert_id(user: Viewer) -> int:
    if user.expert_id is None:
        raise NotThere
    return user.expert_id
