"""Looking at what somebody sent, in a process of its own and never in ours.

Readers of pictures and documents are large, written in C, and hold Python's lock while they work. The child has
little memory and time, no secrets and no files to write, and takes every trouble with it when it ends.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, TypeAlias, get_args

import structlog
from prometheus_client import Histogram

from mentorinaja.contents.kinds import (
    EPUB,
    PDF,
    ZIP,
    Contents,
    Document,
    Drawn,
    Picture,
    Reason,
    Unacceptable,
)

log = structlog.get_logger(__name__)

SECONDS = Histogram("mentorinaja_contents_seconds", "Time to look at what somebody sent", ["outcome"])

_AT_ONCE = 2
_CHILD_SECONDS = 20.0
_WAIT_SECONDS = 40.0
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}

# The limit of how many are looked at at once in this process; the others wait here, in the order they came.
_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="contents")


# What was sent, what the child said of it, and the pictures it drew.
_Seen: TypeAlias = tuple[bytes, dict[str, Any], list[Picture]]


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


# Of each person one file is looked at or waits in that line, so that nobody keeps the others waiting.
_turns: dict[int, _Turn] = {}


async def checked(sent: IO[bytes], *, small: int, person: int, archives: bool = False) -> Contents:
    """What `sent` is, read from its beginning; small pictures get at most `small` pixels a side.

    `archives`: EPUB and ZIP are taken, too. Of each person one is looked at after the other. Raises
    `Unacceptable`; with the reason `busy` when its turn did not come in time.
    """
    asked = [str(small), *(["archives"] if archives else [])]
    data, head, pictures = await _looked_at(sent, asked, person)
    if head["kind"] in (PDF, EPUB, ZIP):
        return Document(data, head["kind"])
    large, little = pictures
    return Drawn(large, little)


async def portrait(sent: IO[bytes], *, sides: Sequence[int], person: int) -> list[Picture]:
    """The square in the middle of a photo: for each of `sides`, in pixels, a WebP and a JPEG after it.

    A photo with fewer pixels is not made larger. Raises `Unacceptable` as `checked` does.
    """
    _data, _head, pictures = await _looked_at(sent, ["portrait", *map(str, sides)], person)
    return pictures


async def _looked_at(sent: IO[bytes], asked: list[str], person: int) -> _Seen:
    began, outcome = time.perf_counter(), "kept"
    try:
        async with asyncio.timeout(_WAIT_SECONDS), _turn_of(person):
            work = partial(_in_child, sent, asked)
            return await asyncio.get_running_loop().run_in_executor(_threads, work)
    except TimeoutError as problem:
        outcome = "busy"
        raise Unacceptable("busy") from problem
    except Unacceptable as refusal:
        outcome = refusal.reason
        raise
    finally:
        SECONDS.labels(outcome).observe(time.perf_counter() - began)


@asynccontextmanager
async def _turn_of(person: int) -> AsyncIterator[None]:
    turn = _turns.setdefault(person, _Turn())
    turn.wanted += 1
    try:
        async with turn.lock:
            yield
    finally:
        turn.wanted -= 1
        if not turn.wanted:
            del _turns[person]


def _in_child(sent: IO[bytes], asked: list[str]) -> _Seen:
    sent.seek(0)
    data = sent.read()
    command = [sys.executable, "-I", "-m", "mentorinaja.contents.child", *asked]
    try:
        child = subprocess.run(  # noqa: S603 our own module, without a shell
            command, input=data, capture_output=True, timeout=_CHILD_SECONDS, env=_ENVIRONMENT, check=False
        )
    except subprocess.TimeoutExpired as problem:
        log.warning("contents.slow", size=len(data))
        raise Unacceptable("broken") from problem
    if child.returncode == -signal.SIGXCPU:
        raise Unacceptable("heavy")
    if child.returncode:
        log.warning("contents.died", code=child.returncode, size=len(data))
        raise Unacceptable("broken")
    told, _, body = child.stdout.partition(b"\n")
    head = json.loads(told)
    if refused := head.get("refused"):
        raise Unacceptable(next((known for known in get_args(Reason) if known == refused), "broken"))
    return data, head, _pictures(head, body)


def _pictures(head: dict[str, Any], body: bytes) -> list[Picture]:
    pictures = []
    for media_type, width, height, size in head["pictures"]:
        pictures.append(Picture(body[:size], media_type, width, height))
        body = body[size:]
    return pictures
