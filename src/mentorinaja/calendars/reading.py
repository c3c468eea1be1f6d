"""Reading a calendar outside: fetched in this process, understood in one of its own with little memory and time."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import structlog

from mentorinaja.calendars.fetching import fetch
from mentorinaja.calendars.rules import LOOK_AHEAD, LOOK_BACK, CannotRead, Span, Why

log = structlog.get_logger(__name__)

_AT_ONCE = 2
_CHILD_SECONDS = 10.0
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}

_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="calendars")


@dataclass(frozen=True, slots=True)
class Reading:
    """When somebody is busy, in order and apart, and the mark of what was read."""

    busy: list[Span]
    etag: str


async def read_calendar(
    address: str, zone: str, now: datetime, *, etag: str = "", local_origin: str = ""
) -> Reading | None:
    """The busy times at an address from yesterday to as far as schedules reach; None: as it was at `etag`.

    Whole days are days of `zone`. Raises `CannotRead`.
    """
    fetched = await fetch(address, etag, local_origin=local_origin)
    if fetched is None:
        return None
    return Reading(await busy_times(fetched.body, zone, now), fetched.etag)


async def busy_times(body: bytes, zone: str, now: datetime) -> list[Span]:
    """The busy times that the bytes of a calendar tell. Raises `CannotRead`."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        raise CannotRead("content")
    return await asyncio.get_running_loop().run_in_executor(_threads, _in_child, body, zone, now)


def _in_child(body: bytes, zone: str, now: datetime) -> list[Span]:
    edges = [str((now + by).timestamp()) for by in (-LOOK_BACK, LOOK_AHEAD)]
    command = [sys.executable, "-I", "-m", "mentorinaja.calendars.child", zone, *edges]
    try:
        child = subprocess.run(  # noqa: S603 our own module, without a shell
            command, input=body, capture_output=True, timeout=_CHILD_SECONDS, env=_ENVIRONMENT, check=False
        )
    except subprocess.TimeoutExpired:
        raise CannotRead("heavy") from None
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise CannotRead("heavy")
    if child.returncode:
        log.warning("calendar.died", code=child.returncode, size=len(body))
        raise CannotRead("content")
    return _told(json.loads(child.stdout))


def _told(answer: dict[str, Any]) -> list[Span]:
    if refused := answer.get("refused"):
        raise CannotRead(next((known for known in get_args(Why) if known == refused), "content"))
    return [
        (datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        for start, end in answer["busy"]
    ]
