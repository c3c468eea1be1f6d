"""An expert's month: what each balance was, every movement of it, and what it became; all from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mentorinaja.db.pool import Connection, Database
from mentorinaja.formats import WIB
from mentorinaja.invoices import rules

# The balances of an expert in the order in which money goes through them; what is owed is below zero.
BALANCES = {
    "expert_held": "Tertahan",
    "expert_available": "Tersedia",
    "expert_withdrawing": "Sedang ditarik",
    "expert_withdrawn": "Sudah ditarik",
    "expert_owed": "Kewajiban",
}
_WORDS = {
    "payment": "Pembayaran diterima",
    "release": "Pendapatan tersedia",
    "owed_back": "Dikembalikan ke pengguna",
    "refund": "Dikembalikan ke pengguna",
    "refund_rejected": "Pengembalian tidak dilanjutkan",
    "refund_resumed": "Pengembalian dilanjutkan lagi",
    "reversal": "Pembayaran dibatalkan bank",
    "chargeback": "Pembayaran ditarik bank kartu",
    "withdrawal": "Penarikan diajukan",
    "withdrawal_paid": "Penarikan dikirim",
    "withdrawal_unsent": "Penarikan ternyata belum dikirim",
    "withdrawal_returned": "Penarikan tidak jadi",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """One journal as the expert sees it; `changes` are whole rupiah by balance, as `BALANCES` names them.

    About an order (`order`, `item`, `payer`) or a withdrawal (`withdrawal`): the other is None.
    """

    at: datetime
    kind: str
    order: str | None
    item: str | None
    payer: str | None
    withdrawal: str | None
    changes: Mapping[str, int]

    @property
    def words(self) -> str:
        """What happened, as the expert reads it."""
        return _WORDS.get(self.kind, "Penyesuaian saldo")

    @property
    def reference(self) -> str:
        """The order or withdrawal it is about."""
        return self.order or self.withdrawal or ""

    @property
    def shown(self) -> list[tuple[str, int]]:
        """(balance as it is called, change), what gives before what gets."""
        changes = [(BALANCES[kind], self.changes[kind]) for kind in BALANCES if self.changes.get(kind)]
        return sorted(changes, key=lambda change: change[1] > 0)


@dataclass(frozen=True, slots=True)
class Month:
    """An expert's month in WIB; `before` and `after` are whole rupiah by balance, `now` when it was asked for.

    `earlier` and `later` are the months beside it that have a statement.
    """

    first: date
    expert: str
    now: datetime
    before: Mapping[str, int]
    movements: tuple[Movement, ...]
    earlier: date | None
    later: date | None

    @property
    def name(self) -> str:
        """`2026-11`."""
        return f"{self.first:%Y-%m}"

    @property
    def is_running(self) -> bool:
        """Whether more may still happen in it."""
        return self.later is None

    @property
    def last(self) -> date:
        """The last day it speaks of."""
        if self.is_running:
            return self.now.astimezone(ZoneInfo(WIB)).date()
        return rules.month_after(self.first) - timedelta(days=1)

    @property
    def after(self) -> dict[str, int]:
        """The balances at its end."""
        return {
            kind: amount + sum(movement.changes.get(kind, 0) for movement in self.movements)
            for kind, amount in self.before.items()
        }

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        """(balance as it is called, before, after); what is owed only where something was."""
        after = self.after
        return [
            (name, self.before[kind], after[kind])
            for kind, name in BALANCES.items()
            if kind != "expert_owed" or self.before[kind] or after[kind]
        ]


async def month_of_expert(db: Database, expert_id: int, first: date, now: datetime) -> Month | None:
    """The expert's statement of the month that begins on `first`.

    None for a month that has not begun, or before the expert's first.
    """
    async with db.snapshot() as connection:
        joined = await connection.fetchrow(
            """SELECT u.full_name, least(e.created_at, (
                 SELECT min(j.at) FROM ledger_journals j JOIN ledger_entries y ON y.journal_id = j.id
                   JOIN ledger_accounts a ON a.id = y.account_id WHERE a.expert_id = e.id)) AS at
               FROM experts e JOIN users u ON u.id = e.user_id WHERE e.id = $1""",
            expert_id,
        )
        assert joined is not None, "the guard let only experts in"
        begin, end = rules.month_of(joined["at"]), rules.month_of(now)
        if not begin <= first <= end:
            return None
        return Month(
            first,
            joined["full_name"],
            now,
            await _before(connection, expert_id, first),
            await _movements(connection, expert_id, first),
            rules.month_after(first, -1) if first > begin else None,
            rules.month_after(first) if first < end else None,
        )


async def _before(db: Connection, expert_id: int, first: date) -> dict[str, int]:
    rows = await db.fetch(
        """SELECT a.kind, -sum(e.amount)::bigint AS amount FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE a.expert_id = $1 AND j.at < $2 GROUP BY a.kind""",
        expert_id,
        rules.begins(first),
    )
    return dict.fromkeys(BALANCES, 0) | {row["kind"]: row["amount"] for row in rows}


async def _movements(db: Connection, expert_id: int, first: date) -> tuple[Movement, ...]:
    rows = await db.fetch(
        """SELECT j.at, j.kind, o.public_id AS order, o.item_name AS item, o.payer_name AS payer,
             CASE WHEN j.kind LIKE 'withdrawal%' THEN split_part(j.key, ':', 2) END AS withdrawal,
             jsonb_object_agg(moved.kind, moved.amount) AS changes
           FROM (SELECT e.journal_id, a.kind, -sum(e.amount)::bigint AS amount
                 FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
                 WHERE a.expert_id = $1 GROUP BY e.journal_id, a.kind) moved
             JOIN ledger_journals j ON j.id = moved.journal_id LEFT JOIN orders o ON o.id = j.order_id
           WHERE j.at >= $2 AND j.at < $3
           GROUP BY j.id, o.id ORDER BY j.at, j.id""",
        expert_id,
        rules.begins(first),
        rules.begins(rules.month_after(first)),
    )
    return tuple(Movement(**dict(row)) for row in rows)
