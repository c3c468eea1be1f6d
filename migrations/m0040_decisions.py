"""Withdrawals that two admins decide on, and decisions taken back; policies that are planned for a time to come."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0040"
VERSION = "1.38.0"
DESCRIPTION = (
    "Withdrawals that two admins decide on, and decisions taken back; policies planned for a time to come."
)

SQL = """
-- When it was asked for, as its first step says: lists ask for days, and for those that are late.
ALTER TABLE withdrawals ADD COLUMN asked_at timestamptz;
ALTER TABLE withdrawals DISABLE TRIGGER withdrawal_moves;
UPDATE withdrawals w SET asked_at = (SELECT s.at FROM withdrawal_steps s WHERE s.withdrawal_id = w.id ORDER BY s.id LIMIT 1);
ALTER TABLE withdrawals ENABLE TRIGGER withdrawal_moves;
ALTER TABLE withdrawals ALTER COLUMN asked_at SET NOT NULL, ALTER COLUMN asked_at SET DEFAULT app_now();
CREATE INDEX withdrawals_asked ON withdrawals (asked_at);

-- The day in Jakarta on which the money should be there: three working days later.
CREATE FUNCTION withdrawal_due(asked_at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT day + CASE extract(isodow FROM day) WHEN 3 THEN 5 WHEN 4 THEN 5 WHEN 5 THEN 5 WHEN 6 THEN 4 ELSE 3 END::integer
  FROM (SELECT (asked_at AT TIME ZONE 'Asia/Jakarta')::date AS day) asked
$$;

-- "checked": one admin approved what two must approve. A state can come back: decisions are taken back by a further step.
ALTER TABLE withdrawals DROP CONSTRAINT withdrawals_state_check;
ALTER TABLE withdrawals ADD CONSTRAINT withdrawals_state_check
  CHECK (state IN ('requested', 'checked', 'processing', 'paid', 'rejected', 'failed'));
ALTER TABLE withdrawal_steps DROP CONSTRAINT withdrawal_steps_state_check;
ALTER TABLE withdrawal_steps ADD CONSTRAINT withdrawal_steps_state_check
  CHECK (state IN ('requested', 'checked', 'processing', 'paid', 'rejected', 'failed'));
ALTER TABLE withdrawal_steps DROP CONSTRAINT withdrawal_steps_check;
ALTER TABLE withdrawal_steps ADD CONSTRAINT withdrawal_steps_check
  CHECK (note <> '' OR state IN ('requested', 'checked', 'processing'));
CREATE INDEX withdrawal_steps_of ON withdrawal_steps (withdrawal_id, id);
ALTER TABLE withdrawal_steps DROP CONSTRAINT withdrawal_steps_once;
CREATE INDEX withdrawal_steps_references ON withdrawal_steps (note) WHERE state = 'paid';

DROP INDEX withdrawals_one_open, withdrawals_open;
CREATE UNIQUE INDEX withdrawals_one_open ON withdrawals (expert_id)
  WHERE state IN ('requested', 'checked', 'processing');
CREATE INDEX withdrawals_open ON withdrawals (id) WHERE state IN ('requested', 'checked', 'processing');
CREATE INDEX withdrawals_state ON withdrawals (state, id);

-- A request is never deleted, and nothing of it changes but its state. More than ten million rupiah are never
-- approved by one.
CREATE OR REPLACE FUNCTION withdrawal_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'withdrawals are never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF to_jsonb(NEW) - 'state' <> to_jsonb(OLD) - 'state'
    OR (OLD.state, NEW.state) NOT IN (('requested', 'checked'), ('requested', 'processing'), ('requested', 'rejected'),
      ('checked', 'requested'), ('checked', 'processing'), ('checked', 'rejected'),
      ('processing', 'requested'), ('processing', 'paid'), ('processing', 'failed'),
      ('paid', 'processing'), ('paid', 'failed'), ('rejected', 'requested'), ('failed', 'requested'))
    OR (OLD.state = 'requested' AND NEW.state = 'processing' AND NEW.amount > 10000000)
  THEN
    RAISE EXCEPTION 'withdrawal % cannot change like this', OLD.public_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- "withdrawal_unsent": what was marked as paid had not been sent after all.
ALTER TABLE ledger_journals DROP CONSTRAINT ledger_journals_kind_check;
ALTER TABLE ledger_journals ADD CONSTRAINT ledger_journals_kind_check CHECK (kind IN ('payment', 'release',
  'refund_due', 'owed_back', 'refund', 'refund_bounced', 'refund_rejected', 'refund_resumed', 'reversal', 'chargeback',
  'withdrawal', 'withdrawal_paid', 'withdrawal_returned', 'withdrawal_unsent'));

-- A set that was planned holds from its time on, unless it was withdrawn before; NULL: it held when it was written.
ALTER TABLE policies ADD COLUMN planned_at timestamptz;
ALTER TABLE policies ADD CONSTRAINT policies_planned CHECK (planned_at < since);
CREATE TABLE policy_withdrawals (
  policy_id bigint PRIMARY KEY REFERENCES policies,
  at timestamptz NOT NULL DEFAULT app_now(),
  withdrawn_by bigint NOT NULL REFERENCES users,
  reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500)
);
CREATE TRIGGER policy_withdrawals_append_only BEFORE UPDATE OR DELETE ON policy_withdrawals
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER policy_withdrawals_no_truncate BEFORE TRUNCATE ON policy_withdrawals
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- What holds already is history: only a plan can be withdrawn.
CREATE FUNCTION policy_withdrawable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM policies
      WHERE id = NEW.policy_id AND planned_at IS NOT NULL AND since > app_now()) THEN
    RAISE EXCEPTION 'policy % holds already', NEW.policy_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER policy_withdrawable BEFORE INSERT ON policy_withdrawals
  FOR EACH ROW EXECUTE FUNCTION policy_withdrawable();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
