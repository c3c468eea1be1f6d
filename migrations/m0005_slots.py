"""The one function that decides which slots are free, and what lists keep of it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0005"
VERSION = "1.38.0"
DESCRIPTION = "The one function that decides which slots are free, and what lists keep of it."

SQL = """
-- Free starts for one expert and a session of p_minutes, within [p_from, p_to), in time order.
-- A pending booking past its payment deadline holds nothing. p_user: that user's own live bookings block too.
CREATE FUNCTION free_slots(
  p_expert bigint, p_minutes integer, p_from timestamptz, p_to timestamptz,
  p_user bigint DEFAULT NULL, p_limit integer DEFAULT NULL
) RETURNS TABLE (starts_at timestamptz) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  -- plpgsql keeps the plan, which takes longer to make than to run.
  RETURN QUERY WITH rules AS (
    SELECT s.*, greatest(p_from, app_now() + make_interval(mins => s.notice_minutes)) AS earliest,
           least(p_to, app_now() + make_interval(days => s.horizon_days)) AS latest
    FROM schedules s WHERE s.expert_id = p_expert
  ), days AS (
    -- The expert's own days; one more, for sessions that run over midnight.
    SELECT r.expert_id, d::date AS day
    FROM rules r, generate_series(
      (r.earliest AT TIME ZONE r.time_zone)::date::timestamp,
      (r.latest AT TIME ZONE r.time_zone)::date::timestamp + interval '1 day', interval '1 day') AS d
    WHERE r.earliest < r.latest
  ), ranges AS (
    -- '24:00' is the day's end, which only an interval can say.
    SELECT d.day, tsrange(d.day + h.starts, d.day + h.ends::interval) AS hours
      FROM days d
      JOIN weekly_hours h ON h.expert_id = d.expert_id AND h.weekday = extract(isodow FROM d.day)
      WHERE NOT EXISTS (SELECT FROM schedule_exceptions x
                        WHERE x.expert_id = d.expert_id AND x.day = d.day AND x.kind = 'off')
    UNION ALL
    SELECT d.day, tsrange(d.day + x.starts, d.day + x.ends::interval)
      FROM days d JOIN schedule_exceptions x ON x.expert_id = d.expert_id AND x.day = d.day AND x.kind = 'extra'
  ), opened AS (
    SELECT range_agg(hours) AS hours FROM ranges
  ), parts AS (
    -- Ranges of one day that touch or overlap are one; starts are counted from its beginning.
    SELECT unnest(range_agg(hours)) AS part FROM ranges GROUP BY day
  ), busy AS (
    SELECT range_agg(b.blocked) AS times FROM rules r, bookings b JOIN orders o ON o.id = b.order_id
    WHERE b.expert_id = p_expert AND b.blocked && tstzrange(r.earliest, r.latest + interval '13 hours')
      AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
  ), own AS (
    SELECT range_agg(b.during) AS times FROM rules r, bookings b JOIN orders o ON o.id = b.order_id
    WHERE b.user_id = p_user AND b.during && tstzrange(r.earliest, r.latest + interval '9 hours')
      AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
  ), starts AS (
    SELECT local_start AT TIME ZONE r.time_zone AS at, r.buffer_minutes
    FROM rules r, opened, parts,
      generate_series(lower(part), upper(part) - interval '1 minute', make_interval(mins => r.step_minutes)) AS local_start
    WHERE opened.hours @> tsrange(local_start, local_start + make_interval(mins => p_minutes))
      AND local_start AT TIME ZONE r.time_zone >= r.earliest AND local_start AT TIME ZONE r.time_zone < r.latest
  )
  SELECT s.at FROM starts s, busy, own
  WHERE p_minutes > 0
    AND (busy.times && tstzrange(s.at, s.at + make_interval(mins => p_minutes + s.buffer_minutes))) IS NOT TRUE
    AND (own.times && tstzrange(s.at, s.at + make_interval(mins => p_minutes))) IS NOT TRUE
  ORDER BY s.at LIMIT p_limit;
END $$;

-- Whether "Sekarang" can be offered: the switch is on and 25 minutes + session + buffer are free from now
-- (15 to pay, 10 for the expert to arrive).
CREATE FUNCTION ready_now(p_expert bigint, p_minutes integer, p_user bigint DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(e.ready_until > app_now(), false) AND coalesce(p_minutes > 0, false)
    AND NOT EXISTS (
      SELECT FROM bookings b JOIN orders o ON o.id = b.order_id
      WHERE b.expert_id = p_expert
        AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
        AND b.blocked && tstzrange(app_now(), app_now() + make_interval(mins => 25 + p_minutes + s.buffer_minutes)))
    AND NOT EXISTS (
      SELECT FROM bookings b JOIN orders o ON o.id = b.order_id
      WHERE b.user_id = p_user
        AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
        AND b.during && tstzrange(app_now(), app_now() + make_interval(mins => 25 + p_minutes)))
  FROM experts e JOIN schedules s ON s.expert_id = e.id WHERE e.id = p_expert);
END $$;

-- The next free start for the expert's shortest service, or NULL within the horizon. Looks one week at a
-- time: most experts have a free slot in the first.
CREATE FUNCTION next_free_slot(p_expert bigint, p_minutes integer) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_from timestamptz := app_now();
  v_end timestamptz;
  v_slot timestamptz;
BEGIN
  SELECT app_now() + make_interval(days => horizon_days) INTO v_end FROM schedules WHERE expert_id = p_expert;
  WHILE v_from < v_end LOOP
    SELECT f.starts_at INTO v_slot
      FROM free_slots(p_expert, p_minutes, v_from, least(v_from + interval '7 days', v_end), NULL, 1) f;
    EXIT WHEN v_slot IS NOT NULL;
    v_from := v_from + interval '7 days';
  END LOOP;
  RETURN v_slot;
END $$;

-- Rewrite what lists keep of one expert. Called in the transaction of whatever changed it.
CREATE FUNCTION refresh_listing(p_expert bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH offer AS (
    SELECT min(price) AS lowest, min(duration_minutes) AS shortest,
           (array_agg(id ORDER BY price, id))[1] AS cheapest,
           array_agg(DISTINCT category) AS categories, string_agg(name || ' ' || description, ' ') AS words
    FROM services
    WHERE expert_id = p_expert AND active AND archived_at IS NULL AND duration_minutes IS NOT NULL
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

-- The slot a card shows: what was kept, unless the minimum notice has overtaken it.
CREATE FUNCTION listed_slot(e experts) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF e.next_slot_at IS NULL OR e.next_slot_at >= app_now() + make_interval(
    mins => (SELECT notice_minutes FROM schedules WHERE expert_id = e.id)) THEN
    RETURN e.next_slot_at;
  END IF;
  RETURN next_free_slot(e.id, e.shortest_minutes);
END $$;

-- Whoever changes the name of an account changes the name its expert is listed and found by.
CREATE FUNCTION expert_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_listing(id) FROM experts WHERE user_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER expert_renamed AFTER UPDATE OF full_name ON users
  FOR EACH ROW WHEN (OLD.full_name IS DISTINCT FROM NEW.full_name) EXECUTE FUNCTION expert_renamed();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
