"""The server's processes: what its lock file says of them, starting one, ending one, guarding one."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mentorinaja.local.postgres.account import Account, PostgresUnavailable

PATIENCE = 60.0  # seconds for a start, which may replay what a crash left, or for a stop
_LOG_LIMIT = 20_000_000  # bytes; a longer log is begun anew
# Ends the server when its starter ends, however it ends: the kernel closes the pipe. PR_SET_PDEATHSIG would
# already fire when the starting *thread* ends, and only Linux has it.
_GUARD = 'cat >/dev/null; read -r pid <"$1" 2>/dev/null && [ "$pid" = "$2" ] && kill -INT "$pid"'


@dataclass(frozen=True)
class State:
    """What a server wrote into its folder's postmaster.pid."""

    pid: int
    port: int
    ready: bool


def read_state(data_dir: Path) -> State | None:
    """The server's own word, which may be a dead one's; PostgreSQL's `pidfile.h` lists the eight lines."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 4 or not lines[0].isdigit() or not lines[3].isdigit():
        return None
    return State(int(lines[0]), int(lines[3]), ready=len(lines) > 7 and lines[7].strip() == "ready")


def serves(pid: int, data_dir: Path) -> bool:
    """Whether this process is a server over this data, and not another that got its id later."""
    command = _command_line(pid)
    return "postgres" in command and str(data_dir) in command


def _command_line(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout


def launch(
    account: Account, settings: dict[str, str], port: int | None, log: Path
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server and wait until it takes connections; the process and its port, a free one for None."""
    deadline = time.monotonic() + PATIENCE
    while True:
        chosen = port or _free_port()
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.unlink()
        with log.open("ab") as said:
            begin = said.tell()
            process = _spawn(account, settings | {"port": str(chosen)}, said.fileno())
        if _comes_up(process, account.data_dir, deadline):
            return process, chosen
        end(process.pid, lambda ended=process: ended.poll() is not None)  # type: ignore[misc]
        complaint = log.read_bytes()[begin:].decode(errors="replace").strip()
        if not _passes(complaint) or time.monotonic() > deadline:
            raise PostgresUnavailable(f"PostgreSQL did not start over {account.data_dir}: {complaint}")
        time.sleep(0.1)


def _passes(complaint: str) -> bool:
    """Whether waiting helps: the last backends of a killed server let go, a port is given back."""
    return "shared memory block" in complaint or "Address already in use" in complaint


def _comes_up(process: subprocess.Popen[bytes], data_dir: Path, deadline: float) -> bool:
    def ready() -> bool:
        state = read_state(data_dir)
        return state is not None and state.ready and state.pid == process.pid

    wait_until(lambda: ready() or process.poll() is not None, deadline)
    return ready() and process.poll() is None


def _spawn(account: Account, settings: dict[str, str], log: int) -> subprocess.Popen[bytes]:
    options = [option for key, value in settings.items() for option in ("-c", f"{key}={value}")]
    return subprocess.Popen(
        account.command("postgres", "-D", str(account.data_dir), *options),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=account.environment,
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
        start_new_session=True,  # Ctrl-C is for the program, which then stops its database last
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def guard(data_dir: Path, pid: int) -> subprocess.Popen[bytes]:
    """A process that shuts the server down as soon as its own standard input, held by us, is closed."""
    return subprocess.Popen(
        ["sh", "-c", _GUARD, "sh", str(data_dir / "postmaster.pid"), str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


def end(pid: int, gone: Callable[[], bool]) -> None:
    """Shut a server down fast, at once if that does not help, and wait until it is gone."""
    for how, patience in ((signal.SIGINT, PATIENCE), (signal.SIGQUIT, 10.0)):
        if gone():
            return
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        if wait_until(gone, time.monotonic() + patience):
            return
    raise PostgresUnavailable(f"PostgreSQL (process {pid}) does not stop.")


def wait_until(holds: Callable[[], bool], deadline: float) -> bool:
    """Poll until it holds (True) or the deadline of the monotonic clock has passed (False)."""
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
