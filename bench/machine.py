"""The machine under measurement: which core does what, what a process has used, how many files may be open."""

from __future__ import annotations

import os
import platform
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cores:
    """The server's core, and the core of PostgreSQL and the client. None where cores cannot be chosen."""

    server: int | None
    others: int | None


def choose_cores() -> Cores:
    """One core for the server, another for the rest; both None when there is only one, or not on Linux."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[-1]) if len(allowed) > 1 else Cores(None, None)


def pin(core: int | None) -> None:
    """Keep this process, and those it starts from now on, on one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, all its threads, in seconds. Linux only: else 0."""
    with suppress(OSError):
        # After the name in brackets, which may contain anything, come state (3), …, utime (14), stime (15).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def family_cpu_seconds(pid: int) -> float:
    """Processor time of a process and its living children, as PostgreSQL's server and backends are. Linux only."""
    total = cpu_seconds(pid)
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += cpu_seconds(int(child))
    return total


def resident_bytes(pid: int) -> int:
    """Memory a process holds that no other process shares. Linux only: else 0."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def allow_open_files(wanted: int) -> None:
    """Raise the limit of open files as far as allowed: every stream is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def address_of(customer: int) -> tuple[str, int] | None:
    """A loopback address of a customer's own, as networks give them; None where there is only one (not Linux)."""
    return (f"127.1.{customer // 250}.{1 + customer % 250}", 0) if platform.system() == "Linux" else None


def describe(cores: Cores) -> dict[str, object]:
    """What the reader of the figures wants to know of the machine."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "pinned": cores.server is not None,
        "load": round(busy(), 1),
    }


def busy() -> float:
    """How many programs wanted a core in the last minute, our own among them; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
