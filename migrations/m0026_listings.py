"""What lists show of an expert besides words: the photo, and the days with a free start."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0026"
VERSION = "1.38.0"
DESCRIPTION = "What lists show of an expert besides words: the photo, and the days with a free start."

SQL = """
-- The row of a photo comes before its files; a sweep takes away what no expert shows.
CREATE TABLE expert_photos (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  UNIQUE (expert_id, id)
);
CREATE INDEX expert_photos_age ON expert_photos (created_at);

-- Nobody shows another one's.
ALTER TABLE experts
  ADD COLUMN photo_id uuid UNIQUE,
  ADD CONSTRAINT experts_own_photo FOREIGN KEY (id, photo_id) REFERENCES expert_photos (expert_id, id);

-- "Who is free that day?" and "who is free soonest?" are asked of everybody at once, so each listing keeps its free starts:
-- ranges from a first to a last one with a step between all that lie in them, cut where a day ends in one of the zones.
ALTER TABLE experts ADD COLUMN free_starts tstzmultirange NOT NULL DEFAULT '{}';
CREATE FUNCTION kept_starts(p_expert bigint, p_minutes integer) RETURNS tstzmultirange LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_minutes IS NULL THEN
    RETURN '{}';
  END IF;
  RETURN (
    WITH free AS (
      SELECT f.starts_at AS at, make_interval(mins => h.step_minutes) AS step, ARRAY[
          (f.starts_at AT TIME ZONE 'Asia/Jakarta')::date, (f.starts_at AT TIME ZONE 'Asia/Makassar')::date,
          (f.starts_at AT TIME ZONE 'Asia/Jayapura')::date] AS days
      FROM schedules h, free_slots(h.expert_id, p_minutes, app_now(), app_now() + make_interval(days => h.horizon_days)) f
      WHERE h.expert_id = p_expert
    ), marked AS (
      SELECT at, at - lag(at) OVER before IS DISTINCT FROM step OR days <> lag(days) OVER before AS begins
      FROM free WINDOW before AS (ORDER BY at)
    ), numbered AS (
      SELECT at, count(*) FILTER (WHERE begins) OVER (ORDER BY at) AS run FROM marked
    ), runs AS (
      SELECT tstzrange(min(at), max(at), '[]') AS run FROM numbered GROUP BY numbered.run
    )
    SELECT coalesce(range_agg(run), '{}') FROM runs);
END $$;

-- The slot a card shows: what was kept, or the first kept start that the minimum notice has not overtaken.
CREATE OR REPLACE FUNCTION listed_slot(e experts) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_earliest timestamptz;
  v_step interval;
  v_slot timestamptz;
BEGIN
  IF e.next_slot_at IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT app_now() + make_interval(mins => notice_minutes), make_interval(mins => step_minutes)
    INTO v_earliest, v_step FROM schedules WHERE expert_id = e.id;
  IF e.next_slot_at >= v_earliest THEN
    RETURN e.next_slot_at;
  END IF;
  SELECT lower(run) + greatest(0, ceil(extract(epoch FROM v_earliest - lower(run)) / extract(epoch FROM v_step))) * v_step
    INTO v_slot FROM unnest(e.free_starts) AS run WHERE upper(run) >= v_earliest LIMIT 1;
  -- Ranges come in their order. Where none is left the horizon may have reached a start since.
  RETURN coalesce(v_slot, next_free_slot(e.id, e.shortest_minutes));
END $$;

-- As before, with the days; the next slot is the first of them. What others changed while their turn was waited for
-- counts: each statement of a function sees what is committed when it begins.
CREATE OR REPLACE FUNCTION refresh_listing(p_expert bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM experts WHERE id = p_expert FOR NO KEY UPDATE;
  WITH offer AS (
    SELECT min(price) AS lowest, min(duration_minutes) AS shortest,
           (array_agg(id ORDER BY price, id))[1] AS cheapest,
           array_agg(DISTINCT category) AS categories, string_agg(name || ' ' || description, ' ') AS words
    FROM services
    WHERE expert_id = p_expert AND active AND archived_at IS NULL
  ), tags AS (
    SELECT coalesce(array_agg(name ORDER BY place) FILTER (WHERE kind = 'expertise'), '{}') AS expertise,
           coalesce(string_agg(name, ' ' ORDER BY place), '') AS words
    FROM expert_tags WHERE expert_id = p_expert
  ), kept AS MATERIALIZED (
    SELECT kept_starts(p_expert, shortest) AS runs FROM offer
  )
  UPDATE experts e SET
    display_name = u.full_name,
    lowest_price = offer.lowest,
    lowest_price_service_id = offer.cheapest,
    shortest_minutes = offer.shortest,
    categories = coalesce(offer.categories, '{}'),
    expertise = tags.expertise,
    free_starts = kept.runs,
    next_slot_at = lower(kept.runs),
    listed_at = app_now(),
    search_text = plain_words(concat_ws(
      ' ', u.full_name, e.position_title, e.company, tags.words, e.bio, offer.words, e.city)),
    search =
      setweight(to_tsvector('indonesian', plain_words(concat_ws(' ', u.full_name, e.position_title, e.company))), 'A')
      || setweight(to_tsvector('indonesian', plain_words(tags.words)), 'B')
      || setweight(to_tsvector('indonesian', plain_words(concat_ws(' ', e.bio, offer.words, e.city))), 'C')
  FROM users u, offer, tags, kept
  WHERE e.id = p_expert AND u.id = e.user_id;
END $$;

SELECT refresh_listing(id) FROM experts;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
