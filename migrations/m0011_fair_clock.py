"""The fair clock: presence of both sides, pauses, moves of a session, and every kind of notice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0011"
VERSION = "1.38.0"
DESCRIPTION = "The fair clock: presence of both sides, pauses, moves of a session, and every kind of notice."

SQL = """
ALTER TABLE active_sessions
  -- the pause that holds now began here: at the expert's last sign of life
  ADD COLUMN paused_at timestamptz,
  -- pauses that are over, together
  ADD COLUMN paused_for interval NOT NULL DEFAULT '0',
  -- the user waits for an absent expert until then before being asked again
  ADD COLUMN user_waits_until timestamptz,
  -- an unhurried thread: when the expert pressed "Selesai"
  ADD COLUMN finished_at timestamptz,
  -- an unhurried thread has no duration, and no end once it is open
  ALTER COLUMN duration_seconds DROP NOT NULL,
  DROP CONSTRAINT active_sessions_check1,
  ADD CONSTRAINT active_sessions_ends_after_start CHECK (ends_at IS NULL OR started_at <= ends_at),
  ADD CONSTRAINT active_sessions_paused CHECK ((status = 'paused') <= (paused_at IS NOT NULL));

ALTER TABLE session_events DROP CONSTRAINT session_events_kind_check;
ALTER TABLE session_events ADD CONSTRAINT session_events_kind_check
  CHECK (kind IN
    ('started', 'paused', 'resumed', 'extended', 'moved', 'finished', 'objected', 'arrived', 'ended'));

-- The last sign of life of each side (an open stream, a page, a post) and how far it has read.
CREATE TABLE room_presence (
  booking_id uuid NOT NULL REFERENCES active_sessions,
  side text NOT NULL CHECK (side IN ('user', 'expert')),
  seen_at timestamptz NOT NULL,
  -- the last sign came from a stream that is still open
  streaming boolean NOT NULL DEFAULT false,
  read_seq bigint NOT NULL DEFAULT 0 CHECK (read_seq >= 0),
  PRIMARY KEY (booking_id, side)
) WITH (fillfactor = 70);

INSERT INTO room_presence (booking_id, side, seen_at)
  SELECT booking_id, 'user', user_joined_at FROM active_sessions WHERE user_joined_at IS NOT NULL
  UNION ALL
  SELECT booking_id, 'expert', expert_joined_at FROM active_sessions WHERE expert_joined_at IS NOT NULL;

CREATE FUNCTION presence_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('room:' || NEW.booking_id || ':read:' || NEW.side || ':' || NEW.read_seq);
  RETURN NULL;
END $$;
CREATE TRIGGER presence_read AFTER UPDATE OF read_seq ON room_presence
  FOR EACH ROW WHEN (OLD.read_seq < NEW.read_seq) EXECUTE FUNCTION presence_read();

-- Demo and tests move the clock: whoever has a stream open at that moment stays present.
CREATE OR REPLACE FUNCTION clock_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE room_presence SET seen_at = seen_at + (NEW.shift - OLD.shift)
    WHERE streaming AND seen_at > statement_timestamp() + OLD.shift - interval '30 seconds';
  PERFORM live_publish('clock');
  RETURN NULL;
END $$;

DROP TRIGGER session_changed ON active_sessions;
CREATE TRIGGER session_changed
  AFTER UPDATE OF status, ends_at, user_joined_at, expert_joined_at, scheduled_at, user_waits_until, finished_at
  ON active_sessions
  FOR EACH ROW WHEN ((OLD.status, OLD.ends_at, OLD.user_joined_at, OLD.expert_joined_at, OLD.scheduled_at,
      OLD.user_waits_until, OLD.finished_at)
    IS DISTINCT FROM (NEW.status, NEW.ends_at, NEW.user_joined_at, NEW.expert_joined_at, NEW.scheduled_at,
      NEW.user_waits_until, NEW.finished_at))
  EXECUTE FUNCTION session_changed();

-- A session that is moved while its room exists takes the room along, and both read so in it.
CREATE FUNCTION booking_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE active_sessions SET scheduled_at = NEW.starts_at, user_joined_at = NULL, expert_joined_at = NULL,
      user_waits_until = NULL
    WHERE booking_id = NEW.id AND status = 'waiting';
  IF FOUND THEN
    DELETE FROM room_presence WHERE booking_id = NEW.id;
    -- the cause is the new time, in UTC: 2026-11-26T07:00:00Z
    PERFORM room_note(
      NEW.id, 'moved', to_char(NEW.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), app_now());
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER booking_moved AFTER UPDATE OF starts_at ON bookings
  FOR EACH ROW WHEN (OLD.starts_at IS DISTINCT FROM NEW.starts_at) EXECUTE FUNCTION booking_moved();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
