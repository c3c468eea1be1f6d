"""Migrations on a database in which people had booked and paid already: everything holds afterwards."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from mentorinaja.db.pool import Database
from mentorinaja.policies import queries as policies
from tests.support.database import address_of, administer, assert_invariants

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
# What was released when the data below was written.
RELEASED = "m0017"

DATA = """
INSERT INTO users (email, full_name, phone, password_hash, terms_version, terms_accepted_at)
  VALUES ('budi@contoh.test', 'Budi Santoso', '+6281200000001', 'x', '1', app_now()),
    ('sari@contoh.test', 'Sari Wulandari', '+6281200000002', 'x', '1', app_now());
INSERT INTO experts (user_id, slug, status, display_name) VALUES (2, 'sari', 'published', 'Sari Wulandari');
INSERT INTO schedules (expert_id) VALUES (1);
INSERT INTO services (expert_id, name, category, duration_minutes, price)
  VALUES (1, 'Chat Konsultasi', 'online_chat', 30, 150000);

-- the first under other rates, over; the second called off, its money to go back; the third waits; the fourth late
INSERT INTO orders (public_id, kind, user_id, expert_id, item_name, payer_name, expert_name, subtotal, admin_fee,
    total, platform_fee, expert_share, admin_fee_bps, platform_fee_bps, cancel_policy, payment_method,
    payment_status, pay_deadline, created_at, paid_at)
  SELECT 'BE-20260101-AAAAA' || chr(64 + n), 'booking', 1, 1, 'Chat Konsultasi (30 menit)', 'Budi Santoso',
    'Sari Wulandari', p.subtotal, p.admin, p.subtotal + p.admin, p.platform, p.subtotal + p.admin - p.platform,
    p.admin_bps, p.platform_bps, '{"steps": [[1440, 10000], [180, 5000], [0, 0]]}', 'qris', status,
    app_now() + CASE status WHEN 'waiting' THEN interval '1 day' ELSE interval '-2 days' END,
    app_now() - interval '9 days', CASE WHEN n < 3 THEN app_now() - interval '8 days' END
  FROM (VALUES (1, 'paid'), (2, 'refund_pending'), (3, 'waiting'), (4, 'paid_late')) AS o (n, status),
    LATERAL (SELECT CASE n WHEN 1 THEN 100000 ELSE 150000 END, CASE n WHEN 1 THEN 4000 ELSE 7500 END,
      CASE n WHEN 1 THEN 15600 ELSE 31500 END, CASE n WHEN 1 THEN 400 ELSE 500 END,
      CASE n WHEN 1 THEN 1500 ELSE 2000 END) AS p (subtotal, admin, platform, admin_bps, platform_bps)
  ORDER BY n;
INSERT INTO bookings (order_id, user_id, expert_id, service_id, status, cancel_reason, category, duration_minutes,
    starts_at, during, blocked, topic)
  SELECT n, 1, 1, 1, status, reason, 'online_chat', 30, starts, tstzrange(starts, starts + interval '30 minutes'),
    tstzrange(starts, starts + interval '30 minutes'), 'Pindah karier'
  FROM (VALUES (1, 'completed', NULL, -5), (2, 'cancelled', 'expert_absent', -4), (3, 'pending', NULL, 3),
      (4, 'cancelled', 'expired', 4)) AS b (n, status, reason, days),
    LATERAL (SELECT date_trunc('hour', app_now()) + make_interval(days => days)) AS t (starts);
INSERT INTO order_events (order_id, actor, event)
  VALUES (1, 'user', 'created'), (1, 'midtrans', 'confirmed'), (1, 'system', 'completed'), (2, 'user', 'created'),
    (2, 'midtrans', 'confirmed'), (2, 'system', 'cancelled'), (2, 'system', 'refund_pending'),
    (3, 'user', 'created'), (4, 'user', 'created'), (4, 'system', 'expired'), (4, 'midtrans', 'paid_late');
INSERT INTO outbox (kind, user_id, order_id, about, message_id)
  SELECT 'paid', 1, id, public_id, public_id FROM orders WHERE id < 3;

INSERT INTO payment_attempts (order_id, number, gateway_order_id, amount, state, expires_at)
  SELECT id, 1, public_id, total, 'closed', pay_deadline FROM orders WHERE id <> 3;
INSERT INTO payment_transactions (transaction_id, attempt_id, payment_type, gateway_status, state, amount, currency,
    began_at)
  SELECT 't' || order_id, id, 'qris', 'settlement', 'paid', amount, 'IDR', app_now() FROM payment_attempts;
INSERT INTO refunds (order_id, transaction_id, amount, reason, refund_key)
  VALUES (2, 't2', 157500, 'expert_absent', 'expert_absent-t2'), (4, 't4', 157500, 'paid_late', 'paid_late-t4');
INSERT INTO invoice_counters VALUES (2026, 2);
INSERT INTO invoices (order_id, year, number) VALUES (1, 2026, 1), (2, 2026, 2);

INSERT INTO ledger_accounts (kind, expert_id) VALUES ('gateway', NULL), ('expert_held', 1), ('admin_fee', NULL),
  ('platform_fee', NULL), ('refund_due', NULL), ('expert_available', 1);
INSERT INTO ledger_journals (key, kind, order_id, transaction_id)
  VALUES ('paid:t1', 'payment', 1, 't1'), ('paid:t2', 'payment', 2, 't2'), ('released:t1', 'release', 1, 't1'),
    ('owed:expert_absent-t2', 'owed_back', 2, 't2'), ('due:t4', 'refund_due', 4, 't4');
INSERT INTO ledger_entries (journal_id, account_id, amount)
  VALUES (1, 1, 104000), (1, 2, -88400), (1, 3, -4000), (1, 4, -11600),
    (2, 1, 157500), (2, 2, -126000), (2, 3, -7500), (2, 4, -24000), (3, 2, 88400), (3, 6, -88400),
    (4, 2, 126000), (4, 3, 7500), (4, 4, 24000), (4, 5, -157500), (5, 1, 157500), (5, 5, -157500);
"""


def steps() -> list[tuple[str, str]]:
    """(file, SQL) of every migration, in order."""
    found = []
    for path in sorted(MIGRATIONS.glob("m0*.py")):
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found.append((path.stem, module.SQL))
    return found


async def test_what_was_there_before_the_newer_migrations_is_whole_after_them(database_server: str) -> None:
    await administer(database_server, 'CREATE DATABASE "upgraded"')
    db = await Database.connect(address_of(database_server, "upgraded"), 2)
    try:
        for name, sql in steps():
            if name.startswith(RELEASED):
                await db.execute(DATA)
            await db.execute(sql)
        await assert_invariants(db)
        told = [change.policy for change in await policies.history(db)]
        assert [(one.admin_fee_bps, one.platform_fee_bps) for one in told] == [(500, 2_000), (400, 1_500)]
        assert await db.fetchval("SELECT bool_and(tax_bps = 0) FROM orders")
    finally:
        await db.close()
        await administer(database_server, 'DROP DATABASE "upgraded" WITH (FORCE)')
