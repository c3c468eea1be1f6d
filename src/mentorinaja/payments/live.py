"""Payment pages that turn by themselves: the stream of one order, and asking Midtrans when somebody comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import structlog

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.live.hub import Hub
from mentorinaja.live.stream import Doorbell, frame, opening
from mentorinaja.payments import queries
from mentorinaja.payments.gateway_words import GatewayDown
from mentorinaja.payments.midtrans import NOTIFICATION_SECONDS, Gateway
from mentorinaja.payments.reconcile import reconcile
from mentorinaja.payments.view import PaymentView
from mentorinaja.web.limits import count_hit

log = structlog.get_logger(__name__)

# What the last frame's id is, and the event after it: whoever comes back with it is told to stay away.
LAST = "selesai"
DONE = "done"
_BEAT_SECONDS = 15.0
# Long streams end now and then, so that signing out ends them too; the browser comes back by itself.
_LONGEST_SECONDS = 900.0
# A page waits this long for Midtrans's word; then it is shown, and turns when the word comes.
_QUICK_SECONDS = 2.0
_ASKED_A_MINUTE = 12

_asking: set[asyncio.Task[None]] = set()


async def frames(
    hub: Hub,
    public_id: str,
    look: Callable[[], Awaitable[PaymentView | None]],
    render: Callable[[PaymentView], str],
    seen: str,
) -> AsyncGenerator[bytes, None]:
    """The payment's part of the page whenever it changed; ends when it is final.

    `look` reads what is true for this person (None: nothing any more), `seen` is the key of what they have.
    """
    ends = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    with Doorbell(hub, f"order:{public_id}", "clock") as bell:
        yield opening()
        while (view := await look()) is not None and asyncio.get_running_loop().time() < ends:
            if view.key != seen:
                seen = view.key
                yield frame(render(view), id=LAST if view.final else None)
            if view.final:
                yield frame(LAST, event=DONE, id=LAST)
                return
            if not await bell.wait(_BEAT_SECONDS):
                yield b": \n\n"


async def ask(db: Database, gateway: Gateway, order_id: int, public_id: str, hint: str | None) -> None:
    """Ask Midtrans about an order's undecided attempts, now and quickly; what takes longer goes on behind.

    Asked at most every few seconds per order, however often its pages are opened.
    """
    if not await count_hit(db, "payment.ask", public_id, most=_ASKED_A_MINUTE, seconds=60):
        return
    task = asyncio.create_task(_ask(db, gateway, order_id, hint), name="payment-ask")
    _asking.add(task)
    task.add_done_callback(_asking.discard)
    await asyncio.wait({task}, timeout=_QUICK_SECONDS)


async def _ask(db: Database, gateway: Gateway, order_id: int, hint: str | None) -> None:
    for gateway_order_id in await queries.undecided_attempts(db, order_id):
        try:
            await reconcile(db, gateway, gateway_order_id, transaction_id=hint, seconds=NOTIFICATION_SECONDS)
        except (GatewayDown, NotThere):
            return  # the notification, a poll or the next visit will tell
