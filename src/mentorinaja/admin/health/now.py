"""What waits for a decision, and what happens now: counts for the desk's home, each with the list it counts."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Database


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for an admin: how many, and where; `amount` in whole rupiah, None where there is no money."""

    title: str
    address: str
    count: int
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """What waits for a decision, and sessions: `running` now, `paused` of them, and `soon` to begin within an hour."""

    waiting: list[Waiting]
    running: int
    paused: int
    soon: int


# Everything here is counted in indexes of what is open.
_SQL = """
SELECT (SELECT count(*) FROM experts WHERE status = 'submitted') AS applications,
  refunds.count AS refunds, refunds.amount AS refunds_amount,
  transfers.count AS transfers, transfers.amount AS transfers_amount,
  (SELECT count(*) FROM session_reports WHERE decided_at IS NULL) AS reports,
  withdrawals.undecided AS withdrawals, withdrawals.undecided_amount AS withdrawals_amount,
  withdrawals.payouts, withdrawals.payouts_amount,
  (SELECT count(*) FROM role_requests WHERE state = 'open') AS roles,
  (SELECT count(*) FROM active_sessions WHERE status = 'running') AS running,
  (SELECT count(*) FROM active_sessions WHERE status = 'paused') AS paused,
  (SELECT count(*) FROM bookings WHERE status = 'confirmed' AND starts_at > app_now()
     AND starts_at <= app_now() + interval '1 hour') AS soon
FROM (SELECT count(*), coalesce(sum(amount), 0)::bigint AS amount FROM refunds
      WHERE state = 'requested' AND reason = 'quarantined') refunds,
  (SELECT count(*), coalesce(sum(amount), 0)::bigint AS amount FROM refunds r
   WHERE state = 'approved' AND way = 'bank'
     AND EXISTS (SELECT FROM refund_accounts a WHERE a.order_id = r.order_id AND a.bounced_at IS NULL)
  ) transfers,
  (SELECT count(*) FILTER (WHERE state <> 'processing') AS undecided,
     coalesce(sum(amount) FILTER (WHERE state <> 'processing'), 0)::bigint AS undecided_amount,
     count(*) FILTER (WHERE state = 'processing') AS payouts,
     coalesce(sum(amount) FILTER (WHERE state = 'processing'), 0)::bigint AS payouts_amount
   FROM withdrawals WHERE state IN ('requested', 'checked', 'processing')) withdrawals"""


async def now_on(db: Database) -> Now:
    """What there is to decide and what goes on, in one statement."""
    row = await db.fetchrow(_SQL)
    assert row is not None, "counts have a row"
    waiting = [
        Waiting("Lamaran mentor", "/admin/experts?status=submitted", row["applications"]),
        Waiting(
            "Pengembalian menunggu izin",
            "/admin/refunds?waiting=approval",
            row["refunds"],
            row["refunds_amount"],
        ),
        Waiting(
            "Pengembalian lewat bank",
            "/admin/refunds?waiting=transfer",
            row["transfers"],
            row["transfers_amount"],
        ),
        Waiting("Laporan sesi", "/admin/reports?state=open", row["reports"]),
        Waiting(
            "Penarikan menunggu izin",
            "/admin/withdrawals?state=undecided",
            row["withdrawals"],
            row["withdrawals_amount"],
        ),
        Waiting(
            "Penarikan lewat bank",
            "/admin/withdrawals?state=processing",
            row["payouts"],
            row["payouts_amount"],
        ),
        Waiting("Perubahan peran", "/admin/users", row["roles"]),
    ]
    return Now(waiting, row["running"], row["paused"], row["soon"])
