"""Schedules edited by hand: why a day is off, once a day, and ranges of a weekday that never overlap."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0028"
VERSION = "1.38.0"
DESCRIPTION = (
    "Schedules edited by hand: why a day is off, once a day, and ranges of a weekday that never overlap."
)

SQL = """
-- What a day off is for, as its expert reads it.
ALTER TABLE schedule_exceptions ADD COLUMN note text NOT NULL DEFAULT '' CHECK (length(note) <= 60);

DELETE FROM schedule_exceptions again USING schedule_exceptions first
  WHERE again.kind = 'off' AND first.kind = 'off' AND again.expert_id = first.expert_id
    AND again.day = first.day AND again.id > first.id;
CREATE UNIQUE INDEX schedule_exceptions_off ON schedule_exceptions (expert_id, day) WHERE kind = 'off';

-- The product has always refused ranges that overlap; from here on nothing else can write them either.
ALTER TABLE weekly_hours ADD CONSTRAINT weekly_hours_apart EXCLUDE USING gist (
  expert_id WITH =, weekday WITH =,
  int4range(extract(epoch FROM starts)::integer, extract(epoch FROM ends)::integer) WITH &&);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
