"""How sessions end besides by the clock: unused money, problems reported, arrivals, extensions, threads."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0014"
VERSION = "1.38.0"
DESCRIPTION = (
    "How sessions end besides by the clock: unused money, problems reported, arrivals, extensions, threads."
)

SQL = """
-- interrupted: the expert was away too long, or had to go on to the next booking; undelivered: a thread without "Selesai"
ALTER TABLE refunds DROP CONSTRAINT refunds_reason_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_reason_check CHECK (reason IN ('paid_late', 'paid_twice',
  'cancelled_by_user', 'cancelled_by_expert', 'cancelled_by_admin', 'expert_absent', 'both_absent', 'ended_early',
  'interrupted', 'undelivered', 'disputed', 'extension_unused', 'quarantined'));

-- Every state a refund was in, and since when; both sides see them.
CREATE TABLE refund_steps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  refund_id bigint NOT NULL REFERENCES refunds,
  state text NOT NULL,
  at timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX refund_steps_refund ON refund_steps (refund_id, id);
CREATE TRIGGER refund_steps_append_only BEFORE UPDATE OR DELETE ON refund_steps
  FOR EACH ROW EXECUTE FUNCTION append_only();
INSERT INTO refund_steps (refund_id, state, at)
  SELECT id, 'requested', created_at FROM refunds ORDER BY id;
INSERT INTO refund_steps (refund_id, state, at)
  SELECT id, state, changed_at FROM refunds WHERE state <> 'requested' ORDER BY id;

CREATE FUNCTION refund_stepped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO refund_steps (refund_id, state) VALUES (NEW.id, NEW.state);
  RETURN NULL;
END $$;
CREATE TRIGGER refund_requested AFTER INSERT ON refunds FOR EACH ROW EXECUTE FUNCTION refund_stepped();
CREATE TRIGGER refund_stepped AFTER UPDATE OF state ON refunds
  FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refund_stepped();

-- owed_back: part of a sale that is to go back moves from whoever had earned it to refund_due
ALTER TABLE ledger_journals DROP CONSTRAINT ledger_journals_kind_check;
ALTER TABLE ledger_journals ADD CONSTRAINT ledger_journals_kind_check CHECK (kind IN ('payment', 'release',
  'refund_due', 'owed_back', 'refund', 'reversal', 'chargeback', 'withdrawal', 'withdrawal_paid',
  'withdrawal_returned'));

-- A side says that something was wrong, or does not accept what a thread delivered; an admin decides.
CREATE TABLE session_reports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  booking_id uuid NOT NULL REFERENCES bookings,
  side text NOT NULL CHECK (side IN ('user', 'expert')),
  kind text NOT NULL CHECK (kind IN ('problem', 'objection')),
  words text NOT NULL CHECK (length(words) BETWEEN 10 AND 2000),
  at timestamptz NOT NULL DEFAULT app_now(),
  decision text CHECK (decision IN ('refunded', 'kept')),
  refund_amount bigint CHECK (refund_amount > 0),
  reason text,
  decided_by bigint REFERENCES users,
  decided_at timestamptz,
  CONSTRAINT session_reports_once UNIQUE (booking_id, side, kind),
  CHECK ((decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (reason IS NULL)),
  CHECK ((decision = 'refunded') = (refund_amount IS NOT NULL))
);
CREATE INDEX session_reports_open ON session_reports (booking_id) WHERE decided_at IS NULL;

-- Facts about video and offline sessions: who opened the meeting link, and that the arrival code was given.
CREATE TABLE session_arrivals (
  booking_id uuid NOT NULL REFERENCES bookings,
  side text NOT NULL CHECK (side IN ('user', 'expert')),
  kind text NOT NULL CHECK (kind IN ('link', 'code')),
  at timestamptz NOT NULL DEFAULT app_now(),
  PRIMARY KEY (booking_id, side, kind)
);
CREATE TRIGGER session_arrivals_append_only BEFORE UPDATE OR DELETE ON session_arrivals
  FOR EACH ROW EXECUTE FUNCTION append_only();
-- What the user of an offline session tells the expert on arrival: six digits, there from the confirmation on.
ALTER TABLE bookings ADD COLUMN arrival_code text
  CHECK (arrival_code IS NULL OR (arrival_code ~ '^[0-9]{6}$' AND category = 'offline_event'));
-- 48 bits of the randomness ids are made of, which nobody can guess ahead.
CREATE FUNCTION new_arrival_code() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT lpad((('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint % 1000000)::text, 6, '0')
$$;
CREATE FUNCTION give_arrival_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.arrival_code := new_arrival_code();
  RETURN NEW;
END $$;
CREATE TRIGGER give_arrival_code BEFORE INSERT OR UPDATE OF status ON bookings FOR EACH ROW
  WHEN (NEW.status = 'confirmed' AND NEW.category = 'offline_event' AND NEW.arrival_code IS NULL)
  EXECUTE FUNCTION give_arrival_code();
UPDATE bookings SET arrival_code = new_arrival_code() WHERE status = 'confirmed' AND category = 'offline_event';

-- "+15 menit": asked for by the user, agreed to by the expert, paid as an order of its own.
CREATE TABLE session_extensions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  booking_id uuid NOT NULL REFERENCES active_sessions,
  number integer NOT NULL CHECK (number >= 1),
  minutes integer NOT NULL DEFAULT 15 CHECK (minutes > 0),
  state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'agreed', 'declined', 'paid', 'lapsed')),
  asked_at timestamptz NOT NULL DEFAULT app_now(),
  answered_at timestamptz,
  order_id bigint UNIQUE REFERENCES orders,
  UNIQUE (booking_id, number),
  CHECK ((state IN ('agreed', 'paid')) <= (order_id IS NOT NULL))
);
CREATE UNIQUE INDEX session_extensions_one_open ON session_extensions (booking_id)
  WHERE state IN ('asked', 'agreed');

CREATE FUNCTION extension_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('room:' || NEW.booking_id);
  RETURN NULL;
END $$;
CREATE TRIGGER extension_changed AFTER INSERT OR UPDATE ON session_extensions
  FOR EACH ROW EXECUTE FUNCTION extension_changed();
-- The room shows how the payment of its extension goes.
CREATE FUNCTION extension_order_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('room:' || booking_id) FROM session_extensions WHERE order_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER extension_order_changed AFTER UPDATE OF payment_status, pay_deadline ON orders
  FOR EACH ROW WHEN (NEW.kind = 'extension') EXECUTE FUNCTION extension_order_changed();
CREATE TRIGGER report_changed AFTER INSERT OR UPDATE ON session_reports
  FOR EACH ROW EXECUTE FUNCTION extension_changed();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
