"""The demo's bank is told of payments that were made without it, so that it can refund and compare them."""

from __future__ import annotations

import httpx
import msgspec

from mentorinaja.db.pool import Database

_MOST_AT_ONCE = 200


async def tell_simulator(db: Database, simulator: str) -> int:
    """Make every attempt that has a transaction known to the simulator at this address; answers how many were new."""
    rows = await db.fetch(
        """SELECT a.gateway_order_id, a.snap_token AS token, a.amount AS gross_amount, a.created_at,
             a.expires_at AS page_expires_at, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'transaction_id', t.transaction_id, 'payment_type', t.payment_type,
               'transaction_status', t.gateway_status, 'fraud_status', t.fraud_status,
               'gross_amount', t.amount, 'created_at', t.began_at,
               'paid_at', CASE WHEN t.state IN ('paid', 'quarantined', 'partially_refunded', 'refunded', 'chargeback',
                 'reversed') THEN t.began_at END,
               'refunded', CASE WHEN t.state = 'chargeback' THEN 0 ELSE t.returned END,
               'charged_back', CASE WHEN t.state = 'chargeback' THEN t.returned ELSE 0 END))
               ORDER BY t.began_at, t.transaction_id) AS transactions
           FROM payment_attempts a JOIN payment_transactions t ON t.attempt_id = a.id
           WHERE a.snap_token IS NOT NULL GROUP BY a.id ORDER BY a.id"""
    )
    told = 0
    async with httpx.AsyncClient(base_url=simulator, timeout=30, trust_env=False) as client:
        for start in range(0, len(rows), _MOST_AT_ONCE):
            past = [dict(row) for row in rows[start : start + _MOST_AT_ONCE]]
            answer = await client.put("/_control/transactions", content=msgspec.json.encode(past))
            answer.raise_for_status()
            told += answer.json()["adopted"]
    return told
