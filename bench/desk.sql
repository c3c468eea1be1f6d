-- The measured world for the admins' desk: after world.sql, bench.orders orders of bench.mentors mentors and bench.users users
-- over the last months, each with its attempt, transaction, a row of the payment log, a mail, its history and ledger; a
-- message of a conversation for each, reviews, invoices, refunds, withdrawals, meeting links. Order n is the n-th that was made.
-- Rules that triggers and foreign keys hold are kept by hand here, so they rest; checks and unique keys do not.
SET session_replication_role = replica;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';

-- Indexes that hold no rule are made at the end, at once.
CREATE TEMP TABLE resting AS
  SELECT indexname AS name, indexdef AS made FROM pg_indexes
  WHERE schemaname = 'public' AND tablename = ANY ('{users,orders,bookings,order_events,payment_attempts,payment_transactions,
      payment_logs,outbox,chat_messages,active_sessions,ledger_journals,ledger_entries,invoices,reviews,meeting_links_pool,
      meeting_link_uses,audit_log}'::text[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname) AND indexdef NOT LIKE 'CREATE UNIQUE%';
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT name FROM resting LOOP EXECUTE format('DROP INDEX public.%I', one.name); END LOOP;
END $$;

CREATE TEMP VIEW sizes AS
  SELECT current_setting('bench.orders')::integer AS orders, current_setting('bench.mentors')::integer AS mentors,
    current_setting('bench.users')::integer AS users;
-- A number that looks like any other, always the same for n.
CREATE FUNCTION pg_temp.uuid(what text, n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(what || n)::uuid $$;

INSERT INTO users (id, email, full_name, phone, password_hash, role, terms_version, terms_accepted_at, email_verified_at,
    suspended_at, created_at)
  OVERRIDING SYSTEM VALUE
  SELECT 200000 + n, 'pembeli' || n || '@bench.test', pg_temp.person(n), '+62815' || 1000000 + n, '-', 'user', '1', app_now(),
    CASE WHEN n % 20 > 0 THEN app_now() END, CASE WHEN n % 5000 = 0 THEN app_now() END,
    app_now() - make_interval(mins => 3 * (s.users - n))
  FROM sizes s, generate_series(1, s.users) AS n
  UNION ALL
  SELECT 100000 + n, 'mentor' || n || '@bench.test', pg_temp.person(n * 3), '+62814' || 1000000 + n, '-', 'expert', '1',
    app_now(), app_now(), NULL, app_now() FROM sizes s, generate_series(1001, s.mentors) AS n
  UNION ALL
  SELECT 900000, 'admin@bench.test', 'Admin Ukur', '+628159999999', '-', 'admin', '1', app_now(), app_now(), NULL, app_now();
INSERT INTO login_sessions (user_id, token_hash, remember, user_agent, address, expires_at, second_factor_at, last_seen_at)
  VALUES (900000, sha256(convert_to('bench-token-900000', 'UTF8')), false, 'bench', '127.0.0.1', app_now() + interval '20 days',
    app_now(), app_now() + interval '2 hours');
INSERT INTO experts (id, user_id, slug, status, position_title, company, years_experience, city, published_at, display_name)
  OVERRIDING SYSTEM VALUE
  SELECT n, 100000 + n, 'mentor-' || n, CASE n % 500 WHEN 1 THEN 'submitted' WHEN 2 THEN 'suspended' ELSE 'published' END,
    'UX Lead', 'Gojek', 3 + n % 15, 'Bandung', app_now(), pg_temp.person(n * 3)
  FROM sizes s, generate_series(1001, s.mentors) AS n;
INSERT INTO services (id, expert_id, name, category, duration_minutes, price, description, place)
  OVERRIDING SYSTEM VALUE
  SELECT n * 10 + 1, n, 'Konsultasi Karier', 'online_chat', 60, 150000, '', 1
  FROM sizes s, generate_series(1001, s.mentors) AS n;
INSERT INTO schedules (expert_id) SELECT n FROM sizes s, generate_series(1001, s.mentors) AS n;
INSERT INTO weekly_hours (expert_id, weekday, starts, ends)
  SELECT n, weekday, '09:00', '17:00' FROM sizes s, generate_series(1001, s.mentors) AS n, generate_series(1, 5) AS weekday;

-- Each mentor has a session a day; the last three are yet to come, on days on which the world so far has none.
CREATE TEMP TABLE made AS
  SELECT 2000000 + n AS id, n, 'BE-20260103-' || translate(lpad((n - 1)::text, 6, '0'), '0123456789', 'ABCDEFGHJK') AS public_id,
    1 + n % s.mentors AS expert_id, 200001 + (n::bigint * 7919 % s.users)::integer AS user_id, day.coming, day.starts_at,
    least(app_now(), day.starts_at - interval '4 days') + make_interval(secs => n % s.mentors) - interval '3 hours' AS created_at,
    (ARRAY['online_video', 'online_chat', 'online_chat', 'offline_event'])[1 + n % 4] AS category,
    (ARRAY['qris', 'card', 'bank_transfer', 'ewallet', 'cstore'])[1 + n % 5] AS method,
    CASE WHEN day.coming THEN CASE WHEN n % 10 = 0 THEN 'pending' ELSE 'confirmed' END
      WHEN n % 100 BETWEEN 84 AND 94 OR n % 100 IN (96, 97, 98) THEN 'cancelled' ELSE 'completed' END AS status,
    CASE WHEN day.coming THEN CASE WHEN n % 10 = 0 THEN 'waiting' ELSE 'paid' END
      WHEN n % 100 < 84 THEN 'paid' WHEN n % 100 < 92 THEN 'expired' WHEN n % 100 < 95 THEN 'refunded'
      WHEN n % 100 = 95 THEN 'partially_refunded' WHEN n % 100 = 96 THEN 'failed' WHEN n % 100 = 97 THEN 'cancelled'
      WHEN n % 1000 = 98 THEN 'refund_pending' WHEN n % 100 = 98 THEN 'refunded'
      WHEN n % 1000 = 99 THEN 'chargeback' ELSE 'paid' END AS payment_status
  FROM sizes s, generate_series(1, s.orders) AS n, LATERAL (
    SELECT (n - 1) / s.mentors >= s.orders / s.mentors - 3 AS coming, date_trunc('day', app_now()) + make_interval(
      days => (n - 1) / s.mentors - s.orders / s.mentors + CASE WHEN (n - 1) / s.mentors >= s.orders / s.mentors - 3 THEN 6 ELSE 4 END,
      hours => 2 + n % 9) AS starts_at) AS day;
CREATE TEMP VIEW paid AS SELECT * FROM made WHERE payment_status NOT IN ('waiting', 'expired', 'failed', 'cancelled');
ANALYZE made, users, experts;

INSERT INTO orders (id, public_id, kind, user_id, expert_id, item_name, payer_name, expert_name, subtotal, admin_fee, total,
    platform_fee, expert_share, admin_fee_bps, platform_fee_bps, tax_bps, cancel_policy, payment_method, payment_status, pay_deadline,
    created_at, paid_at)
  OVERRIDING SYSTEM VALUE
  SELECT id, public_id, 'booking', user_id, expert_id, 'Konsultasi Karier', pg_temp.person(user_id - 200000),
    pg_temp.person(expert_id * 3), 150000, 7500, 157500, 31500, 126000, 500, 2000, 0, '{}', method, payment_status,
    CASE payment_status WHEN 'waiting' THEN app_now() + interval '5 hours' ELSE starts_at - interval '1 hour' END, created_at,
    CASE WHEN payment_status NOT IN ('waiting', 'expired', 'failed', 'cancelled') THEN created_at + interval '5 minutes' END
  FROM made;
INSERT INTO bookings (id, order_id, user_id, expert_id, service_id, status, category, duration_minutes, starts_at, during, blocked,
    topic, cancel_reason, created_at)
  SELECT pg_temp.uuid('b', n), id, user_id, expert_id, expert_id * 10 + 1, status, category, 60, starts_at, time, time,
    'Pindah jalur ke produk digital', CASE status WHEN 'cancelled' THEN payment_status END, created_at
  FROM made, LATERAL (SELECT tstzrange(starts_at, starts_at + interval '1 hour') AS time) AS t;
INSERT INTO order_events (order_id, at, actor, event)
  SELECT id, created_at, 'user', 'created' FROM made
  UNION ALL SELECT id, created_at + interval '5 minutes', 'midtrans', 'confirmed' FROM paid
  UNION ALL SELECT id, starts_at + interval '1 hour', 'system', status FROM made WHERE status IN ('completed', 'cancelled');
INSERT INTO payment_attempts (id, order_id, number, gateway_order_id, amount, state, snap_token, redirect_url, expires_at, created_at,
    closed_at)
  OVERRIDING SYSTEM VALUE
  SELECT id, id, 1, public_id, 157500, CASE payment_status WHEN 'waiting' THEN 'open' ELSE 'closed' END, 'bench-' || id,
    'https://app.midtrans.test/bench-' || id, starts_at - interval '1 hour', created_at,
    CASE WHEN payment_status <> 'waiting' THEN created_at + interval '5 minutes' END FROM made;
INSERT INTO payment_transactions (transaction_id, attempt_id, payment_type, gateway_status, state, amount, currency, returned, began_at,
    first_seen_at, changed_at)
  SELECT pg_temp.uuid('t', n)::text, id, method, CASE payment_status WHEN 'paid' THEN 'settlement' ELSE payment_status END,
    CASE payment_status WHEN 'refund_pending' THEN 'paid' WHEN 'failed' THEN 'failed' WHEN 'expired' THEN 'expired'
      WHEN 'cancelled' THEN 'failed' WHEN 'waiting' THEN 'waiting' ELSE payment_status END,
    157500, 'IDR', CASE payment_status WHEN 'refunded' THEN 157500 WHEN 'chargeback' THEN 157500 WHEN 'partially_refunded'
      THEN 50000 ELSE 0 END, created_at, created_at, created_at + interval '5 minutes'
  FROM made;
INSERT INTO payment_logs (at, source, gateway_order_id, attempt_id, transaction_id, transaction_status, body, alert)
  SELECT created_at + interval '5 minutes',
    CASE WHEN n % 1000 = 7 THEN 'cancel' WHEN n % 1000 = 8 THEN 'create' WHEN n % 2 = 0 THEN 'status' ELSE 'notification' END,
    public_id, id, pg_temp.uuid('t', n)::text,
    CASE payment_status WHEN 'waiting' THEN 'pending' WHEN 'expired' THEN 'expire' WHEN 'refunded' THEN 'refund'
      WHEN 'partially_refunded' THEN 'partial_refund' WHEN 'chargeback' THEN 'chargeback' WHEN 'failed' THEN 'deny'
      ELSE 'settlement' END,
    jsonb_build_object('order_id', public_id, 'transaction_id', pg_temp.uuid('t', n), 'gross_amount', '157500.00', 'currency', 'IDR',
      'payment_type', method, 'transaction_time', '2026-01-03 10:00:00', 'status_code', '200', 'status_message', 'midtrans payment'),
    CASE WHEN n % 500 = 5 THEN 'paid_late' WHEN payment_status = 'chargeback' THEN 'chargeback' END
  FROM made;
INSERT INTO outbox (kind, about, user_id, order_id, message_id, status, attempts, next_try_at, created_at, sent_at, due_at, problem)
  SELECT CASE WHEN payment_status = 'waiting' THEN 'booked' ELSE 'paid' END, public_id, user_id, id, '<' || id || '@bench>',
    CASE WHEN n % 5000 = 1 THEN 'dropped' WHEN n % 20000 = 2 THEN 'waiting' ELSE 'sent' END, 1, created_at, created_at,
    CASE WHEN n % 5000 <> 1 AND n % 20000 <> 2 THEN created_at END, created_at, CASE WHEN n % 5000 = 1 THEN 'no longer true' END
  FROM made;
INSERT INTO ledger_accounts (kind, expert_id)
  SELECT kind, n FROM sizes s, generate_series(1, s.mentors) AS n,
    unnest('{expert_held,expert_available,expert_withdrawing,expert_withdrawn,expert_owed}'::text[]) AS kind
  ON CONFLICT DO NOTHING;
INSERT INTO ledger_accounts (kind) SELECT unnest('{gateway,platform_fee,admin_fee}'::text[]) ON CONFLICT DO NOTHING;
ANALYZE ledger_accounts;
INSERT INTO ledger_journals (id, key, kind, order_id, transaction_id, at)
  OVERRIDING SYSTEM VALUE
  SELECT id, 'paid:' || pg_temp.uuid('t', n), 'payment', id, pg_temp.uuid('t', n)::text, created_at + interval '5 minutes' FROM paid;
INSERT INTO ledger_entries (journal_id, account_id, amount)
  SELECT s.id, a.id, e.amount
  FROM paid s, (VALUES ('gateway', 157500), ('platform_fee', -24000), ('admin_fee', -7500)) AS e (kind, amount)
    JOIN ledger_accounts a ON a.kind = e.kind
  UNION ALL
  SELECT s.id, a.id, -126000 FROM paid s JOIN ledger_accounts a ON a.kind = 'expert_held' AND a.expert_id = s.expert_id;
INSERT INTO invoices (order_id, year, number, issued_at, transaction_id, document)
  SELECT id, 2025, row_number() OVER (ORDER BY id), created_at + interval '5 minutes', pg_temp.uuid('t', n)::text, '{}' FROM paid;
INSERT INTO refunds (id, order_id, transaction_id, amount, reason, state, refund_key, created_at, changed_at, way)
  OVERRIDING SYSTEM VALUE
  SELECT id, id, pg_temp.uuid('t', n)::text, CASE payment_status WHEN 'partially_refunded' THEN 50000 ELSE 157500 END,
    'cancelled_by_user', CASE WHEN payment_status <> 'refund_pending' THEN 'done' WHEN n % 3 = 0 THEN 'requested' ELSE 'approved' END,
    'refund-' || id, starts_at - interval '1 day', starts_at - interval '1 day', CASE WHEN n % 2 = 0 THEN 'bank' ELSE 'gateway' END
  FROM paid WHERE payment_status IN ('refunded', 'partially_refunded', 'refund_pending');
INSERT INTO refund_steps (refund_id, state, at) SELECT id, 'requested', created_at FROM refunds
  UNION ALL SELECT id, 'done', changed_at FROM refunds WHERE state = 'done';
INSERT INTO reviews (order_id, expert_id, user_id, rating, comment, display_name, anonymous, created_at)
  SELECT id, expert_id, user_id, 3 + n % 3, pg_temp.sentence(n), split_part(pg_temp.person(user_id - 200000), ' ', 1), false,
    starts_at + interval '2 hours' FROM paid WHERE status = 'completed' AND n % 3 = 0;
INSERT INTO active_sessions (booking_id, user_id, expert_user_id, timed, duration_seconds, scheduled_at, status, user_joined_at,
    expert_joined_at, started_at, ends_at, ended_at, ended_by, last_seq, created_at, last_seal)
  SELECT pg_temp.uuid('b', n), user_id, 100000 + expert_id, true, 3600, starts_at, 'ended', starts_at, starts_at, starts_at,
    starts_at + interval '1 hour', starts_at + interval '1 hour', 'timeout', 10, created_at, ''
  FROM paid WHERE status = 'completed' AND n % 8 = 1;
INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, created_at, seal)
  SELECT booking_id, seq, CASE seq % 2 WHEN 0 THEN user_id ELSE expert_user_id END,
    CASE seq % 2 WHEN 0 THEN 'user' ELSE 'expert' END, gen_random_uuid(), pg_temp.sentence(seq), started_at, ''
  FROM active_sessions, generate_series(1, 10) AS seq WHERE status = 'ended';
INSERT INTO withdrawals (id, public_id, expert_id, form_key, amount, bank, bank_name, account_sealed, account_tail, account_holder,
    state, asked_at)
  OVERRIDING SYSTEM VALUE
  SELECT n, 'WD-20260103-' || translate(lpad(n::text, 6, '0'), '0123456789', 'ABCDEFGHJK'), 1 + n % s.mentors, gen_random_uuid(), 500000,
    '014', 'BCA', decode(repeat('ab', 100), 'hex'), '6789', pg_temp.person(n), CASE WHEN n > 2 * s.mentors AND n % 20 = 0 THEN 'requested' ELSE 'paid' END,
    app_now() - make_interval(mins => 3 * s.mentors - n)
  FROM sizes s, generate_series(1, 3 * s.mentors) AS n;
INSERT INTO withdrawal_steps (withdrawal_id, state, at, actor_id, note)
  SELECT id, 'requested', asked_at, 100000 + expert_id, '' FROM withdrawals
  UNION ALL SELECT id, 'paid', asked_at + interval '1 day', 900000, 'BCA-1' FROM withdrawals WHERE state = 'paid';
INSERT INTO session_reports (booking_id, side, kind, words, at, decision, reason, decided_by, decided_at)
  SELECT pg_temp.uuid('b', n), 'user', 'problem', 'Mentor tidak terdengar sama sekali.', starts_at, decision,
    CASE WHEN decision IS NOT NULL THEN 'Rekaman menunjukkan keduanya hadir.' END, CASE WHEN decision IS NOT NULL THEN 900000 END,
    CASE WHEN decision IS NOT NULL THEN starts_at + interval '1 day' END
  FROM paid, LATERAL (SELECT CASE WHEN n % 20000 <> 50 THEN 'kept' END AS decision) AS d WHERE n % 1000 = 50;
INSERT INTO gateway_differences (attempt_id, transaction_id, there, there_status, here, found_at, seen_at, resolved_at)
  SELECT id, pg_temp.uuid('t', n)::text, 157500, 'settlement', 0, created_at, created_at, CASE WHEN n % 5000 <> 50 THEN created_at END
  FROM paid WHERE n % 1000 = 50;

INSERT INTO meeting_links_pool (id, url, reusable, created_at, spent_at)
  OVERRIDING SYSTEM VALUE
  SELECT n, 'https://meet.bench.test/' || substr(md5('l' || n), 1, 12), false, created_at, created_at FROM paid WHERE n % 4 = 0;
INSERT INTO meeting_links_pool (id, url, reusable, expires_at, retired_at)
  OVERRIDING SYSTEM VALUE
  SELECT 3000000 + n, 'https://meet.bench.test/baru-' || n, n % 20 = 0, CASE WHEN n % 5 = 0 THEN app_now() + make_interval(days => n % 60 - 5) END,
    CASE WHEN n % 9 = 0 THEN app_now() END
  FROM generate_series(1, 1000) AS n;
INSERT INTO meeting_link_uses (booking_id, link_id, reusable, around, given_at)
  SELECT pg_temp.uuid('b', n), n, false, tstzrange(starts_at, starts_at + interval '3 hours'), created_at FROM paid WHERE n % 4 = 0;
INSERT INTO audit_log (at, actor_id, session_id, action, kind, subject, reason)
  SELECT created_at, 900000, 0, 'refund.approved', 'refund', id::text, 'Sesuai aturan pembatalan.' FROM made WHERE n % 5 = 0;

SELECT setval(pg_get_serial_sequence(name, 'id'), 9000000)
  FROM unnest('{users,experts,services,orders,payment_attempts,ledger_journals,refunds,withdrawals,meeting_links_pool}'::text[]) AS name;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT made FROM resting LOOP EXECUTE one.made; END LOOP;
END $$;
SET session_replication_role = origin;
