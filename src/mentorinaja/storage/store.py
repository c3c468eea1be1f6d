"""The store of files: put, read and remove by key, over obstore's folder and S3 clients.

The library's calls run in a few own threads: its coroutines leave work in threads of their own, which end the
whole process hard when it stops at that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from mentorinaja.errors import Unavailable
from mentorinaja.settings import Settings, SettingsError

T = TypeVar("T")

log = structlog.get_logger(__name__)

_KEY = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+(?:\.[a-z0-9]+)?)+")
_THREADS = 8
# Shorter than a transaction may idle (`db/pool.py`): a sweep holds a row while it removes what it names.
_CALL_SECONDS = 20.0
_CONNECT = timedelta(seconds=3)
_REQUEST = timedelta(seconds=15)
_RETRIES = 2
# Read piece by piece, each a request of its own: a slow reader holds no connection to the bucket.
_PIECE_BYTES = 512 * 1024


@dataclass
class StorageDown(Unavailable):
    """The store did not answer, or refused; nothing was half done."""

    text: str = "Penyimpanan berkas sedang terganggu. Coba lagi dalam beberapa saat."


@dataclass(frozen=True, slots=True)
class Reading:
    """A stored file: its size in bytes and its content, piece by piece, from where it was asked for."""

    size: int
    pieces: AsyncIterator[bytes]


class Storage:
    """The files of the product, by keys of our own making. One per process; safe to use from many tasks at once.

    Every method raises `StorageDown` when the store is away, refuses, or does not answer in time.
    """

    def __init__(self, store: LocalStore | S3Store, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="storage")

    @classmethod
    def open(cls, settings: Settings) -> Storage:
        """The store that `STORAGE_URL` names; a folder is made. Raises `SettingsError` when it cannot be."""
        if settings.storage_bucket:
            return cls(_bucket(settings))
        folder = settings.storage_folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise SettingsError(f"STORAGE_URL: the folder {folder} cannot be made.") from problem
        return cls(LocalStore(folder), folder)

    def close(self) -> None:
        """Take no more calls; those under way end by their own limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def put(self, key: str, data: bytes) -> None:
        """Store `data` under `key`, whole or not at all; it is there for good when this returns."""
        await self._call("put", key, partial(self._put, key, data))

    async def read(self, key: str, start: int = 0) -> Reading | None:
        """What is stored under `key`, from the byte `start` on, or None."""
        size = await self._call("read", key, partial(self._size, key))
        return None if size is None else Reading(size, self._pieces(key, start, size))

    async def remove(self, *keys: str) -> None:
        """Remove these, and what an interrupted `put` left of them; what is not there is fine."""
        for key in keys:
            await self._call("remove", key, partial(self._remove, key))

    async def _pieces(self, key: str, first: int, size: int) -> AsyncIterator[bytes]:
        for start in range(first, size, _PIECE_BYTES):
            yield await self._call(
                "read", key, partial(self._piece, key, start, min(size, start + _PIECE_BYTES))
            )

    def _put(self, key: str, data: bytes) -> None:
        # One request: the parts of a larger one would stay in the bucket if we died between them.
        obstore.put(self._store, key, data, use_multipart=False)
        if self._folder is not None:
            _sync(self._folder / key)
            _sync((self._folder / key).parent)

    def _size(self, key: str) -> int | None:
        try:
            return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None

    def _piece(self, key: str, start: int, end: int) -> bytes:
        return bytes(obstore.get_range(self._store, key, start=start, end=end))

    def _remove(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, key)
        if self._folder is not None:
            # A folder's file is written beside its place, as `name#1`, and renamed when it is complete.
            place = self._folder / key
            for left in place.parent.glob(f"{place.name}#*"):
                left.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                place.parent.rmdir()  # only when it is empty

    async def _call(self, verb: str, key: str, work: Callable[[], T]) -> T:
        assert _KEY.fullmatch(key), "keys are ours, never a person's words"
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (BaseError, OSError, ValueError) as problem:
            # The library's own text has the request in it, at length.
            log.error("storage.failed", verb=verb, key=key, problem=type(problem).__name__)
            raise StorageDown from problem


def _bucket(settings: Settings) -> S3Store:
    return S3Store(
        settings.storage_bucket,
        prefix=urlsplit(settings.storage_url).path.strip("/") or None,
        endpoint=settings.storage_endpoint or None,
        region=settings.storage_region,
        access_key_id=settings.storage_key_id,
        secret_access_key=settings.storage_secret,
        client_options={
            "allow_http": settings.storage_endpoint.startswith("http://"),
            "connect_timeout": _CONNECT,
            "timeout": _REQUEST,
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": _REQUEST},
    )


def _sync(path: Path) -> None:
    """What was written there survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
