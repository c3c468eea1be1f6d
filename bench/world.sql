-- The world that is measured: bench.people users, as many experts, and one running chat between each pair.
-- Ids are computed, so that everything can name everything: user n, expert n (whose user is 100000 + n).

CREATE TEMP VIEW numbers AS SELECT generate_series(1, current_setting('bench.people')::integer) AS n;

-- One of the words, always the same for a number.
CREATE FUNCTION pg_temp.pick(words text[], n integer) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT words[1 + (hashint4(n) & 65535) % cardinality(words)] $$;
CREATE FUNCTION pg_temp.person(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_temp.pick('{Sari,Dimas,Ayu,Rizky,Putri,Bagus,Wulan,Fajar,Intan,Yoga,Ratna,Galih,Maya,Hendra,Nadia,Surya}', n)
    || ' ' || pg_temp.pick('{Wulandari,Pratama,Lestari,Saputra,Handayani,Nugroho,Kusuma,Siregar,Hasibuan,Wijaya}', n * 7) $$;
CREATE FUNCTION pg_temp.sentence(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_temp.pick('{"Membantu tim kecil menyusun prioritas yang masuk akal.","Sudah delapan tahun di dunia produk digital.",
    "Suka membahas CV dan portofolio sampai tuntas.","Pernah pindah jalur karier dari perbankan ke teknologi.",
    "Mengajar wawancara kerja untuk posisi senior.","Percaya pada umpan balik yang jujur dan ramah.",
    "Penjelasannya runtut, contohnya nyata, langsung bisa dipakai.","Waktunya terasa singkat karena diskusinya padat."}', n) $$;
CREATE FUNCTION pg_temp.order_name(kind text, n integer) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT 'BE-20260101-' || kind || translate(lpad(n::text, 5, '0'), '0123456789', 'ABCDEFGHJK') $$;

INSERT INTO users (id, email, full_name, phone, password_hash, role, terms_version, terms_accepted_at, email_verified_at)
  OVERRIDING SYSTEM VALUE
  SELECT n, 'user' || n || '@bench.test', pg_temp.person(n), '+62811' || 1000000 + n, '-', 'user', '1', app_now(), app_now()
  FROM numbers
  UNION ALL
  SELECT 100000 + n, 'expert' || n || '@bench.test', pg_temp.person(n * 3), '+62812' || 1000000 + n, '-', 'expert', '1',
    app_now(), app_now() FROM numbers;

-- Signed in, all of them; world.py knows the tokens.
INSERT INTO login_sessions (user_id, token_hash, remember, user_agent, address, expires_at)
  SELECT id, sha256(convert_to('bench-token-' || id, 'UTF8')), true, 'bench', '127.0.0.1', app_now() + interval '20 days'
  FROM users;

INSERT INTO experts (id, user_id, slug, status, position_title, company, years_experience, bio, city, published_at,
    display_name, rating_count, rating_sum)
  OVERRIDING SYSTEM VALUE
  SELECT n, 100000 + n, 'mentor-' || n, 'published',
    pg_temp.pick('{Senior Product Manager,UX Lead,Data Scientist,Backend Engineer,HR Business Partner,Brand Manager}', n),
    pg_temp.pick('{Gojek,Tokopedia,Bukalapak,Traveloka,Ruangguru,Bank Jago,Kopi Kenangan,Telkom}', n * 5), 3 + n % 15,
    concat_ws(' ', pg_temp.sentence(n), pg_temp.sentence(n * 2), pg_temp.sentence(n * 3), pg_temp.sentence(n * 5)),
    pg_temp.pick('{Jakarta,Bandung,Surabaya,Makassar,Denpasar,Yogyakarta}', n), app_now(), '', 0, 0
  FROM numbers;
-- Everybody has a photo to be named in pages; what it looks like is not weighed, and not there.
INSERT INTO expert_photos (id, expert_id) SELECT md5('photo ' || n)::uuid, n FROM numbers;
UPDATE experts SET photo_id = md5('photo ' || id)::uuid;
INSERT INTO expert_tags (expert_id, kind, name, place)
  SELECT n, kind, pg_temp.pick(CASE kind WHEN 'expertise' THEN '{Produk,Desain,Data,Karier,Pemasaran,Keuangan}'::text[]
      ELSE '{SQL,Figma,Python,Roadmap,Wawancara,Negosiasi,Riset,Presentasi}' END, n * 11 + place), place
  FROM numbers, unnest('{expertise,skill}'::text[]) AS kind, generate_series(1, 3) AS place
  ON CONFLICT DO NOTHING;
INSERT INTO educations (expert_id, degree, institution, year, place)
  SELECT n, 'S1 Teknik Informatika', 'Universitas Indonesia', 2005 + n % 12, 1 FROM numbers;
INSERT INTO work_experiences (expert_id, title, company, from_year, to_year, description, place)
  SELECT n, 'Product Manager', pg_temp.pick('{Gojek,Tokopedia,Traveloka}', n + place), 2012 + place, 2014 + place,
    pg_temp.sentence(n + place), place FROM numbers, generate_series(1, 3) AS place;
INSERT INTO achievements (expert_id, title, place) SELECT n, 'Pembicara Product Conference 2023', 1 FROM numbers;
INSERT INTO services (id, expert_id, name, category, duration_minutes, price, description, place)
  OVERRIDING SYSTEM VALUE
  SELECT n * 10 + k, n, (ARRAY['Konsultasi Karier', 'Bedah CV dan Portofolio', 'Simulasi Wawancara'])[k],
    (ARRAY['online_chat', 'online_video', 'online_chat'])[k], 30 * k, 75000 * k + 1000 * (n % 20), pg_temp.sentence(n + k), k
  FROM numbers, generate_series(1, 3) AS k;
INSERT INTO schedules (expert_id) SELECT n FROM numbers;
INSERT INTO weekly_hours (expert_id, weekday, starts, ends)
  SELECT n, weekday, '09:00', '17:00' FROM numbers, generate_series(1, 5) AS weekday;

-- What was sold: five past sessions of each expert, and one that runs now in room n.
CREATE TEMP TABLE sold AS
  SELECT 100000 + n * 10 + k AS id, pg_temp.order_name('P', n * 10 + k) AS public_id,
    1 + (n + k) % current_setting('bench.people')::integer AS user_id, n AS expert_id, 'completed' AS status,
    'paid' AS payment_status, date_trunc('hour', app_now()) - make_interval(days => 10 * k) AS starts_at, 60 AS minutes
    FROM numbers, generate_series(1, 5) AS k
  UNION ALL
  SELECT n, pg_temp.order_name('R', n), n, n, 'confirmed', 'paid', date_trunc('minute', app_now()) - interval '5 minutes', 240
    FROM numbers
  UNION ALL
  SELECT 50000, pg_temp.order_name('W', 1), 1, 2, 'pending', 'waiting', date_trunc('hour', app_now()) + interval '2 days', 60
  UNION ALL
  SELECT 50001, pg_temp.order_name('W', 2), 1, 3, 'cancelled', 'expired', date_trunc('hour', app_now()) + interval '1 day', 60
  UNION ALL -- the one that waits for a review
  SELECT 50002, pg_temp.order_name('W', 3), 1, 4, 'completed', 'paid', date_trunc('hour', app_now()) - interval '2 days', 60;

INSERT INTO orders (id, public_id, kind, user_id, expert_id, item_name, payer_name, expert_name, subtotal, admin_fee, total,
    platform_fee, expert_share, admin_fee_bps, platform_fee_bps, tax_bps, cancel_policy, payment_method, payment_status, pay_deadline,
    created_at, paid_at)
  OVERRIDING SYSTEM VALUE
  SELECT s.id, s.public_id, 'booking', s.user_id, s.expert_id, 'Konsultasi Karier', u.full_name, x.full_name, 150000, 7500,
    157500, 31500, 126000, 500, 2000, 0, '{}', 'qris', s.payment_status,
    CASE s.payment_status WHEN 'waiting' THEN app_now() + interval '1 day' ELSE s.starts_at - interval '1 hour' END,
    least(app_now(), s.starts_at) - interval '2 hours',
    CASE s.payment_status WHEN 'paid' THEN s.starts_at - interval '90 minutes' END
  FROM sold s JOIN users u ON u.id = s.user_id JOIN users x ON x.id = 100000 + s.expert_id;
INSERT INTO bookings (order_id, user_id, expert_id, service_id, status, category, duration_minutes, starts_at, during, blocked,
    topic, cancel_reason)
  SELECT id, user_id, expert_id, expert_id * 10 + 1, status, 'online_chat', minutes, starts_at, time, time,
    'Pindah jalur ke produk digital', CASE status WHEN 'cancelled' THEN 'unpaid' END
  FROM sold, LATERAL (SELECT tstzrange(starts_at, starts_at + make_interval(mins => minutes)) AS time) AS t;
INSERT INTO invoices (order_id, year, number) SELECT id, 2026, row_number() OVER (ORDER BY id) FROM sold WHERE payment_status = 'paid';
INSERT INTO invoice_counters (year, last_number) SELECT year, max(number) FROM invoices GROUP BY year;
INSERT INTO reviews (order_id, expert_id, user_id, rating, comment, display_name, anonymous, created_at)
  SELECT id, expert_id, user_id, 3 + id % 3, pg_temp.sentence(id), split_part(pg_temp.person(user_id), ' ', 1), false,
    starts_at + interval '2 hours' FROM sold WHERE status = 'completed' AND id <> 50002;
UPDATE experts e SET rating_count = r.count, rating_sum = r.sum
  FROM (SELECT expert_id, count(*) AS count, sum(rating) AS sum FROM reviews GROUP BY expert_id) r WHERE r.expert_id = e.id;

INSERT INTO active_sessions (booking_id, user_id, expert_user_id, timed, duration_seconds, scheduled_at, status,
    user_joined_at, expert_joined_at, started_at, ends_at)
  SELECT b.id, b.user_id, 100000 + b.expert_id, true, 240 * 60, b.starts_at, 'running', b.starts_at, b.starts_at, b.starts_at,
    b.starts_at + interval '240 minutes'
  FROM bookings b WHERE b.status = 'confirmed';
-- Some conversation before: tables that are empty when their statistics are made are read whole ever after.
INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, created_at, seal)
  SELECT booking_id, seq, CASE seq % 2 WHEN 0 THEN user_id ELSE expert_user_id END,
    CASE seq % 2 WHEN 0 THEN 'user' ELSE 'expert' END, gen_random_uuid(), pg_temp.sentence(seq), started_at, ''
  FROM active_sessions, generate_series(1, 20) AS seq;
UPDATE active_sessions SET last_seq = 20;
-- The measuring program holds both sides' streams open: nobody is absent before it comes.
INSERT INTO room_presence (booking_id, side, seen_at, streaming)
  SELECT booking_id, side, app_now() + interval '1 hour', true
  FROM active_sessions, unnest('{user,expert}'::text[]) AS side;

SELECT setval(pg_get_serial_sequence(name, 'id'), 1000000)
  FROM unnest('{users,experts,services,orders}'::text[]) AS name;
SELECT refresh_listing(n) FROM numbers;
