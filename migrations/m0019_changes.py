"""Cancelling and moving what is paid: the payer's one move, the expert's proposals, rooms that end with it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0019"
VERSION = "1.38.0"
DESCRIPTION = "Cancelling and moving what is paid: the payer's one move, the expert's proposals, rooms that end with it."

SQL = """
-- Once the payer has moved a session: the share at that moment, which is the most that a later cancel gives.
ALTER TABLE orders ADD COLUMN most_back_bps integer CHECK (most_back_bps BETWEEN 0 AND 10000);

-- The expert proposes another time for a paid session; the user accepts or not. It holds no slot.
CREATE TABLE proposals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  booking_id uuid NOT NULL REFERENCES bookings,
  starts_at timestamptz NOT NULL,
  proposed_by bigint NOT NULL REFERENCES users,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn', 'lapsed')),
  -- the earlier of the two starts, as they were when it was made
  lapses_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  closed_at timestamptz,
  CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE UNIQUE INDEX proposals_one_open ON proposals (booking_id) WHERE state = 'open';
CREATE INDEX proposals_due ON proposals (lapses_at) WHERE state = 'open';

-- What was proposed for a session that is moved otherwise, or does not stand any more, is over.
CREATE FUNCTION proposal_lapses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE proposals SET state = 'lapsed', closed_at = app_now() WHERE booking_id = NEW.id AND state = 'open';
  RETURN NULL;
END $$;
CREATE TRIGGER proposal_lapses AFTER UPDATE OF status, starts_at ON bookings FOR EACH ROW
  WHEN (OLD.starts_at <> NEW.starts_at OR (OLD.status = 'confirmed' AND NEW.status <> 'confirmed'))
  EXECUTE FUNCTION proposal_lapses();

-- A session that is cancelled while its room exists ends the room, and both read so in it.
CREATE FUNCTION room_called_off() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz;
BEGIN
  UPDATE active_sessions s SET status = 'ended',
      ended_by = CASE NEW.cancel_reason WHEN 'cancelled_by_user' THEN 'user' WHEN 'cancelled_by_expert' THEN 'expert'
        ELSE 'timeout' END,
      ended_at = greatest(app_now(), (
        SELECT created_at FROM chat_messages m WHERE m.booking_id = NEW.id ORDER BY seq DESC LIMIT 1))
    WHERE booking_id = NEW.id AND status <> 'ended' RETURNING ended_at INTO v_at;
  IF FOUND THEN
    PERFORM room_note(NEW.id, 'ended', NEW.cancel_reason, v_at);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER room_called_off AFTER UPDATE OF status ON bookings FOR EACH ROW
  WHEN (OLD.status = 'confirmed' AND NEW.status = 'cancelled') EXECUTE FUNCTION room_called_off();

-- As before; the time of the booking p_except counts as free: it is looked for another one.
DROP FUNCTION free_slots(bigint, integer, timestamptz, timestamptz, bigint, integer);
CREATE FUNCTION free_slots(
  p_expert bigint, p_minutes integer, p_from timestamptz, p_to timestamptz,
  p_user bigint DEFAULT NULL, p_limit integer DEFAULT NULL, p_except uuid DEFAULT NULL
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
    WHERE b.expert_id = p_expert AND b.id IS DISTINCT FROM p_except AND b.blocked && tstzrange(r.earliest, r.latest + interval '13 hours')
      AND (b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))
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

DROP FUNCTION bookable_times(bigint, integer, timestamptz, timestamptz, bigint);
CREATE FUNCTION bookable_times(
  p_expert bigint, p_minutes integer, p_from timestamptz, p_to timestamptz, p_user bigint DEFAULT NULL,
  p_except uuid DEFAULT NULL
) RETURNS TABLE (starts_at timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_minutes IS NULL THEN
    RETURN QUERY SELECT d.starts_at FROM due_times(p_expert, p_from, p_to) d;
  ELSE
    RETURN QUERY SELECT f.starts_at FROM free_slots(p_expert, p_minutes, p_from, p_to, p_user, NULL, p_except) f;
  END IF;
END $$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
