"""Moves of the money machine: what an admin decides about orders."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import actions as refunds
from tests.money.game import HOURS, Game, pick

WHY = "Diputuskan setelah menelepon keduanya."
# How much of what is left goes back: nothing, a rupiah, half, all, and more than there is.
PARTS = (0.0, 0.0, 0.000_01, 0.5, 1.0, 1.0, 1.5)


class Ruling(Game):
    """Sessions called off, restored, moved, given up, and money granted, all by an admin."""

    @precondition(lambda self: self.sessions())
    @rule(which=pick, part=st.sampled_from(PARTS), again=st.booleans())
    def an_admin_calls_off(self, which: int, part: float, again: bool) -> None:
        """And perhaps finds at once that it was a mistake."""
        sale = self.session(which)
        self.act("cancel by admin", payments.cancel_by_admin, *self._ruling(sale.public_id, part), "own", WHY)
        if again:
            self.act("restore", refunds.restore, self.world.admin, sale.public_id, WHY)

    @precondition(lambda self: self.world.sales)
    @rule(which=pick, part=st.sampled_from(PARTS))
    def an_admin_gives_back(self, which: int, part: float) -> None:
        sale = self.sale(which)
        self.act("refund by admin", payments.refund_by_admin, *self._ruling(sale.public_id, part), WHY)

    @precondition(lambda self: self.sessions())
    @rule(which=pick, hours=st.sampled_from(HOURS[1:]))
    def an_admin_moves(self, which: int, hours: int) -> None:
        sale, starts = self.session(which), self.do(self.world.slot(hours))
        self.act("move by admin", bookings.move_by_admin, self.world.admin, sale.public_id, starts, WHY)

    @precondition(lambda self: self.world.sales)
    @rule(which=pick, how=st.sampled_from(("restore", "restore", "late", "give up", "ask")))
    def an_admin_decides(self, which: int, how: str) -> None:
        sale, admin, till = self.sale(which), self.world.admin, self.world.till
        if how == "restore":
            self.act("restore", refunds.restore, admin, sale.public_id, WHY)
        elif how == "late":
            self.act("late back by admin", payments.send_late_back, admin, sale.public_id, WHY)
        elif how == "give up":
            self.act("give up by admin", bookings.cancel_unpaid_by_admin, admin, sale.public_id, WHY)
        else:
            self.act("ask again", payments.ask_again, till, admin, sale.public_id)

    def _ruling(self, public_id: str, part: float) -> tuple[object, str, int, int]:
        sale = self.do(orders.order_called(self.world.db, public_id))
        return self.world.admin, public_id, int(sale.kept * part + 0.5), sale.kept
