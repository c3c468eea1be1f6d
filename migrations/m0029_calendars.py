"""Calendars: private addresses of own sessions, busy times from outside, and slots that keep clear of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0029"
VERSION = "1.38.0"
DESCRIPTION = "Calendars: private addresses of own sessions, busy times from outside, and slots that keep clear of them."

SQL = """
-- The one address under which a calendar program reads a person's sessions. It is made of the secret key and
-- `nonce`; only its hash stands here, so what the database knows opens no calendar.
CREATE TABLE calendar_feeds (
  user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 16),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  made_at timestamptz NOT NULL DEFAULT app_now()
);

-- Calendars outside that say when an expert is busy. `sealed` is the address, which opens them to whoever knows it;
-- `digest` tells the same address again. `problem` is why the last reading failed, since `failing_since`.
CREATE TABLE calendar_sources (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts,
  host text NOT NULL CHECK (length(host) BETWEEN 1 AND 260),
  sealed bytea NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  -- The server's mark of what was read whole at `whole_at`, its days taken for days of `zone`.
  etag text NOT NULL DEFAULT '' CHECK (length(etag) <= 200),
  whole_at timestamptz NOT NULL DEFAULT app_now(),
  zone text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT app_now(),
  read_at timestamptz NOT NULL DEFAULT app_now(),
  tried_at timestamptz NOT NULL DEFAULT app_now(),
  -- counts what was written down of readings: of two at once the first is kept
  version bigint NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL,
  problem text,
  failing_since timestamptz,
  told_at timestamptz,
  CONSTRAINT calendar_sources_once UNIQUE (expert_id, digest),
  UNIQUE (id, expert_id),
  CHECK ((problem IS NULL) = (failing_since IS NULL)),
  CHECK (told_at IS NULL OR failing_since IS NOT NULL)
);
CREATE INDEX calendar_sources_due ON calendar_sources (next_try_at);

-- When, and nothing else: no title, no place, nobody's name. Those of one source never overlap.
CREATE TABLE busy_times (
  expert_id bigint NOT NULL,
  source_id bigint NOT NULL,
  during tstzrange NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
  PRIMARY KEY (source_id, during),
  FOREIGN KEY (source_id, expert_id) REFERENCES calendar_sources (id, expert_id) ON DELETE CASCADE
);
CREATE INDEX busy_times_expert ON busy_times USING gist (expert_id, during);

-- As before; the times an outside calendar says the expert is busy are taken like booked ones, with the buffer of
-- today before and after them. What is booked already stays: only new times keep clear.
CREATE OR REPLACE FUNCTION free_slots(
  p_expert bigint, p_minutes integer, p_from timestamptz, p_to timestamptz,
  p_user bigint DEFAULT NULL, p_limit integer DEFAULT NULL, p_except uuid DEFAULT NULL
) RETURNS TABLE (starts_at timestamptz) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  -- plpgsql keeps the plan, which takes longer to make than to run.
  RETURN QUERY WITH rules AS (
    SELECT * FROM (
      SELECT s.*, make_interval(mins => s.buffer_minutes) AS buffer,
             greatest(p_from, app_now() + make_interval(mins => s.notice_minutes)) AS earliest,
             least(p_to, app_now() + make_interval(days => s.horizon_days)) AS latest
      FROM schedules s WHERE s.expert_id = p_expert) AS bounded
    WHERE earliest < latest
  ), days AS (
    -- The expert's own days; one more, for sessions that run over midnight.
    SELECT r.expert_id, d::date AS day
    FROM rules r, generate_series(
      (r.earliest AT TIME ZONE r.time_zone)::date::timestamp,
      (r.latest AT TIME ZONE r.time_zone)::date::timestamp + interval '1 day', interval '1 day') AS d
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
    SELECT range_agg(taken) AS times FROM (
      SELECT b.blocked AS taken FROM rules r, bookings b JOIN orders o ON o.id = b.order_id
      WHERE b.expert_id = p_expert AND b.id IS DISTINCT FROM p_except
        AND b.blocked && tstzrange(r.earliest, r.latest + interval '13 hours')
        AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
      UNION ALL
      SELECT tstzrange(lower(t.during), upper(t.during) + r.buffer) FROM rules r, busy_times t
      WHERE t.expert_id = p_expert AND t.during && tstzrange(r.earliest - r.buffer, r.latest + interval '13 hours')
    ) AS all_of_them
  ), own AS (
    SELECT range_agg(b.during) AS times FROM rules r, bookings b JOIN orders o ON o.id = b.order_id
    WHERE b.user_id = p_user AND b.id IS DISTINCT FROM p_except AND b.during && tstzrange(r.earliest, r.latest + interval '9 hours')
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

-- As before; whoever is busy by an outside calendar is not offered for "Sekarang" either.
CREATE OR REPLACE FUNCTION ready_now(p_expert bigint, p_minutes integer, p_user bigint DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(e.ready_until > app_now(), false) AND coalesce(p_minutes > 0, false)
    AND NOT EXISTS (
      SELECT FROM bookings b JOIN orders o ON o.id = b.order_id
      WHERE b.expert_id = p_expert
        AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
        AND b.blocked && tstzrange(app_now(), app_now() + make_interval(mins => 25 + p_minutes + s.buffer_minutes)))
    AND NOT EXISTS (
      SELECT FROM busy_times t
      WHERE t.expert_id = p_expert AND t.during && tstzrange(
        app_now() - make_interval(mins => s.buffer_minutes),
        app_now() + make_interval(mins => 25 + p_minutes + s.buffer_minutes)))
    AND NOT EXISTS (
      SELECT FROM bookings b JOIN orders o ON o.id = b.order_id
      WHERE b.user_id = p_user
        AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
        AND b.during && tstzrange(app_now(), app_now() + make_interval(mins => 25 + p_minutes)))
  FROM experts e JOIN schedules s ON s.expert_id = e.id WHERE e.id = p_expert);
END $$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
