"""The demo: everything the product needs on this machine, started in order, stopped together."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from mentorinaja import logs
from mentorinaja.db.migrate import migrate
from mentorinaja.paths import PARTIALS, STATIC, TEMPLATES
from mentorinaja.resources import open_resources
from mentorinaja.settings import (
    DEMO_SECRET_FILE,
    SIMULATOR_CLIENT_KEY,
    SIMULATOR_SERVER_KEY,
    Settings,
    SettingsError,
    database_url_from_environment,
    demo_place,
    load,
    owner_url_from_environment,
)

PASSWORD = "mentorinaja"  # noqa: S105 the demo's accounts exist to be signed in to
ACCOUNTS = (
    ("user", "budi@mentorinaja.test"),
    ("user", "ani@mentorinaja.test"),
    ("expert", "sari@mentorinaja.test"),
    ("expert", "dimas@mentorinaja.test"),
    ("admin", "admin@mentorinaja.test"),
)
_READY_SECONDS = 40.0
_STOP_SECONDS = 12.0


def run_demo(*, reload: bool = False) -> int:
    """Start everything, print where it is, stop it all on Ctrl-C or SIGTERM. Data stays in DATA_DIR.

    Raises SettingsError when a part cannot be started.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job is born deaf to Ctrl-C
        signal.signal(number, _interrupt)
    with ExitStack() as stack:
        try:
            owner, app = _databases(stack)
            asyncio.run(migrate(owner, app))
            parts = Parts(stack, app, owner, reload=reload)
            parts.start()
            return parts.wait()
        except KeyboardInterrupt:
            print("\nMentorinAja berhenti; datanya tetap ada.")
            return 0


def _databases(stack: ExitStack) -> tuple[str, str]:
    """Where the owner of the tables connects, and where the app does: the same unless told, or embedded."""
    given = database_url_from_environment()
    if given:
        return owner_url_from_environment() or given, given
    owner = stack.enter_context(embedded_database())
    from mentorinaja.local.postgres import make_app_role

    return owner, asyncio.run(make_app_role(owner))


@contextmanager
def embedded_database() -> Iterator[str]:
    """The address of the embedded PostgreSQL of this DATA_DIR, running while the block lasts."""
    try:
        from mentorinaja.local.postgres import PostgresUnavailable, start
    except ImportError as problem:
        raise SettingsError(
            "DATABASE_URL is missing, and the embedded PostgreSQL is not installed."
        ) from problem
    folder, _ = demo_place()
    try:
        server = start(folder.resolve() / "postgres" / "data")
    except PostgresUnavailable as problem:
        raise SettingsError(str(problem)) from problem
    try:
        yield server.dsn
    finally:
        server.stop()


class Parts:
    """The demo's processes: simulator, mail catcher, worker and web."""

    def __init__(self, stack: ExitStack, dsn: str, owner_dsn: str, *, reload: bool) -> None:
        self._stack = stack
        self._dsn = dsn
        self._owner_dsn = owner_dsn
        self._reload = reload
        self._folder, self._port = demo_place()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = self._folder / "demo.json"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all parts, fill the demo world, write `demo.json` and say where everything is."""
        web = f"http://127.0.0.1:{self._port}"
        _refuse_taken_port(self._port)
        before = self._ports_before()
        simulator_part = self._spawn(
            "simulator",
            [
                "-m", "mentorinaja", "simulate-midtrans",
                "--port", str(_still_free(before.get("simulator"))),
                "--notification-url", f"{web}/payment/midtrans/notification",
                "--state-file", str(self._folder / "simulator.sqlite"),
            ],
            {"DATABASE_URL": self._dsn},
            piped=True,
        )  # fmt: skip
        mailbox_part = self._spawn(
            "mailbox",
            [
                "-m", "mentorinaja.local.mailbox",
                "--http-port", str(_still_free(before.get("mailbox"))),
                "--folder", str(self._folder / "mails"),
            ],
            {},
            piped=True,
        )  # fmt: skip
        simulator = _announced("simulator", simulator_part)["url"]
        mailbox = _announced("mailbox", mailbox_part)
        environment = self._environment(web, simulator, mailbox)
        settings = load(environment)
        print("Menyiapkan dunia demo…", flush=True)
        asyncio.run(_seed(settings))
        self._spawn("worker", ["-m", "mentorinaja", "worker"], environment)
        self._spawn("web", self._web_command(), environment)
        self._wait_for_web(web)
        self._tell(web, simulator, mailbox["url"])

    def wait(self) -> int:
        """Until Ctrl-C, or until a part ends by itself: then 1."""
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    print(f"mentorinaja: {name} ended with {process.returncode}; stopping.", file=sys.stderr)
                    return 1
            time.sleep(0.3)

    def _web_command(self) -> list[str]:
        if not self._reload:
            return ["-m", "mentorinaja", "serve"]
        watched = [str(Path(__file__).parent), str(TEMPLATES), str(PARTIALS), str(STATIC)]
        return [
            "-m",
            "watchfiles",
            "--sigint-timeout",
            "3",
            f"{sys.executable} -m mentorinaja serve",
            *watched,
        ]

    def _environment(self, web: str, simulator: str, mailbox: dict[str, str]) -> dict[str, str]:
        host, _, port = mailbox["smtp"].partition(":")
        return {
            "MENTORINAJA_MODE": "development" if self._reload else "demo",
            "DATABASE_URL": self._dsn,
            # Who restarts when code changes also runs the migrations that came with it.
            "DATABASE_OWNER_URL": self._owner_dsn if self._reload else "",
            "SECRET_KEY": self._secret(),
            "BASE_URL": web,
            "PORT": str(self._port),
            "DATA_DIR": str(self._folder),
            "MIDTRANS_SERVER_KEY": SIMULATOR_SERVER_KEY,
            "MIDTRANS_CLIENT_KEY": SIMULATOR_CLIENT_KEY,
            "MIDTRANS_APP_URL": simulator,
            "MIDTRANS_API_URL": simulator,
            "SMTP_HOST": host,
            "SMTP_PORT": port,
            "SMTP_TLS": "none",
            "CALENDAR_LOCAL_ORIGIN": "" if self._reload else mailbox["url"],
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "warning"),
        }

    def _secret(self) -> str:
        """This demo's own key, kept so that people stay signed in over a restart."""
        file = self._folder / DEMO_SECRET_FILE
        if not file.exists():
            with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as handle:  # noqa: PTH123 mode at birth
                handle.write(secrets.token_urlsafe(48))
        return file.read_text()

    def _spawn(
        self, name: str, command: Sequence[str], environment: dict[str, str], *, piped: bool = False
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 our own modules with our own arguments
            [sys.executable, *command],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE if piped else None,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        self._running[name] = process
        self._stack.callback(_stop, process)
        return process

    def _wait_for_web(self, web: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self._running["web"].poll() is not None:
                raise SettingsError("The web process did not start; its message stands above.")
            with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{web}/readyz", timeout=2):  # noqa: S310
                return
            time.sleep(0.1)
        raise SettingsError(f"The web process did not become ready within {_READY_SECONDS:.0f} s.")

    def _ports_before(self) -> dict[str, int]:
        """The ports of the last run: payment pages that were opened then stay reachable."""
        try:
            last = json.loads(self._file.read_text())
            return {name: int(last[name].rpartition(":")[2]) for name in ("simulator", "mailbox")}
        except (OSError, ValueError, KeyError):
            return {}

    def _tell(self, web: str, simulator: str, mailbox: str) -> None:
        facts: dict[str, Any] = {
            "web": web,
            "simulator": simulator,
            "mailbox": mailbox,
            "database": self._dsn,
            "database_owner": self._owner_dsn,
            "server_key": SIMULATOR_SERVER_KEY,
            "accounts": [{"role": role, "email": email, "password": PASSWORD} for role, email in ACCOUNTS],
        }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(facts, indent=2) + "\n")
        fresh.chmod(0o600)
        fresh.replace(self._file)
        print(
            f"\n  MentorinAja      {web}\n  Simulator        {simulator}/_control\n  Kotak surat      {mailbox}\n"
            f"  Kalender contoh  {mailbox}/kalender.ics\n"
            f"\n  Akun (password: {PASSWORD})\n"
            f"    pengguna   {_emails('user')}\n"
            f"    mentor     {_emails('expert')}  (masuk di {web}/expert/login)\n"
            f"    admin      {_emails('admin')}\n"
            f"\n  Semua alamat juga ada di {self._file}. Ctrl-C menghentikan semuanya.\n",
            flush=True,
        )


async def _seed(settings: Settings) -> None:
    from mentorinaja.seeds.bank import tell_simulator
    from mentorinaja.seeds.world import seed

    logs.configure(settings.log_level)
    # A world that was half made is made on; the disk need not be waited for after each of its steps.
    async with open_resources(settings, durable=False) as resources:
        await seed(resources)
        await tell_simulator(resources.db, settings.midtrans_api_url)


def _announced(name: str, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """The one line of JSON that a part prints when it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SettingsError(f"The {name} did not start.")
    said: dict[str, str] = json.loads(line)
    return said


def _emails(wanted: str) -> str:
    return ", ".join(email for role, email in ACCOUNTS if role == wanted)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _die_with_parent() -> None:
    """Linux: end this child when the demo is killed without a chance to stop it."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise SettingsError(
                f"PORT {port} is taken by another program; choose another: PORT=8001."
            ) from problem


def _still_free(port: int | None) -> int:
    """The same port as last time when nobody took it, else 0: any free one."""
    if port is None:
        return 0
    try:
        _refuse_taken_port(port)
    except SettingsError:
        return 0
    return port
