"""Experts, what they know and have done, and the services they sell."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0003"
VERSION = "1.38.0"
DESCRIPTION = "Experts, what they know and have done, and the services they sell."

SQL = """
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

CREATE TABLE experts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL UNIQUE REFERENCES users,
  slug text NOT NULL CONSTRAINT experts_slug_key UNIQUE CHECK (slug ~ '^[a-z0-9-]{3,50}$'),
  status text NOT NULL DEFAULT 'draft'
    CHECK (status IN ('draft', 'submitted', 'rejected', 'published', 'paused')),
  position_title text NOT NULL DEFAULT '',
  company text NOT NULL DEFAULT '',
  years_experience integer NOT NULL DEFAULT 0 CHECK (years_experience BETWEEN 0 AND 70),
  bio text NOT NULL DEFAULT '' CHECK (length(bio) <= 5000),
  city text NOT NULL DEFAULT '',
  country text NOT NULL DEFAULT 'Indonesia',
  ready_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  published_at timestamptz,
  -- kept for lists, so that no list asks per card; written by refresh_listing() and the reviews' actions
  display_name text NOT NULL,
  rating_count integer NOT NULL DEFAULT 0 CHECK (rating_count >= 0),
  rating_sum integer NOT NULL DEFAULT 0 CHECK (rating_sum BETWEEN rating_count AND 5 * rating_count),
  lowest_price bigint,
  lowest_price_service_id bigint,
  shortest_minutes integer,
  categories text[] NOT NULL DEFAULT '{}',
  expertise text[] NOT NULL DEFAULT '{}',
  next_slot_at timestamptz,
  listed_at timestamptz NOT NULL DEFAULT app_now(),
  search_text text NOT NULL DEFAULT '',
  search tsvector NOT NULL DEFAULT ''
);
CREATE INDEX experts_search ON experts USING gin (search);
CREATE INDEX experts_search_text ON experts USING gin (search_text gin_trgm_ops);
CREATE INDEX experts_expertise ON experts USING gin (expertise);

-- Words as search sees them: no accents, no signs ('UI/UX' is two words), small letters.
CREATE FUNCTION plain_words(p_text text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT trim(regexp_replace(lower(unaccent(p_text)), '[^[:alnum:]]+', ' ', 'g'))
$$;

-- What was typed: every word must begin one of the expert's words, Indonesian affixes aside. NULL for no word.
CREATE FUNCTION search_query(p_text text) RETURNS tsquery LANGUAGE sql STABLE AS $$
  SELECT to_tsquery('indonesian', string_agg(word || ':*', ' & '))
  FROM (SELECT word FROM unnest(string_to_array(plain_words(p_text), ' ')) AS word WHERE word <> '' LIMIT 8) AS typed
$$;

-- The published experts who have every typed word, or one that differs from it in a letter (two, when it is long).
CREATE FUNCTION similar_experts(p_text text) RETURNS SETOF bigint LANGUAGE sql STABLE
SET pg_trgm.word_similarity_threshold = 0.3 AS $$
  WITH typed AS (
    SELECT word, CASE WHEN length(word) < 4 THEN 0 WHEN length(word) < 7 THEN 1 ELSE 2 END AS wrong
    FROM (SELECT word FROM unnest(string_to_array(plain_words(p_text), ' ')) AS word
          WHERE length(word) BETWEEN 2 AND 60 LIMIT 8) AS few
  )
  -- The longest word goes through the index; what it found is compared word by word.
  SELECT e.id FROM experts e
  WHERE e.status = 'published' AND e.search_text %> (SELECT word FROM typed ORDER BY length(word) DESC LIMIT 1)
    AND NOT EXISTS (
      SELECT FROM typed WHERE NOT (
        e.search @@ to_tsquery('indonesian', typed.word || ':*')
        OR EXISTS (SELECT FROM unnest(string_to_array(e.search_text, ' ')) AS known
                   WHERE length(known) < 61 AND levenshtein_less_equal(known, typed.word, wrong) <= wrong)))
$$;

CREATE TABLE expert_slugs (
  old_slug text PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE
);

CREATE TABLE expert_tags (
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('expertise', 'skill')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  place integer NOT NULL,
  PRIMARY KEY (expert_id, kind, name)
);

CREATE TABLE educations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  degree text NOT NULL, institution text NOT NULL, year integer NOT NULL CHECK (year BETWEEN 1940 AND 2100),
  place integer NOT NULL
);
CREATE INDEX educations_expert ON educations (expert_id, place);

CREATE TABLE work_experiences (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  title text NOT NULL, company text NOT NULL,
  from_year integer NOT NULL CHECK (from_year BETWEEN 1940 AND 2100),
  to_year integer CHECK (to_year BETWEEN from_year AND 2100),
  description text NOT NULL DEFAULT '', place integer NOT NULL
);
CREATE INDEX work_experiences_expert ON work_experiences (expert_id, place);

CREATE TABLE achievements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  title text NOT NULL, place integer NOT NULL
);
CREATE INDEX achievements_expert ON achievements (expert_id, place);

CREATE TABLE services (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts,
  name text NOT NULL CHECK (length(name) BETWEEN 3 AND 80),
  category text NOT NULL CHECK (category IN ('online_chat', 'online_video', 'offline_event')),
  duration_minutes integer CHECK (duration_minutes BETWEEN 5 AND 480),
  price bigint NOT NULL CHECK (price BETWEEN 10000 AND 50000000),
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
  address text NOT NULL DEFAULT '',
  active boolean NOT NULL DEFAULT true,
  archived_at timestamptz,
  place integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  CHECK (category <> 'offline_event' OR address <> '')
);
CREATE INDEX services_expert ON services (expert_id, place);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
