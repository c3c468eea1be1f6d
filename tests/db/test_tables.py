"""Piccolo's tables say what the database has; what they leave out, the database fills in or Piccolo has no word for."""

import importlib
from pathlib import Path

import pytest
from piccolo.table import Table

from mentorinaja.db.pool import Database

FEATURES = sorted(
    path.parent.name for path in (Path(__file__).parents[2] / "src/mentorinaja").glob("*/tables.py")
)
# Piccolo's words for types PostgreSQL calls otherwise.
NO_WORD = {"inet", "tstzrange", "tsvector", "ARRAY"}
SAME = {
    "bigserial": "bigint",
    "serial": "integer",
    "varchar": "text",
    "timestamp with time zone": "timestamp with time zone",
    "timestamptz": "timestamp with time zone",
    "decimal": "numeric",
    "time": "time without time zone",
    "bytea": "bytea",
}


def tables() -> list[type[Table]]:
    found = []
    for feature in FEATURES:
        module = importlib.import_module(f"mentorinaja.{feature}.tables")
        found += [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type) and issubclass(thing, Table) and thing.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("table", tables(), ids=lambda table: table._meta.tablename)
async def test_a_table_matches_the_database(db: Database, table: type[Table]) -> None:
    rows = await db.fetch(
        """SELECT column_name, CASE data_type WHEN 'USER-DEFINED' THEN udt_name ELSE data_type END AS type,
                  is_nullable = 'YES' AS nullable, column_default IS NOT NULL AS filled
           FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'""",
        table._meta.tablename,
    )
    there = {row["column_name"]: (row["type"], row["nullable"]) for row in rows}
    must_be_said = {
        row["column_name"] for row in rows if not (row["nullable"] or row["filled"] or row["type"] in NO_WORD)
    }
    said = {}
    for column in table._meta.columns:
        kind = column.column_type.lower().split("(")[0]
        said[column._meta.db_column_name] = (SAME.get(kind, kind), column._meta.null)
    assert set(said) <= set(there), "a table says a column the database does not have"
    assert must_be_said <= set(said), "a table cannot be inserted into without these"
    for name, (kind, nullable) in said.items():
        assert there[name][1] == nullable, f"{name} may be null: {there[name][1]}"
        assert there[name][0] in (kind, "citext", "tstzrange", "tsvector", "inet", "ARRAY", "text"), (
            name,
            kind,
            there[name],
        )


def test_every_table_of_the_schema_is_said_once() -> None:
    names = [table._meta.tablename for table in tables()]
    assert len(names) == len(set(names))
