"""Reading files for the bank: which one a transfer stands in, and what stands in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Connection, Database
from mentorinaja.transfers.rules import Kind, Line


@dataclass(frozen=True, slots=True)
class Batched:
    """A transfer in the last file it was put into: which, by whom, when, and the end of the account it says."""

    batch_id: int
    made_at: datetime
    made_by: str
    round: int
    amount: int
    tail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A file for the bank; `amount` in whole rupiah, `count` its lines."""

    id: int
    made_at: datetime
    made_by: str
    count: int
    amount: int


async def batched(
    db: Connection | Database, kind: Kind, subjects: Sequence[str]
) -> dict[tuple[str, int], Batched]:
    """The last file of each of these transfers that stands in one, by its subject and round."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (i.subject, i.round) i.subject, b.id AS batch_id, b.made_at, u.full_name AS made_by,
             i.round, i.amount, i.tail
           FROM transfer_items i JOIN transfer_batches b ON b.id = i.batch_id JOIN users u ON u.id = b.made_by
           WHERE i.kind = $1 AND i.subject = ANY($2::text[]) ORDER BY i.subject, i.round, i.id DESC""",
        kind,
        list(subjects),
    )
    found = [dict(row) for row in rows]
    return {(row.pop("subject"), row["round"]): Batched(**row) for row in found}


async def file_of(db: Connection | Database, kind: Kind, subject: str, round_: int) -> Batched | None:
    """The last file that this transfer stands in, or None."""
    return (await batched(db, kind, [subject])).get((subject, round_))


async def latest(db: Connection | Database, kind: Kind, most: int = 10) -> list[Batch]:
    """The last files of a kind, newest first."""
    rows = await db.fetch(
        """SELECT b.id, b.made_at, u.full_name AS made_by, sums.count, sums.amount
           FROM transfer_batches b JOIN users u ON u.id = b.made_by,
             LATERAL (SELECT count(*) AS count, sum(i.amount)::bigint AS amount
                      FROM transfer_items i WHERE i.batch_id = b.id) sums
           WHERE b.kind = $1 ORDER BY b.id DESC LIMIT $2""",
        kind,
        most,
    )
    return [Batch(**row) for row in rows]


async def lines_of(db: Connection | Database, kind: Kind, batch_id: int) -> list[Line]:
    """What stands in a file of this kind, in its order; empty when there is no such file."""
    rows = await db.fetch(
        """SELECT subject, round, amount, bank, number_sealed, tail, holder FROM transfer_items
           WHERE kind = $1 AND batch_id = $2 ORDER BY id""",
        kind,
        batch_id,
    )
    return [Line(**row) for row in rows]
