"""The web process as a deployment runs it: started, told to stop, started again on the same port."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.support.config import FILES, SECRET
from tests.support.serve import free_socket


class WebProcess:
    """`mentorinaja serve` on a port of its own."""

    def __init__(self, dsn: str) -> None:
        listening, self.url = free_socket()
        listening.close()
        self._environment = {
            **os.environ,
            "MENTORINAJA_MODE": "test",
            "DATABASE_URL": dsn,
            "DATA_DIR": FILES.name,
            "SECRET_KEY": SECRET,
            "PORT": self.url.rpartition(":")[2],
            "BASE_URL": self.url,
            "MIDTRANS_SERVER_KEY": "SB-Mid-server-simulator",
            "MIDTRANS_CLIENT_KEY": "SB-Mid-client-simulator",
            "MIDTRANS_APP_URL": "http://127.0.0.1:9",
            "MIDTRANS_API_URL": "http://127.0.0.1:9",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": "9",
            "SMTP_TLS": "none",
            "LOG_LEVEL": "error",
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mentorinaja", "serve", env=self._environment
        )
        async with httpx.AsyncClient(base_url=self.url) as client, asyncio.timeout(30):
            while True:
                assert self._process.returncode is None, "the web process ended before it was ready"
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Stop it; answers how many seconds that took."""
        assert self._process is not None, "it runs"
        began = asyncio.get_running_loop().time()
        if self._process.returncode is None:
            self._process.send_signal(how)
        await asyncio.wait_for(self._process.wait(), 20)
        return asyncio.get_running_loop().time() - began

    async def restart(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop and start again; streams and requests under way break as they do in a deployment."""
        await self.stop(how)
        await self.start()


@asynccontextmanager
async def web_processes(dsn: str, count: int) -> AsyncIterator[list[WebProcess]]:
    """So many web processes over one database until the block ends."""
    processes = [WebProcess(dsn) for _ in range(count)]
    try:
        await asyncio.gather(*(process.start() for process in processes))
        yield processes
    finally:
        await asyncio.gather(*(process.stop() for process in processes if process._process))
