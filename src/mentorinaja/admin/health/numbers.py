"""Whether the money is whole: five numbers that are normally zero, each with its cases, defined here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import asyncpg

from mentorinaja.admin.upkeep.words import kind_of
from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments.rules import OVERDUE_AFTER, UNHEARD_AFTER

# So long after its time a mail that was not sent is late: the sweep runs each minute, and a mail server pauses.
MAIL_LATE_AFTER = timedelta(minutes=15)
# The cases shown at once, the oldest first.
_SHOWN = 5

# A difference `d` that somebody should look at; a notification's word is given time to be confirmed. Takes {after}.
OPEN_DIFFERENCE = "d.resolved_at IS NULL AND NOT (d.told AND d.found_at > app_now() - {after}::interval)"
MORE_THERE = "coalesce(d.there, 0) > d.here"
MORE_HERE = "coalesce(d.there, 0) < d.here"
# An order `o` that nobody closed. Takes {after}.
OVERDUE = "o.payment_status = 'waiting' AND o.pay_deadline < app_now() - {after}::interval"
# Mails `m` that nobody will send, or should have sent. Takes {after}. Who mistyped their first address cannot be told.
FAILED_MAIL = "m.status = 'failed' AND m.kind <> 'verify'"
LATE_MAIL = "m.status IN ('waiting', 'sending') AND m.due_at < app_now() - {after}::interval"
# A withdrawal `w` past the day that its expert was told.
LATE_WITHDRAWAL = """w.state IN ('requested', 'checked', 'processing')
  AND withdrawal_due(w.asked_at) < (app_now() AT TIME ZONE 'Asia/Jakarta')::date"""
# A refund `r` past the day by which its payer may expect it.
LATE_REFUND = """r.state NOT IN ('done', 'rejected')
  AND refund_promise(r) < (app_now() AT TIME ZONE 'Asia/Jakarta')::date"""
_DIFFERENCES = """gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
  JOIN orders o ON o.id = a.order_id"""

_UNHEARD = OPEN_DIFFERENCE.format(after="$1")
_SQL = f"""
WITH cases (name, desk, id, label, amount, since) AS (
  SELECT 'there', 'differences', d.id::text, o.public_id, coalesce(d.there, 0) - d.here, d.found_at
    FROM {_DIFFERENCES} WHERE {_UNHEARD} AND {MORE_THERE}
  UNION ALL
  SELECT 'here', 'differences', d.id::text, o.public_id, d.here - coalesce(d.there, 0), d.found_at
    FROM {_DIFFERENCES} WHERE {_UNHEARD} AND {MORE_HERE}
  UNION ALL
  SELECT 'unpaid', 'unpaid', o.public_id, o.public_id, o.total, o.pay_deadline
    FROM orders o WHERE {OVERDUE.format(after="$2")}
  UNION ALL
  SELECT 'mails', 'mails', m.id::text, m.kind, 0, m.due_at FROM outbox m WHERE {FAILED_MAIL}
  UNION ALL
  SELECT 'mails', 'mails', m.id::text, m.kind, 0, m.due_at FROM outbox m WHERE {LATE_MAIL.format(after="$3")}
  UNION ALL
  SELECT 'payouts', 'withdrawals', w.public_id, w.public_id, w.amount, w.asked_at
    FROM withdrawals w WHERE {LATE_WITHDRAWAL}
  UNION ALL
  SELECT 'payouts', 'refunds', r.id::text, o.public_id, r.amount, r.created_at
    FROM refunds r JOIN orders o ON o.id = r.order_id WHERE {LATE_REFUND}
)
SELECT name, desk, count(*) AS cases, sum(amount)::bigint AS amount, min(since) AS since,
  (array_agg(id ORDER BY since, id))[1:{_SHOWN}] AS ids, (array_agg(label ORDER BY since, id))[1:{_SHOWN}] AS labels
FROM cases GROUP BY name, desk ORDER BY name, desk"""


@dataclass(frozen=True, slots=True)
class Cases:
    """What of a number lies on one desk: how many, whole rupiah, the oldest of them by id and label."""

    desk: str
    count: int
    amount: int
    since: datetime
    oldest: tuple[tuple[str, str], ...]
    query: str


@dataclass(frozen=True, slots=True)
class Number:
    """One of the five; `mend` says what to do about a case of it, `calm` what zero means."""

    name: str
    title: str
    calm: str
    mend: str
    desks: tuple[tuple[str, str], ...]
    has_money: bool = True
    cases: tuple[Cases, ...] = field(default=())

    @property
    def count(self) -> int:
        """How many cases there are."""
        return sum(part.count for part in self.cases)

    @property
    def amount(self) -> int:
        """Whole rupiah of all of them."""
        return sum(part.amount for part in self.cases)

    @property
    def since(self) -> datetime | None:
        """The oldest case's time; None when there is none."""
        return min((part.since for part in self.cases), default=None)

    @property
    def address(self) -> str:
        """The list of its cases."""
        desk, query = (self.cases[0].desk, self.cases[0].query) if self.cases else self.desks[0]
        return f"/admin/{desk}?{query}"


# `desks` are the lists on which its cases lie, each with the part of the address that narrows it down to them.
NUMBERS: tuple[Number, ...] = (
    Number(
        "there",
        "Dibayar di Midtrans, belum di sini",
        "Semua uang di Midtrans tercatat.",
        "Buka kasusnya dan bandingkan lagi; jika tetap berbeda, catat untuk dikembalikan.",
        (("differences", "state=open&side=there"),),
    ),
    Number(
        "here",
        "Di sini, tidak ada di Midtrans",
        "Semua uang di buku besar ada di Midtrans.",
        "Buka kasusnya, bandingkan lagi; jika tetap tidak ada, catat sudah diambil kembali.",
        (("differences", "state=open&side=here"),),
    ),
    Number(
        "unpaid",
        "Belum dibayar, lewat batas",
        "Tidak ada order yang lewat batas bayar.",
        "Buka kasusnya, lalu tutup setelah Midtrans ditanya.",
        (("unpaid", "state=late"),),
    ),
    Number(
        "mails",
        "Email belum terkirim",
        "Semua email terkirim.",
        "Buka emailnya, lalu kirim lagi atau batalkan.",
        (("mails", "state=late"),),
        has_money=False,
    ),
    Number(
        "payouts",
        "Pembayaran keluar terlambat",
        "Semua penarikan dan pengembalian tepat waktu.",
        "Buka kasusnya, lalu setujui, kirim lewat bank, dan tandai terkirim.",
        (("withdrawals", "due=late"), ("refunds", "waiting=late")),
    ),
)


async def numbers(db: Connection | Database) -> tuple[Number, ...]:
    """The five numbers as they are now, in one statement."""
    rows = await db.fetch(_SQL, UNHEARD_AFTER, OVERDUE_AFTER, MAIL_LATE_AFTER)
    return tuple(_with_cases(number, rows) for number in NUMBERS)


def _with_cases(number: Number, rows: Sequence[asyncpg.Record]) -> Number:
    queries = dict(number.desks)
    return replace(
        number,
        cases=tuple(
            Cases(
                row["desk"],
                row["cases"],
                row["amount"],
                row["since"],
                tuple(zip(row["ids"], map(kind_of, row["labels"]), strict=True)),
                queries[row["desk"]],
            )
            for row in rows
            if row["name"] == number.name
        ),
    )
