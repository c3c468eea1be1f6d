"""The mail outbox, written in the transaction of what it tells."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0010"
VERSION = "1.38.0"
DESCRIPTION = "The mail outbox, written in the transaction of what it tells."

SQL = """
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  -- what it tells of ('BE-20261126-ABC123'); a higher version tells the same anew
  about text NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  user_id bigint NOT NULL REFERENCES users,
  order_id bigint REFERENCES orders,
  message_id text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sending', 'sent', 'dropped')),
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT app_now(),
  -- whoever took it for sending has until then, by real time: the claim is about processes, not about people
  taken_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  sent_at timestamptz,
  problem text,
  CONSTRAINT outbox_once UNIQUE (kind, about, user_id, version),
  CHECK (status <> 'sending' OR taken_until IS NOT NULL)
);
CREATE INDEX outbox_due ON outbox (next_try_at) WHERE status IN ('waiting', 'sending');
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
