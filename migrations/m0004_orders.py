"""Orders, bookings and their history: the slot is held by an exclusion constraint."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0004"
VERSION = "1.38.0"
DESCRIPTION = "Orders, bookings and their history: the slot is held by an exclusion constraint."

SQL = """
CREATE TABLE schedules (
  expert_id bigint PRIMARY KEY REFERENCES experts ON DELETE CASCADE,
  time_zone text NOT NULL DEFAULT 'Asia/Jakarta'
    CHECK (time_zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')),
  step_minutes integer NOT NULL DEFAULT 30 CHECK (step_minutes BETWEEN 5 AND 240),
  buffer_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 240),
  notice_minutes integer NOT NULL DEFAULT 120 CHECK (notice_minutes BETWEEN 75 AND 43200),
  horizon_days integer NOT NULL DEFAULT 30 CHECK (horizon_days BETWEEN 1 AND 365)
);

-- Times of the expert's own wall clock; '24:00' ends a day.
CREATE TABLE weekly_hours (
  expert_id bigint NOT NULL REFERENCES schedules ON DELETE CASCADE,
  weekday integer NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  starts time NOT NULL,
  ends time NOT NULL,
  CHECK (starts < ends),
  PRIMARY KEY (expert_id, weekday, starts)
);

CREATE TABLE schedule_exceptions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES schedules ON DELETE CASCADE,
  day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('off', 'extra')),
  starts time,
  ends time,
  CHECK ((kind = 'off' AND starts IS NULL AND ends IS NULL) OR (kind = 'extra' AND starts < ends))
);
CREATE INDEX schedule_exceptions_day ON schedule_exceptions (expert_id, day);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  public_id text NOT NULL CONSTRAINT orders_public_id_key UNIQUE
    CHECK (public_id ~ '^(BE|PD|EX)-[0-9]{8}-[A-HJ-NP-Z2-9]{6}$'),
  kind text NOT NULL CHECK (kind IN ('booking', 'product', 'extension')),
  user_id bigint NOT NULL REFERENCES users,
  expert_id bigint NOT NULL REFERENCES experts,
  item_name text NOT NULL,
  payer_name text NOT NULL,
  expert_name text NOT NULL,
  subtotal bigint NOT NULL CHECK (subtotal > 0),
  admin_fee bigint NOT NULL CHECK (admin_fee >= 0),
  total bigint NOT NULL CHECK (total = subtotal + admin_fee),
  platform_fee bigint NOT NULL CHECK (platform_fee BETWEEN 0 AND total),
  expert_share bigint NOT NULL CHECK (expert_share = total - platform_fee),
  admin_fee_bps integer NOT NULL,
  platform_fee_bps integer NOT NULL,
  cancel_policy jsonb NOT NULL,
  payment_method text NOT NULL CHECK (payment_method IN ('card', 'bank_transfer', 'ewallet', 'qris', 'cstore')),
  payment_status text NOT NULL DEFAULT 'waiting' CHECK (payment_status IN (
    'waiting', 'paid', 'failed', 'expired', 'cancelled', 'paid_late', 'refund_pending',
    'refunded', 'partially_refunded', 'reversed', 'chargeback')),
  under_review boolean NOT NULL DEFAULT false,
  last_attempt_failed boolean NOT NULL DEFAULT false,
  pay_deadline timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  paid_at timestamptz,
  -- when what the expert earned becomes available; NULL before completion and once it has
  release_at timestamptz
);
CREATE INDEX orders_user ON orders (user_id, created_at DESC, id DESC);
CREATE INDEX orders_expert ON orders (expert_id, created_at DESC, id DESC);
CREATE INDEX orders_release ON orders (release_at) WHERE release_at IS NOT NULL;
CREATE INDEX orders_unpaid ON orders (pay_deadline) WHERE payment_status = 'waiting';

CREATE TABLE bookings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  order_id bigint NOT NULL UNIQUE REFERENCES orders,
  user_id bigint NOT NULL REFERENCES users,
  expert_id bigint NOT NULL REFERENCES experts,
  service_id bigint NOT NULL REFERENCES services,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed', 'completed', 'cancelled')),
  cancel_reason text,
  category text NOT NULL CHECK (category IN ('online_chat', 'online_video', 'offline_event')),
  duration_minutes integer CHECK (duration_minutes BETWEEN 5 AND 480),
  address text NOT NULL DEFAULT '',
  is_now boolean NOT NULL DEFAULT false,
  starts_at timestamptz NOT NULL,
  during tstzrange CHECK (NOT isempty(during)),
  blocked tstzrange CHECK (blocked @> during),
  topic text NOT NULL CHECK (length(topic) BETWEEN 5 AND 150),
  notes text NOT NULL DEFAULT '' CHECK (length(notes) <= 2000),
  created_at timestamptz NOT NULL DEFAULT app_now(),
  CHECK ((duration_minutes IS NULL) = (during IS NULL) AND (during IS NULL) = (blocked IS NULL)),
  CONSTRAINT bookings_expert_slot EXCLUDE USING gist (expert_id WITH =, blocked WITH &&)
    WHERE (status IN ('pending', 'confirmed')),
  CONSTRAINT bookings_user_slot EXCLUDE USING gist (user_id WITH =, during WITH &&)
    WHERE (status IN ('pending', 'confirmed'))
);
CREATE INDEX bookings_expert_soon ON bookings (expert_id, starts_at);
CREATE INDEX bookings_user_soon ON bookings (user_id, starts_at);
CREATE INDEX bookings_live ON bookings (starts_at) WHERE status IN ('pending', 'confirmed');

-- What happened to an order: who, when, why. Read by both sides and by the desk.
CREATE TABLE order_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  at timestamptz NOT NULL DEFAULT app_now(),
  actor text NOT NULL CHECK (actor IN ('user', 'expert', 'admin', 'system', 'midtrans')),
  actor_id bigint REFERENCES users,
  event text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX order_events_order ON order_events (order_id, id);
CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE ON order_events
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE FUNCTION order_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_public_id text;
BEGIN
  IF TG_TABLE_NAME = 'orders' THEN
    v_public_id := NEW.public_id;
  ELSE
    SELECT public_id INTO v_public_id FROM orders WHERE id = NEW.order_id;
    PERFORM live_publish('room:' || NEW.id);
  END IF;
  PERFORM live_publish('order:' || v_public_id);
  RETURN NULL;
END $$;
CREATE TRIGGER order_changed AFTER UPDATE OF payment_status, under_review, last_attempt_failed ON orders
  FOR EACH ROW EXECUTE FUNCTION order_changed();
CREATE TRIGGER booking_changed AFTER UPDATE OF status, starts_at ON bookings
  FOR EACH ROW EXECUTE FUNCTION order_changed();

-- Lists of experts depend on these: anonymous pages kept as bytes are dropped when the bell rings.
CREATE FUNCTION catalog_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM live_publish('catalog');
  RETURN NULL;
END $$;
CREATE TRIGGER experts_changed AFTER INSERT OR UPDATE OR DELETE ON experts
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER services_changed AFTER INSERT OR UPDATE OR DELETE ON services
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
