"""Makes a cluster's data: encoding and locale, one role, one database, a random password."""

import os
import secrets
import shutil
from pathlib import Path

from mentorinaja.local.postgres.account import Account, PostgresUnavailable

NAME = "mentorinaja"  # of the role, a superuser of this server, and of its database


def prepare(account: Account, password_file: Path) -> None:
    """Make the data and the password where they are missing; half-made data is never left as data."""
    fresh_password = not password_file.exists()
    if fresh_password:
        _write_password(password_file)
    password = password_file.read_text().strip()
    if not (account.data_dir / "PG_VERSION").exists():
        _create(account, password)
    elif fresh_password:
        _run_statements(account, account.data_dir, _set_password(password))


def _write_password(path: Path) -> None:
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))
    unfinished.rename(path)


def _create(account: Account, password: str) -> None:
    unfinished = account.data_dir.with_name(f"{account.data_dir.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    account.make_folder(unfinished)
    _initialise(account, unfinished)
    (unfinished / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    _run_statements(account, unfinished, f"CREATE DATABASE {NAME};\n{_set_password(password)}")
    unfinished.rename(account.data_dir)


def _initialise(account: Account, data_dir: Path) -> None:
    options = ["--username", NAME, "--encoding=UTF8", "--auth=trust", "--no-sync", "--no-instructions"]
    if account.major >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    for locale in ("C.UTF-8", "C"):  # not every machine knows C.UTF-8; the builtin provider does without
        made = account.run("initdb", "-D", str(data_dir), *options, f"--locale={locale}")
        if made.returncode == 0:
            return
    raise PostgresUnavailable(f"PostgreSQL's initdb could not make {account.data_dir}: {made.stderr.strip()}")


def _set_password(password: str) -> str:
    return f"ALTER ROLE {NAME} PASSWORD '{password}';\n"


def _run_statements(account: Account, data_dir: Path, statements: str) -> None:
    """Run statements, one a line, without a server; errors come as text with exit code 0."""
    ran = account.run("postgres", "--single", "-D", str(data_dir), "postgres", said=statements)
    if ran.returncode != 0 or "ERROR:" in ran.stderr:
        raise PostgresUnavailable(f"PostgreSQL could not prepare {account.data_dir}: {ran.stderr.strip()}")
