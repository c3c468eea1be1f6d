"""How admins sign in: a second factor with recovery codes, challenges between password and code, looking as somebody."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0036"
VERSION = "1.38.0"
DESCRIPTION = "How admins sign in: a second factor with recovery codes, and looking as somebody."

SQL = """
-- What an admin's authenticator app shares with us, sealed; `last_step` is the time step of the last code that was
-- accepted, so that none is accepted twice. `next_sealed` is another device's, until its first code.
CREATE TABLE second_factors (
  user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  sealed bytea NOT NULL,
  last_step bigint NOT NULL,
  set_at timestamptz NOT NULL DEFAULT app_now(),
  next_sealed bytea,
  next_until timestamptz,
  CHECK ((next_sealed IS NULL) = (next_until IS NULL))
);

-- Ways in without the device: each once.
CREATE TABLE recovery_codes (
  user_id bigint NOT NULL REFERENCES second_factors ON DELETE CASCADE,
  code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
  used_at timestamptz,
  PRIMARY KEY (user_id, code_hash)
);

-- Somebody gave an admin's password: nobody is signed in before the code. `sealed` is what a first device is offered.
CREATE TABLE login_challenges (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  user_agent text NOT NULL,
  address inet NOT NULL,
  next_path text NOT NULL,
  sealed bytea,
  tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  created_at timestamptz NOT NULL DEFAULT app_now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX login_challenges_user ON login_challenges (user_id);
CREATE INDEX login_challenges_over ON login_challenges (expires_at);

-- `second_factor_at`: when the code was given. `viewing_as`: whose pages an admin looks at, since when and why.
ALTER TABLE login_sessions
  ADD COLUMN second_factor_at timestamptz,
  ADD COLUMN viewing_as bigint REFERENCES users ON DELETE CASCADE,
  ADD COLUMN viewing_since timestamptz,
  ADD COLUMN viewing_reason text,
  ADD CONSTRAINT login_sessions_viewing CHECK (
    (viewing_as IS NULL) = (viewing_since IS NULL) AND (viewing_as IS NULL) = (viewing_reason IS NULL)
    AND viewing_as IS DISTINCT FROM user_id);
CREATE INDEX login_sessions_viewing_as ON login_sessions (viewing_as) WHERE viewing_as IS NOT NULL;

-- Who looks as somebody is somebody else to every page: all processes hear of it.
CREATE TRIGGER session_looks AFTER UPDATE OF viewing_as ON login_sessions
  FOR EACH ROW WHEN (OLD.viewing_as IS DISTINCT FROM NEW.viewing_as) EXECUTE FUNCTION sign_in_changed();

-- Becoming an admin, or ceasing to be one, ends every sign-in from before, whoever changed the role.
CREATE FUNCTION end_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE login_sessions SET ended_at = app_now() WHERE user_id = NEW.id AND ended_at IS NULL;
  UPDATE login_challenges SET ended_at = app_now() WHERE user_id = NEW.id AND ended_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER admin_made_or_unmade AFTER UPDATE OF role ON users
  FOR EACH ROW WHEN ((OLD.role = 'admin') <> (NEW.role = 'admin')) EXECUTE FUNCTION end_sign_ins();

-- Nobody of them has given a code.
UPDATE login_sessions s SET ended_at = app_now()
FROM users u WHERE u.id = s.user_id AND u.role = 'admin' AND s.ended_at IS NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
