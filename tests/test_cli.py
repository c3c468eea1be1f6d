"""The commands, run as a person runs them."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from mentorinaja import clock
from mentorinaja.cli import main
from mentorinaja.db import waiting
from mentorinaja.db.pool import Database
from mentorinaja.settings import describe
from tests.support.conversations import a_talk, begin_talk, end_talk, put_attachment, put_message, tamper
from tests.support.second_factor import ADMIN, make_desk_account, with_device


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


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_that_does_not_answer_is_told_in_lines_and_not_in_a_traceback(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "_SECONDS", 0.3)
    for name, value in {
        "MENTORINAJA_MODE": "production",
        "SECRET_KEY": "x" * 40,
        "BASE_URL": "https://mentorinaja.id",
        "MIDTRANS_SERVER_KEY": "Mid-server-1",
        "MIDTRANS_CLIENT_KEY": "Mid-client-1",
        "SMTP_HOST": "mail",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    }.items():
        monkeypatch.setenv(name, value)
    assert main([command]) == 1
    waits, gives_up = capsys.readouterr().err.splitlines()
    assert "waiting" in waits and "did not answer" in gives_up


async def test_serve_says_in_production_that_it_runs_as_the_owner_of_the_tables(db: Database) -> None:
    await clock.shift(db, timedelta(days=1))
    done = run(
        "serve",
        SECRET_KEY="x" * 40,
        BASE_URL="https://mentorinaja.id",
        MIDTRANS_SERVER_KEY="Mid-server-1",
        MIDTRANS_CLIENT_KEY="Mid-client-1",
        SMTP_HOST="mail",
        PORT="0",
        DATABASE_URL=db.dsn,
    )
    assert done.returncode != 0, "the shifted clock ends it"
    assert "DATABASE_URL's role owns the tables" in done.stderr


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


async def test_verify_says_how_much_it_checked_and_where_a_conversation_stops_fitting(
    unchecked_db: Database,
) -> None:
    meeting = await a_talk(unchecked_db, "Halo", "Halo juga")
    await a_talk(unchecked_db, "Lain")
    address = {"DATABASE_URL": unchecked_db.dsn}
    done = run("verify", **address)
    assert (done.returncode, done.stdout) == (0, "Checked rooms: 2, items: 7. All fit.\n")
    seal = await unchecked_db.fetchval(
        "SELECT last_seal FROM active_sessions WHERE booking_id = $1", meeting.booking_id
    )
    booking = str(meeting.booking_id)
    assert run("verify", booking, "--seal", seal.hex(), **address).returncode == 0
    other = run("verify", booking, "--seal", "00" * 32, **address)
    assert other.returncode == 1 and f"its last seal is {seal.hex()}" in other.stdout

    await tamper(
        unchecked_db,
        "UPDATE chat_messages SET text = 'Halo!' WHERE booking_id = $1 AND seq = 2",
        meeting.booking_id,
    )
    done = run("verify", **address)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"room {booking}: number 2 is changed: it does not fit its seal",
        "Checked rooms: 2, items: 7. Do not fit: 1.",
    ]
    unknown = run("verify", "0b9e9f5e-4b0e-4a55-9d2c-6f5a3c1f7d11", **address)
    assert unknown.returncode == 1 and "no room" in unknown.stdout
    for wrong in (["verify", "--seal", "00"], ["verify", booking, "--seal", "zz"], ["verify", "nobody"]):
        refused = run(*wrong, **address)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr


async def test_verify_reads_the_files_when_asked_to(db: Database, tmp_path: Path) -> None:
    meeting = await begin_talk(db)
    name = await put_attachment(db, meeting, digest=sha256(b"isi berkas").digest())
    await put_message(db, meeting.booking_id, "", attachment_id=name)
    await end_talk(meeting)
    address = {"DATABASE_URL": db.dsn, "DATA_DIR": str(tmp_path)}
    assert run("verify", **address).returncode == 0
    assert "number 2 is without its file" in run("verify", "--files", **address).stdout
    stored = tmp_path / "files" / "rooms" / str(meeting.booking_id) / str(name)
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"isi berkas")
    done = run("verify", "--files", **address)
    assert (done.returncode, done.stdout) == (0, "Checked rooms: 1, items: 3, files: 1. All fit.\n"), (
        done.stderr
    )
    stored.write_bytes(b"isi berkaz")
    done = run("verify", "--files", **address)
    assert done.returncode == 1 and "number 2 is changed: its file is another one" in done.stdout


async def test_an_admin_is_made_from_the_command_line(db: Database) -> None:
    done = run("create-admin", "desk@contoh.test", given="gajah terbang tinggi\n", DATABASE_URL=db.dsn)
    assert done.returncode == 0, done.stderr
    assert await db.fetchval("SELECT role FROM users WHERE email = 'desk@contoh.test'") == "admin"
    again = run("create-admin", "desk@contoh.test", given="gajah terbang tinggi\n", DATABASE_URL=db.dsn)
    assert again.returncode == 1 and "Traceback" not in again.stderr


async def test_an_admin_who_lost_everything_is_let_in_anew_from_the_command_line(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", db.dsn)

    async def reset(email: str) -> int:
        return await asyncio.to_thread(main, ["reset-totp", email])

    user_id = await make_desk_account(db)
    assert await reset(ADMIN) == 1, "nothing is set up"
    await with_device(db, user_id)
    assert await reset("siapa@contoh.test") == 1 and "bukan admin" in capsys.readouterr().err
    assert await reset(ADMIN) == 0
    assert await db.fetchval("SELECT count(*) FROM second_factors") == 0
    assert await db.fetchval("SELECT count(*) FROM login_sessions WHERE ended_at IS NULL") == 0
    row = await db.fetchrow("SELECT actor_id, session_id, action FROM audit_log")
    assert row is not None and tuple(row) == (user_id, 0, "user.totp_reset")


def test_migrate_starts_and_stops_the_embedded_database_by_itself(tmp_path: Path) -> None:
    first = run("migrate", DATA_DIR=str(tmp_path))
    assert first.returncode == 0, first.stderr
    assert run("check-invariants", DATA_DIR=str(tmp_path)).returncode == 0


async def test_a_shifted_clock_is_told_to_whoever_listens(db: Database) -> None:
    before = await clock.now(db)
    await clock.shift(db, timedelta(days=3))
    assert await clock.now(db) - before >= timedelta(days=3)
