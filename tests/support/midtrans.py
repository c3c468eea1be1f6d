"""The Midtrans simulator over real HTTP, and a merchant that keeps what it is told; for its own tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import midtransclient

from mentorinaja.local.midtrans import SimulatorConfig, create_simulator
from tests.support.serve import free_socket, serving

KEY = "SB-Mid-server-TESTKEY"
CLIENT_KEY = "SB-Mid-client-TESTKEY"
SHOP = "https://toko.test"


class Merchant:
    """Receives notifications; answers the scripted statuses in turn, then 200 for ever."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.answers: list[int] = []
        self.location = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.paths.append(scope["path"])
        self.received.append(json.loads(body))
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        status = self.answers.pop(0) if self.answers else 200
        location = [(b"location", self.location)] if 300 <= status < 400 else []
        await send({"type": "http.response.start", "status": status, "headers": location})
        await send({"type": "http.response.body", "body": b""})

    def statuses(self) -> list[str]:
        """The transaction statuses received, in the order of arrival."""
        return [body["transaction_status"] for body in self.received]


@dataclass
class Desk:
    """The simulator's addresses, its real client, its merchant, and a clock that the test moves."""

    url: str
    merchant: Merchant
    client: httpx.AsyncClient
    ahead: timedelta = timedelta(0)
    snap: Any = field(init=False)

    def __post_init__(self) -> None:
        self.snap = midtransclient.Snap(
            is_production=False, server_key=KEY, client_key=CLIENT_KEY, custom_headers={}, proxies={}
        )
        self.snap.api_config.SNAP_SANDBOX_BASE_URL = f"{self.url}/snap/v1"
        self.snap.api_config.CORE_SANDBOX_BASE_URL = self.url

    async def now(self) -> datetime:
        """The simulator's clock."""
        return datetime.now(UTC) + self.ahead

    async def create(self, order_id: str = "BE-1", **changes: Any) -> Any:
        """Open an attempt: its token and redirect_url."""
        return await asyncio.to_thread(self.snap.create_transaction, request_body(order_id, **changes))

    async def core(self, verb: str, *args: Any) -> Any:
        """Call the Core API through midtransclient: `status`, `cancel`, `refund`, …"""
        return await asyncio.to_thread(getattr(self.snap.transactions, verb), *args)

    async def pay(self, opened: Any, **form: str) -> httpx.Response:
        """Post a form to the payment page."""
        return await self.client.post(opened["redirect_url"], data=form)

    async def control(self, path: str, **body: Any) -> Any:
        """Pull a lever, such as `transactions/BE-1/settle`; its JSON."""
        answer = await self.client.post(f"/_control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def faults(self, **faults: Any) -> None:
        """Replace the faults in force."""
        answer = await self.client.put("/_control/faults", json=faults)
        assert answer.status_code == 200, answer.text

    async def attempt(self, order_id: str = "BE-1") -> Any:
        """What the control API tells about one attempt."""
        attempts = (await self.client.get("/_control/transactions")).json()
        return next(a for a in attempts if a["gateway_order_id"] == order_id)

    async def received(self, count: int) -> list[str]:
        """The statuses the merchant was told, once there are `count`."""
        await until(lambda: len(self.merchant.received) >= count)
        return self.merchant.statuses()


def request_body(order_id: str = "BE-1", **changes: Any) -> dict[str, Any]:
    """A create request as the app sends it; `changes` replace its parts, None removes one."""
    body: dict[str, Any] = {
        "transaction_details": {"order_id": order_id, "gross_amount": 157_500},
        "item_details": [
            {"id": "svc-17", "price": 150_000, "quantity": 1, "name": "Chat Konsultasi (30 menit)"},
            {"id": "fee-admin", "price": 7_500, "quantity": 1, "name": "Biaya admin"},
        ],
        "customer_details": {"first_name": "Budi", "email": "budi@example.com", "phone": "+628123456789"},
        "credit_card": {"secure": True},
        "callbacks": {"finish": f"{SHOP}/payment/finish", "error": f"{SHOP}/payment/error"},
    } | changes
    return {name: part for name, part in body.items() if part is not None}


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 30) -> None:
    """Wait until something is so; fails after a deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running_desk(state_file: Path | None = None, retry_scale: float = 0.001) -> AsyncIterator[Desk]:
    """A simulator and its merchant on free ports until the block ends."""
    merchant = Merchant()
    merchant_socket, merchant_url = free_socket()
    simulator_socket, url = free_socket()
    client = httpx.AsyncClient(base_url=url, timeout=20)
    desk = Desk(url, merchant, client)
    config = SimulatorConfig(
        server_key=KEY,
        client_key=CLIENT_KEY,
        notification_url=f"{merchant_url}/notify",
        public_url=url,
        state_file=state_file,
        retry_scale=retry_scale,
        clock=desk.now,
    )
    async with (
        client,
        serving(merchant, merchant_socket),
        serving(create_simulator(config), simulator_socket),
    ):
        yield desk


async def _live(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
