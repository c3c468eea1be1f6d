"""Starts, attaches to, restarts and stops the embedded server.

Beside the data (`var/postgres`, say) lie its password (`var/postgres.password`), its log, and two lock
files: `.lock` is held while a server is started or stopped, `.owner` as long as the process that started
it lives.
"""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mentorinaja.local.postgres import process
from mentorinaja.local.postgres.account import Account, PostgresUnavailable, find_account
from mentorinaja.local.postgres.data import NAME, prepare

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the path of a socket may not be longer than about 100 characters
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "200",
    "log_line_prefix": "%m [%p] ",
}
# Survives a crash of the server but not of the machine; commits behave as they do in production.
_FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB", "max_wal_size": "2GB"}


def start(data_dir: Path, *, fast: bool = False, user_namespace: bool = True) -> "RunningPostgres":
    """Start the server over `data_dir`, made when missing, or attach to the one that runs there.

    Attached, `stop()` leaves the server to the process that started it; when that one ends, by kill -9 too,
    the server shuts down. `fast` gives up durability against power loss, for tests; `user_namespace=False`
    lets root run it as `nobody`. Raises PostgresUnavailable.
    """
    data_dir = data_dir.resolve()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with _locked(_beside(data_dir, "lock")):
        account = find_account(data_dir, user_namespace=user_namespace)
        running = _find_running(account, data_dir)
        if running is not None:
            return RunningPostgres(data_dir, account, running.pid, running.port)
        prepare(account, _beside(data_dir, "password"))
        settings = _SETTINGS | (_FAST_SETTINGS if fast else {})
        return _OwnedPostgres(data_dir, account, settings)


class RunningPostgres:
    """A running server; a context manager that stops it. Made by `start`."""

    def __init__(self, asked_dir: Path, account: Account, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port
        self.data_dir = account.data_dir
        """Where the data really is: not where asked when root's folder is closed to `nobody`."""
        self._asked_dir = asked_dir

    def __enter__(self) -> "RunningPostgres":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def dsn(self) -> str:
        """The address of the database, with the password in it."""
        password = _beside(self._asked_dir, "password").read_text().strip()
        return f"postgresql://{NAME}:{password}@127.0.0.1:{self.port}/{NAME}"

    @property
    def attached(self) -> bool:
        """Whether another `start` owns this server, so that `stop()` leaves it running."""
        return True

    def stop(self) -> None:
        """Shut down fast (open transactions are rolled back) and wait; does nothing when attached."""

    def restart(self) -> None:
        """Shut down fast and start again on the same port; raises PostgresUnavailable when attached."""
        raise PostgresUnavailable("Only the process that started this PostgreSQL may restart it.")


class _OwnedPostgres(RunningPostgres):
    def __init__(self, asked_dir: Path, account: Account, settings: dict[str, str]) -> None:
        self._account = account
        self._settings = settings
        self._process, port = process.launch(account, settings, None, _beside(asked_dir, "log"))
        self._owner = _own(asked_dir)
        super().__init__(asked_dir, account, self._process.pid, port)
        self._guard = process.guard(self.data_dir, self.pid)

    @property
    def attached(self) -> bool:
        return False

    def stop(self) -> None:
        if self._owner.closed:
            return
        with _locked(_beside(self._asked_dir, "lock")):
            self._end()
            self._owner.close()

    def restart(self) -> None:
        log = _beside(self._asked_dir, "log")
        with _locked(_beside(self._asked_dir, "lock")):
            self._end()
            self._process, self.port = process.launch(self._account, self._settings, self.port, log)
            self.pid = self._process.pid
            self._guard = process.guard(self.data_dir, self.pid)

    def _end(self) -> None:
        process.end(self.pid, lambda: self._process.poll() is not None)
        _close(self._guard)


def _close(guard: subprocess.Popen[bytes]) -> None:
    if guard.stdin is not None:
        guard.stdin.close()
    guard.wait()


def _find_running(account: Account, data_dir: Path) -> process.State | None:
    """The server over this data whose owner lives; one whose owner is dead is ended."""
    state = process.read_state(account.data_dir)
    if state is None:
        return None
    if not process.serves(state.pid, account.data_dir):
        # PostgreSQL would refuse to start if another process of ours had the dead server's id by now.
        (account.data_dir / "postmaster.pid").unlink(missing_ok=True)
        return None
    if _has_owner(data_dir):
        return state
    process.end(state.pid, lambda: not process.serves(state.pid, account.data_dir))
    return None


def _has_owner(data_dir: Path) -> bool:
    try:
        with _beside(data_dir, "owner").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _own(data_dir: Path) -> IO[str]:
    """Hold a fresh owner file: whoever still holds the last one owned a server that is gone."""
    path = _beside(data_dir, "owner")
    path.unlink(missing_ok=True)
    file = path.open("a")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _beside(data_dir: Path, kind: str) -> Path:
    return data_dir.with_name(f"{data_dir.name}.{kind}")
