"""Words that people read are the same everywhere."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("folder", ["templates", "partials", "static/js", "src/mentorinaja"])
def test_an_email_has_one_name(folder: str) -> None:
    read = [
        path for path in (ROOT / folder).rglob("*") if path.suffix in (".html", ".txt", ".js", ".py", ".toml")
    ]
    assert [path for path in read if "surel" in path.read_text().lower()] == []
