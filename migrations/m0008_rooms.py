"""The session room: its clock, its messages and its notices, numbered 1, 2, 3 without gaps."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0008"
VERSION = "1.38.0"
DESCRIPTION = "The session room: its clock, its messages and its notices, numbered 1, 2, 3 without gaps."

SQL = """
CREATE TABLE active_sessions (
  booking_id uuid PRIMARY KEY REFERENCES bookings,
  user_id bigint NOT NULL REFERENCES users,
  expert_user_id bigint NOT NULL REFERENCES users,
  -- a chat's clock is ours; beside a video or offline booking the room has none
  timed boolean NOT NULL,
  duration_seconds integer NOT NULL CHECK (duration_seconds > 0),
  scheduled_at timestamptz NOT NULL,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'paused', 'ended')),
  user_joined_at timestamptz,
  expert_joined_at timestamptz,
  started_at timestamptz,
  ends_at timestamptz,
  ended_at timestamptz,
  ended_by text CHECK (ended_by IN ('user', 'expert', 'timeout')),
  last_seq bigint NOT NULL DEFAULT 0,
  -- how many messages each side sent in the minute that began at sent_minute: a brake on floods
  sent_minute timestamptz,
  user_sent integer NOT NULL DEFAULT 0,
  expert_sent integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  CHECK (user_id <> expert_user_id),
  CHECK ((started_at IS NULL) = (ends_at IS NULL)),
  CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
  CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
  CHECK (status = 'waiting' OR status = 'ended' OR started_at IS NOT NULL)
);
CREATE INDEX active_sessions_due ON active_sessions (ends_at) WHERE status IN ('running', 'paused');

CREATE TABLE chat_messages (
  booking_id uuid NOT NULL REFERENCES active_sessions,
  seq bigint NOT NULL CHECK (seq > 0),
  sender_id bigint NOT NULL REFERENCES users,
  sender_type text NOT NULL CHECK (sender_type IN ('user', 'expert')),
  client_id uuid NOT NULL,
  text text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
  created_at timestamptz NOT NULL DEFAULT app_now(),
  PRIMARY KEY (booking_id, seq),
  CONSTRAINT chat_messages_client_id UNIQUE (booking_id, sender_id, client_id)
);
CREATE TRIGGER chat_messages_append_only BEFORE UPDATE OR DELETE ON chat_messages
  FOR EACH ROW EXECUTE FUNCTION append_only();

-- Room notices: started, ended; numbered in the same order as the messages.
CREATE TABLE session_events (
  booking_id uuid NOT NULL REFERENCES active_sessions,
  seq bigint NOT NULL CHECK (seq > 0),
  kind text NOT NULL CHECK (kind IN ('started', 'paused', 'resumed', 'extended', 'ended')),
  cause text NOT NULL,
  at timestamptz NOT NULL DEFAULT app_now(),
  PRIMARY KEY (booking_id, seq)
);
CREATE UNIQUE INDEX session_events_one_end ON session_events (booking_id) WHERE kind = 'ended';
CREATE UNIQUE INDEX session_events_one_start ON session_events (booking_id) WHERE kind = 'started';
CREATE TRIGGER session_events_append_only BEFORE UPDATE OR DELETE ON session_events
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE FUNCTION room_item_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('room:' || NEW.booking_id || ':' || NEW.seq);
  RETURN NULL;
END $$;
CREATE TRIGGER message_added AFTER INSERT ON chat_messages FOR EACH ROW EXECUTE FUNCTION room_item_added();
CREATE TRIGGER event_added AFTER INSERT ON session_events FOR EACH ROW EXECUTE FUNCTION room_item_added();

CREATE FUNCTION session_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('room:' || NEW.booking_id);
  RETURN NULL;
END $$;
CREATE TRIGGER session_changed
  AFTER UPDATE OF status, ends_at, user_joined_at, expert_joined_at ON active_sessions
  FOR EACH ROW WHEN ((OLD.status, OLD.ends_at, OLD.user_joined_at, OLD.expert_joined_at)
    IS DISTINCT FROM (NEW.status, NEW.ends_at, NEW.user_joined_at, NEW.expert_joined_at))
  EXECUTE FUNCTION session_changed();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
