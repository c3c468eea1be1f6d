"""The processes as a deployment runs them: web and worker, started, told to stop or killed, and started again."""

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.support.config import FILES, SECRET
from tests.support.front import Front
from tests.support.serve import free_socket


class Process:
    """`mentorinaja COMMAND` (as typed) with the settings of tests; `changes` by the names of the environment."""

    def __init__(self, command: str, dsn: str, **changes: str) -> None:
        self._command = command
        self._environment = {
            **os.environ,
            "MENTORINAJA_MODE": "test",
            "DATABASE_URL": dsn,
            "DATA_DIR": FILES.name,
            "SECRET_KEY": SECRET,
            "MIDTRANS_SERVER_KEY": "SB-Mid-server-simulator",
            "MIDTRANS_CLIENT_KEY": "SB-Mid-client-simulator",
            "MIDTRANS_APP_URL": "http://127.0.0.1:9",
            "MIDTRANS_API_URL": "http://127.0.0.1:9",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": "9",
            "SMTP_TLS": "none",
            "LOG_LEVEL": "error",
            **changes,
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mentorinaja", *shlex.split(self._command), env=self._environment
        )

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Stop it; answers how many seconds that took."""
        assert self._process is not None, "it was started"
        began = asyncio.get_running_loop().time()
        if self._process.returncode is None:
            self._process.send_signal(how)
        async with asyncio.timeout(60):
            await self._process.wait()
        return asyncio.get_running_loop().time() - began

    async def ended(self) -> int:
        """Wait for it to end by itself; answers its exit code. Raises TimeoutError."""
        assert self._process is not None, "it was started"
        async with asyncio.timeout(60):
            return await self._process.wait()

    async def restart(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop and start again; streams and requests under way break as they do in a deployment."""
        await self.stop(how)
        await self.start()


class WebProcess(Process):
    """`mentorinaja serve` on a port of its own; `public_url` where people reach it."""

    def __init__(self, dsn: str, public_url: str = "", **changes: str) -> None:
        listening, self.url = free_socket()
        listening.close()
        port = self.url.rpartition(":")[2]
        super().__init__("serve", dsn, PORT=port, BASE_URL=public_url or self.url, **changes)

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        await super().start()
        async with httpx.AsyncClient(base_url=self.url) as client, asyncio.timeout(90):
            while True:
                assert self.running, "the web process ended before it was ready"
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)


@dataclass
class Deployment:
    """Two web processes and a worker behind one address."""

    web: list[WebProcess]
    worker: Process
    front: Front


@asynccontextmanager
async def web_processes(dsn: str, count: int) -> AsyncIterator[list[WebProcess]]:
    """So many web processes over one database until the block ends."""
    processes = [WebProcess(dsn) for _ in range(count)]
    try:
        await asyncio.gather(*(process.start() for process in processes))
        yield processes
    finally:
        await _stop(processes)


@asynccontextmanager
async def deployed(dsn: str, *, seed: int = 0, **changes: str) -> AsyncIterator[Deployment]:
    """What serves people: two web processes and a worker, reached over one address that can fail them."""
    front = Front(seed=seed)
    await front.open()
    web = [WebProcess(dsn, front.url, **changes) for _ in range(2)]
    worker = Process("worker", dsn, BASE_URL=front.url, **changes)
    try:
        await asyncio.gather(*(process.start() for process in (*web, worker)))
        front.servers = [process.place for process in web]
        yield Deployment(web, worker, front)
    finally:
        front.close()
        await _stop([*web, worker])


async def _stop(processes: list[WebProcess] | list[Process]) -> None:
    await asyncio.gather(*(process.stop() for process in processes if process.running))
