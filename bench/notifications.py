"""Notifications of payments: how quickly they are answered at a rate, nothing lost; pages while Midtrans hangs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import asyncpg
import httpx

from bench import figures, machine, servers, world
from bench.servers import Server
from bench.talk import join
from bench.wire import Connections
from mentorinaja.settings import SIMULATOR_SERVER_KEY

_SQL = Path(__file__).with_name("payments.sql")
RATE = 50
PAGES_A_SECOND = 40
# Every so many are sent twice at once: Midtrans repeats itself.
_TWICE = 5
_MOST_P99_SECONDS = 1.0
_HANGS = {"delay": 60}
_PATIENCE_SECONDS = 30.0
_PATH = "/payment/midtrans/notification"


@dataclass
class Answers:
    """What came back: seconds until each answer, how many of each status (0: none), the server's work for it."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    asked: int = 0
    # Processor seconds of the server, also for what else it did meanwhile.
    cpu: float = 0.0

    def count(self, began: float, status: int, at: float) -> None:
        """Note an answer to what was asked at `began`."""
        self.seconds.append(at - began)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def milliseconds(self, share: float) -> float:
        """A percentile in milliseconds."""
        return 1000 * figures.percentile(self.seconds, share)


async def run(quick: bool) -> int:
    """Measure, print, keep; 1 when a payment was lost or the p99 of calm notifications is over a second."""
    seconds = 10 if quick else 40
    cores = machine.choose_cores()
    machine.pin(cores.others)
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn)
        orders = await _open_payments(dsn, 2 * RATE * seconds)
        with servers.simulator() as simulator:
            await _settle(simulator, orders)
            with servers.product(dsn, cores.server, simulator=simulator.address) as server:
                found = await _measure(server, simulator, orders, seconds)
        lost = await _lost(dsn, orders)
    _show(found, lost)
    kept = {name: {"asked": each.asked, "statuses": each.statuses, "p50": each.milliseconds(0.5),
                   "p95": each.milliseconds(0.95), "p99": each.milliseconds(0.99), "cpu": each.cpu}
            for name, each in found.items()}  # fmt: skip
    figures.save("notifications", {"machine": machine.describe(cores), "lost": lost, "rounds": kept})
    return int(lost > 0 or found["notifications"].milliseconds(0.99) > 1000 * _MOST_P99_SECONDS)


async def _measure(server: Server, simulator: Server, orders: list[str], seconds: int) -> dict[str, Answers]:
    calm, hanging = orders[: RATE * seconds], orders[RATE * seconds :]
    found: dict[str, Answers] = {}
    async with _asking(server) as ask:
        found["pages"] = await _ask(server, ask, [_page(server)] * (PAGES_A_SECOND * seconds), PAGES_A_SECOND)
        found["notifications"] = await _ask(server, ask, _notices(server, calm), RATE)
        await _faults(simulator, {"status": _HANGS})
        # As many as come while Midtrans hangs; each is answered 503 in time, and told again.
        told = asyncio.create_task(_ask(server, ask, _notices(server, hanging), RATE))
        pages = [_page(server)] * (PAGES_A_SECOND * seconds)
        found["pages while Midtrans hangs"] = await _ask(server, ask, pages, PAGES_A_SECOND)
        found["notifications while Midtrans hangs"] = await told
        await _faults(simulator, {})
        found["the same told again"] = await _ask(server, ask, _notices(server, hanging), RATE)
    return found


@asynccontextmanager
async def _asking(server: Server) -> AsyncIterator[Connections]:
    connections = Connections(server.host, server.port, most=1000)
    await connections.open(24)
    try:
        yield connections
    finally:
        connections.close()


async def _ask(server: Server, connections: Connections, requests: list[bytes], rate: float) -> Answers:
    """Send `rate` requests a second, come what may, then wait until all are answered."""
    answers, begin, done = Answers(), perf_counter(), asyncio.Event()
    used = machine.cpu_seconds(server.pid)

    def send(request: bytes) -> None:
        began = perf_counter()

        def answered(status: int, _answer: bytes, at: float) -> None:
            answers.count(began, status, at)
            if len(answers.seconds) == len(requests):
                done.set()

        connections.ask(request, answered)

    for number, request in enumerate(requests):
        await asyncio.sleep(max(0.0, begin + number / rate - perf_counter()))
        answers.asked += 1
        send(request)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await done.wait()
    answers.cpu = machine.cpu_seconds(server.pid) - used
    return answers


def _notices(server: Server, orders: list[str]) -> list[bytes]:
    """A settlement of each order; some twice, the second right behind the first."""
    return [
        _notice(server, order)
        for number, order in enumerate(orders)
        for _ in range(2 if number % _TWICE == 0 else 1)
    ]


def _notice(server: Server, order: str) -> bytes:
    signed = f"{order}200157500.00{SIMULATOR_SERVER_KEY}"
    body = {
        "order_id": order,
        "transaction_id": _transaction_id(order),
        "transaction_status": "settlement",
        "status_code": "200",
        "gross_amount": "157500.00",
        "signature_key": hashlib.sha512(signed.encode()).hexdigest(),
    }
    head = [f"POST {_PATH} HTTP/1.1", f"Host: {server.address}", "Content-Type: application/json"]
    return join(head, json.dumps(body).encode())


def _page(server: Server) -> bytes:
    return join(["GET /expert/mentor-1 HTTP/1.1", f"Host: {server.address}"])


async def _open_payments(dsn: str, count: int) -> list[str]:
    """So many unpaid orders whose payment pages are open; answers their gateway order ids."""
    connection = await asyncpg.connect(dsn)
    try:
        for name, value in (("bench.people", world.PEOPLE), ("bench.orders", count)):
            await connection.execute("SELECT set_config($1, $2, false)", name, str(value))
        await connection.execute(_SQL.read_text())
        await connection.execute("ANALYZE")
        rows = await connection.fetch("SELECT gateway_order_id FROM payment_attempts WHERE state = 'open'")
    finally:
        await connection.close()
    return [row["gateway_order_id"] for row in rows]


async def _settle(simulator: Server, orders: list[str]) -> None:
    """At the simulator each of them is paid."""
    now = datetime.now(UTC)
    past = [
        {
            "gateway_order_id": order,
            "token": f"bench-{order}",
            "gross_amount": 157_500,
            "created_at": now.isoformat(),
            "page_expires_at": (now + timedelta(days=1)).isoformat(),
            "transactions": [
                {
                    "transaction_id": _transaction_id(order),
                    "payment_type": "qris",
                    "transaction_status": "settlement",
                    "gross_amount": 157_500,
                    "created_at": now.isoformat(),
                    "paid_at": now.isoformat(),
                }
            ],
        }
        for order in orders
    ]
    async with httpx.AsyncClient(base_url=f"http://{simulator.address}", timeout=60) as client:
        for start in range(0, len(past), 500):
            answer = await client.put("/_control/transactions", json=past[start : start + 500])
            answer.raise_for_status()


async def _faults(simulator: Server, faults: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=f"http://{simulator.address}", timeout=30) as client:
        (await client.put("/_control/faults", json=faults)).raise_for_status()


async def _lost(dsn: str, orders: list[str]) -> int:
    """Orders that are not confirmed with just one payment booked, one invoice and two mails."""
    connection = await asyncpg.connect(dsn)
    try:
        whole: int = await connection.fetchval(
            """SELECT count(*) FROM orders o JOIN bookings b ON b.order_id = o.id
               WHERE o.public_id = ANY($1) AND b.status = 'confirmed' AND o.payment_status = 'paid'
                 AND (SELECT count(*) FROM ledger_journals WHERE order_id = o.id) = 1
                 AND (SELECT count(*) FROM invoices WHERE order_id = o.id) = 1
                 AND (SELECT count(*) FROM outbox
                      WHERE order_id = o.id AND kind IN ('paid', 'new_booking')) = 2""",
            orders,
        )
    finally:
        await connection.close()
    return len(orders) - whole


def _transaction_id(order: str) -> str:
    return str(uuid5(NAMESPACE_URL, order))


def _show(found: dict[str, Answers], lost: int) -> None:
    rows = [
        (
            name,
            each.asked,
            " ".join(f"{count}×{status}" for status, count in sorted(each.statuses.items())),
            *(each.milliseconds(share) for share in (0.5, 0.95, 0.99)),
            1000 * each.cpu / each.asked,
        )
        for name, each in found.items()
    ]
    columns = ("milliseconds", "asked", "answers", "median", "p95", "p99", "CPU each")
    figures.show(f"notifications at {RATE} a second, pages at {PAGES_A_SECOND}", columns, rows)
    print(f"  payments lost or counted twice: {lost}")
