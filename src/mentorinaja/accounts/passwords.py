"""Passwords: argon2id in threads of its own, so that the process goes on serving meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mentorinaja.errors import Unavailable

T = TypeVar("T")

# OWASP's recommendation; each computation takes 19 MiB for its time.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = 2
_MOST_WAITING = 200
_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
_waiting = 0

# Compared with when there is no account, so that the answer takes as long; nobody knows its password.
_NOBODY = _HASHER.hash("\x00nobody\x00")


async def hash_password(password: str) -> str:
    """What is stored of a password. Raises Unavailable when too many are being computed."""
    return await _in_thread(lambda: _HASHER.hash(password))


async def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; with nothing stored False, after the same time. Raises Unavailable."""
    fits = await _in_thread(lambda: _verify(stored or _NOBODY, password))
    return fits and stored is not None


def outdated(stored: str) -> bool:
    """Whether it was hashed with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_thread(work: Callable[[], T]) -> T:
    global _waiting
    if _waiting >= _MOST_WAITING:
        raise Unavailable("Sedang ramai sekali. Coba lagi dalam beberapa detik.")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1
