"""People, their sign-ins, and counters against abuse."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0002"
VERSION = "1.38.0"
DESCRIPTION = "People, their sign-ins, and counters against abuse."

SQL = """
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email citext NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
  full_name text NOT NULL CHECK (length(full_name) BETWEEN 1 AND 120),
  phone text NOT NULL CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
  password_hash text NOT NULL,
  role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'expert', 'admin')),
  time_zone text NOT NULL DEFAULT 'Asia/Jakarta'
    CHECK (time_zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')),
  email_verified_at timestamptz,
  suspended_at timestamptz,
  terms_version text NOT NULL,
  terms_accepted_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT app_now()
);

CREATE TABLE login_sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  remember boolean NOT NULL,
  user_agent text NOT NULL,
  address inet NOT NULL,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  last_seen_at timestamptz NOT NULL DEFAULT app_now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX login_sessions_user ON login_sessions (user_id);
CREATE INDEX login_sessions_over ON login_sessions (least(ended_at, expires_at));

-- Anything that ends a sign-in or changes what a person may do is heard by every process at once.
CREATE FUNCTION sign_in_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('person:' || CASE TG_TABLE_NAME WHEN 'users' THEN to_jsonb(NEW)->>'id'
                                                       ELSE to_jsonb(NEW)->>'user_id' END);
  RETURN NULL;
END $$;
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON login_sessions
  FOR EACH ROW WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION sign_in_changed();
CREATE TRIGGER person_changed AFTER UPDATE OF role, suspended_at, full_name, time_zone, email ON users
  FOR EACH ROW EXECUTE FUNCTION sign_in_changed();

CREATE TABLE rate_limits (
  action text NOT NULL,
  subject text NOT NULL,
  window_start timestamptz NOT NULL,
  hits integer NOT NULL CHECK (hits > 0),
  PRIMARY KEY (action, subject, window_start)
);
CREATE INDEX rate_limits_old ON rate_limits (window_start);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
