"""The servers that are measured: the product and its limits, each a process of its own on the server's core."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from bench import machine
from mentorinaja.local.postgres import RunningPostgres, start
from mentorinaja.settings import SIMULATOR_CLIENT_KEY, SIMULATOR_SERVER_KEY, Settings, load

_READY_SECONDS = 40.0
_STOP_SECONDS = 12.0
_ROOT = Path(__file__).resolve().parent.parent
# Nothing listens on port 9 (discard): measuring pays nobody and sends no mail.
_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    name: str
    host: str
    port: int
    pid: int

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


@contextmanager
def postgres() -> Iterator[RunningPostgres]:
    """An embedded PostgreSQL with production's durability, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mentorinaja-bench-") as folder:
        Path(folder).chmod(0o755)
        with start(Path(folder) / "data") as server:
            yield server


def settings_for(dsn: str) -> Settings:
    """The settings the product is measured with: its own defaults wherever they say nothing about addresses."""
    return load(_environment(dsn, 8000))


@contextmanager
def product(dsn: str, core: int | None, simulator: str | None = None) -> Iterator[Server]:
    """The product over this database, as `mentorinaja serve` runs it; paid through the simulator at this address."""
    port = _free_port()
    environment = _environment(dsn, port)
    if simulator:
        address = f"http://{simulator}"
        environment |= {"MIDTRANS_APP_URL": address, "MIDTRANS_API_URL": address}
    with _running("product", ["-m", "mentorinaja", "serve"], environment, port, core) as server:
        yield server


@contextmanager
def simulator() -> Iterator[Server]:
    """The payment simulator, telling nobody anything by itself."""
    port = _free_port()
    command = ["-m", "mentorinaja.local.midtrans", "--port", str(port), "--notification-url", _NOWHERE]
    with _running("simulator", command, {}, port, None, ready="/_control/faults") as server:
        yield server


@contextmanager
def bare(which: str, dsn: str, core: int | None, **environment: str) -> Iterator[Server]:
    """A limit, `chat` or `pages`, over this database."""
    port = _free_port()
    command = ["-m", "bench.bare", which, str(port)]
    with _running("limit", command, {"DATABASE_URL": dsn, **environment}, port, core) as server:
        yield server


def _environment(dsn: str, port: int) -> dict[str, str]:
    return {
        "MENTORINAJA_MODE": "test",
        "DATABASE_URL": dsn,
        "SECRET_KEY": "a-secret-for-measuring-only-0123456789",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "MIDTRANS_SERVER_KEY": SIMULATOR_SERVER_KEY,
        "MIDTRANS_CLIENT_KEY": SIMULATOR_CLIENT_KEY,
        "MIDTRANS_APP_URL": _NOWHERE,
        "MIDTRANS_API_URL": _NOWHERE,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",
        "SMTP_TLS": "none",
    }


@contextmanager
def _running(
    name: str,
    command: list[str],
    environment: dict[str, str],
    port: int,
    core: int | None,
    ready: str = "/readyz",
) -> Iterator[Server]:
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=_ROOT,
            env={"PATH": os.environ.get("PATH", ""), **environment},
            stdout=said,
            stderr=said,
            start_new_session=True,
            preexec_fn=lambda: machine.pin(core),  # threads made later stay on the core too
        )
        server = Server(name, "127.0.0.1", port, process.pid)
        try:
            if not _comes_up(server, process, ready):
                said.seek(0)
                raise RuntimeError(
                    f"the {name} did not start:\n{said.read()[-4000:].decode(errors='replace')}"
                )
            yield server
        finally:
            _stop(process)


def _comes_up(server: Server, process: subprocess.Popen[bytes], ready: str) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(OSError, HTTPException),
            urllib.request.urlopen(f"http://{server.address}{ready}", timeout=2),
        ):
            return True
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    """A port nobody uses, below those that systems give out by themselves: it is taken only a moment later."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
