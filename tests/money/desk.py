"""Moves of the money machine: products, refunds by hand, withdrawals, and an admin who changes the rules."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from mentorinaja.banks.vault import Vault
from mentorinaja.ledger.queries import earnings
from mentorinaja.payments import actions as payments
from mentorinaja.policies import actions as policies
from mentorinaja.products import actions as products
from mentorinaja.refunds import actions as refunds
from mentorinaja.withdrawals import actions as withdrawals
from mentorinaja.withdrawals.actions import Wish
from tests.money.game import KINDS, Game, pick
from tests.money.world import PASSWORD

# What the policy in force asks for at least.
LEAST = 50_000
REASON = "Diperiksa dari catatan bank."
_has_products = precondition(lambda self: self.products())


class Desk(Game):
    """What happens to products, and to money on its way out."""

    @rule(user=st.integers(0, 2), kind=st.sampled_from(("", *KINDS)))
    def buy_a_product(self, user: int, kind: str) -> None:
        """And pay it at once, or (no kind) later."""
        self.do(self.world.buy(user, kind))

    @_has_products
    @rule(which=pick)
    def download(self, which: int) -> None:
        sale = self.product(which)
        self.act("download", products.count_download, sale.user, sale.public_id)

    @_has_products
    @rule(which=pick)
    def return_a_product(self, which: int) -> None:
        sale = self.product(which)
        self.act("return product", payments.return_product, sale.user, sale.public_id)

    @rule(which=pick)
    def give_an_account(self, which: int) -> None:
        if self.world.sales:
            sale = self.sale(which)
            account = self.vault(), sale.user, sale.public_id, "014", "1234567890", "Budi Santoso"
            self.act("give account", refunds.give_account, *account)

    @rule(
        which=pick,
        how=st.sampled_from(
            ("approve", "reject", "resume", "mark_transferred", "mark_transferred", "mark_bounced")
        ),
    )
    def decide_a_refund(self, which: int, how: str) -> None:
        numbers = self.do(self.world.db.fetch("SELECT id FROM refunds WHERE state <> 'done' ORDER BY id"))
        if numbers:
            number = numbers[which % len(numbers)]["id"]
            self.act(f"refund {how}", getattr(refunds, how), self.world.admin, number, REASON)

    @rule(
        expert=st.integers(0, 1),
        amount=st.sampled_from((49_999, 50_000, 63_000, 126_000, 10**7)),
        key=st.integers(1, 9),
    )
    def ask_for_a_withdrawal(self, expert: int, amount: int, key: int) -> None:
        wish = Wish(UUID(int=key), amount, "014", "1234567890", "Sari Wulandari")
        self.act("ask withdrawal", withdrawals.ask, self.vault(), self.world.experts[expert], wish, PASSWORD)

    @rule(
        how=st.sampled_from(
            ("approve", "mark_sent", "mark_sent", "reject", "mark_failed", "take_back", "unsend", "restore")
        )
    )
    def decide_a_withdrawal(self, how: str) -> None:
        self._decide(how)

    def _decide(self, how: str) -> None:
        number = self.do(self.world.db.fetchval("SELECT public_id FROM withdrawals ORDER BY id DESC LIMIT 1"))
        if number is not None:
            told = () if how == "approve" else (REASON,)
            self.act(f"withdrawal {how}", getattr(withdrawals, how), self.world.admin, number, *told)

    @rule(expert=st.integers(0, 1), how=st.sampled_from(("mark_sent", "mark_sent", "reject", "mark_failed")))
    def pay_a_mentor_out(self, expert: int, how: str) -> None:
        """What is held becomes available after some days; all of it is asked for and decided on."""
        mentor = self.world.experts[expert]
        self.do(self.world.pass_time(timedelta(days=2)))
        self.do(self.world.sweep())
        assert mentor.expert_id is not None
        earned = self.do(earnings(self.world.db, mentor.expert_id))
        if earned.available >= LEAST and not earned.withdrawing:
            wish = Wish(uuid4(), earned.available, "014", "1234567890", "Sari Wulandari")
            self.act("ask withdrawal", withdrawals.ask, self.vault(), mentor, wish, PASSWORD)
            for move in ("approve", how) if how != "reject" else ("reject",):
                self._decide(move)

    @rule(which=pick)
    def a_transfer_comes_back_late(self, which: int) -> None:
        """The bank returns what had counted as arrived."""
        rows = "SELECT id FROM refunds WHERE state = 'done' AND way = 'bank' ORDER BY id"
        arrived = self.do(self.world.db.fetch(rows))
        if arrived:
            number = arrived[which % len(arrived)]["id"]
            self.act("refund bounced late", refunds.mark_bounced, self.world.admin, number, REASON)

    @rule(which=pick, days=st.sampled_from((0, 6)), then=st.sampled_from(("", "", "mark_bounced")))
    def pay_a_refund_by_hand(self, which: int, days: int, then: str) -> None:
        """A refund that the gateway cannot send: its payer gives an account, an admin transfers it; days pass."""
        waiting = self.do(
            self.world.db.fetch(
                """SELECT r.id, o.public_id FROM refunds r JOIN orders o ON o.id = r.order_id
                   WHERE r.way = 'bank' AND r.state IN ('approved', 'failed') ORDER BY r.id"""
            )
        )
        if not waiting:
            return
        refund_id, public_id = waiting[which % len(waiting)]
        sale = next(sale for sale in self.world.sales if sale.public_id == public_id)
        account = self.vault(), sale.user, sale.public_id, "014", "1234567890", "Budi Santoso"
        self.act("give account", refunds.give_account, *account)
        self.act("refund mark_transferred", refunds.mark_transferred, self.world.admin, refund_id, REASON)
        if days:
            self.do(self.world.pass_time(timedelta(days=days)))
            self.do(self.world.sweep())
        if then:
            self.act(
                f"refund {then} after {days} days", refunds.mark_bounced, self.world.admin, refund_id, REASON
            )

    @rule(tax=st.sampled_from((0, 1_100)), platform=st.sampled_from((0, 1_999, 2_000, 5_000)))
    def change_the_rules(self, tax: int, platform: int) -> None:
        db, admin = self.world.db, self.world.admin
        change = policies.change(db, admin, "Penyesuaian tarif.", tax_bps=tax, platform_fee_bps=platform)
        self.do(self.world.tried("change policy", lambda: change))

    def vault(self) -> Vault:
        """Where account numbers are sealed."""
        return Vault(self.world.resources.settings)
