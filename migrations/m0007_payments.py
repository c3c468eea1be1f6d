"""Payment attempts, what Midtrans says of them, refunds wanted, meeting links and invoices."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0007"
VERSION = "1.38.0"
DESCRIPTION = "Payment attempts, what Midtrans says of them, refunds wanted, meeting links and invoices."

SQL = """
-- One try at paying an order through Snap. Committed before Midtrans is called; never deleted.
CREATE TABLE payment_attempts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  number integer NOT NULL CHECK (number >= 1),
  gateway_order_id text NOT NULL CONSTRAINT payment_attempts_gateway_order_id UNIQUE
    CHECK (gateway_order_id ~ '^[A-Z]{2}-[0-9]{8}-[A-HJ-NP-Z2-9]{6}(-[0-9]+)?$'),
  amount bigint NOT NULL CHECK (amount > 0),
  -- enabled_payments as sent to Snap; NULL means every method
  enabled_payments text[],
  -- creating: committed, Midtrans not heard yet; unknown: the call's outcome is not known; open: can be paid;
  -- refused: Midtrans would not create it; closed: cannot be paid any more
  state text NOT NULL DEFAULT 'creating' CHECK (state IN ('creating', 'unknown', 'open', 'refused', 'closed')),
  snap_token text,
  redirect_url text,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  expires_at timestamptz NOT NULL,
  -- polling: when Midtrans is asked next, and how often it was
  next_check_at timestamptz,
  checks integer NOT NULL DEFAULT 0,
  -- who is calling Midtrans for it and until when, by real time: nobody else does meanwhile
  opener uuid,
  opening_until timestamptz,
  UNIQUE (order_id, number),
  CHECK (state <> 'open' OR (snap_token IS NOT NULL AND redirect_url IS NOT NULL))
);
CREATE UNIQUE INDEX payment_attempts_one_living ON payment_attempts (order_id)
  WHERE state IN ('creating', 'unknown', 'open');
CREATE INDEX payment_attempts_due ON payment_attempts (next_check_at) WHERE next_check_at IS NOT NULL;

-- What is true of one transaction at Midtrans, as its status API last said. Several may come under one attempt.
CREATE TABLE payment_transactions (
  transaction_id text PRIMARY KEY CHECK (length(transaction_id) BETWEEN 1 AND 100),
  attempt_id bigint NOT NULL REFERENCES payment_attempts,
  payment_type text NOT NULL,
  gateway_status text NOT NULL,
  fraud_status text,
  -- our word for it; quarantined: money came, but not the amount or currency asked for
  state text NOT NULL CHECK (state IN ('waiting', 'review', 'paid', 'failed', 'reversed', 'expired', 'refunded',
    'partially_refunded', 'chargeback', 'quarantined', 'unknown')),
  amount bigint NOT NULL CHECK (amount >= 0),
  currency text NOT NULL,
  -- what went back to the payer, by refund or chargeback
  returned bigint NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND amount),
  -- when it began, as Midtrans says
  began_at timestamptz NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT app_now(),
  changed_at timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX payment_transactions_attempt ON payment_transactions (attempt_id);

-- Everything Midtrans ever told us, as it came: notifications and status answers.
CREATE TABLE payment_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  source text NOT NULL CHECK (source IN ('notification', 'status', 'create', 'cancel', 'expire', 'refund')),
  gateway_order_id text NOT NULL,
  attempt_id bigint REFERENCES payment_attempts,
  transaction_id text,
  transaction_status text,
  body jsonb NOT NULL,
  alert text
);
CREATE INDEX payment_logs_order ON payment_logs (gateway_order_id, id);
CREATE INDEX payment_logs_alerts ON payment_logs (id) WHERE alert IS NOT NULL;
CREATE TRIGGER payment_logs_append_only BEFORE UPDATE OR DELETE ON payment_logs
  FOR EACH ROW EXECUTE FUNCTION append_only();

-- Money that must go back: an intent, whoever causes it.
CREATE TABLE refunds (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  transaction_id text REFERENCES payment_transactions,
  amount bigint NOT NULL CHECK (amount > 0),
  reason text NOT NULL CHECK (reason IN ('paid_late', 'paid_twice', 'cancelled_by_user', 'cancelled_by_expert',
    'cancelled_by_admin', 'expert_absent', 'both_absent', 'ended_early', 'disputed', 'extension_unused',
    'quarantined')),
  state text NOT NULL DEFAULT 'requested'
    CHECK (state IN ('requested', 'approved', 'rejected', 'sent', 'done', 'failed')),
  refund_key text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  changed_at timestamptz NOT NULL DEFAULT app_now(),
  CONSTRAINT refunds_once_per_cause UNIQUE NULLS NOT DISTINCT (order_id, transaction_id, reason)
);

CREATE TABLE meeting_links_pool (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url text NOT NULL UNIQUE CHECK (url ~ '^https://[^ ]+$'),
  reusable boolean NOT NULL DEFAULT false,
  retired_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  UNIQUE (id, reusable)
);
-- Who uses which link. A link serves one booking ever, unless reusable: then never two within two hours.
CREATE TABLE meeting_link_uses (
  booking_id uuid PRIMARY KEY REFERENCES bookings,
  link_id bigint NOT NULL,
  reusable boolean NOT NULL,
  around tstzrange NOT NULL,
  given_at timestamptz NOT NULL DEFAULT app_now(),
  FOREIGN KEY (link_id, reusable) REFERENCES meeting_links_pool (id, reusable),
  CONSTRAINT meeting_link_uses_apart EXCLUDE USING gist (link_id WITH =, around WITH &&)
);
CREATE UNIQUE INDEX meeting_link_uses_once ON meeting_link_uses (link_id) WHERE NOT reusable;

CREATE TABLE invoice_counters (year integer PRIMARY KEY, last_number integer NOT NULL);
CREATE TABLE invoices (
  order_id bigint PRIMARY KEY REFERENCES orders,
  year integer NOT NULL,
  number integer NOT NULL CHECK (number > 0),
  issued_at timestamptz NOT NULL DEFAULT app_now(),
  UNIQUE (year, number)
);
CREATE TRIGGER invoices_append_only BEFORE UPDATE OR DELETE ON invoices
  FOR EACH ROW EXECUTE FUNCTION append_only();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
