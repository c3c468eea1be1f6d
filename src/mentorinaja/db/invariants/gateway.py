"""What must always hold of Midtrans's words: kept with the state they mean, and compared; part of `INVARIANTS`."""

from __future__ import annotations

GATEWAY = {
    "M3_word_fits_state": """
        SELECT transaction_id, gateway_status, state FROM payment_transactions WHERE NOT CASE state
          WHEN 'waiting' THEN gateway_status = 'pending'
          WHEN 'review' THEN gateway_status = 'capture'
          WHEN 'expired' THEN gateway_status = 'expire'
          WHEN 'failed' THEN gateway_status IN ('failure', 'deny', 'cancel', 'capture')
          WHEN 'paid' THEN gateway_status IN ('capture', 'settlement')
          WHEN 'refunded' THEN gateway_status IN ('refund', 'partial_refund', 'cancel')
          WHEN 'partially_refunded' THEN gateway_status IN ('refund', 'partial_refund')
          WHEN 'chargeback' THEN gateway_status IN ('chargeback', 'partial_chargeback')
          WHEN 'reversed' THEN gateway_status IN ('failure', 'deny', 'cancel', 'capture')
          ELSE true END""",
    "M6_every_attempt_is_compared": """
        SELECT gateway_order_id FROM payment_attempts WHERE next_compare_at IS NULL AND compared_at IS NULL""",
    "M6_differences_are_seen_since_found": """
        SELECT id FROM gateway_differences WHERE seen_at < found_at OR resolved_at < found_at""",
}
