"""`python -m mentorinaja.local.mailbox`: runs the catcher until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from mentorinaja.local.mailbox.server import Mailbox


def main() -> None:
    """Print one JSON line with the addresses when ready, then serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--folder", type=Path, default=None, help="keeps the mails between runs")
    options = parser.parse_args()
    asyncio.run(_serve(Mailbox(options.folder, smtp_port=options.smtp_port, http_port=options.http_port)))


async def _serve(mailbox: Mailbox) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with mailbox:
        print(json.dumps({"smtp": f"127.0.0.1:{mailbox.smtp_port}", "url": mailbox.url}), flush=True)
        await ended.wait()


if __name__ == "__main__":
    main()
