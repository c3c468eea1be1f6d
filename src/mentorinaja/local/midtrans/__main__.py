"""`python -m mentorinaja.local.midtrans`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

from mentorinaja.local.midtrans.config import SIMULATOR_CLIENT_KEY, SIMULATOR_SERVER_KEY, SimulatorConfig
from mentorinaja.local.midtrans.serve import run_simulator


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m mentorinaja.local.midtrans", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--public-url", help="when it differs from http://HOST:PORT")
    parser.add_argument("--notification-url", required=True)
    parser.add_argument("--server-key", default=SIMULATOR_SERVER_KEY)
    parser.add_argument("--client-key", default=SIMULATOR_CLIENT_KEY)
    parser.add_argument("--state-file", type=Path, help="SQLite file; in memory when left out")
    parser.add_argument("--retry-scale", type=float, default=1.0)
    parser.add_argument("--no-control", action="store_true", help="leave /_control out")
    given = parser.parse_args()

    def configure(url: str) -> SimulatorConfig:
        return SimulatorConfig(
            server_key=given.server_key,
            client_key=given.client_key,
            notification_url=given.notification_url,
            public_url=(given.public_url or url).rstrip("/"),
            state_file=given.state_file,
            retry_scale=given.retry_scale,
            control=not given.no_control,
        )

    run_simulator(configure, given.port, given.host)


if __name__ == "__main__":
    main()
