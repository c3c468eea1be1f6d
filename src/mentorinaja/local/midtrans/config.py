"""How a simulator is told where it lives, whom it notifies and what time it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mentorinaja.settings import SIMULATOR_CLIENT_KEY, SIMULATOR_SERVER_KEY

__all__ = ["SIMULATOR_CLIENT_KEY", "SIMULATOR_SERVER_KEY", "Clock", "SimulatorConfig"]

Clock = Callable[[], Awaitable[datetime]]


@dataclass(frozen=True)
class SimulatorConfig:
    """One simulator: keys, addresses without a trailing slash, and the file that keeps its state.

    `retry_scale` shrinks the waits between a notification's retries and before a bank confirms a refund
    (0.001 turns two minutes into 0.12 s). `clock` answers the present as an aware time; without it the
    machine's clock counts. `state_file` is an SQLite file, `None` keeps everything in memory.
    """

    server_key: str
    client_key: str
    notification_url: str
    public_url: str
    state_file: Path | None
    retry_scale: float = 1.0
    control: bool = True
    clock: Clock | None = None
