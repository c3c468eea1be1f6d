"""A decided report can be opened again for another decision; what had been decided stays written down."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0044"
VERSION = "1.38.0"
DESCRIPTION = (
    "A decided report can be opened again for another decision; what had been decided stays written down."
)

SQL = """
-- The refund that a decision led to; NULL: nothing went back.
ALTER TABLE session_reports ADD COLUMN refund_id bigint REFERENCES refunds;
UPDATE session_reports r SET refund_id = (
    SELECT f.id FROM bookings b JOIN refunds f ON f.order_id = b.order_id
    WHERE b.id = r.booking_id AND f.reason = 'disputed' AND (f.refund_key = 'disputed-' || f.transaction_id OR EXISTS (
      SELECT FROM session_reports t WHERE t.booking_id = r.booking_id AND t.decided_at = r.decided_at
        AND f.refund_key = 'disputed-' || f.transaction_id || '-r' || t.id))
    ORDER BY length(f.refund_key) DESC, f.id DESC LIMIT 1)
  WHERE r.decision = 'refunded';
ALTER TABLE session_reports ADD CONSTRAINT session_reports_refund CHECK (refund_id IS NULL OR decision = 'refunded');

-- A decision that an admin took back for another one: as it was, and why it was taken back.
CREATE TABLE report_reopenings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  report_id bigint NOT NULL REFERENCES session_reports,
  decision text NOT NULL CHECK (decision IN ('refunded', 'kept')),
  refund_amount bigint CHECK (refund_amount > 0),
  reason text NOT NULL,
  decided_by bigint NOT NULL REFERENCES users,
  decided_at timestamptz NOT NULL,
  refund_id bigint REFERENCES refunds,
  reopened_by bigint NOT NULL REFERENCES users,
  reopened_at timestamptz NOT NULL DEFAULT app_now(),
  why text NOT NULL CHECK (length(why) BETWEEN 10 AND 1000),
  CHECK ((decision = 'refunded') = (refund_amount IS NOT NULL)),
  CHECK (refund_id IS NULL OR decision = 'refunded')
);
CREATE INDEX report_reopenings_report ON report_reopenings (report_id, id);
CREATE INDEX report_reopenings_refund ON report_reopenings (refund_id) WHERE refund_id IS NOT NULL;
CREATE TRIGGER report_reopenings_append_only BEFORE UPDATE OR DELETE ON report_reopenings
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER report_reopenings_no_truncate BEFORE TRUNCATE ON report_reopenings
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Nobody decides otherwise without a word about it: what was decided is written down before it makes room.
CREATE FUNCTION decision_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM report_reopenings x WHERE x.report_id = OLD.id AND x.decided_at = OLD.decided_at
      AND (x.decision, x.reason, x.decided_by) = (OLD.decision, OLD.reason, OLD.decided_by)
      AND x.refund_amount IS NOT DISTINCT FROM OLD.refund_amount) THEN
    RAISE EXCEPTION 'report % is decided', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER decision_kept BEFORE UPDATE ON session_reports FOR EACH ROW
  WHEN (OLD.decided_at IS NOT NULL AND (OLD.decision, OLD.refund_amount, OLD.reason, OLD.decided_by, OLD.decided_at)
    IS DISTINCT FROM (NEW.decision, NEW.refund_amount, NEW.reason, NEW.decided_by, NEW.decided_at))
  EXECUTE FUNCTION decision_kept();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
