"""The settings of one process: one frozen object, and the only reader of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

Mode = Literal["production", "development", "demo", "test"]

# The bundled simulator's well-known keys: they must never sign real money.
SIMULATOR_SERVER_KEY = "SB-Mid-server-simulator"
SIMULATOR_CLIENT_KEY = "SB-Mid-client-simulator"
DEMO_SECRET_FILE = "secret_key"  # noqa: S105 the name of a file
DEVELOPMENT_SECRET = "development-only-secret-key-never-in-production"  # noqa: S105 refused in production
_MAIL_FROM = re.compile(r"(?:[^<>\r\n]* <)?[^@\s<>]+@[^@\s<>]+>?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what is wanted."""


def _env(name: str, default: Any, help_text: str) -> Any:
    """A field that knows the environment variable it is read from."""
    return field(default=default, metadata={"env": name, "help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process needs to know from outside. Money rates are basis points, times are seconds."""

    mode: Mode = _env("MENTORINAJA_MODE", "production", "production, development, demo or test")
    database_url: str = _env("DATABASE_URL", "", "PostgreSQL address; empty: the embedded server")
    database_owner_url: str = _env(
        "DATABASE_OWNER_URL",
        "",
        "for migrate alone: address of the role that owns the tables, so that DATABASE_URL's role need not; "
        "empty: DATABASE_URL",
    )
    listen_database_url: str = _env(
        "LISTEN_DATABASE_URL", "", "address for LISTEN, past any transaction pooler; empty: DATABASE_URL"
    )
    pool_size: int = _env("POOL_SIZE", 8, "database connections of one process")
    secret_key: str = _env("SECRET_KEY", "", "signs cookies and links; 32 characters or more")
    bank_key: str = _env(
        "BANK_KEY",
        "",
        "seals account numbers and secrets of codes; several, comma-separated: the first seals, all open; empty: SECRET_KEY",
    )
    base_url: str = _env("BASE_URL", "http://127.0.0.1:8000", "public address, no slash at the end")
    host: str = _env("HOST", "127.0.0.1", "address the web process listens on")
    port: int = _env("PORT", 8000, "port the web process listens on")
    trusted_proxies: str = _env("TRUSTED_PROXIES", "", "proxies whose X-Forwarded-* count, comma-separated")
    data_dir: Path = _env("DATA_DIR", Path("var"), "folder for embedded database, mails, demo and chat files")
    storage_url: str = _env(
        "STORAGE_URL", "file:", "file: (DATA_DIR/files), file:/a/folder or s3://bucket/prefix"
    )
    storage_endpoint: str = _env("STORAGE_ENDPOINT", "", "origin of the S3 server; empty: Amazon's own")
    storage_region: str = _env("STORAGE_REGION", "", "region of the bucket")
    storage_key_id: str = _env("STORAGE_KEY_ID", "", "access key of the bucket")
    storage_secret: str = _env("STORAGE_SECRET", "", "secret of that key")
    midtrans_server_key: str = _env("MIDTRANS_SERVER_KEY", "", "secret key from the Midtrans dashboard")
    midtrans_client_key: str = _env("MIDTRANS_CLIENT_KEY", "", "public key for snap.js")
    midtrans_app_url: str = _env("MIDTRANS_APP_URL", "https://app.midtrans.com", "origin of Snap")
    midtrans_api_url: str = _env("MIDTRANS_API_URL", "https://api.midtrans.com", "origin of the Core API")
    smtp_host: str = _env("SMTP_HOST", "", "mail server")
    smtp_port: int = _env("SMTP_PORT", 587, "mail server's port")
    smtp_user: str = _env("SMTP_USER", "", "user at the mail server")
    smtp_password: str = _env("SMTP_PASSWORD", "", "password at the mail server")
    smtp_tls: str = _env("SMTP_TLS", "starttls", "starttls, tls or none")
    mail_from: str = _env("MAIL_FROM", "MentorinAja <halo@mentorinaja.test>", "sender of all mails")
    metrics_token: str = _env("METRICS_TOKEN", "", "bearer token for /metrics; empty: loopback only")
    calendar_local_origin: str = _env(
        "CALENDAR_LOCAL_ORIGIN", "", "demo and tests: one server on this machine whose calendars may be read"
    )
    log_level: str = _env("LOG_LEVEL", "info", "debug, info, warning or error")

    @property
    def simulator(self) -> bool:
        """Whether payments go to the bundled simulator (never real money)."""
        return self.midtrans_server_key == SIMULATOR_SERVER_KEY

    @property
    def https(self) -> bool:
        """Whether the public address is HTTPS: then cookies carry `Secure` and `__Host-`."""
        return self.base_url.startswith("https://")

    @property
    def storage_bucket(self) -> str:
        """The S3 bucket for files; empty when they are kept in a folder."""
        url = urlsplit(self.storage_url)
        return url.netloc if url.scheme == "s3" else ""

    @property
    def storage_folder(self) -> Path:
        """The folder for files, where there is no bucket."""
        named = urlsplit(self.storage_url).path
        return Path(named) if named else self.data_dir.absolute() / "files"

    @property
    def listen_dsn(self) -> str:
        """Where the hub listens: straight to PostgreSQL, past a pooler."""
        return self.listen_database_url or self.database_url


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the environment, apply `overrides` (the demo's own addresses), refuse what is wrong.

    Raises `SettingsError` naming the first setting that is missing or wrong.
    """
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        name = setting.metadata["env"]
        if setting.name in overrides:
            values[setting.name] = overrides[setting.name]
        elif source.get(name, "") != "":
            values[setting.name] = _convert(name, source[name], setting.default)
    settings = Settings(**values)
    _check(settings)
    return settings


def describe() -> list[tuple[str, str, str]]:
    """Every setting as (environment name, default, what it is), for `mentorinaja settings`."""
    return [(f.metadata["env"], str(f.default), f.metadata["help"]) for f in fields(Settings)]


def database_url_from_environment() -> str:
    """The address migrations of the `piccolo` command use; the app passes its own."""
    return os.environ.get("DATABASE_URL", "")


def owner_url_from_environment() -> str:
    """The address of the role that owns the tables, "" where it is the app's own."""
    return os.environ.get("DATABASE_OWNER_URL", "")


def demo_place(environ: Mapping[str, str] | None = None) -> tuple[Path, int]:
    """Where the demo keeps its data and its web port, which are known before anything else is."""
    source = os.environ if environ is None else environ
    port = _convert("PORT", source["PORT"], 8000) if source.get("PORT") else 8000
    return Path(source.get("DATA_DIR") or "var").resolve(), port


def demo_secret(environ: Mapping[str, str] | None = None) -> str:
    """The key that the demo at this place made for itself, "" before its first start: commands beside it need it."""
    folder, _ = demo_place(environ)
    file = folder / DEMO_SECRET_FILE
    return file.read_text() if file.is_file() else ""


def _convert(name: str, text: str, default: Any) -> Any:
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise SettingsError(f"{name} must be a whole number, not {text!r}.") from None
    return Path(text) if isinstance(default, Path) else text


def _check(s: Settings) -> None:
    _check_values(s)
    if s.mode == "production":
        _check_production(s)


def _check_values(s: Settings) -> None:
    if s.mode not in ("production", "development", "demo", "test"):
        raise SettingsError(
            f"MENTORINAJA_MODE must be production, development, demo or test, not {s.mode!r}."
        )
    url = _address(s.base_url)
    if url is None or url.scheme not in ("http", "https") or not url.hostname or url.path or url.query:
        raise SettingsError(f"BASE_URL must be like https://mentorinaja.id, not {s.base_url!r}.")
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise SettingsError("BASE_URL must be https:// anywhere but on localhost and 127.0.0.1.")
    if len(s.secret_key) < 32:
        raise SettingsError("SECRET_KEY is missing or shorter than 32 characters.")
    if any(len(key.strip()) < 32 for key in s.bank_key.split(",")) and s.bank_key:
        raise SettingsError("BANK_KEY must have keys of 32 characters or more, comma-separated.")
    if not 2 <= s.pool_size <= 100:
        raise SettingsError(f"POOL_SIZE must be between 2 and 100, not {s.pool_size}.")
    if s.smtp_tls not in ("starttls", "tls", "none"):
        raise SettingsError(f"SMTP_TLS must be starttls, tls or none, not {s.smtp_tls!r}.")
    if not _MAIL_FROM.fullmatch(s.mail_from):
        raise SettingsError(f"MAIL_FROM must be like MentorinAja <halo@mentorinaja.id>, not {s.mail_from!r}.")
    if s.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"LOG_LEVEL must be debug, info, warning or error, not {s.log_level!r}.")
    for name, value in (("MIDTRANS_SERVER_KEY", s.midtrans_server_key), ("SMTP_HOST", s.smtp_host)):
        if not value:
            raise SettingsError(f"{name} is missing.")
    if not s.midtrans_client_key:
        raise SettingsError("MIDTRANS_CLIENT_KEY is missing.")
    if s.calendar_local_origin:
        _check_calendar_origin(s)
    _check_storage(s)


def _check_calendar_origin(s: Settings) -> None:
    """Everybody else's calendars are read from the public internet alone."""
    url = _address(s.calendar_local_origin)
    if s.mode not in ("demo", "test"):
        raise SettingsError("CALENDAR_LOCAL_ORIGIN is for the demo and tests only.")
    if url is None or url.scheme != "http" or url.hostname not in LOOPBACK or not url.port or url.path:
        raise SettingsError(
            f"CALENDAR_LOCAL_ORIGIN must be like http://127.0.0.1:8123, not {s.calendar_local_origin!r}."
        )


def _check_storage(s: Settings) -> None:
    url = _address(s.storage_url)
    if url is None or url.scheme not in ("file", "s3") or url.query or url.fragment:
        raise SettingsError(
            f"STORAGE_URL must be like file:/srv/files or s3://bucket, not {s.storage_url!r}."
        )
    if url.scheme == "file":
        if url.netloc or (url.path and not url.path.startswith("/")):
            raise SettingsError(f"STORAGE_URL must name a folder as file:/srv/files, not {s.storage_url!r}.")
        return
    if not _BUCKET.fullmatch(url.netloc):
        raise SettingsError(f"STORAGE_URL must name a bucket as s3://bucket, not {s.storage_url!r}.")
    for name, value in (
        ("STORAGE_REGION", s.storage_region),
        ("STORAGE_KEY_ID", s.storage_key_id),
        ("STORAGE_SECRET", s.storage_secret),
    ):
        if not value:
            raise SettingsError(f"{name} is missing; STORAGE_URL names a bucket.")
    if s.storage_endpoint:
        _check_endpoint(s.storage_endpoint)


def _check_endpoint(text: str) -> None:
    url = _address(text)
    if url is None or url.scheme not in ("http", "https") or not url.hostname or url.path or url.query:
        raise SettingsError(f"STORAGE_ENDPOINT must be like https://s3.example.id, not {text!r}.")
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise SettingsError("STORAGE_ENDPOINT must be https:// anywhere but on localhost and 127.0.0.1.")


def _check_production(s: Settings) -> None:
    if s.secret_key == DEVELOPMENT_SECRET:
        raise SettingsError("SECRET_KEY is the development one; make an own one for production.")
    if s.simulator or s.midtrans_client_key == SIMULATOR_CLIENT_KEY:
        raise SettingsError("MIDTRANS_SERVER_KEY is the simulator's; production takes real money only.")
    for name, url in (("MIDTRANS_APP_URL", s.midtrans_app_url), ("MIDTRANS_API_URL", s.midtrans_api_url)):
        parts = _address(url)
        if parts is None or parts.scheme != "https" or not (parts.hostname or "").endswith(".midtrans.com"):
            raise SettingsError(f"{name} must be an https address of midtrans.com, not {url!r}.")
    if not s.https:
        raise SettingsError("BASE_URL must be https:// in production.")
    if not s.database_url:
        raise SettingsError("DATABASE_URL is missing; the embedded server is for the demo and development.")


def _address(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        return None
