"""The whole demo as a person starts it, and browsers to use it with."""

import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.support.serve import free_socket

SCREENSHOTS = Path(__file__).parent.parent / "screenshots"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}


@dataclass(frozen=True)
class Demo:
    """A running demo: its addresses, as `demo.json` tells them, and a hand on its commands."""

    facts: dict[str, Any]
    environment: dict[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]

    def command(self, *arguments: str) -> str:
        """Run `mentorinaja …` against this demo; answers what it printed. Raises when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "mentorinaja", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`mentorinaja demo` in a folder of its own, stopped as Ctrl-C stops it, invariants checked at the end."""
    folder = tmp_path_factory.mktemp("demo")
    listening, address = free_socket()
    listening.close()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "DATA_DIR": str(folder),
        "PORT": address.rpartition(":")[2],
        "LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "mentorinaja", "demo"], env=environment)
    try:
        file = folder / "demo.json"
        deadline = time.monotonic() + 120
        while not file.exists():
            assert process.poll() is None, "the demo ended before it was ready"
            assert time.monotonic() < deadline, "the demo was not ready within two minutes"
            time.sleep(0.1)
        running = Demo(json.loads(file.read_text()), {**environment, "MENTORINAJA_MODE": "demo"})
        yield running
        running.command("check-invariants")
    finally:
        process.terminate()
        process.wait(30)


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    """The machine's Chromium, started afresh. What is expected of its pages may take its time on a busy machine."""
    expect.set_options(timeout=30_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM_FLAGS
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def person(browser: Browser, base_url: str, *, script: bool = True) -> AsyncIterator[Page]:
    """A page of somebody with own cookies on a 360 px phone. Faults of the page fail the test."""
    context: BrowserContext = await browser.new_context(
        base_url=base_url,
        viewport=PHONE,
        java_script_enabled=script,
        locale="id-ID",
        timezone_id="Asia/Tokyo",
    )
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
    try:
        yield page
    finally:
        await context.close()
    assert not faults, faults


async def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page in a folder that git ignores; nothing may reach over its right edge."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    width = await page.evaluate("document.documentElement.scrollWidth") if await _has_script(page) else 0
    assert width <= PHONE["width"], f"{name} is {width} px wide on a {PHONE['width']} px phone"


async def _has_script(page: Page) -> bool:
    return bool(await page.evaluate("typeof document === 'object'"))


def _is_fault(said: Any) -> bool:
    return said.type == "error" and "Failed to load resource" not in said.text
