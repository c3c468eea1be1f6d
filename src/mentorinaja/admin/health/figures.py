"""Sales, fees and what went back, day by day in Jakarta: added up from the ledger by a job, read by the desk's home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mentorinaja.db.pool import Database

# A journal is visible at the latest so long after its time: no transaction may run longer.
_SETTLED = "interval '2 minutes'"

# The first day after $1 that is wanted, one a statement: none takes long, however much there is to do.
_COUNT = f"""
WITH today AS (SELECT (app_now() AT TIME ZONE 'Asia/Jakarta')::date AS day),
  begun AS (SELECT (min(at) AT TIME ZONE 'Asia/Jakarta')::date AS day FROM ledger_journals),
  wanted AS (
    SELECT d::date AS day, d AT TIME ZONE 'Asia/Jakarta' AS starts,
      (d + interval '1 day') AT TIME ZONE 'Asia/Jakarta' AS ends
    FROM today, begun, generate_series(begun.day::timestamp, today.day::timestamp, interval '1 day') AS d
    WHERE d::date > $1::date AND NOT EXISTS (SELECT FROM daily_figures f WHERE f.day = d::date AND f.day < today.day
      AND f.counted_at >= (d + interval '1 day') AT TIME ZONE 'Asia/Jakarta' + {_SETTLED}
      AND f.counted_at <= app_now())
    ORDER BY d LIMIT 1),
  counted AS (
    INSERT INTO daily_figures (day, sales, sold, fees, returned, counted_at)
    SELECT w.day, f.sales, f.sold, f.fees, f.returned, app_now()
    FROM wanted w, LATERAL (
      SELECT count(DISTINCT j.id) FILTER (WHERE j.kind = 'payment') AS sales,
        coalesce(-sum(e.amount) FILTER (WHERE j.kind = 'payment' AND e.amount < 0), 0) AS sold,
        coalesce(-sum(e.amount) FILTER (WHERE a.kind IN ('platform_fee', 'admin_fee')), 0) AS fees,
        coalesce(-sum(e.amount) FILTER (WHERE a.kind IN ('gateway', 'refunded')
          AND j.kind IN ('refund', 'refund_bounced', 'reversal', 'chargeback')), 0) AS returned
      FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
      WHERE j.at >= w.starts AND j.at < w.ends) f
    ON CONFLICT (day) DO UPDATE SET sales = excluded.sales, sold = excluded.sold, fees = excluded.fees,
      returned = excluded.returned, counted_at = excluded.counted_at
    RETURNING day)
SELECT day FROM counted"""


@dataclass(frozen=True, slots=True)
class Day:
    """A day's figures in whole rupiah: `sales` payments of together `sold`; fees net of what was given back of them."""

    day: date
    sales: int
    sold: int
    fees: int
    returned: int


@dataclass(frozen=True, slots=True)
class Days:
    """Days in order, none left out; `counted_at`: when the newest of them was added up, None before the first time."""

    days: list[Day]
    counted_at: datetime | None


async def days_until_now(db: Database, length: int) -> Days:
    """The last so many days, today with them."""
    rows = await db.fetch(
        """SELECT d::date AS day, coalesce(f.sales, 0) AS sales, coalesce(f.sold, 0) AS sold,
             coalesce(f.fees, 0) AS fees, coalesce(f.returned, 0) AS returned, f.counted_at
           FROM (SELECT (app_now() AT TIME ZONE 'Asia/Jakarta')::date AS today) now,
             generate_series(today - ($1::integer - 1), today::timestamp, interval '1 day') AS d
             LEFT JOIN daily_figures f ON f.day = d::date
           ORDER BY d""",
        length,
    )
    days = [Day(row["day"], row["sales"], row["sold"], row["fees"], row["returned"]) for row in rows]
    return Days(days, max((row["counted_at"] for row in rows if row["counted_at"]), default=None))


async def count_days(db: Database) -> None:
    """Add up today, and every earlier day since the first that is not added up to its end. Safe to run twice.

    A day that was over when it was added up is never looked at again: the ledger only grows.
    """
    last: date | None = date.min
    while last is not None:
        last = await db.fetchval(_COUNT, last)
