"""Experts somebody keeps, and the wish to be told when one of them has a free slot."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0032"
VERSION = "1.38.0"
DESCRIPTION = "Experts somebody keeps, and the wish to be told when one of them has a free slot."

SQL = """
CREATE TABLE favourites (
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  PRIMARY KEY (user_id, expert_id)
);
CREATE INDEX favourites_expert ON favourites (expert_id);

CREATE TABLE slot_wishes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  expert_id bigint NOT NULL REFERENCES experts ON DELETE CASCADE,
  -- the slot there was when it was wished for one that is sooner; NULL: there was none, any will do
  sooner_than timestamptz,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'told', 'withdrawn', 'lapsed')),
  -- how often a mail was written: one whose slot was taken again before it could be sent is not sent
  tellings integer NOT NULL DEFAULT 0 CHECK (tellings >= 0),
  created_at timestamptz NOT NULL DEFAULT app_now(),
  ended_at timestamptz,
  CHECK ((state = 'open') = (ended_at IS NULL)),
  CHECK (state <> 'told' OR tellings > 0)
);
CREATE UNIQUE INDEX slot_wishes_open ON slot_wishes (user_id, expert_id) WHERE state = 'open';
CREATE INDEX slot_wishes_waiting ON slot_wishes (expert_id) WHERE state = 'open';
CREATE INDEX slot_wishes_expert ON slot_wishes (expert_id);

-- The slot a wish was for, if the expert has it now: "Sekarang" counts as this moment. NULL: not yet.
CREATE FUNCTION wished_slot(w slot_wishes) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_expert experts;
  v_slot timestamptz;
BEGIN
  SELECT * INTO v_expert FROM experts WHERE id = w.expert_id;
  IF v_expert.status <> 'published' THEN
    RETURN NULL;
  END IF;
  IF v_expert.ready_until > app_now() AND ready_now(v_expert.id, v_expert.shortest_minutes) THEN
    RETURN app_now();
  END IF;
  v_slot := listed_slot(v_expert);
  RETURN CASE WHEN w.sooner_than IS NULL OR v_slot < w.sooner_than THEN v_slot END;
END $$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
