"""The lines behind an expert's balances: each movement with what the balance became, and the months' earnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mentorinaja.db.pool import Connection, Database
from mentorinaja.formats import rupiah
from mentorinaja.ledger.flow import TO_EXPERT

LINES_PER_PAGE = 30
# All that an expert ever earned and has, wherever it is now; what is owed is still in it.
EARNED = ("expert_held", "expert_available", "expert_withdrawing", "expert_withdrawn")
# What went back after it was paid out: the one balance of an expert that counts the other way round.
OWED = ("expert_owed",)
_WORDS = TO_EXPERT | {
    "withdrawal": "Penarikan diajukan",
    "withdrawal_paid": "Penarikan ditransfer ke rekening Anda",
    "withdrawal_unsent": "Penarikan ternyata belum ditransfer",
    "withdrawal_returned": "Penarikan tidak jadi, uangnya kembali",
}

# Expert, kinds of account, the journal before which lines are wanted (NULL: the newest), how many, which way to count.
_LINES = """
    WITH moved AS (
      SELECT e.journal_id, ($5 * sum(e.amount))::bigint AS amount
      FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
      WHERE a.expert_id = $1 AND a.kind = ANY ($2) GROUP BY e.journal_id HAVING sum(e.amount) <> 0
    ), summed AS (
      SELECT journal_id AS id, amount, sum(amount) OVER (ORDER BY journal_id)::bigint AS balance FROM moved
    )
    SELECT s.id, j.at, j.kind, o.public_id AS order_id, o.item_name, o.payer_name,
      CASE WHEN j.kind LIKE 'withdrawal%' THEN split_part(j.key, ':', 2) END AS withdrawal, s.amount, s.balance,
      (SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
       WHERE e.journal_id = s.id AND a.expert_id = $1 AND a.kind = 'expert_owed' AND a.kind <> ALL ($2))::bigint AS owed
    FROM summed s JOIN ledger_journals j ON j.id = s.id LEFT JOIN orders o ON o.id = j.order_id
    WHERE $3::bigint IS NULL OR s.id < $3 ORDER BY s.id DESC LIMIT $4
"""
_MONTHS = """
    WITH span AS (
      SELECT last, last - make_interval(months => $3 - 1) AS first
      FROM (SELECT date_trunc('month', app_now() AT TIME ZONE 'Asia/Jakarta') AS last) today
    ), earned AS (
      SELECT date_trunc('month', j.at AT TIME ZONE 'Asia/Jakarta') AS month, -sum(e.amount)::bigint AS amount
      FROM span, ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
        JOIN ledger_journals j ON j.id = e.journal_id
      WHERE a.expert_id = $1 AND a.kind = ANY ($2) AND j.at >= span.first AT TIME ZONE 'Asia/Jakarta' GROUP BY 1
    )
    SELECT m.month::date AS month, coalesce(e.amount, 0) AS amount
    FROM span, generate_series(span.first, span.last, interval '1 month') m (month)
      LEFT JOIN earned e ON e.month = m.month
    ORDER BY m.month
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of a balance: by how much, and what it was then, in whole rupiah.

    About an order or a withdrawal: what belongs to the other is None. `id` tells where the next page begins;
    `owed` by how much more (less: below zero) the expert owes since, where that is not what the line is about.
    """

    id: int
    at: datetime
    kind: str
    order_id: str | None
    item_name: str | None
    payer_name: str | None
    withdrawal: str | None
    amount: int
    balance: int
    owed: int

    @property
    def words(self) -> str:
        """What happened, as the expert reads it."""
        return _WORDS[self.kind]

    @property
    def note(self) -> str | None:
        """Why it is not the whole of what moved."""
        if self.owed > 0:
            return f"{rupiah(self.owed)} lagi dipotong dari pendapatan berikutnya"
        return f"{rupiah(-self.owed)} dipakai untuk menutup kekurangan saldo" if self.owed else None


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of lines, the newest first; `older` is what the next page is asked for with, None on the last."""

    lines: list[Line]
    older: int | None


async def lines_of(
    db: Connection | Database, expert_id: int, kinds: tuple[str, ...], before: int | None = None
) -> Lines:
    """The movements of an expert's accounts of these kinds together; what only changes place among them is none."""
    way = 1 if kinds == OWED else -1
    rows = await db.fetch(_LINES, expert_id, list(kinds), before, LINES_PER_PAGE + 1, way)
    lines = [Line(**dict(row)) for row in rows[:LINES_PER_PAGE]]
    return Lines(lines, lines[-1].id if len(rows) > LINES_PER_PAGE else None)


async def earned_by_month(
    db: Connection | Database, expert_id: int, months: int = 12
) -> list[tuple[date, int]]:
    """(first day, whole rupiah earned) of the last months in WIB, the running one last; below zero when more went back."""
    rows = await db.fetch(_MONTHS, expert_id, list(EARNED), months)
    return [(row["month"], row["amount"]) for row in rows]
