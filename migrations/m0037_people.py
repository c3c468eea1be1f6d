"""People at the desk: suspensions, roles that change by two, mentors taken off the lists by an admin."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0037"
VERSION = "1.38.0"
DESCRIPTION = (
    "People at the desk: suspensions, roles that change by two, mentors taken off the lists by an admin."
)

SQL = """
-- Why somebody was let in no longer, and until when. `users.suspended_at` says whether it is so now.
CREATE TABLE suspensions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  reason text NOT NULL CHECK (length(reason) BETWEEN 10 AND 1000),
  suspended_by bigint NOT NULL REFERENCES users,
  began_at timestamptz NOT NULL DEFAULT app_now(),
  lifted_by bigint REFERENCES users,
  lifted_because text NOT NULL DEFAULT '' CHECK (length(lifted_because) <= 1000),
  ended_at timestamptz CHECK (ended_at >= began_at),
  CHECK (suspended_by <> user_id),
  CHECK ((ended_at IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX suspensions_one_open ON suspensions (user_id) WHERE ended_at IS NULL;
CREATE INDEX suspensions_user ON suspensions (user_id, id);

-- Who becomes an admin, or is one no longer, is asked by one admin and decided by another.
CREATE TABLE role_requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('admin', 'user')),
  reason text NOT NULL CHECK (length(reason) BETWEEN 10 AND 1000),
  asked_by bigint NOT NULL REFERENCES users,
  asked_at timestamptz NOT NULL DEFAULT app_now(),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'declined', 'withdrawn')),
  decided_by bigint REFERENCES users,
  decided_at timestamptz CHECK (decided_at >= asked_at),
  CHECK (asked_by <> user_id),
  CHECK ((state = 'open') = (decided_by IS NULL) AND (state = 'open') = (decided_at IS NULL)),
  CHECK (state NOT IN ('confirmed', 'declined') OR decided_by NOT IN (asked_by, user_id)),
  CHECK (state <> 'withdrawn' OR decided_by = asked_by)
);
CREATE UNIQUE INDEX role_requests_one_open ON role_requests (user_id) WHERE state = 'open';
CREATE INDEX role_requests_user ON role_requests (user_id, id);

-- A mentor whose account is suspended is shown nowhere and sells nothing; a pause that held before holds afterwards.
ALTER TABLE experts DROP CONSTRAINT experts_status_check;
ALTER TABLE experts ADD CONSTRAINT experts_status_check
  CHECK (status IN ('draft', 'submitted', 'rejected', 'published', 'paused', 'suspended'));

CREATE FUNCTION suspended_mentor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Locked first: whoever publishes at this moment has done so before the next statement looks.
  PERFORM FROM experts WHERE user_id = NEW.id FOR UPDATE;
  IF NEW.suspended_at IS NOT NULL THEN
    UPDATE experts SET status = 'suspended', ready_until = NULL
    WHERE user_id = NEW.id AND status IN ('published', 'paused');
  ELSE
    UPDATE experts e SET status = CASE WHEN EXISTS (
        SELECT FROM expert_pauses p WHERE p.expert_id = e.id AND p.ended_at IS NULL) THEN 'paused' ELSE 'published' END
    WHERE user_id = NEW.id AND status = 'suspended';
    PERFORM refresh_listing(id) FROM experts WHERE user_id = NEW.id AND status = 'published';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER suspended_mentor AFTER UPDATE OF suspended_at ON users FOR EACH ROW
  WHEN ((OLD.suspended_at IS NULL) <> (NEW.suspended_at IS NULL)) EXECUTE FUNCTION suspended_mentor();

DROP TRIGGER pause_ends ON experts;
CREATE TRIGGER pause_ends AFTER UPDATE OF status ON experts FOR EACH ROW
  WHEN (OLD.status = 'paused' AND NEW.status NOT IN ('paused', 'suspended')) EXECUTE FUNCTION pause_ends();

UPDATE experts e SET status = 'suspended', ready_until = NULL
FROM users u WHERE u.id = e.user_id AND u.suspended_at IS NOT NULL AND e.status IN ('published', 'paused');

-- An admin's pause has words that the mentor reads, and only an admin ends it.
ALTER TABLE expert_pauses DROP CONSTRAINT expert_pauses_cause_check;
ALTER TABLE expert_pauses
  ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
  ADD CONSTRAINT expert_pauses_cause_check CHECK (cause IN ('missed', 'silent', 'admin')),
  ADD CONSTRAINT expert_pauses_reason CHECK ((cause = 'admin') = (reason <> ''));

-- The desk finds one of a million by any word of the name, the beginning of the email, or the phone as it is typed.
CREATE INDEX users_words ON users USING gin (full_name gin_trgm_ops, (email::text) gin_trgm_ops);
CREATE INDEX users_phone ON users (phone COLLATE "C");
CREATE INDEX users_role ON users (role, id);
CREATE INDEX users_suspended ON users (id) WHERE suspended_at IS NOT NULL;
CREATE INDEX users_since ON users (created_at);
CREATE INDEX experts_words ON experts USING gin (display_name gin_trgm_ops, slug gin_trgm_ops, company gin_trgm_ops);
CREATE INDEX experts_status ON experts (status, id);
CREATE INDEX outbox_user ON outbox (user_id, id);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
