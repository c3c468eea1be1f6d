"""Settings are refused by name, before anything starts."""

from pathlib import Path
from typing import Any

import pytest

from mentorinaja.settings import (
    DEMO_SECRET_FILE,
    DEVELOPMENT_SECRET,
    SIMULATOR_CLIENT_KEY,
    SIMULATOR_SERVER_KEY,
    Settings,
    SettingsError,
    demo_secret,
    describe,
    load,
)

GOOD = {
    "DATABASE_URL": "postgresql://db.internal/mentorinaja",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "BASE_URL": "https://mentorinaja.id",
    "MIDTRANS_SERVER_KEY": "Mid-server-real",
    "MIDTRANS_CLIENT_KEY": "Mid-client-real",
    "SMTP_HOST": "smtp.mentorinaja.id",
    "MAIL_FROM": "MentorinAja <halo@mentorinaja.id>",
}


def test_good_settings_are_those_of_production() -> None:
    settings = load(GOOD)
    assert settings.mode == "production" and settings.https and not settings.simulator
    assert settings.listen_dsn == GOOD["DATABASE_URL"]


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"MAIL_FROM"}))
def test_what_production_cannot_do_without_is_named_when_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({**GOOD, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", DEVELOPMENT_SECRET),
        ("MIDTRANS_SERVER_KEY", SIMULATOR_SERVER_KEY),
        ("MIDTRANS_CLIENT_KEY", SIMULATOR_CLIENT_KEY),
        ("MIDTRANS_APP_URL", "http://app.midtrans.com"),
        ("MIDTRANS_APP_URL", "https://127.0.0.1:9000"),
        ("MIDTRANS_API_URL", "https://api.midtrans.com.evil.example"),
        ("MIDTRANS_API_URL", "https://evilmidtrans.com"),
        ("BASE_URL", "http://mentorinaja.id"),
        ("BASE_URL", "http://localhost:8000"),
        ("BASE_URL", "https://mentorinaja.id/"),
        ("BASE_URL", "https://mentorinaja.id/?a=b"),
        ("BASE_URL", "mentorinaja.id"),
        ("BASE_URL", "ftp://mentorinaja.id"),
        ("BASE_URL", "https://["),
        ("POOL_SIZE", "1"),
        ("PORT", "http"),
        ("SMTP_TLS", "ssl"),
        ("MAIL_FROM", "MentorinAja"),
        ("MAIL_FROM", "a@x.id\r\nBcc: b@x.id"),
        ("LOG_LEVEL", "loud"),
        ("MENTORINAJA_MODE", "prod"),
        ("CALENDAR_LOCAL_ORIGIN", "http://127.0.0.1:8123"),
        ("STORAGE_URL", "/srv/files"),
        ("STORAGE_URL", "file:srv/files"),
        ("STORAGE_URL", "file://server/files"),
        ("STORAGE_URL", "s3:"),
        ("STORAGE_URL", "s3://Ember Saya/"),
        ("STORAGE_URL", "s3://bucket?region=x"),
        ("STORAGE_URL", "https://s3.example.id/bucket"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load({**GOOD, name: value})
    named = "MIDTRANS" if name.startswith("MIDTRANS") else name
    assert named in str(refusal.value)


@pytest.mark.parametrize(
    "origin", ["http://10.0.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1:80"]
)
def test_a_demo_reads_calendars_of_this_machine_alone_besides_the_internets(origin: str) -> None:
    demo = {**GOOD, "MENTORINAJA_MODE": "demo"}
    assert load({**demo, "CALENDAR_LOCAL_ORIGIN": "http://127.0.0.1:8123"}).calendar_local_origin
    with pytest.raises(SettingsError, match="CALENDAR_LOCAL_ORIGIN"):
        load({**demo, "CALENDAR_LOCAL_ORIGIN": origin})


BUCKET = {
    "STORAGE_URL": "s3://mentorinaja/produk",
    "STORAGE_ENDPOINT": "https://s3.example.id",
    "STORAGE_REGION": "ap-southeast-3",
    "STORAGE_KEY_ID": "kunci",
    "STORAGE_SECRET": "rahasia",
}


def test_files_are_kept_in_a_folder_of_the_data_or_of_ones_own_or_in_a_bucket() -> None:
    assert load({**GOOD, "DATA_DIR": "/srv/data"}).storage_folder == Path("/srv/data/files")
    assert load(GOOD).storage_folder.is_absolute()
    assert load({**GOOD, "STORAGE_URL": "file:/srv/files"}).storage_folder == Path("/srv/files")
    assert load({**GOOD, **BUCKET}).storage_bucket == "mentorinaja"
    assert load({**GOOD, **BUCKET, "STORAGE_ENDPOINT": ""}).storage_bucket == "mentorinaja"


@pytest.mark.parametrize("name", ["STORAGE_REGION", "STORAGE_KEY_ID", "STORAGE_SECRET"])
def test_what_a_bucket_cannot_do_without_is_named_when_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({**GOOD, **BUCKET, name: ""})


@pytest.mark.parametrize(
    "endpoint", ["http://s3.example.id", "s3.example.id", "https://s3.example.id/bucket"]
)
def test_a_bucket_is_asked_for_safely(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="STORAGE_ENDPOINT"):
        load({**GOOD, **BUCKET, "STORAGE_ENDPOINT": endpoint})
    assert load({**GOOD, **BUCKET, "STORAGE_ENDPOINT": "http://127.0.0.1:9000"})


def test_a_secret_is_never_in_the_refusal() -> None:
    with pytest.raises(SettingsError) as refusal:
        load({**GOOD, "SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("mode", ["demo", "development", "test"])
def test_the_simulator_and_plain_loopback_are_for_trying_out(mode: str) -> None:
    changes: dict[str, Any] = {
        "MENTORINAJA_MODE": mode,
        "BASE_URL": "http://127.0.0.1:8000",
        "MIDTRANS_SERVER_KEY": SIMULATOR_SERVER_KEY,
        "MIDTRANS_CLIENT_KEY": SIMULATOR_CLIENT_KEY,
        "SECRET_KEY": DEVELOPMENT_SECRET,
    }
    settings = load({**GOOD, **changes})
    assert settings.simulator and not settings.https
    with pytest.raises(SettingsError, match="BASE_URL"):
        load({**GOOD, **changes, "BASE_URL": "http://192.168.1.5:8000"})


def test_commands_beside_a_demo_find_the_key_it_made_for_itself(tmp_path: Path) -> None:
    place = {"DATA_DIR": str(tmp_path)}
    assert demo_secret(place) == ""
    (tmp_path / DEMO_SECRET_FILE).write_text("k" * 40)
    assert demo_secret(place) == "k" * 40


def test_settings_cannot_be_changed_and_all_are_described() -> None:
    settings = load(GOOD)
    with pytest.raises(AttributeError):
        settings.mode = "demo"  # type: ignore[misc]
    assert len(describe()) == len(Settings.__dataclass_fields__)
    assert all(name.isupper() and text for name, _, text in describe())
