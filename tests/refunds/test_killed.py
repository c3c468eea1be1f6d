"""The worker killed (`kill -9`) at each step of a refund: started again, the money is sent once."""

import signal
from datetime import timedelta
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.payments import actions as payments
from tests.payments.conftest import Counter
from tests.refunds.sales import sell_at
from tests.refunds.test_sending import refunded_there
from tests.support.processes import Process
from tests.support.streams import eventually

PATIENCE = 60
# What the gateway does while the worker dies: what it had already done before, and whether it was told at all.
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "while the truth is asked": ("status", {"delay": 20}),
    "while it is told, and it hears nothing": ("refund", {"delay": 3, "cut_before": True}),
    "while it is told, and it does it": ("refund", {"delay": 3}),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_refund_whose_worker_is_killed_anywhere_is_sent_once(counter: Counter, step: str) -> None:
    db, (endpoint, fault) = counter.db, STEPS[step]
    sale = await sell_at(counter, "gopay")
    await sale.owe(40_000)
    await counter.faults(**{endpoint: {"times": 1, **fault}})
    address = counter.settings.midtrans_api_url
    worker = Process("worker", db.dsn, MIDTRANS_APP_URL=address, MIDTRANS_API_URL=address)

    async def asked() -> bool:
        return endpoint not in (await counter.client.get("/_control/faults")).json()

    async def arrived() -> bool:
        await payments.reconcile(db, counter.gateway, sale.public_id, transaction_id=sale.transaction_id)
        return (await sale.refund()).state == "done"

    await worker.start()
    try:
        await eventually(asked, PATIENCE)
        await worker.restart(signal.SIGKILL)
        await counter.faults()
        await clock.shift(db, timedelta(minutes=10))
        await eventually(arrived, PATIENCE)
    finally:
        await worker.stop()
    assert await refunded_there(counter, sale) == [40_000]
    assert await sale.steps() == ["requested", "approved", "sent", "done"]
    assert await sale.status() == "partially_refunded"
