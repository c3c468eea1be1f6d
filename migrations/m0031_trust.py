"""Trust from facts: what an expert's sessions say, pauses of experts who do not come, and replies to reviews."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0031"
VERSION = "1.38.0"
DESCRIPTION = "Trust from facts: what an expert's sessions say, pauses of experts who do not come, and replies to reviews."

SQL = """
-- One public reply of the expert to each review.
ALTER TABLE reviews
  ADD COLUMN reply text CHECK (length(reply) BETWEEN 10 AND 1000),
  ADD COLUMN replied_at timestamptz,
  ADD COLUMN reply_edited_at timestamptz,
  ADD CONSTRAINT reviews_reply_is_dated CHECK ((reply IS NULL) = (replied_at IS NULL)),
  ADD CONSTRAINT reviews_reply_edited_later CHECK (reply_edited_at >= replied_at);

-- What the sessions of the last twelve months say of an expert: counts, each with the number it is of.
CREATE TABLE expert_facts (
  expert_id bigint PRIMARY KEY REFERENCES experts ON DELETE CASCADE,
  on_time integer NOT NULL DEFAULT 0,
  on_time_of integer NOT NULL DEFAULT 0,
  -- medians in seconds, NULL without a single reply
  chat_reply_seconds integer CHECK (chat_reply_seconds >= 0),
  chat_reply_of integer NOT NULL DEFAULT 0,
  thread_reply_seconds integer CHECK (thread_reply_seconds >= 0),
  thread_reply_of integer NOT NULL DEFAULT 0,
  held integer NOT NULL DEFAULT 0,
  cancelled integer NOT NULL DEFAULT 0,
  -- what should have taken place: held, missed, or called off by the expert
  sold integer NOT NULL DEFAULT 0,
  counted_at timestamptz,
  -- when they are counted anew though nothing happened: the twelve months move
  due_at timestamptz,
  CHECK (on_time BETWEEN 0 AND on_time_of AND held >= 0 AND cancelled >= 0 AND held + cancelled <= sold),
  CHECK ((chat_reply_of = 0) = (chat_reply_seconds IS NULL)),
  CHECK ((thread_reply_of = 0) = (thread_reply_seconds IS NULL))
);
CREATE INDEX expert_facts_due ON expert_facts (due_at);

-- Whose facts are to be counted: rows that are only added and taken away, so that no session waits for another.
CREATE TABLE expert_facts_wanted (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE
);
CREATE INDEX expert_facts_wanted_expert ON expert_facts_wanted (expert_id);

CREATE FUNCTION facts_are_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO expert_facts_wanted (expert_id) VALUES (NEW.expert_id);
  RETURN NULL;
END $$;
CREATE TRIGGER facts_are_wanted AFTER UPDATE OF status ON bookings FOR EACH ROW
  WHEN (OLD.status = 'confirmed' AND NEW.status IN ('completed', 'cancelled')) EXECUTE FUNCTION facts_are_wanted();
INSERT INTO expert_facts_wanted (expert_id)
  SELECT DISTINCT expert_id FROM bookings WHERE status IN ('completed', 'cancelled');

-- An expert who misses sessions or leaves requests unanswered is not listed until the expert says otherwise.
CREATE TABLE expert_pauses (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  cause text NOT NULL CHECK (cause IN ('missed', 'silent')),
  began_at timestamptz NOT NULL DEFAULT app_now(),
  ended_at timestamptz CHECK (ended_at >= began_at)
);
CREATE UNIQUE INDEX expert_pauses_one_open ON expert_pauses (expert_id) WHERE ended_at IS NULL;
CREATE INDEX expert_pauses_expert ON expert_pauses (expert_id, id);
CREATE INDEX bookings_missed ON bookings (expert_id, starts_at)
  WHERE cancel_reason IN ('expert_absent', 'both_absent', 'undelivered');
CREATE INDEX bookings_open_threads ON bookings (created_at) WHERE status = 'confirmed' AND duration_minutes IS NULL;

-- Whoever lists a paused expert again ends the pause.
CREATE FUNCTION pause_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE expert_pauses SET ended_at = greatest(app_now(), began_at) WHERE expert_id = NEW.id AND ended_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER pause_ends AFTER UPDATE OF status ON experts FOR EACH ROW
  WHEN (OLD.status = 'paused' AND NEW.status <> 'paused') EXECUTE FUNCTION pause_ends();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
