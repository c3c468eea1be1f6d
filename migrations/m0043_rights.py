"""The app's own role: what it may not do is done by triggers of the tables' owner. Admins hide reviews."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0043"
VERSION = "1.38.0"
DESCRIPTION = (
    "The app's own role: what it may not do is done by triggers of the tables' owner. Admins hide reviews."
)

SQL = """
-- The app adds to conversations and cannot take from them. Forgetting one is a row of forgotten_rooms, and its trigger
-- works as the tables' owner. Nobody else may hang that function on a table of their own.
ALTER FUNCTION forget_room() SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE EXECUTE ON FUNCTION forget_room() FROM PUBLIC;

-- A review that an admin hid counts nowhere and is shown to its two people alone, with the reason. `moderated` counts
-- what they were told of it: hidden, shown again. `id` grows as reviews are written.
ALTER TABLE reviews
  ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  ADD COLUMN hidden_at timestamptz,
  ADD COLUMN hidden_because text NOT NULL DEFAULT '' CHECK (length(hidden_because) <= 1000),
  ADD COLUMN hidden_by bigint REFERENCES users,
  ADD COLUMN moderated integer NOT NULL DEFAULT 0 CHECK (moderated >= 0),
  ADD CONSTRAINT reviews_hidden CHECK (
    (hidden_at IS NULL) = (hidden_because = '') AND (hidden_at IS NULL) = (hidden_by IS NULL));
CREATE INDEX reviews_hidden ON reviews (id) WHERE hidden_at IS NOT NULL;
CREATE INDEX reviews_rating ON reviews (rating, id);
CREATE INDEX reviews_replied ON reviews (id) WHERE reply IS NOT NULL;
CREATE INDEX reviews_user ON reviews (user_id);
CREATE INDEX reviews_created ON reviews (created_at);
CREATE INDEX reviews_words ON reviews USING gin (comment gin_trgm_ops, reply gin_trgm_ops, display_name gin_trgm_ops);

-- The log is searched by the words of reasons and by ids, whatever they are ids of.
CREATE INDEX audit_log_reason ON audit_log USING gin (reason gin_trgm_ops);
CREATE INDEX audit_log_any_subject ON audit_log (subject, id);
CREATE INDEX audit_log_kind ON audit_log (kind, id);

-- What admins had decided before there was a log: all that is decided from now on stands in it.
CREATE TABLE decided_before_log (
  what text NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (what, id)
);
INSERT INTO decided_before_log (what, id)
  SELECT 'withdrawal_steps', s.id FROM withdrawal_steps s JOIN withdrawals w ON w.id = s.withdrawal_id
    JOIN experts e ON e.id = w.expert_id WHERE s.actor_id <> e.user_id
  UNION ALL SELECT 'refunds', id FROM refunds WHERE decided_by IS NOT NULL
  UNION ALL SELECT 'session_reports', id FROM session_reports WHERE decided_by IS NOT NULL
  UNION ALL SELECT 'order_events', id FROM order_events WHERE actor = 'admin' AND actor_id IS NOT NULL
  UNION ALL SELECT 'policies', id FROM policies WHERE changed_by IS NOT NULL
  UNION ALL SELECT 'application_events', id FROM application_events WHERE event IN ('verified', 'rejected');
CREATE TRIGGER decided_before_log_append_only BEFORE INSERT OR UPDATE OR DELETE ON decided_before_log
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER decided_before_log_no_truncate BEFORE TRUNCATE ON decided_before_log
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Everybody who ever stands in the log, one step through its index each: there are few of them.
CREATE FUNCTION audit_actors() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE found(id) AS (
    (SELECT actor_id FROM audit_log ORDER BY actor_id LIMIT 1)
    UNION ALL
    SELECT (SELECT a.actor_id FROM audit_log a WHERE a.actor_id > found.id ORDER BY a.actor_id LIMIT 1)
    FROM found WHERE found.id IS NOT NULL)
  SELECT id FROM found WHERE id IS NOT NULL
$$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
