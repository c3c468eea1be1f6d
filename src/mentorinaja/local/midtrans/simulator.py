"""The bank itself: opens attempts, begins transactions, moves them along, tells the merchant each time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from litestar.di import NamedDependency

from mentorinaja.local.midtrans import bodies, rules
from mentorinaja.local.midtrans.clock import SimulatorClock
from mentorinaja.local.midtrans.config import SimulatorConfig
from mentorinaja.local.midtrans.errors import NOT_FOUND, NOT_MODIFIABLE, ORDER_USED, ApiError
from mentorinaja.local.midtrans.faults import Faults
from mentorinaja.local.midtrans.methods import CARD, METHODS, NEEDS_TRANSACTION_ID
from mentorinaja.local.midtrans.notify import Notifier
from mentorinaja.local.midtrans.snap_request import SnapRequest
from mentorinaja.local.midtrans.state import Attempt, Refund, Store, Transaction

DEFAULT_CARD = "4811111111111114"
_PAGE_LIFE = timedelta(hours=24)
_TOKEN_LIFE = timedelta(days=7)
_BANK_CONFIRMS_AFTER = 60.0
_CARD_DECIDES_AFTER = 60.0
_MAX_URLS = 3


class Simulator:
    """All of Midtrans that the app can see. Verbs take `now` and change nothing when they raise."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.store = Store(config.state_file)
        self.faults = Faults()
        self.notifier = Notifier(self.store, self.faults, config.server_key, config.retry_scale)
        self._clock = SimulatorClock(config.clock)
        self._open = {a.order_id for a in self.store.attempts.values() if _is_open(a)}

    async def now(self) -> datetime:
        """The present, after everything that is due by it has happened."""
        now = await self._clock.now()
        for attempt in self._with_open_business():
            for transaction in list(attempt.transactions):
                self._catch_up(attempt, transaction, now)
        return now

    def has_open_business(self) -> bool:
        """Whether time alone can change something."""
        return bool(self._open)

    def create(self, request: SnapRequest, urls: Sequence[str], now: datetime) -> Attempt:
        """Open an attempt, or give it a new token when nobody has chosen a method yet; else 400."""
        earlier = self.store.attempts.get(request.order_id)
        if earlier is not None and earlier.transactions:
            raise ApiError(400, ORDER_USED)
        ends = _page_end(request, now)
        if ends <= now:
            raise ApiError(400, "expiry must end in the future")
        attempt = Attempt(
            order_id=request.order_id,
            gross_amount=request.gross_amount,
            token=bodies.new_id(),
            created_at=now,
            page_expires_at=min(ends, now + _TOKEN_LIFE),
            enabled=request.enabled,
            items=request.items,
            customer=request.customer,
            callbacks=request.callbacks,
            custom_fields=request.custom_fields,
            expiry=request.expiry,
            notification_urls=list(urls)[:_MAX_URLS],
            old_tokens=[*earlier.old_tokens, earlier.token] if earlier else [],
        )
        self.store.save(attempt)
        return attempt

    def take_over(self, attempt: Attempt) -> None:
        """Know an attempt that began elsewhere, as it is; nobody is told."""
        self._keep(attempt)

    def cancel_page(self, token: str, now: datetime) -> Attempt:
        """Close the page of an attempt that nobody is paying."""
        attempt = self.store.by_token(token)
        if attempt is None or attempt.token != token:
            raise ApiError(404, "token not found")
        if attempt.canceled_at is not None:
            raise ApiError(400, "token already canceled")
        if any(t.status == "pending" or rules.holds_money(t) for t in attempt.transactions):
            raise ApiError(400, "Transaction is on progress")
        attempt.canceled_at = now
        self.store.save(attempt)
        return attempt

    def find(self, id_: str, by_order: bool = True) -> tuple[Attempt, Transaction]:
        """A transaction by its own id or by its order id; 404 when no method was chosen yet.

        Some methods are known to the status API by transaction id alone (`by_order=False` asks so).
        """
        found = self.store.transaction(id_)
        if found is not None:
            return found
        attempt = self.store.attempts.get(id_)
        latest = rules.current(attempt) if attempt is not None else None
        if attempt is None or latest is None or (not by_order and latest.method in NEEDS_TRANSACTION_ID):
            raise ApiError(404, NOT_FOUND)
        return attempt, latest

    def begin(
        self,
        attempt: Attempt,
        method: str,
        now: datetime,
        *,
        phone: bool = True,
        amount: int | None = None,
        card: str = DEFAULT_CARD,
    ) -> Transaction:
        """Begin a transaction, telling nobody yet. Off a phone, GoPay and ShopeePay show a QR code."""
        chosen = METHODS[method]
        as_qr = not phone and method in ("gopay", "shopeepay")
        payment_type = "qris" if as_qr else chosen.payment_type
        transaction = Transaction(
            transaction_id=bodies.new_id(),
            order_id=attempt.order_id,
            method=method,
            payment_type=payment_type,
            gross_amount=attempt.gross_amount if amount is None else amount,
            created_at=now,
            expires_at=rules.expires_at(attempt, chosen, now),
            details=bodies.card_details(card)
            if method == CARD
            else bodies.method_details(method, payment_type),
            fraud_status="accept",
        )
        attempt.transactions.append(transaction)
        self._keep(attempt)
        return transaction

    def move(
        self,
        attempt: Attempt,
        transaction: Transaction,
        status: str,
        now: datetime,
        *,
        fraud: str | None = None,
        notify: bool = True,
        forced: bool = False,
    ) -> None:
        """Give a transaction its next status and send the notice; 412 when the status cannot follow.

        `forced` leaves out the question, for what a bank may do against all rules.
        """
        if not forced and status != "pending" and not rules.may_become(transaction, status):
            raise ApiError(412, NOT_MODIFIABLE)
        if transaction.method == CARD and transaction.status == "pending" and status != "pending":
            transaction.details |= bodies.bank_answer(status in ("capture", "settlement"), now)
        transaction.status = status
        transaction.fraud_status = fraud or transaction.fraud_status
        if status in ("capture", "settlement"):
            transaction.paid_at = transaction.paid_at or now
            transaction.settled_at = now if status == "settlement" else None
        transaction.charge_after = None
        self.announce(attempt, transaction, notify)

    def approve(self, attempt: Attempt, transaction: Transaction, *, notify: bool = True) -> None:
        """Take a card payment that is under review; 412 when it is not."""
        if not rules.under_review(transaction):
            raise ApiError(412, NOT_MODIFIABLE)
        transaction.fraud_status = "accept"
        self.announce(attempt, transaction, notify)

    def refund(
        self,
        attempt: Attempt,
        transaction: Transaction,
        key: str,
        amount: int | None,
        reason: str,
        now: datetime,
        *,
        notify: bool = True,
        by_hand: bool = False,
    ) -> Refund:
        """Give `amount` rupiah back (None: the rest); the same key and amount answer the first refund.

        `by_hand` is a refund outside the API, which no method and no window forbids.
        """
        repeated = rules.repeated_refund(transaction, key, amount, now)
        if repeated is not None:
            return repeated
        left = transaction.gross_amount - rules.refunded(transaction)
        wanted = left if amount is None else amount
        if by_hand:
            rules.check_refund_by_hand(transaction, wanted)
        else:
            rules.check_refund(transaction, wanted, now)
        confirmed = time.time() + _BANK_CONFIRMS_AFTER * self.config.retry_scale
        refund = Refund(len(transaction.refunds) + 1, key, wanted, reason, now, confirmed)
        transaction.refunds.append(refund)
        transaction.status = "refund" if wanted == left else "partial_refund"
        self.announce(attempt, transaction, notify)
        return refund

    def charge_back(
        self, attempt: Attempt, transaction: Transaction, amount: int | None, *, notify: bool = True
    ) -> None:
        """Take `amount` rupiah of a payment back for the bank (None: all that is left)."""
        left = transaction.gross_amount - transaction.charged_back
        taken = left if amount is None else amount
        status = "chargeback" if taken == left else "partial_chargeback"
        if not rules.holds_money(transaction):
            raise ApiError(412, NOT_MODIFIABLE)
        if not 0 < taken <= left:
            raise ApiError(414, "Chargeback amount exceeds the amount that was paid")
        transaction.charged_back += taken
        transaction.status = status
        self.announce(attempt, transaction, notify)

    def announce(self, attempt: Attempt, transaction: Transaction, notify: bool = True) -> None:
        """Keep the attempt and, if wanted, tell the merchant about the transaction as it is now."""
        self._keep(attempt)
        if notify:
            self.notifier.send(attempt, bodies.notification(attempt, transaction, self.config.server_key))

    def decide_later(self, attempt: Attempt, transaction: Transaction) -> None:
        """Let the bank take a minute before it accepts a pending card."""
        transaction.charge_after = time.time() + _CARD_DECIDES_AFTER * self.config.retry_scale
        self.store.save(attempt)

    def _keep(self, attempt: Attempt) -> None:
        self.store.save(attempt)
        (self._open.add if _is_open(attempt) else self._open.discard)(attempt.order_id)

    def _with_open_business(self) -> list[Attempt]:
        return [self.store.attempts[order_id] for order_id in self._open]

    def _catch_up(self, attempt: Attempt, transaction: Transaction, now: datetime) -> None:
        charge_at, captured = transaction.charge_after, transaction.status == "capture"
        if charge_at is not None and charge_at <= time.time():
            self.move(attempt, transaction, "capture", now, fraud="accept")
        elif transaction.status == "pending" and transaction.expires_at <= now:
            self.move(attempt, transaction, "expire", now)
        elif captured and transaction.paid_at and transaction.paid_at + rules.CARD_SETTLES_AFTER <= now:
            refused = rules.under_review(transaction)
            self.move(attempt, transaction, "deny" if refused else "settlement", now)
        if self.faults.active.bank_silent:
            return
        for refund in transaction.refunds:
            if refund.bank_confirmed_at is None and refund.confirm_after <= time.time():
                refund.bank_confirmed_at = now
                self.announce(attempt, transaction)


def _page_end(request: SnapRequest, now: datetime) -> datetime:
    if request.page_expiry is not None:
        return (request.page_expiry.start or now) + request.page_expiry.duration
    if request.expiry is not None and request.expiry.start is not None:
        return request.expiry.start + request.expiry.duration
    return now + _PAGE_LIFE


def _is_open(attempt: Attempt) -> bool:
    return any(
        transaction.status in ("pending", "capture")
        or any(refund.bank_confirmed_at is None for refund in transaction.refunds)
        for transaction in attempt.transactions
    )


Bank = NamedDependency[Simulator]
"""What handlers write for their parameter `simulator`."""
