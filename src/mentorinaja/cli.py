"""The commands, as `mentorinaja --help` lists them."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from mentorinaja import clock, logs
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.settings import (
    DEVELOPMENT_SECRET,
    SIMULATOR_CLIENT_KEY,
    SIMULATOR_SERVER_KEY,
    Settings,
    SettingsError,
    database_url_from_environment,
    demo_secret,
    describe,
    load,
    owner_url_from_environment,
)

T = TypeVar("T")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHIFT = re.compile(r"^([+-])(\d{1,6})([smhd])$")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        code: int = given.run(given)
    except SettingsError as problem:
        print(f"mentorinaja: {problem}", file=sys.stderr)
        return 2
    except DomainError as problem:
        print(f"mentorinaja: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mentorinaja", description="MentorinAja")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        return command

    demo = add("demo", _demo, "everything on this machine: database, simulator, mail catcher, worker, web")
    demo.add_argument("--reload", action="store_true", help="restart the web process when code changes")
    add("serve", _serve, "the web process")
    add("worker", _worker, "the process that runs the jobs")
    add("migrate", _migrate, "bring the database up to date")
    add("seed", _seed, "fill the database with the demo world")
    admin = add("create-admin", _create_admin, "make an account with the role admin")
    admin.add_argument("email")
    admin.add_argument("--name", default="Admin")
    admin.add_argument("--phone", default="+628110000000")
    add("reset-totp", _reset_totp, "let an admin without device and codes in anew").add_argument("email")
    simulator = add("simulate-midtrans", _simulate, "the payment simulator alone")
    simulator.add_argument("--port", type=int, default=0)
    simulator.add_argument("--notification-url", required=True)
    simulator.add_argument("--state-file", type=Path)
    moved = add("clock", _clock, "show or move the database's clock (demo and tests only)")
    moved.add_argument("shift", nargs="?", help="+10m, -2h, +3d, or reset")
    add("check-invariants", _check_invariants, "look for rows that must not exist; exit 1 when there are any")
    checked = add("verify", _verify, "recompute the seals of conversations; exit 1 when any does not fit")
    checked.add_argument("booking", nargs="?", type=UUID, help="only this booking's")
    checked.add_argument("--seal", type=bytes.fromhex, help="its last seal as somebody kept it")
    checked.add_argument("--files", action="store_true", help="read every file that came with a message, too")
    add("settings", _settings, "every setting, its default and what it is")
    return parser


def _demo(given: argparse.Namespace) -> int:
    from mentorinaja.demo import run_demo

    return run_demo(reload=given.reload)


def _serve(_given: argparse.Namespace) -> int:
    import uvicorn

    from mentorinaja.app import create_app
    from mentorinaja.web.listening import bind

    with _ready_settings() as settings:
        logs.configure(settings.log_level)
        config = uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
            timeout_graceful_shutdown=8,
            timeout_keep_alive=30,
        )
        server = uvicorn.Server(config)
        server.run(sockets=[bind(config)])
        return 0 if server.started else 1


def _worker(_given: argparse.Namespace) -> int:
    from mentorinaja.jobs.worker import run_worker
    from mentorinaja.resources import open_resources
    from mentorinaja.work import all_jobs

    async def work(settings: Settings) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with open_resources(settings) as resources:
            await run_worker(resources, all_jobs(), stop)

    with _ready_settings() as settings:
        logs.configure(settings.log_level)
        asyncio.run(work(settings))
    return 0


def _migrate(_given: argparse.Namespace) -> int:
    with _database() as dsn:
        _migrate_now(dsn)
    print("The database is up to date.")
    return 0


def _seed(_given: argparse.Namespace) -> int:
    from mentorinaja.resources import open_resources
    from mentorinaja.seeds.world import seed

    async def run(settings: Settings) -> None:
        async with open_resources(settings) as resources:
            await seed(resources)

    with _local_settings() as settings:
        if settings.mode == "production":
            raise SettingsError("MENTORINAJA_MODE is production: the demo world does not belong there.")
        logs.configure("warning")
        _keep_migrated(settings)
        asyncio.run(run(settings))
    print("The demo world is there.")
    return 0


def _create_admin(given: argparse.Namespace) -> int:
    from mentorinaja.accounts.actions import create_admin

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")

    async def run(db: Database) -> None:
        await create_admin(db, email=given.email, full_name=given.name, phone=given.phone, password=password)

    with _database() as dsn:
        _run_with(dsn, run)
    print(f"{given.email} is an admin.")
    return 0


def _reset_totp(given: argparse.Namespace) -> int:
    from mentorinaja.accounts import factors

    with _database() as dsn:
        _run_with(dsn, lambda db: factors.reset_by_command(db, given.email))
    print(f"{given.email} sets a device up at the next sign-in.")
    return 0


def _simulate(given: argparse.Namespace) -> int:
    from mentorinaja.local.midtrans import SimulatorConfig
    from mentorinaja.local.midtrans.serve import run_simulator

    dsn = database_url_from_environment()

    def configure(url: str) -> SimulatorConfig:
        return SimulatorConfig(
            server_key=SIMULATOR_SERVER_KEY,
            client_key=SIMULATOR_CLIENT_KEY,
            notification_url=given.notification_url,
            public_url=url,
            state_file=given.state_file,
            clock=clock.DatabaseClock(dsn) if dsn else None,
        )

    run_simulator(configure, given.port)
    return 0


def _clock(given: argparse.Namespace) -> int:
    async def run(db: Database) -> None:
        if given.shift is not None:
            await clock.shift(db, _parse_shift(given.shift))
        print(f"{await clock.now(db):%Y-%m-%d %H:%M:%S} UTC")

    with _local_settings() as settings:
        if settings.mode == "production" and given.shift not in (None, "reset"):
            raise SettingsError("MENTORINAJA_MODE is production: its clock is not moved.")
        _run_with(settings.database_url, run)
    return 0


def _check_invariants(_given: argparse.Namespace) -> int:
    from mentorinaja.db.invariants import broken

    with _database() as dsn:
        found = {name: rows for name, rows in _run_with(dsn, broken).items() if rows}
    for name, rows in found.items():
        print(f"{name}: {len(rows)} row(s)")
        for row in rows[:20]:
            print(f"  {dict(row)}")
    if not found:
        print("All invariants hold.")
    return 1 if found else 0


def _verify(given: argparse.Namespace) -> int:
    from mentorinaja.rooms.files import stored_digest
    from mentorinaja.storage import Storage
    from mentorinaja.transcripts.verifying import verify

    if given.seal is not None and given.booking is None:
        raise SettingsError("--seal belongs to one conversation: name its booking.")
    with _local_settings() as settings:
        files = partial(stored_digest, Storage.open(settings)) if given.files else None
        check = partial(verify, say=print, booking_id=given.booking, kept=given.seal, read_digest=files)
        return 0 if _run_with(settings.database_url, check) else 1


def _settings(_given: argparse.Namespace) -> int:
    for name, default, text in describe():
        print(f"{name:24} {text}{f' (default: {default})' if default else ''}")
    return 0


def _parse_shift(text: str) -> timedelta | None:
    if text == "reset":
        return None
    match = _SHIFT.match(text)
    if not match:
        raise SettingsError(f"{text!r} is not a shift; say +10m, -2h, +3d or reset.")
    sign, number, unit = match.groups()
    return timedelta(**{_UNITS[unit]: int(number)}) * (-1 if sign == "-" else 1)


@contextmanager
def _ready_settings() -> Iterator[Settings]:
    """Complete settings with a migrated database: what `serve` and `worker` need."""
    from mentorinaja.db.waiting import wait_for_database

    with _local_settings(strict=True) as settings:
        asyncio.run(wait_for_database(settings.database_url, _tell))
        _keep_migrated(settings)
        yield settings


@contextmanager
def _local_settings(*, strict: bool = False) -> Iterator[Settings]:
    """The environment's settings; outside production and where not `strict`, with the demo's own for the rest."""
    import os

    mode = os.environ.get("MENTORINAJA_MODE", "production" if strict else "demo")
    fallbacks: dict[str, Any] = {}
    if not strict:
        fallbacks = {
            "mode": mode,
            "secret_key": os.environ.get("SECRET_KEY") or demo_secret() or DEVELOPMENT_SECRET,
            "midtrans_server_key": os.environ.get("MIDTRANS_SERVER_KEY") or SIMULATOR_SERVER_KEY,
            "midtrans_client_key": os.environ.get("MIDTRANS_CLIENT_KEY") or SIMULATOR_CLIENT_KEY,
            "smtp_host": os.environ.get("SMTP_HOST") or "127.0.0.1",
        }
    settings = load(**fallbacks)
    if settings.database_url:
        yield settings
    else:
        with _database() as dsn:
            yield replace(settings, database_url=dsn)


@contextmanager
def _database() -> Iterator[str]:
    """The address of the database: DATABASE_URL, else the embedded server of DATA_DIR, started if need be."""
    if url := database_url_from_environment():
        yield url
        return
    from mentorinaja.demo import embedded_database

    with embedded_database() as dsn:
        yield dsn


def _run_with(dsn: str, act: Callable[[Database], Awaitable[T]]) -> T:
    """Do `act` with the database and close it again."""

    async def run() -> T:
        # A command may take its time: somebody waits for it and can end it.
        db = await Database.connect(dsn, 2, command_seconds=None)
        try:
            return await act(db)
        finally:
            await db.close()

    return asyncio.run(run())


def _tell(text: str) -> None:
    print(f"mentorinaja: {text}", file=sys.stderr, flush=True)


def _keep_migrated(settings: Settings) -> None:
    """Bring the database up to date outside production, as far as we may; in production say who we should not be."""
    from mentorinaja.db.rights import owns_tables

    owns = asyncio.run(owns_tables(settings.database_url))
    if settings.mode == "production":
        if owns:
            _tell("DATABASE_URL's role owns the tables and could rewrite the log; give the app its own.")
    elif owns or settings.database_owner_url:
        _migrate_now(settings.database_url)


def _migrate_now(dsn: str) -> None:
    from mentorinaja.db.migrate import migrate
    from mentorinaja.db.rights import WrongRole

    try:
        asyncio.run(migrate(owner_url_from_environment() or dsn, dsn))
    except WrongRole as problem:
        raise SettingsError(str(problem)) from problem
