"""The conversation's hash chain: each message and notice is sealed together with everything before it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0013"
VERSION = "1.38.0"
DESCRIPTION = (
    "The conversation's hash chain: each message and notice is sealed together with everything before it."
)

SQL = """
-- seal(n) = sha256(seal(n-1) || utf8 of: room, number, kind, who, id, microseconds since 1970, digest, words,
-- joined by '|'); seal(0) = sha256 of the room's id. Only the words may contain '|', and they come last.
-- A message: kind 'message', who its side, id its client_id, digest that of its file or '', words its text.
-- A notice: kind 'notice', who its kind, id '', digest '', words its cause.
CREATE FUNCTION seal_line(p_room uuid, p_seq bigint, p_kind text, p_who text, p_id text, p_at timestamptz,
  p_digest text, p_words text) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT convert_to(p_room || '|' || p_seq || '|' || p_kind || '|' || p_who || '|' || p_id || '|'
    || (extract(epoch FROM p_at) * 1000000)::bigint || '|' || p_digest || '|' || p_words, 'UTF8')
$$;

-- What a message's file is sealed with, in hex: sha256 of its sha256, that of its small picture or '', its media type,
-- its bytes and its name, joined by '|'; only the name, which comes last, may contain one.
CREATE FUNCTION file_digest(p_file attachments) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(encode(p_file.sha256, 'hex') || '|'
    || coalesce(encode(p_file.small_sha256, 'hex'), '') || '|' || p_file.media_type || '|' || p_file.size_bytes
    || '|' || p_file.name, 'UTF8')), 'hex')
$$;

ALTER TABLE active_sessions ADD COLUMN last_seal bytea;
ALTER TABLE chat_messages ADD COLUMN seal bytea;
ALTER TABLE session_events ADD COLUMN seal bytea;

ALTER TABLE chat_messages DISABLE TRIGGER chat_messages_append_only;
ALTER TABLE session_events DISABLE TRIGGER session_events_append_only;
DO $$
DECLARE
  v_room uuid;
  v_seal bytea;
  v_item record;
BEGIN
  FOR v_room IN SELECT booking_id FROM active_sessions LOOP
    v_seal := sha256(convert_to(v_room::text, 'UTF8'));
    FOR v_item IN
      SELECT seq, 'message' AS kind, sender_type AS who, client_id::text AS id, created_at AS at, text AS words
        FROM chat_messages WHERE booking_id = v_room
      UNION ALL
      SELECT seq, 'notice', kind, '', at, cause FROM session_events WHERE booking_id = v_room
      ORDER BY seq
    LOOP
      v_seal := sha256(v_seal || seal_line(
        v_room, v_item.seq, v_item.kind, v_item.who, v_item.id, v_item.at, '', v_item.words));
      UPDATE chat_messages SET seal = v_seal WHERE booking_id = v_room AND seq = v_item.seq;
      UPDATE session_events SET seal = v_seal WHERE booking_id = v_room AND seq = v_item.seq;
    END LOOP;
    UPDATE active_sessions SET last_seal = v_seal WHERE booking_id = v_room;
  END LOOP;
END $$;
ALTER TABLE chat_messages ENABLE TRIGGER chat_messages_append_only;
ALTER TABLE session_events ENABLE TRIGGER session_events_append_only;

ALTER TABLE active_sessions ALTER COLUMN last_seal SET NOT NULL;
ALTER TABLE chat_messages ALTER COLUMN seal SET NOT NULL;
ALTER TABLE session_events ALTER COLUMN seal SET NOT NULL;

CREATE FUNCTION first_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.last_seal := sha256(convert_to(NEW.booking_id::text, 'UTF8'));
  RETURN NEW;
END $$;
CREATE TRIGGER first_seal BEFORE INSERT ON active_sessions FOR EACH ROW EXECUTE FUNCTION first_seal();

-- Put a notice into a room, numbered and sealed; answers its number. The caller holds the room's row or waits for it.
CREATE FUNCTION room_note(p_room uuid, p_kind text, p_cause text, p_at timestamptz)
RETURNS bigint LANGUAGE sql AS $$
  WITH room AS (
    UPDATE active_sessions s SET last_seq = s.last_seq + 1,
      last_seal = sha256(s.last_seal || seal_line(p_room, s.last_seq + 1, 'notice', p_kind, '', p_at, '', p_cause))
    WHERE s.booking_id = p_room RETURNING s.last_seq, s.last_seal
  )
  INSERT INTO session_events (booking_id, seq, kind, cause, at, seal)
  SELECT p_room, last_seq, p_kind, p_cause, p_at, last_seal FROM room RETURNING seq
$$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
