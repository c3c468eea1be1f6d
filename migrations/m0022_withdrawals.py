"""Withdrawals: what experts ask to be paid out, where to, and how far it is; one open request at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0022"
VERSION = "1.38.0"
DESCRIPTION = (
    "Withdrawals: what experts ask to be paid out, where to, and how far it is; one open request at a time."
)

SQL = """
CREATE TABLE withdrawals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  public_id text NOT NULL UNIQUE CHECK (public_id ~ '^WD-[0-9]{8}-[A-Z2-9]{6}$'),
  expert_id bigint NOT NULL REFERENCES experts,
  -- made by the form: the same form sent again is the same request
  form_key uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  -- code and name as they were; the number is encrypted, four digits of it stay readable
  bank text NOT NULL CHECK (bank ~ '^[0-9]{3}$'),
  bank_name text NOT NULL,
  account_sealed bytea NOT NULL CHECK (length(account_sealed) > 40),
  account_tail text NOT NULL CHECK (account_tail ~ '^[0-9]{4}$'),
  account_holder text NOT NULL CHECK (length(account_holder) BETWEEN 3 AND 100),
  state text NOT NULL DEFAULT 'requested'
    CHECK (state IN ('requested', 'processing', 'paid', 'rejected', 'failed')),
  CONSTRAINT withdrawals_form UNIQUE (expert_id, form_key)
);
CREATE UNIQUE INDEX withdrawals_one_open ON withdrawals (expert_id) WHERE state IN ('requested', 'processing');
CREATE INDEX withdrawals_of_expert ON withdrawals (expert_id, id);
CREATE INDEX withdrawals_open ON withdrawals (id) WHERE state IN ('requested', 'processing');

-- Every state a withdrawal was in, since when, by whom; the note is the reason, or the bank's reference.
CREATE TABLE withdrawal_steps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  withdrawal_id bigint NOT NULL REFERENCES withdrawals,
  state text NOT NULL CHECK (state IN ('requested', 'processing', 'paid', 'rejected', 'failed')),
  at timestamptz NOT NULL DEFAULT app_now(),
  actor_id bigint NOT NULL REFERENCES users,
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
  CONSTRAINT withdrawal_steps_once UNIQUE (withdrawal_id, state),
  CHECK (note <> '' OR state IN ('requested', 'processing'))
);
CREATE TRIGGER withdrawal_steps_append_only BEFORE UPDATE OR DELETE ON withdrawal_steps
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER withdrawal_steps_no_truncate BEFORE TRUNCATE ON withdrawal_steps
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A request is never deleted, and nothing of it changes but its state, which goes one way. What the bank sends
-- back after it had paid has failed after all.
CREATE FUNCTION withdrawal_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'withdrawals are never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF to_jsonb(NEW) - 'state' <> to_jsonb(OLD) - 'state'
    OR (OLD.state, NEW.state) NOT IN (('requested', 'processing'), ('requested', 'rejected'),
      ('processing', 'paid'), ('processing', 'failed'), ('paid', 'failed'))
  THEN
    RAISE EXCEPTION 'withdrawal % cannot change like this', OLD.public_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER withdrawal_moves BEFORE UPDATE OR DELETE ON withdrawals
  FOR EACH ROW EXECUTE FUNCTION withdrawal_moves();
CREATE TRIGGER withdrawals_no_truncate BEFORE TRUNCATE ON withdrawals
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
