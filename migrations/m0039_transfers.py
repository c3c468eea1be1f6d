"""Transfers by hand are put into files for the bank; what an admin had stopped of a refund can be owed again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0039"
VERSION = "1.38.0"
DESCRIPTION = (
    "Transfers by hand are put into files for the bank; what an admin had stopped can be owed again."
)

SQL = """
-- A file for the bank, and what stands in it: never changed, so that it can be made once more as it was.
CREATE TABLE transfer_batches (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('refund', 'withdrawal')),
  made_by bigint NOT NULL REFERENCES users,
  made_at timestamptz NOT NULL DEFAULT app_now(),
  UNIQUE (id, kind)
);
CREATE INDEX transfer_batches_kind ON transfer_batches (kind, id);
CREATE TABLE transfer_items (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id bigint NOT NULL,
  kind text NOT NULL,
  -- the id that people and the bank know it by, and the how-manieth transfer of it this is (an earlier one came back)
  subject text NOT NULL CHECK (subject <> ''),
  round integer NOT NULL CHECK (round >= 1),
  amount bigint NOT NULL CHECK (amount > 0),
  bank text NOT NULL CHECK (bank ~ '^[0-9]{3}$'),
  number_sealed bytea NOT NULL CHECK (length(number_sealed) > 40),
  tail text NOT NULL CHECK (tail ~ '^[0-9]{1,4}$'),
  holder text NOT NULL CHECK (length(holder) BETWEEN 3 AND 100),
  -- somebody said that it is to stand in one more file
  again boolean NOT NULL,
  FOREIGN KEY (batch_id, kind) REFERENCES transfer_batches (id, kind),
  CONSTRAINT transfer_items_once_a_batch UNIQUE (batch_id, subject)
);
-- Nothing is put into two files unless somebody says so.
CREATE UNIQUE INDEX transfer_items_once ON transfer_items (kind, subject, round) WHERE NOT again;
CREATE INDEX transfer_items_subject ON transfer_items (kind, subject, id);
CREATE TRIGGER transfer_batches_append_only BEFORE UPDATE OR DELETE ON transfer_batches
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER transfer_batches_no_truncate BEFORE TRUNCATE ON transfer_batches
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER transfer_items_append_only BEFORE UPDATE OR DELETE ON transfer_items
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER transfer_items_no_truncate BEFORE TRUNCATE ON transfer_items
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- refund_resumed: what an admin had stopped is to go back after all
ALTER TABLE ledger_journals DROP CONSTRAINT ledger_journals_kind_check;
ALTER TABLE ledger_journals ADD CONSTRAINT ledger_journals_kind_check CHECK (kind IN ('payment', 'release',
  'refund_due', 'owed_back', 'refund', 'refund_bounced', 'refund_rejected', 'refund_resumed', 'reversal', 'chargeback',
  'withdrawal', 'withdrawal_paid', 'withdrawal_returned'));

-- The day so many working days (Monday to Friday) later: nobody publishes holidays far ahead.
CREATE FUNCTION after_working_days(day date, days integer) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT d::date FROM generate_series(day + 1, day + 2 * days + 4, interval '1 day') AS d
  WHERE extract(isodow FROM d) < 6 ORDER BY d OFFSET days - 1 LIMIT 1
$$;
-- The day in Jakarta on which we should have done the next step of a refund; NULL while others are to do theirs: two
-- working days for looking at it, three for sending it once its account is known, or the gateway is to be told.
CREATE FUNCTION refund_promise(r refunds) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT after_working_days((since AT TIME ZONE 'Asia/Jakarta')::date, CASE r.state WHEN 'requested' THEN 2 ELSE 3 END)
  FROM (SELECT CASE
      WHEN r.state = 'requested' AND r.reason = 'quarantined' THEN r.created_at
      WHEN r.state = 'approved' AND r.way = 'bank' THEN (
        SELECT greatest(max(a.given_at), r.changed_at) FROM refund_accounts a
        WHERE a.order_id = r.order_id AND a.bounced_at IS NULL HAVING count(*) > 0)
      WHEN r.state IN ('approved', 'sent') AND r.way IS DISTINCT FROM 'bank' AND r.left_at IS NULL THEN (
        SELECT max(s.at) FROM refund_steps s WHERE s.refund_id = r.id AND s.state = 'approved')
    END AS since) AS step WHERE since IS NOT NULL
$$;
CREATE INDEX refunds_state ON refunds (state, id);
CREATE INDEX refunds_reason ON refunds (reason, id);
CREATE INDEX refunds_made ON refunds (created_at);
CREATE INDEX refunds_references ON refunds (reference) WHERE reference IS NOT NULL;
CREATE INDEX session_reports_waiting ON session_reports (id) WHERE decided_at IS NULL;
CREATE INDEX session_reports_at ON session_reports (at);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
