-- bench.orders unpaid sessions with their payment pages open: order n is of user and expert 1 + n modulo the people.
CREATE TEMP TABLE wanted AS
  SELECT 2000000 + n AS id,
    'BE-20260102-' || translate(lpad(to_hex(n), 6, '0'), '01', 'GH') AS public_id,
    1 + n % current_setting('bench.people')::integer AS person,
    date_trunc('hour', app_now()) + make_interval(days => 3 + n / current_setting('bench.people')::integer) AS starts_at
  FROM generate_series(1, current_setting('bench.orders')::integer) AS n;
UPDATE wanted SET public_id = upper(public_id);

INSERT INTO orders (id, public_id, kind, user_id, expert_id, item_name, payer_name, expert_name, subtotal, admin_fee, total,
    platform_fee, expert_share, admin_fee_bps, platform_fee_bps, tax_bps, cancel_policy, payment_method, payment_status,
    pay_deadline)
  OVERRIDING SYSTEM VALUE
  SELECT w.id, w.public_id, 'booking', w.person, w.person, 'Konsultasi Karier', u.full_name, x.full_name, 150000, 7500,
    157500, 31500, 126000, 500, 2000, 0, '{}', 'qris', 'waiting', w.starts_at - interval '1 hour'
  FROM wanted w JOIN users u ON u.id = w.person JOIN users x ON x.id = 100000 + w.person;
INSERT INTO bookings (order_id, user_id, expert_id, service_id, status, category, duration_minutes, starts_at, during, blocked,
    topic)
  SELECT id, person, person, person * 10 + 1, 'pending', 'online_chat', 30, starts_at, time, time,
    'Pindah jalur ke produk digital'
  FROM wanted, LATERAL (SELECT tstzrange(starts_at, starts_at + interval '30 minutes') AS time) AS t;
INSERT INTO payment_attempts (order_id, number, gateway_order_id, amount, state, snap_token, redirect_url, expires_at)
  SELECT id, 1, public_id, 157500, 'open', 'bench-' || id, 'https://app.midtrans.test/bench-' || id,
    starts_at - interval '1 hour'
  FROM wanted;
