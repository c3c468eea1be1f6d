"""Unhurried threads on sale: when their answers can be due, and lists that count them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0015"
VERSION = "1.38.0"
DESCRIPTION = "Unhurried threads on sale: when their answers can be due, and lists that count them."

SQL = """
-- A thread is written: it has neither a meeting link nor an address.
UPDATE services SET active = false WHERE duration_minutes IS NULL AND category <> 'online_chat';
ALTER TABLE services ADD CONSTRAINT services_threads_are_written
  CHECK (duration_minutes IS NOT NULL OR category = 'online_chat' OR NOT active);
ALTER TABLE bookings ADD CONSTRAINT bookings_threads_are_written
  CHECK (duration_minutes IS NOT NULL OR (category = 'online_chat' AND NOT is_now));

-- When the answer of a thread can be due, within [p_from, p_to), in time order: every hour from the beginning
-- of each unbroken stretch of the expert's working hours, from the minimum notice to the horizon. It takes no
-- slot, so nothing else the expert or the user has booked matters.
CREATE FUNCTION due_times(p_expert bigint, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (starts_at timestamptz) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY WITH rules AS (
    SELECT s.expert_id, s.time_zone, greatest(p_from, app_now() + make_interval(mins => s.notice_minutes)) AS earliest,
           least(p_to, app_now() + make_interval(days => s.horizon_days)) AS latest
    FROM schedules s WHERE s.expert_id = p_expert
  ), days AS (
    SELECT r.expert_id, d::date AS day
    FROM rules r, generate_series(
      (r.earliest AT TIME ZONE r.time_zone)::date::timestamp,
      (r.latest AT TIME ZONE r.time_zone)::date::timestamp, interval '1 day') AS d
    WHERE r.earliest < r.latest
  ), ranges AS (
    SELECT d.day, tsrange(d.day + h.starts, d.day + h.ends::interval) AS hours
      FROM days d
      JOIN weekly_hours h ON h.expert_id = d.expert_id AND h.weekday = extract(isodow FROM d.day)
      WHERE NOT EXISTS (SELECT FROM schedule_exceptions x
                        WHERE x.expert_id = d.expert_id AND x.day = d.day AND x.kind = 'off')
    UNION ALL
    SELECT d.day, tsrange(d.day + x.starts, d.day + x.ends::interval)
      FROM days d JOIN schedule_exceptions x ON x.expert_id = d.expert_id AND x.day = d.day AND x.kind = 'extra'
  ), parts AS (
    SELECT unnest(range_agg(hours)) AS part FROM ranges GROUP BY day
  ), due AS (
    SELECT local_due AT TIME ZONE r.time_zone AS at, r.earliest, r.latest
    FROM rules r, parts,
      generate_series(lower(part), upper(part) - interval '1 minute', interval '1 hour') AS local_due
  )
  SELECT d.at FROM due d WHERE d.at >= d.earliest AND d.at < d.latest ORDER BY d.at;
END $$;

-- What the booking form offers and the booking checks: the free starts of a session, the due times of a thread.
CREATE FUNCTION bookable_times(
  p_expert bigint, p_minutes integer, p_from timestamptz, p_to timestamptz, p_user bigint DEFAULT NULL
) RETURNS TABLE (starts_at timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_minutes IS NULL THEN
    RETURN QUERY SELECT d.starts_at FROM due_times(p_expert, p_from, p_to) d;
  ELSE
    RETURN QUERY SELECT f.starts_at FROM free_slots(p_expert, p_minutes, p_from, p_to, p_user) f;
  END IF;
END $$;

-- As before, with threads: they count for price, category and words, and have no slot.
CREATE OR REPLACE FUNCTION refresh_listing(p_expert bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH offer AS (
    SELECT min(price) AS lowest, min(duration_minutes) AS shortest,
           (array_agg(id ORDER BY price, id))[1] AS cheapest,
           array_agg(DISTINCT category) AS categories, string_agg(name || ' ' || description, ' ') AS words
    FROM services
    WHERE expert_id = p_expert AND active AND archived_at IS NULL
  ), tags AS (
    SELECT coalesce(array_agg(name ORDER BY place) FILTER (WHERE kind = 'expertise'), '{}') AS expertise,
           coalesce(string_agg(name, ' ' ORDER BY place), '') AS words
    FROM expert_tags WHERE expert_id = p_expert
  )
  UPDATE experts e SET
    display_name = u.full_name,
    lowest_price = offer.lowest,
    lowest_price_service_id = offer.cheapest,
    shortest_minutes = offer.shortest,
    categories = coalesce(offer.categories, '{}'),
    expertise = tags.expertise,
    next_slot_at = next_free_slot(e.id, offer.shortest),
    listed_at = app_now(),
    search_text = plain_words(concat_ws(
      ' ', u.full_name, e.position_title, e.company, tags.words, e.bio, offer.words, e.city)),
    search =
      setweight(to_tsvector('indonesian', plain_words(concat_ws(' ', u.full_name, e.position_title, e.company))), 'A')
      || setweight(to_tsvector('indonesian', plain_words(tags.words)), 'B')
      || setweight(to_tsvector('indonesian', plain_words(concat_ws(' ', e.bio, offer.words, e.city))), 'C')
  FROM users u, offer, tags
  WHERE e.id = p_expert AND u.id = e.user_id;
END $$;

SELECT refresh_listing(expert_id) FROM (
  SELECT DISTINCT expert_id FROM services
  WHERE active AND archived_at IS NULL AND duration_minutes IS NULL) AS sells_threads;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
