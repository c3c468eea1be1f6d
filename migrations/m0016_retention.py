"""Conversations are kept for twelve months after their end, then deleted; their last seal stays."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0016"
VERSION = "1.38.0"
DESCRIPTION = "Conversations are kept for twelve months after their end, then deleted; their last seal stays."

SQL = """
-- Until then the two can read the conversation; NULL while it goes on, and once it has been deleted.
ALTER TABLE active_sessions ADD COLUMN kept_until timestamptz;
CREATE INDEX active_sessions_kept ON active_sessions (kept_until) WHERE kept_until IS NOT NULL;
-- Rooms that never ended: live ones, and those whose booking was cancelled.
CREATE INDEX active_sessions_unended ON active_sessions (scheduled_at) WHERE status <> 'ended';

-- Calendar months of UTC, whatever the connection's zone.
CREATE FUNCTION twelve_months_after(p_end timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT (p_end AT TIME ZONE 'UTC' + interval '12 months') AT TIME ZONE 'UTC'
$$;
UPDATE active_sessions SET kept_until = twelve_months_after(ended_at) WHERE ended_at IS NOT NULL;

CREATE FUNCTION room_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.kept_until := twelve_months_after(NEW.ended_at);
  RETURN NEW;
END $$;
CREATE TRIGGER room_over BEFORE INSERT OR UPDATE OF ended_at ON active_sessions
  FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION room_over();

-- A row here is the deletion itself: it is refused before its time, takes the last number and seal over from the
-- room, and lets the conversation go. Nothing else can delete a message or a notice.
CREATE TABLE forgotten_rooms (
  booking_id uuid PRIMARY KEY REFERENCES active_sessions,
  last_seq bigint NOT NULL,
  last_seal bytea NOT NULL CHECK (length(last_seal) = 32),
  messages bigint NOT NULL,
  forgotten_at timestamptz NOT NULL
);
CREATE TRIGGER forgotten_rooms_append_only BEFORE UPDATE OR DELETE ON forgotten_rooms
  FOR EACH ROW EXECUTE FUNCTION append_only();

-- Kept longer: what a report that nobody has decided yet is about, and whatever may still go on.
CREATE FUNCTION may_forget(p_room uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
    WHERE s.booking_id = p_room AND s.kept_until <= app_now() AND b.status IN ('completed', 'cancelled')
      AND NOT EXISTS (SELECT FROM session_reports r WHERE r.booking_id = p_room AND r.decided_at IS NULL))
$$;

CREATE FUNCTION forget_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_WHEN = 'BEFORE' THEN
    SELECT last_seq, last_seal INTO NEW.last_seq, NEW.last_seal
      FROM active_sessions WHERE booking_id = NEW.booking_id FOR UPDATE;
    IF NOT may_forget(NEW.booking_id) THEN
      RAISE EXCEPTION 'the conversation of room % is still kept', NEW.booking_id
        USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT count(*) INTO NEW.messages FROM chat_messages WHERE booking_id = NEW.booking_id;
    NEW.forgotten_at := app_now();
    RETURN NEW;
  END IF;
  DELETE FROM chat_messages WHERE booking_id = NEW.booking_id;
  DELETE FROM session_events WHERE booking_id = NEW.booking_id;
  DELETE FROM room_presence WHERE booking_id = NEW.booking_id;
  UPDATE active_sessions SET kept_until = NULL WHERE booking_id = NEW.booking_id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_room_check BEFORE INSERT ON forgotten_rooms
  FOR EACH ROW EXECUTE FUNCTION forget_room();
CREATE TRIGGER forget_room AFTER INSERT ON forgotten_rooms
  FOR EACH ROW EXECUTE FUNCTION forget_room();

CREATE FUNCTION conversation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM forgotten_rooms WHERE booking_id = OLD.booking_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER chat_messages_append_only ON chat_messages;
CREATE TRIGGER chat_messages_append_only BEFORE UPDATE OR DELETE ON chat_messages
  FOR EACH ROW EXECUTE FUNCTION conversation_append_only();
DROP TRIGGER session_events_append_only ON session_events;
CREATE TRIGGER session_events_append_only BEFORE UPDATE OR DELETE ON session_events
  FOR EACH ROW EXECUTE FUNCTION conversation_append_only();
CREATE TRIGGER chat_messages_no_truncate BEFORE TRUNCATE ON chat_messages
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER session_events_no_truncate BEFORE TRUNCATE ON session_events
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- What is known of a file never changes; the row goes when no message has it.
CREATE TRIGGER attachments_unchanged BEFORE UPDATE ON attachments
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER forgotten_rooms_no_truncate BEFORE TRUNCATE ON forgotten_rooms
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
