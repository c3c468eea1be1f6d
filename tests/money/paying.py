"""Moves of the money machine: buying, paying, and whatever Midtrans, its lines and the clock do."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from mentorinaja.bookings import actions as bookings
from mentorinaja.payments import actions as payments
from tests.money.game import HOURS, KINDS, Game, pick

METHODS = ("card", "bank_transfer", "ewallet", "qris", "cstore")
DAY = 24 * 60
# What usually happens next is drawn more often, so that games get far.
MINUTES = (1, 5, 11, 16, 31, 31, 61, 61, 200, DAY, DAY + 60, 3 * DAY + 1, 8 * DAY)
RUPIAH = (1, 1_000, 50_000, 78_750, 10**9)


class Paying(Game):
    """What happens to the money of orders."""

    @rule(
        user=st.integers(0, 2),
        seller=st.integers(0, 1),
        hours=st.sampled_from(HOURS),
        kind=st.sampled_from(KINDS),
    )
    def sell_a_session(self, user: int, seller: int, hours: int, kind: str) -> None:
        self.do(self.world.sell(user, seller, hours, kind))

    @rule(
        user=st.integers(0, 2),
        seller=st.integers(0, 1),
        hours=st.sampled_from(HOURS),
        method=st.sampled_from(METHODS),
    )
    def book(self, user: int, seller: int, hours: int, method: str) -> None:
        self.do(self.world.book(user, seller, hours, method))

    @rule(which=pick, any_method=st.sampled_from((False, False, True)))
    def open_page(self, which: int, any_method: bool) -> None:
        if self.world.sales:
            self.do(self.world.open_page(self.sale(which), any_method))

    @precondition(lambda self: self.world.till.pages)
    @rule(which=pick, kind=st.sampled_from(KINDS), short_by=st.sampled_from((0,) * 9 + (1,)))
    def choose_a_method(self, which: int, kind: str, short_by: int) -> None:
        pages = list(self.world.till.pages)
        self.world.choose(pages[which % len(pages)], kind, short_by)

    @precondition(lambda self: self.turning())
    @rule(which=pick, word=pick, amount=st.sampled_from(RUPIAH))
    def something_becomes_of_a_payment(self, which: int, word: int, amount: int) -> None:
        turning = self.turning()
        payment = turning[which % len(turning)]
        words = payment.may()
        self.world.turn(payment, words[word % len(words)], amount)

    @precondition(lambda self: any(p.word == "pending" for p in self.world.till.payments))
    @rule(which=pick, days=st.sampled_from((1, 3)))
    def money_comes_late(self, which: int, days: int) -> None:
        """A number that was given out is paid after all, and we hear of it."""
        pending = [p for p in self.world.till.payments if p.word == "pending"]
        payment = pending[which % len(pending)]
        self.do(self.world.pass_time(timedelta(days=days)))
        self.world.turn(payment, "settlement", 0)
        self.do(self.world.hear(len(self.world.post) - 1, again=True))

    @precondition(lambda self: any(p.back for p in self.world.till.payments))
    @rule(which=pick)
    def a_refund_arrives(self, which: int) -> None:
        gone = [p for p in self.world.till.payments if p.back]
        self.world.arrive(gone[which % len(gone)])

    @precondition(lambda self: self.world.post)
    @rule(which=pick, again=st.booleans())
    def a_notification_comes(self, which: int, again: bool) -> None:
        self.do(self.world.hear(which % len(self.world.post), again=again))

    @precondition(lambda self: self.world.post)
    @rule(which=pick)
    def a_notification_is_lost(self, which: int) -> None:
        self.world.post.pop(which % len(self.world.post))

    @precondition(lambda self: self.world.till.payments)
    @rule(which=pick)
    def midtrans_is_asked(self, which: int) -> None:
        tried = self.world.till.payments
        self.do(self.world.ask(tried[which % len(tried)].order_id))

    @rule(when=st.sampled_from(("", "", "", "before", "after")))
    def midtrans_is_away_or_back(self, when: str) -> None:
        self.world.till.trouble = when

    @precondition(lambda self: self.sessions())
    @rule(which=pick)
    def give_up_unpaid(self, which: int) -> None:
        sale = self.session(which)
        self.act("give up", bookings.cancel_unpaid, sale.user, sale.public_id)

    @precondition(lambda self: self.sessions())
    @rule(which=pick, hours=st.sampled_from((*HOURS[1:], 0)))
    def answer_late_money(self, which: int, hours: int) -> None:
        """Another time for money that came too late, or (0) the money."""
        sale = self.session(which)
        if hours:
            starts = self.do(self.world.slot(hours))
            self.act("choose late", payments.choose_late, sale.user, sale.public_id, starts)
        else:
            self.act("give late back", payments.give_late_back, sale.user, sale.public_id)

    @rule(minutes=st.sampled_from(MINUTES), worked=st.sampled_from((True, True, False)))
    def time_passes(self, minutes: int, worked: bool) -> None:
        self.do(self.world.pass_time(timedelta(minutes=minutes)))
        if worked:
            self.do(self.world.sweep())

    @rule()
    def the_worker_works(self) -> None:
        self.do(self.world.sweep())
