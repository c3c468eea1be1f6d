-- The measured world at size: after world.sql, experts 1001 to bench.experts with their users, and bench.bookings bookings
-- of all of them: sessions of the past, coming ones, and some that wait for their money. Runs in the session of world.sql.

CREATE TEMP VIEW more AS SELECT generate_series(1001, current_setting('bench.experts')::integer) AS n;
CREATE TEMP VIEW everybody AS SELECT generate_series(1, current_setting('bench.experts')::integer) AS n;

INSERT INTO users (id, email, full_name, phone, password_hash, role, terms_version, terms_accepted_at, email_verified_at)
  OVERRIDING SYSTEM VALUE
  SELECT n, 'user' || n || '@bench.test', pg_temp.person(n), '+62813' || 1000000 + n, '-', 'user', '1', app_now(), app_now()
  FROM more
  UNION ALL
  SELECT 100000 + n, 'expert' || n || '@bench.test', pg_temp.person(n * 3), '+62814' || 1000000 + n, '-', 'expert', '1',
    app_now(), app_now() FROM more;
INSERT INTO experts (id, user_id, slug, status, position_title, company, years_experience, bio, city, published_at, display_name)
  OVERRIDING SYSTEM VALUE
  SELECT n, 100000 + n, 'mentor-' || n, 'published',
    pg_temp.pick('{Senior Product Manager,UX Lead,Data Scientist,Backend Engineer,HR Business Partner,Brand Manager}', n),
    pg_temp.pick('{Gojek,Tokopedia,Bukalapak,Traveloka,Ruangguru,Bank Jago,Kopi Kenangan,Telkom}', n * 5), 3 + n % 15,
    concat_ws(' ', pg_temp.sentence(n), pg_temp.sentence(n * 2), pg_temp.sentence(n * 3), pg_temp.sentence(n * 5)),
    pg_temp.pick('{Jakarta,Bandung,Surabaya,Makassar,Denpasar,Yogyakarta}', n), app_now(), ''
  FROM more;
INSERT INTO expert_photos (id, expert_id) SELECT md5('photo ' || n)::uuid, n FROM more;
UPDATE experts SET photo_id = md5('photo ' || id)::uuid WHERE photo_id IS NULL;
INSERT INTO expert_tags (expert_id, kind, name, place)
  SELECT n, kind, pg_temp.pick(CASE kind WHEN 'expertise' THEN '{Produk,Desain,Data,Karier,Pemasaran,Keuangan}'::text[]
      ELSE '{SQL,Figma,Python,Roadmap,Wawancara,Negosiasi,Riset,Presentasi}' END, n * 11 + place), place
  FROM more, unnest('{expertise,skill}'::text[]) AS kind, generate_series(1, 3) AS place
  ON CONFLICT DO NOTHING;
INSERT INTO educations (expert_id, degree, institution, year, place)
  SELECT n, 'S1 Teknik Informatika', 'Universitas Indonesia', 2005 + n % 12, 1 FROM more;
INSERT INTO work_experiences (expert_id, title, company, from_year, to_year, description, place)
  SELECT n, 'Product Manager', pg_temp.pick('{Gojek,Tokopedia,Traveloka}', n + place), 2012 + place, 2014 + place,
    pg_temp.sentence(n + place), place FROM more, generate_series(1, 3) AS place;
INSERT INTO services (id, expert_id, name, category, duration_minutes, price, description, place)
  OVERRIDING SYSTEM VALUE
  SELECT n * 10 + k, n, (ARRAY['Konsultasi Karier', 'Bedah CV dan Portofolio', 'Simulasi Wawancara'])[k],
    (ARRAY['online_chat', 'online_video', 'online_chat'])[k], 30 * k, 75000 * k + 1000 * (n % 20), pg_temp.sentence(n + k), k
  FROM more, generate_series(1, 3) AS k;

-- Schedules of many kinds: two ranges a day and Saturdays, buffers, fine steps, long horizons, days off.
INSERT INTO schedules (expert_id, time_zone, step_minutes, buffer_minutes, horizon_days)
  SELECT n, (ARRAY['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'])[1 + n % 3], (ARRAY[30, 60, 15])[1 + n % 3],
    (ARRAY[0, 15, 30])[1 + n % 3], CASE n % 4 WHEN 0 THEN 60 ELSE 30 END
  FROM more;
INSERT INTO weekly_hours (expert_id, weekday, starts, ends)
  SELECT n, weekday, starts, ends
  FROM more, generate_series(1, 6) AS weekday, (VALUES ('09:00'::time, '12:00'::time), ('13:00', '18:00')) AS hours (starts, ends)
  WHERE weekday < 6 OR n % 4 = 0;
INSERT INTO schedule_exceptions (expert_id, day, kind)
  SELECT n, app_now()::date + (n % 20) + k, 'off' FROM more, generate_series(1, 3) AS k WHERE n % 3 = 0;

-- Booking k of expert n, by a user and on days of its own: nobody has two at once. The newest six are yet to come.
CREATE TEMP TABLE held AS
  SELECT 2000000 + (k - 1) * 10000 + n AS id, n AS expert_id, 1 + (n + k * 37) % current_setting('bench.experts')::integer AS user_id,
    CASE WHEN k > 6 THEN 'completed' WHEN k = 6 AND n % 4 = 0 THEN 'pending' ELSE 'confirmed' END AS status,
    CASE WHEN k = 6 AND n % 4 = 0 THEN 'waiting' ELSE 'paid' END AS payment_status,
    date_trunc('day', app_now()) + make_interval(days => CASE WHEN k > 6 THEN -5 * k + n % 3 ELSE 4 * k + n % 3 END,
      hours => 2 + (n + k) % 7) AS starts_at
  FROM everybody, generate_series(1, current_setting('bench.bookings')::integer / current_setting('bench.experts')::integer) AS k;
INSERT INTO orders (id, public_id, kind, user_id, expert_id, item_name, payer_name, expert_name, subtotal, admin_fee, total,
    platform_fee, expert_share, admin_fee_bps, platform_fee_bps, tax_bps, cancel_policy, payment_method, payment_status, pay_deadline,
    created_at, paid_at)
  OVERRIDING SYSTEM VALUE
  SELECT h.id, 'BE-20260101-' || translate(lpad((h.id - 2000000)::text, 6, '0'), '0123456789', 'ABCDEFGHJK'), 'booking', h.user_id,
    h.expert_id, 'Konsultasi Karier', pg_temp.person(h.user_id), pg_temp.person(h.expert_id * 3), 150000, 7500, 157500, 31500,
    126000, 500, 2000, 0, '{}', 'qris', h.payment_status, least(app_now() + interval '1 day', h.starts_at - interval '1 hour'),
    least(app_now(), h.starts_at) - interval '2 hours',
    CASE h.payment_status WHEN 'paid' THEN least(app_now(), h.starts_at) - interval '90 minutes' END
  FROM held h;
INSERT INTO bookings (order_id, user_id, expert_id, service_id, status, category, duration_minutes, starts_at, during, blocked, topic)
  SELECT id, user_id, expert_id, expert_id * 10 + 2, status, 'online_video', 60, starts_at, time, time, 'Pindah jalur'
  FROM held, LATERAL (SELECT tstzrange(starts_at, starts_at + interval '1 hour') AS time) AS t;
INSERT INTO reviews (order_id, expert_id, user_id, rating, comment, display_name, anonymous, created_at)
  SELECT id, expert_id, user_id, 3 + id % 3, pg_temp.sentence(id), split_part(pg_temp.person(user_id), ' ', 1), false,
    starts_at + interval '2 hours' FROM held WHERE status = 'completed' AND (id + expert_id) % 3 = 0;
UPDATE experts e SET rating_count = r.count, rating_sum = r.sum
  FROM (SELECT expert_id, count(*) AS count, sum(rating) AS sum FROM reviews GROUP BY expert_id) r WHERE r.expert_id = e.id;

SELECT setval(pg_get_serial_sequence(name, 'id'), 9000000)
  FROM unnest('{users,experts,services,orders}'::text[]) AS name;
