"""`python -m bench [part] [--quick]`: everything when no part is named (`--help` lists them)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvloop

from bench import machine

_PARTS = ("weight", "badline", "pages", "experts", "desk", "notifications", "chat", "streams")
_MOST_SECONDS = 1800


def main() -> int:
    """Run the parts asked for; 1 when one of them says that a limit of weight is broken."""
    parser = argparse.ArgumentParser(
        prog="bench", description="Speed and weight, each beside its bare limit."
    )
    parser.add_argument("part", nargs="?", choices=_PARTS, help="only this one")
    parser.add_argument(
        "--quick", action="store_true", help="few short rounds: does it work, what is about right"
    )
    parser.add_argument(
        "--streams", type=int, nargs="+", default=[1000, 5000], help="open streams in `streams`: 1000 5000"
    )
    given = parser.parse_args()
    machine.allow_open_files(4 * max(given.streams) + 4096)
    if (load := machine.busy()) > 1:
        print(
            f"This machine is busy with other things (load {load:.1f}): milliseconds mean nothing, ratios little."
        )
    code = 0
    for part in [given.part] if given.part else _PARTS:
        print(f"\n{part}{' (quick)' if given.quick else ''}", flush=True)
        code |= uvloop.run(_bounded(_runner(part, given)))
    return code


async def _bounded(run: Callable[[], Awaitable[int]]) -> int:
    async with asyncio.timeout(_MOST_SECONDS):
        return await run()


def _runner(part: str, given: argparse.Namespace) -> Callable[[], Awaitable[int]]:
    from bench import badline, chat, desk, experts, notifications, pages, streams, weight

    runners: dict[str, Callable[[], Awaitable[int]]] = {
        "chat": lambda: chat.run(given.quick),
        "pages": lambda: pages.run(given.quick),
        "experts": lambda: experts.run(given.quick),
        "desk": lambda: desk.run(given.quick),
        "weight": weight.run,
        "badline": lambda: badline.run(given.quick),
        "notifications": lambda: notifications.run(given.quick),
        "streams": lambda: streams.run(given.quick, given.streams),
    }
    return runners[part]


if __name__ == "__main__":
    sys.exit(main())
