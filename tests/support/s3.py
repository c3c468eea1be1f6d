"""A real server of the S3 protocol (nanio) in a process of its own, over a line that a test can cut."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.relay import Relay
from tests.support.serve import free_socket

BUCKET = "mentorinaja"
PREFIX = "produk"
KEY_ID = "penguji"
SECRET = "rahasia-penguji"


@dataclass
class S3Server:
    """One bucket; `folder` holds what is in it as plain files."""

    folder: Path
    relay: Relay

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.relay.port}"

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What the application needs to know of it, by field name."""
        return {
            "storage_url": f"s3://{BUCKET}/{PREFIX}",
            "storage_endpoint": self.endpoint,
            "storage_region": "ap-southeast-3",
            "storage_key_id": KEY_ID,
            "storage_secret": SECRET,
        } | changes

    def stored(self) -> dict[str, bytes]:
        """Every object in the bucket, by key; what the server itself is writing begins with a dot."""
        root = self.folder / BUCKET / PREFIX
        files = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {str(path.relative_to(root)): path.read_bytes() for path in files}


@asynccontextmanager
async def s3_server(folder: Path) -> AsyncIterator[S3Server]:
    """The server with an empty bucket, until the block ends."""
    (folder / BUCKET).mkdir(parents=True)
    listening, url = free_socket()
    listening.close()
    host, _, port = url.removeprefix("http://").partition(":")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nanio", "serve", "--data-dir", str(folder), "--host", host, "--port", port,
        "--region", "ap-southeast-3", "--no-access-log", "--log-level", "error",
        env={**os.environ, "NANIO_ACCESS_KEY": KEY_ID, "NANIO_SECRET_KEY": SECRET}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    relay = Relay(host, int(port))
    try:
        await _answers(url, process)
        await relay.mend()
        yield S3Server(folder, relay)
        await relay.cut()
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(60):
            await process.wait()


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            assert process.returncode is None, "the S3 server ended before it was ready"
            try:
                await client.get(url)
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
