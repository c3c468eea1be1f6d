"""Reading withdrawals: an expert's own, and those that wait for an admin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

import asyncpg

from mentorinaja.banks.rules import masked
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.policies import queries as policies
from mentorinaja.transfers import queries as transfers
from mentorinaja.transfers.queries import Batched
from mentorinaja.transfers.rules import Line
from mentorinaja.withdrawals.evidence import Evidence, evidence_of
from mentorinaja.withdrawals.rules import (
    OPEN,
    WORDS,
    AlreadySent,
    CannotWithdraw,
    EmailUnconfirmed,
    State,
    StillOpen,
    due_day,
    is_back,
    step_words,
)

__all__ = [
    "Allowance",
    "Evidence",
    "Step",
    "Withdrawal",
    "WithdrawalPage",
    "allowance_of",
    "count_to_send",
    "evidence_of",
    "file_of",
    "lines_of",
    "sent_before",
    "to_send",
    "withdrawal_by_id",
    "withdrawals_named",
    "withdrawals_of",
]

PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Step:
    """A state of a withdrawal since `at`, and the one `before` it (None: the first); `actor` brought it there.

    `note` is the reason for it, or the bank's reference.
    """

    state: State
    at: datetime
    note: str
    actor: str
    actor_id: int
    before: State | None

    @property
    def words(self) -> str:
        """What happened, as it is called on the screen."""
        return step_words(self.before, self.state)

    @property
    def is_back(self) -> bool:
        """Whether it took an earlier decision back."""
        return is_back(self.before, self.state)

    @property
    def is_told(self) -> bool:
        """Whether the mentor hears of it: how many admins an approval takes is the desk's own business."""
        return "checked" not in (self.state, self.before) or self.state in ("processing", "rejected")


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
        """The state as it is called on the desk."""
        return WORDS[self.state]

    @property
    def told_state(self) -> State:
        """The state as its mentor knows it."""
        return self.told_steps[-1].state

    @property
    def told_words(self) -> str:
        """The state as it is called on its mentor's pages."""
        return WORDS[self.told_state]

    @property
    def told_steps(self) -> tuple[Step, ...]:
        """The steps that its mentor hears of."""
        return tuple(step for step in self.steps if step.is_told)

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
               LATERAL (SELECT array_agg((s.state, s.at, s.note, actor.full_name, actor.id) ORDER BY s.id) AS told
                        FROM withdrawal_steps s JOIN users actor ON actor.id = s.actor_id
                        WHERE s.withdrawal_id = w.id) steps"""


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


async def withdrawals_named(db: Connection | Database, public_ids: Sequence[str]) -> dict[str, Withdrawal]:
    """These withdrawals, by their public ids, whoever asks: for admins."""
    rows = await db.fetch(f"{_SELECT} WHERE w.public_id = ANY($1::text[])", list(public_ids))
    return {row["public_id"]: _withdrawal(row) for row in rows}


async def to_send(db: Connection | Database, most: int) -> list[Withdrawal]:
    """Approved withdrawals that are not sent yet, at most so many, those that were asked for first first."""
    rows = await db.fetch(f"{_SELECT} WHERE w.state = 'processing' ORDER BY w.id LIMIT $1", most)
    return [_withdrawal(row) for row in rows]


async def count_to_send(db: Connection | Database) -> tuple[int, int]:
    """How many withdrawals are approved and not sent yet, and what they amount to in whole rupiah."""
    row = await db.fetchrow(
        "SELECT count(*), coalesce(sum(amount), 0)::bigint FROM withdrawals WHERE state = 'processing'"
    )
    assert row is not None, "an aggregate always answers"
    return row[0], row[1]


async def lines_of(db: Connection | Database, public_ids: Sequence[str]) -> dict[str, Line]:
    """What stands in a file for the bank of each of these, by public id; a transfer that failed is another round."""
    rows = await db.fetch(
        """SELECT w.public_id AS subject, w.amount, w.bank, w.account_sealed AS number_sealed, w.account_tail AS tail,
             w.account_holder AS holder, 1 + (SELECT count(*) FROM withdrawal_steps s
               WHERE s.withdrawal_id = w.id AND s.state = 'failed')::integer AS round
           FROM withdrawals w WHERE w.public_id = ANY($1::text[]) ORDER BY w.id""",
        list(public_ids),
    )
    return {row["subject"]: Line(**row) for row in rows}


async def file_of(db: Connection | Database, public_id: str) -> Batched | None:
    """The last file for the bank that this transfer of it stands in, or None."""
    line = (await lines_of(db, [public_id])).get(public_id)
    return await transfers.file_of(db, "withdrawal", public_id, line.round) if line else None


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
    steps: list[Step] = []
    for state, at, note, actor, actor_id in values.pop("told"):
        steps.append(Step(cast(State, state), at, note, actor, actor_id, steps[-1].state if steps else None))
    return Withdrawal(**values, account=account, steps=tuple(steps))
