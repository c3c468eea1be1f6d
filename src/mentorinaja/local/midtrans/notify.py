"""Sends notifications as Midtrans does: in the background, signed, retried by what was answered."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from datetime import UTC, datetime
from functools import cache

import httpx

from mentorinaja.local.midtrans.faults import Fault, Faults, tamper
from mentorinaja.local.midtrans.state import Attempt, Delivery, Json, Notice, Store

log = logging.getLogger(__name__)

RETRY_WAITS = tuple(60.0 * minutes for minutes in (2, 10, 30, 90, 210))
"""Seconds before each retry; every wait is shortened at random, the first to 33 s at the least."""
TIMEOUT = 15.0
HEADERS = {"User-Agent": "Veritrans", "Accept": "application/json"}
_SHORTEST = 33 / 120
_MAX_REDIRECTS = 5
_HOLD_AT_MOST = 3.0


def retries_after(answer: int | None) -> int:
    """How many retries an answer earns in all; None stands for no answer."""
    if answer is None:
        return 5
    if 200 <= answer < 300 or answer in (301, 302, 303):
        return 0
    return {500: 1, 503: 4, 400: 2, 404: 2}.get(answer, 5)


@cache
def _trust() -> ssl.SSLContext:
    """What is trusted over HTTPS; reading it takes long, so all notifiers of a process share it."""
    return httpx.create_ssl_context()


class Notifier:
    """The postman: queues notices, delivers those of one order id in their order, keeps what was answered."""

    def __init__(self, store: Store, faults: Faults, server_key: str, retry_scale: float) -> None:
        self._store = store
        self._faults = faults
        self._server_key = server_key
        self._scale = retry_scale
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[str, asyncio.Event] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        """Open the line and take up the retries that were due when the simulator last stopped."""
        # A connection per notice: one kept open would fail after every restart of the merchant.
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT, headers=HEADERS, limits=limits, trust_env=False, verify=_trust()
        )
        for notice in self._store.notices.values():
            if notice.due is not None:
                self._spawn(notice, None, None)

    async def stop(self) -> None:
        """Stop delivering; what is due stays due in the store."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def send(self, attempt: Attempt, body: Json) -> None:
        """Queue a notice to every address of the attempt, as the notify fault tells it."""
        fault = self._faults.take("notify")
        told = tamper(body, fault, self._server_key)
        for url in attempt.notification_urls:
            for _ in range(fault.duplicate if fault else 1):
                notice = self._note(attempt.order_id, url, told, time.time() + (fault.delay if fault else 0))
                if fault is not None and fault.drop:
                    notice.due, notice.dropped = None, True
                    self._store.save_notice(notice)
                else:
                    self._queue(notice, fault)

    async def send_now(self, order_id: str, url: str, body: Json, repeat: int) -> list[int | None]:
        """Send one body `repeat` times in parallel, without retries; the HTTP statuses answered."""
        notices = [self._note(order_id, url, body, None) for _ in range(repeat)]
        return list(await asyncio.gather(*(self._try(notice) for notice in notices)))

    def _note(self, order_id: str, url: str, body: Json, due: float | None) -> Notice:
        notice = Notice(self._store.next_number(), order_id, url, body, due)
        self._store.save_notice(notice)
        return notice

    def _queue(self, notice: Notice, fault: Fault | None) -> None:
        if fault is not None and fault.reorder and notice.order_id not in self._held:
            self._held[notice.order_id] = asyncio.Event()
            self._spawn(notice, self._held[notice.order_id], None)
            return
        in_order = fault is None or (fault.delay == 0 and fault.duplicate == 1)
        before, done = self._last.get(notice.order_id), asyncio.Event()
        if in_order:
            self._last[notice.order_id] = done
        self._spawn(notice, before if in_order else None, done)

    def _spawn(self, notice: Notice, before: asyncio.Event | None, done: asyncio.Event | None) -> None:
        task = asyncio.create_task(self._deliver(notice, before, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self, notice: Notice, before: asyncio.Event | None, done: asyncio.Event | None
    ) -> None:
        if before is not None:
            await _wait(before, _HOLD_AT_MOST if done is None else None)
        try:
            await self._deliver_once(notice)
        finally:
            self._release(notice.order_id, done)
        while notice.due is not None:
            await self._deliver_once(notice)

    async def _deliver_once(self, notice: Notice) -> None:
        await asyncio.sleep(max(0.0, (notice.due or 0) - time.time()))
        answer = await self._try(notice)
        retries = len(notice.deliveries) - 1
        wait = self._wait_before(retries) if retries < retries_after(answer) else None
        notice.due = None if wait is None else time.time() + wait
        self._store.save_notice(notice)

    def _release(self, order_id: str, done: asyncio.Event | None) -> None:
        if done is None:
            self._held.pop(order_id, None)
            return
        done.set()
        if self._last.get(order_id) is done:
            del self._last[order_id]
        if order_id in self._held:
            self._held[order_id].set()

    def _wait_before(self, retry: int) -> float:
        return RETRY_WAITS[retry] * random.uniform(_SHORTEST if retry == 0 else 0.5, 1.0) * self._scale

    async def _try(self, notice: Notice) -> int | None:
        try:
            answer = await self._post(notice.url, notice.body)
            notice.deliveries.append(Delivery(datetime.now(UTC), answer))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            answer = None
            notice.deliveries.append(Delivery(datetime.now(UTC), None, type(error).__name__))
        self._store.save_notice(notice)
        return answer

    async def _post(self, url: str, body: Json) -> int:
        assert self._client is not None, "the notifier is started with the app"
        for _ in range(_MAX_REDIRECTS):
            response = await self._client.post(url, json=body)
            if response.status_code not in (307, 308) or "location" not in response.headers:
                return response.status_code
            url = str(response.url.join(response.headers["location"]))
        return response.status_code


async def _wait(event: asyncio.Event, at_most: float | None) -> None:
    try:
        async with asyncio.timeout(at_most):
            await event.wait()
    except TimeoutError:
        log.info("Nothing came to overtake the notice that was held back.")
