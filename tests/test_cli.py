"""The commands, run as a person runs them."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.settings import describe


def run(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONPATH")}
    return subprocess.run(
        [sys.executable, "-m", "mentorinaja", *arguments],
        env={**inherited, **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_settings_lists_every_setting() -> None:
    printed = run("settings").stdout
    assert all(name in printed for name, _, _ in describe())


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": "x" * 40}, "MIDTRANS_SERVER_KEY"),
        ({"SECRET_KEY": "x" * 40, "PORT": "eighty"}, "PORT"),
        ({"SECRET_KEY": "x" * 40, "BASE_URL": "http://mentorinaja.id"}, "BASE_URL"),
        (
            {
                "SECRET_KEY": "x" * 40,
                "BASE_URL": "https://mentorinaja.id",
                "MIDTRANS_SERVER_KEY": "SB-Mid-server-simulator",
                "MIDTRANS_CLIENT_KEY": "client",
                "SMTP_HOST": "mail",
                "DATABASE_URL": "postgresql://127.0.0.1:9/none",
            },
            "simulator",
        ),
    ],
)
def test_serve_refuses_wrong_settings_with_a_sentence_that_names_them(
    environment: dict[str, str], named: str
) -> None:
    done = run("serve", **environment)
    assert done.returncode == 2
    assert named in done.stderr and "Traceback" not in done.stderr


async def test_the_clock_moves_for_every_process_and_returns(db: Database) -> None:
    assert run("clock", "+90m", DATABASE_URL=db.dsn).returncode == 0
    assert await db.fetchval("SELECT shift FROM app_clock") == timedelta(minutes=90)
    assert run("clock", "soon", DATABASE_URL=db.dsn).returncode == 2
    refused = run("clock", "+1d", DATABASE_URL=db.dsn, MENTORINAJA_MODE="production", SECRET_KEY="x" * 40)
    assert refused.returncode == 2
    assert run("clock", "reset", DATABASE_URL=db.dsn).returncode == 0
    assert await db.fetchval("SELECT shift FROM app_clock") == timedelta(0)


async def test_check_invariants_shows_the_rows_that_must_not_exist(unchecked_db: Database) -> None:
    assert run("check-invariants", DATABASE_URL=unchecked_db.dsn).returncode == 0
    await unchecked_db.execute("INSERT INTO invoice_counters VALUES (2026, 7)")
    done = run("check-invariants", DATABASE_URL=unchecked_db.dsn)
    assert done.returncode == 1
    assert "2026" in done.stdout


async def test_an_admin_is_made_from_the_command_line(db: Database) -> None:
    done = run("create-admin", "desk@contoh.test", given="gajah terbang tinggi\n", DATABASE_URL=db.dsn)
    assert done.returncode == 0, done.stderr
    assert await db.fetchval("SELECT role FROM users WHERE email = 'desk@contoh.test'") == "admin"
    again = run("create-admin", "desk@contoh.test", given="gajah terbang tinggi\n", DATABASE_URL=db.dsn)
    assert again.returncode == 1 and "Traceback" not in again.stderr


def test_migrate_starts_and_stops_the_embedded_database_by_itself(tmp_path: Path) -> None:
    first = run("migrate", DATA_DIR=str(tmp_path))
    assert first.returncode == 0, first.stderr
    assert run("check-invariants", DATA_DIR=str(tmp_path)).returncode == 0


async def test_a_shifted_clock_is_told_to_whoever_listens(db: Database) -> None:
    before = await clock.now(db)
    await clock.shift(db, timedelta(days=3))
    assert await clock.now(db) - before >= timedelta(days=3)
