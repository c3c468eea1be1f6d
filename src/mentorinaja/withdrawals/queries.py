"""Reading withdrawals: an expert's own, and those that wait for an admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

import asyncpg

from mentorinaja.banks.rules import masked
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.policies import queries as policies
from mentorinaja.withdrawals.rules import (
    OPEN,
    WORDS,
    AlreadySent,
    CannotWithdraw,
    EmailUnconfirmed,
    State,
    StillOpen,
    due_day,
)

PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Step:
    """A state of a withdrawal since `at`; `note` is the reason for it, or the bank's reference."""

    state: State
    at: datetime
    note: str

    @property
    def words(self) -> str:
        """The state as it is called on the screen."""
        return WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One request of an expert, in whole rupiah; `account` is masked, `steps` begin with the request."""

    public_id: str
    expert_id: int
    expert_user_id: int
    expert_name: str
    amount: int
    bank: str
    bank_name: str
    account: str
    account_holder: str
    state: State
    steps: tuple[Step, ...]

    @property
    def words(self) -> str:
        """The state as it is called on the screen."""
        return WORDS[self.state]

    @property
    def is_open(self) -> bool:
        """Whether the money is still on its way."""
        return self.state in OPEN

    @property
    def requested_at(self) -> datetime:
        """When it was asked for."""
        return self.steps[0].at

    @property
    def due(self) -> date:
        """The day on which the money should be there at the latest."""
        return due_day(self.requested_at)


@dataclass(frozen=True, slots=True)
class WithdrawalPage:
    """One page of an expert's withdrawals, newest first; `page` counts from 1."""

    withdrawals: list[Withdrawal]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an expert can ask for now: rupiah there, the least that is paid out, and what stands in the way."""

    available: int
    least: int
    open: Withdrawal | None
    email_confirmed: bool

    @property
    def refusal(self) -> CannotWithdraw | None:
        """Why nothing can be asked for at all, or None."""
        if not self.email_confirmed:
            return EmailUnconfirmed(
                "Buka tautan di email konfirmasi dari kami, atau minta tautan baru di profil Anda.",
                [("Buka Profil", "/user/profile")],
            )
        if self.open:
            return StillOpen(
                f"Penarikan {self.open.public_id} belum selesai. Ajukan lagi setelah penarikan itu selesai."
            )
        return None


_SELECT = """SELECT w.public_id, w.expert_id, e.user_id AS expert_user_id, u.full_name AS expert_name, w.amount,
               w.bank, w.bank_name, w.account_tail, w.account_holder, w.state, steps.told
             FROM withdrawals w JOIN experts e ON e.id = w.expert_id JOIN users u ON u.id = e.user_id,
               LATERAL (SELECT array_agg((s.state, s.at, s.note) ORDER BY s.id) AS told
                        FROM withdrawal_steps s WHERE s.withdrawal_id = w.id) steps"""


async def withdrawals_of(db: Connection | Database, expert_id: int, page: int) -> WithdrawalPage:
    """A page of an expert's withdrawals; a page beyond the last is the last."""
    found: int = await db.fetchval("SELECT count(*) FROM withdrawals WHERE expert_id = $1", expert_id)
    pages = max(1, -(-found // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = await db.fetch(
        f"{_SELECT} WHERE w.expert_id = $1 ORDER BY w.id DESC LIMIT $2 OFFSET $3",
        expert_id,
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
    )
    return WithdrawalPage([_withdrawal(row) for row in rows], page, pages)


async def withdrawal_by_id(db: Connection | Database, public_id: str) -> Withdrawal | None:
    """A withdrawal by its public id, whoever asks: for admins and mails."""
    row = await db.fetchrow(f"{_SELECT} WHERE w.public_id = $1", public_id)
    return _withdrawal(row) if row else None


async def all_withdrawals(
    db: Connection | Database, which: Literal["open", "processing", "all"]
) -> list[Withdrawal]:
    """Everybody's withdrawals for the admin's desk, oldest first: open ones, those at the bank, or all."""
    states = {"open": OPEN, "processing": ("processing",), "all": tuple(WORDS)}[which]
    rows = await db.fetch(f"{_SELECT} WHERE w.state = ANY($1) ORDER BY w.id", list(states))
    return [_withdrawal(row) for row in rows]


async def sealed_accounts(db: Connection | Database, public_ids: list[str]) -> dict[str, bytes]:
    """The encrypted account numbers of these withdrawals."""
    rows = await db.fetch(
        "SELECT public_id, account_sealed FROM withdrawals WHERE public_id = ANY($1)", public_ids
    )
    return {row["public_id"]: row["account_sealed"] for row in rows}


async def allowance_of(db: Connection | Database, expert_id: int) -> Allowance:
    """What this expert can ask for now."""
    confirmed: bool = await db.fetchval(
        """SELECT u.email_verified_at IS NOT NULL FROM experts e JOIN users u ON u.id = e.user_id
           WHERE e.id = $1""",
        expert_id,
    )
    row = await db.fetchrow(f"{_SELECT} WHERE w.expert_id = $1 AND w.state = ANY($2)", expert_id, list(OPEN))
    earned = await ledger.earnings(db, expert_id)
    least = (await policies.current(db)).least_withdrawal
    return Allowance(earned.available, least, _withdrawal(row) if row else None, confirmed)


async def sent_before(
    db: Connection | Database, expert_id: int, form_key: UUID, amount: int, bank: str, account_tail: str
) -> str | None:
    """The public id of the request that this very form made before; None when it made none.

    Raises `AlreadySent` when it asked for something else then.
    """
    row = await db.fetchrow(
        """SELECT public_id, amount, bank, account_tail FROM withdrawals
           WHERE expert_id = $1 AND form_key = $2""",
        expert_id,
        form_key,
    )
    if row is None:
        return None
    if (row["amount"], row["bank"], row["account_tail"]) != (amount, bank, account_tail):
        raise AlreadySent(
            f"Formulir ini sudah menjadi penarikan {row['public_id']}. Periksa isiannya; jika ini penarikan baru, "
            "kirim sekali lagi."
        )
    public_id: str = row["public_id"]
    return public_id


def _withdrawal(row: asyncpg.Record) -> Withdrawal:
    values = dict(row)
    account = masked(values.pop("account_tail"))
    steps = tuple(Step(cast(State, state), at, note) for state, at, note in values.pop("told"))
    return Withdrawal(**values, account=account, steps=steps)
