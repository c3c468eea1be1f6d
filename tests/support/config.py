"""Settings for tests: everything on loopback, nothing outside."""

import tempfile
from pathlib import Path
from typing import Any

from mentorinaja.settings import SIMULATOR_CLIENT_KEY, SIMULATOR_SERVER_KEY, Settings, load

SECRET = "a-secret-for-tests-only-0123456789abcdef"
# Nothing listens on port 9 (discard): a gateway or mail server that is down.
NOWHERE = "http://127.0.0.1:9"
# Files of this test process; goes with it.
FILES = tempfile.TemporaryDirectory(prefix="mentorinaja-tests-")


def make_settings(database_url: str, **changes: Any) -> Settings:
    """Valid settings for one test; `changes` by field name."""
    values: dict[str, Any] = {
        "mode": "test",
        "database_url": database_url,
        "secret_key": SECRET,
        "data_dir": Path(FILES.name),
        "base_url": "http://127.0.0.1:8000",
        "midtrans_server_key": SIMULATOR_SERVER_KEY,
        "midtrans_client_key": SIMULATOR_CLIENT_KEY,
        "midtrans_app_url": NOWHERE,
        "midtrans_api_url": NOWHERE,
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_tls": "none",
        "log_level": "error",
    }
    return load({}, **{**values, **changes})
