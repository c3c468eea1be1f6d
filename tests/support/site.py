"""The site as a test sees it: web application, simulator and mailbox over real HTTP, jobs run when asked."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
from litestar import Litestar
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from mentorinaja import app as wiring
from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.jobs.worker import run_sweeps
from mentorinaja.local.mailbox import Mailbox
from mentorinaja.local.midtrans import SimulatorConfig, create_simulator
from mentorinaja.resources import Resources, open_resources
from mentorinaja.settings import Settings
from mentorinaja.work import all_jobs
from tests.support.config import make_settings
from tests.support.serve import free_socket, serving


@dataclass
class Site:
    """Addresses and hands of one running site."""

    url: str
    simulator_url: str
    mailbox: Mailbox
    settings: Settings
    resources: Resources
    stack: AsyncExitStack

    @property
    def db(self) -> Database:
        """The site's database."""
        return self.resources.db

    async def browser(self) -> "Browser":
        """A new visitor with own cookies."""
        client = await self.stack.enter_async_context(
            httpx.AsyncClient(base_url=self.url, timeout=60, verify=_TRUST)
        )
        return Browser(client)

    async def sweep(self) -> None:
        """Run everything that is due, as the worker does."""
        await run_sweeps(self.resources, all_jobs())

    async def move_clock(self, by: timedelta) -> None:
        """Shift the database's clock and do what became due."""
        await clock.shift(self.db, by)
        self.resources.clock.set(await clock.now(self.db))
        await self.sweep()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the simulator's control address, such as `/_control/faults`; answers its JSON."""
        async with httpx.AsyncClient(base_url=self.simulator_url, timeout=60, verify=_TRUST) as client:
            answer = await client.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json()


class Browser:
    """A plain browser without script: follows links, submits forms as served, keeps cookies."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.answer: httpx.Response | None = None

    @property
    def page(self) -> HTMLParser:
        """The page last shown."""
        assert self.answer is not None
        return HTMLParser(self.answer.text)

    @property
    def text(self) -> str:
        """The words of the page last shown, white space folded."""
        body = self.page.body
        return " ".join(body.text(separator=" ").split()) if body else ""

    async def get(self, path: str, *, follow: bool = True, **options: Any) -> httpx.Response:
        """Open an address."""
        self.answer = await self.client.get(path, follow_redirects=follow, **options)
        return self.answer

    async def submit(
        self,
        selector: str = "main form",
        values: dict[str, str] | None = None,
        *,
        follow: bool = True,
        **options: Any,
    ) -> httpx.Response:
        """Fill `values` into the first form matching `selector` and send it with everything it carries."""
        form = self.page.css_first(selector)
        assert form is not None, f"no form {selector} on {self.answer.url if self.answer else None}"
        data = form_values(form) | (values or {})
        action = form.attributes.get("action") or (str(self.answer.url) if self.answer else "/")
        if (form.attributes.get("method") or "get").lower() == "get":
            self.answer = await self.client.get(action, params=data, follow_redirects=follow, **options)
        else:
            self.answer = await self.client.post(action, data=data, follow_redirects=follow, **options)
        return self.answer

    async def post(
        self, path: str, data: dict[str, str], *, follow: bool = False, **options: Any
    ) -> httpx.Response:
        """Post to an address with a CSRF token taken from the page last shown (or from the home page's forms)."""
        token = self.page.css_first("input[name=_csrf]") if self.answer else None
        carried = {"_csrf": token.attributes.get("value") or ""} if token else {}
        self.answer = await self.client.post(path, data=carried | data, follow_redirects=follow, **options)
        return self.answer


def form_values(form: Any) -> dict[str, str]:
    """What a browser would send of a form as served."""
    values: dict[str, str] = {}
    for element in form.css("input, textarea, select"):
        name, kind = element.attributes.get("name"), element.attributes.get("type", "text")
        if not name or "disabled" in element.attributes:
            continue
        if element.tag == "select":
            chosen = element.css_first("option[selected]") or element.css_first("option")
            values[name] = (chosen.attributes.get("value") or "") if chosen else ""
        elif element.tag == "textarea":
            values[name] = element.text()
        elif kind in ("radio", "checkbox"):
            if "checked" in element.attributes:
                values[name] = element.attributes.get("value") or "on"
        elif kind not in ("submit", "button", "image", "file"):
            values[name] = element.attributes.get("value") or ""
    return values


# Applications that stand still, by mode and features: reading every handler takes longer than most tests.
_still: dict[tuple[object, ...], list[Litestar]] = defaultdict(list)
# What an HTTP client trusts is read from a large file, which these clients of plain HTTP need once at most.
_TRUST = httpx.create_ssl_context()


@contextmanager
def _application(mode: str) -> Iterator[Litestar]:
    """An application nobody else serves; it is used again afterwards."""
    still = _still[mode, *map(id, wiring.FEATURES)]
    app = still.pop() if still else wiring.read_handlers(mode)
    yield app
    still.append(app)


@asynccontextmanager
async def running_site(db: Database, **changes: Any) -> AsyncIterator[Site]:
    """Everything a person needs to use the site, in this process but over real HTTP and SMTP."""
    web_socket, web_url = free_socket()
    simulator_socket, simulator_url = free_socket()
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(Mailbox(None))
        settings = make_settings(
            db.dsn,
            **{
                "base_url": web_url,
                "midtrans_app_url": simulator_url,
                "midtrans_api_url": simulator_url,
                "smtp_port": mailbox.smtp_port,
                **changes,
            },
        )
        simulator = create_simulator(
            SimulatorConfig(
                server_key=settings.midtrans_server_key,
                client_key=settings.midtrans_client_key,
                notification_url=f"{web_url}/payment/midtrans/notification",
                public_url=simulator_url,
                state_file=None,
                retry_scale=0.001,
                clock=lambda: clock.now(db),
            )
        )
        await stack.enter_async_context(serving(simulator, simulator_socket))
        app = stack.enter_context(_application(settings.mode))
        await stack.enter_async_context(serving(wiring.with_settings(app, settings), web_socket))
        resources = await stack.enter_async_context(open_resources(settings))
        # One clock with the application: a test that moves it does not wait for the doorbell.
        resources = replace(resources, clock=app.state.clock)
        yield Site(web_url, simulator_url, mailbox, settings, resources, stack)
