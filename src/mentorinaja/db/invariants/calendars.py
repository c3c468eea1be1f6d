"""What must always hold of calendars outside; part of `invariants.INVARIANTS`."""

from __future__ import annotations

CALENDARS = {
    "B5_busy_times_of_a_calendar_are_apart": """
        SELECT a.source_id, a.during, b.during FROM busy_times a
        JOIN busy_times b ON b.source_id = a.source_id AND b.during && a.during AND b.during <> a.during""",
    # Lists are rewritten in the transaction that changes when an expert is busy.
    "B5_no_card_offers_a_busy_time": """
        SELECT e.id, e.next_slot_at, t.during FROM experts e JOIN busy_times t ON t.expert_id = e.id
        WHERE t.during @> e.next_slot_at AND e.next_slot_at > app_now()""",
    "B5_who_is_told_of_a_failure_had_a_day_of_it": """
        SELECT id, failing_since, told_at FROM calendar_sources
        WHERE told_at < failing_since + interval '24 hours'""",
}
