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
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, get_args

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
    began, outcome = time.perf_counter(), "kept"
    try:
        async with asyncio.timeout(_WAIT_SECONDS), _turn_of(person):
            work = partial(_in_child, sent, small, archives)
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


def _in_child(sent: IO[bytes], small: int, archives: bool) -> Contents:
    sent.seek(0)
    data = sent.read()
    command = [sys.executable, "-I", "-m", "mentorinaja.contents.child", str(small)]
    if archives:
        command.append("archives")
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
    head, _, body = child.stdout.partition(b"\n")
    return _told(json.loads(head), data, body)


def _told(head: dict[str, Any], data: bytes, body: bytes) -> Contents:
    if refused := head.get("refused"):
        raise Unacceptable(next((known for known in get_args(Reason) if known == refused), "broken"))
    if head["kind"] in (PDF, EPUB, ZIP):
        return Document(data, head["kind"])
    pictures = []
    for media_type, width, height, size in head["pictures"]:
        pictures.append(Picture(body[:size], media_type, width, height))
        body = body[size:]
    large, small = pictures
    return Drawn(large, small)
