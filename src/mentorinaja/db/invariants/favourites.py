"""What must always hold of wishes for a slot; part of `invariants.INVARIANTS`."""

from __future__ import annotations

FAVOURITES = {
    "A9_a_wish_is_told_once": """
        SELECT w.id, w.state, w.tellings, m.written, m.sent FROM slot_wishes w, LATERAL (
          SELECT count(*) AS written, count(*) FILTER (WHERE status = 'sent') AS sent FROM outbox
          WHERE kind = 'slot_open' AND about = 'wish-' || w.id AND user_id = w.user_id) m
        WHERE m.written <> w.tellings OR m.sent > 1 OR (m.sent = 1 AND w.state <> 'told')""",
}
