"""Serves one of the limits as the product is served: `python -m bench.bare chat|pages PORT`."""

from __future__ import annotations

import os
import sys
from typing import Any

import uvicorn


def main() -> None:
    """Serve until told to stop. The environment has DATABASE_URL, and for pages the sizes to reach."""
    which, port = sys.argv[1], int(sys.argv[2])
    uvicorn.run(
        _application(which, os.environ["DATABASE_URL"]),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )


def _application(which: str, dsn: str) -> Any:
    if which == "chat":
        from bench.bare.chat import BareChat

        return BareChat(dsn)
    from bench.bare.pages import create_app

    return create_app(dsn, int(os.environ["HOME_BYTES"]), int(os.environ["DETAIL_BYTES"]))


main()
