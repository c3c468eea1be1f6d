"""Orders at the desk: refunds that an admin grants, with the words both sides read; rare orders found among millions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0038"
VERSION = "1.38.0"
DESCRIPTION = (
    "Orders at the desk: refunds that an admin grants, with the words both sides read; rare orders found."
)

SQL = """
-- granted: an admin gives back of what was sold although no rule asks for it
ALTER TABLE refunds DROP CONSTRAINT refunds_reason_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_reason_check CHECK (reason IN ('paid_late', 'paid_twice',
  'cancelled_by_user', 'cancelled_by_expert', 'cancelled_by_admin', 'expert_absent', 'both_absent', 'ended_early',
  'interrupted', 'undelivered', 'disputed', 'extension_unused', 'quarantined', 'granted'));
-- why, in the words of the admin who decided it; both sides read them
ALTER TABLE refunds ADD COLUMN explained text NOT NULL DEFAULT '' CHECK (length(explained) <= 1000);
CREATE INDEX refunds_order ON refunds (order_id, id);

-- When an attempt could not be paid any more.
ALTER TABLE payment_attempts ADD COLUMN closed_at timestamptz;
CREATE FUNCTION attempt_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.closed_at := app_now();
  RETURN NEW;
END $$;
CREATE TRIGGER attempt_closed BEFORE UPDATE OF state ON payment_attempts FOR EACH ROW
  WHEN (NEW.state IN ('closed', 'refused') AND OLD.state NOT IN ('closed', 'refused'))
  EXECUTE FUNCTION attempt_closed();

-- What the desk asks the list of orders for and is rare, each ready in the list's order; all else is near the newest.
CREATE INDEX orders_made ON orders (created_at);
CREATE INDEX orders_other_kinds ON orders (kind, id) WHERE kind <> 'booking';
CREATE INDEX orders_rare_money ON orders (payment_status, id) WHERE payment_status IN ('waiting', 'failed', 'cancelled',
  'paid_late', 'refund_pending', 'refunded', 'partially_refunded', 'reversed', 'chargeback');
-- the six characters that people read out on the telephone
CREATE INDEX orders_code ON orders (right(public_id, 6));
CREATE INDEX bookings_status ON bookings (status, order_id) WHERE status IN ('pending', 'confirmed', 'cancelled');
CREATE INDEX bookings_rare_category ON bookings (category, order_id) WHERE category <> 'online_chat';
-- mails of an order, in its history
CREATE INDEX outbox_order ON outbox (order_id, id) WHERE order_id IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
