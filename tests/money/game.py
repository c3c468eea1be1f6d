"""One game of the money machine: its world, what is checked after every move, and how things are picked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from tests.money.till import Payment
from tests.money.world import Sale, World
from tests.support.database import fresh_database

KINDS = ("bank_transfer", "credit_card", "qris", "gopay", "shopeepay", "cstore")
HOURS = (0, 2, 3, 5, 14, 26, 30, 80)
pick = st.integers(0, 10**6)


class Game(RuleBasedStateMachine):
    """A game over a database of its own; `server` is where, `told` counts what was done and what was refused."""

    server = ""
    told: ClassVar[Counter[str]] = Counter()
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()

    def do(self, action: Awaitable[Any]) -> Any:
        """Run it to its end."""
        return self.loop.run(_awaited(action))

    def act(self, what: str, action: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Any action of the product; a rule may forbid it."""
        self.do(self.world.tried(what, lambda: action(self.world.db, *args)))

    @initialize(kind=st.sampled_from(KINDS), hours=st.sampled_from(HOURS), seller=st.integers(0, 1))
    def begin(self, kind: str, hours: int, seller: int) -> None:
        """People move in, and a session is sold."""
        self.world = self.do(self._open())
        self.do(self.world.sell(0, seller, hours, kind))

    def teardown(self) -> None:
        """Once everything was heard, we believe what is true at the gateway."""
        try:
            if hasattr(self, "world"):
                self.do(self.world.settle_down())
        finally:
            if hasattr(self, "world"):
                type(self).told.update(self.world.told)
            self.do(self.stack.aclose())
            self.loop.close()

    @invariant()
    def nothing_is_broken(self) -> None:
        """The checker finds nothing, whatever was done last."""
        if hasattr(self, "world"):
            self.do(self.world.check())

    def sale(self, which: int) -> Sale:
        """Any order."""
        return self.world.sales[which % len(self.world.sales)]

    def sessions(self) -> list[Sale]:
        """Orders of sessions."""
        return [sale for sale in self.world.sales if sale.booking_id is not None]

    def session(self, which: int) -> Sale:
        """Any order of a session."""
        return self.sessions()[which % len(self.sessions())]

    def products(self) -> list[Sale]:
        """Orders of products."""
        return [sale for sale in self.world.sales if sale.booking_id is None]

    def product(self, which: int) -> Sale:
        """Any order of a product."""
        return self.products()[which % len(self.products())]

    def turning(self) -> list[Payment]:
        """Payments of which something may still become."""
        return [payment for payment in self.world.till.payments if payment.may()]

    async def _open(self) -> World:
        db = await self.stack.enter_async_context(fresh_database(self.server, size=2))
        return await self.stack.enter_async_context(World.open(db))


async def _awaited(action: Awaitable[Any]) -> Any:
    return await action
