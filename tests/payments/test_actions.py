"""What Midtrans's word does to an order: confirmed once, late, twice, reversed, refunded, in any order."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions, queries
from mentorinaja.payments.closing import expire_order
from tests.support.bookings import book, events_of, make_seller, make_user, slot_in, state_of
from tests.support.payments import open_attempt, pay, said


async def new_order(db: Database, *, now: bool = False, category: str = "online_chat", **ahead: float) -> str:
    seller = await make_seller(db, category=category, ready=now)
    starts_at = None if now else await slot_in(db, **(ahead or {"days": 2}))
    return await book(db, await make_user(db), seller, starts_at)


async def alerts(db: Database) -> list[str]:
    rows = await db.fetch("SELECT alert FROM payment_logs WHERE alert IS NOT NULL ORDER BY id")
    return [row["alert"] for row in rows]


async def refunds(db: Database) -> list[tuple[str, str, int]]:
    rows = await db.fetch("SELECT reason, state, amount FROM refunds ORDER BY id")
    return [(row["reason"], row["state"], row["amount"]) for row in rows]


async def end_of_time_to_pay(db: Database, public_id: str, after: timedelta = timedelta(seconds=1)) -> None:
    deadline = await db.fetchval("SELECT pay_deadline FROM orders WHERE public_id = $1", public_id)
    await clock.shift(db, deadline - await clock.now(db) + after)


async def write_expiry(db: Database, public_id: str) -> None:
    async with db.transaction() as tx:
        assert await bookings.expire(tx, await orders.lock_order(tx, public_id))


async def test_a_payment_confirms_everything_together(db: Database) -> None:
    await actions.add_links(db, ["https://meet.test/a"])
    public_id = await new_order(db, category="online_video")
    await pay(db, public_id)
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await events_of(db, public_id) == ["created", "confirmed"]
    row = await db.fetchrow(
        """SELECT (SELECT count(*) FROM invoices) AS invoices,
             (SELECT count(*) FROM outbox WHERE kind IN ('paid', 'new_booking')) AS mails,
             (SELECT count(*) FROM ledger_journals) AS journals, (SELECT id FROM bookings) AS booking"""
    )
    assert row is not None
    assert (row["invoices"], row["mails"], row["journals"]) == (1, 2, 1)
    assert await queries.meeting_link(db, row["booking"]) == "https://meet.test/a"


async def test_hearing_it_again_changes_nothing(db: Database) -> None:
    public_id = await new_order(db)
    status = said(await open_attempt(db, public_id))
    assert await actions.hear(db, public_id, status)
    before = await everything(db)
    for _ in range(3):
        assert not await actions.hear(db, public_id, status)
    assert await everything(db) == before


async def test_if_anything_fails_nothing_is_confirmed(db: Database) -> None:
    public_id = await new_order(db)
    status = said(await open_attempt(db, public_id))
    await db.execute("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (kind <> 'new_booking')")
    with pytest.raises(Exception, match="broken"):
        await actions.hear(db, public_id, status)
    assert await state_of(db, public_id) == ("pending", "waiting")
    assert await ledger.balance(db, "gateway") == 0
    assert await db.fetchval("SELECT count(*) FROM invoices") == 0
    await db.execute("ALTER TABLE outbox DROP CONSTRAINT broken")
    assert await actions.hear(db, public_id, status)


@pytest.mark.parametrize(
    "life",
    [
        ["pending", "settlement"],
        ["pending", "expire"],
        ["pending", "deny"],
        ["pending", "settlement", "deny"],
        ["pending", "settlement", "refund"],
    ],
)
async def test_every_order_of_one_transactions_news_ends_the_same(db: Database, life: list[str]) -> None:
    ends = set()
    for sequence in itertools.permutations(life):
        public_id = await new_order(db)
        await open_attempt(db, public_id)
        transaction_id = str(uuid4())
        for word in [*sequence, *sequence]:
            returned = 157_500 if word == "refund" else 0
            await actions.hear(
                db, public_id, said(public_id, word, transaction_id=transaction_id, returned=returned)
            )
        state = await db.fetchval(
            "SELECT state FROM payment_transactions WHERE transaction_id = $1", transaction_id
        )
        booked = await db.fetchval(
            """SELECT coalesce(sum(e.amount), 0) FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
               JOIN ledger_accounts a ON a.id = e.account_id
               WHERE j.transaction_id = $1 AND a.kind = 'gateway'""",
            transaction_id,
        )
        ends.add((state, booked, await state_of(db, public_id)))
    assert len(ends) == 1, ends


async def test_a_denied_try_leaves_the_order_payable_and_another_pays_it(db: Database) -> None:
    public_id = await new_order(db)
    await open_attempt(db, public_id)
    await actions.hear(db, public_id, said(public_id, "deny", status_code="202"))
    assert await db.fetchval("SELECT last_attempt_failed FROM orders")
    await actions.hear(db, public_id, said(public_id))
    assert await state_of(db, public_id) == ("confirmed", "paid")
    denied = said(public_id, "expire")
    await actions.hear(db, public_id, denied)
    assert await state_of(db, public_id) == ("confirmed", "paid")


async def test_a_challenged_card_waits_under_review_until_it_is_decided(db: Database) -> None:
    public_id = await new_order(db)
    await open_attempt(db, public_id)
    card = str(uuid4())
    await actions.hear(
        db, public_id, said(public_id, "capture", fraud="challenge", transaction_id=card, status_code="201")
    )
    assert await db.fetchval("SELECT under_review FROM orders")
    assert await state_of(db, public_id) == ("pending", "waiting")
    await actions.hear(db, public_id, said(public_id, "capture", fraud="accept", transaction_id=card))
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert not await db.fetchval("SELECT under_review FROM orders")


@pytest.mark.parametrize("changes", [{"amount": 157_499}, {"amount": 200_000}, {"currency": "USD"}])
async def test_a_wrong_amount_or_currency_confirms_nothing_and_is_looked_at(
    db: Database, changes: dict[str, object]
) -> None:
    public_id = await new_order(db)
    await open_attempt(db, public_id)
    await actions.hear(db, public_id, said(public_id, **changes))
    assert await state_of(db, public_id) == ("pending", "waiting")
    assert await alerts(db) == ["amount"]
    in_rupiah = "amount" in changes
    assert await ledger.balance(db, "gateway") == (changes["amount"] if in_rupiah else 0)
    assert [reason for reason, _, _ in await refunds(db)] == (["quarantined"] if in_rupiah else [])


async def test_an_amount_that_changes_after_the_money_came_is_not_believed(db: Database) -> None:
    public_id = await new_order(db)
    transaction_id = await pay(db, public_id)
    await actions.hear(db, public_id, said(public_id, transaction_id=transaction_id, amount=1))
    await actions.hear(db, public_id, said(public_id, transaction_id=transaction_id, amount=1))
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await alerts(db) == ["amount_changed"]


async def test_an_unknown_word_is_kept_and_looked_at_and_changes_nothing(db: Database) -> None:
    public_id = await new_order(db)
    await open_attempt(db, public_id)
    odd = said(public_id, "hologram")
    await actions.hear(db, public_id, odd)
    await actions.hear(db, public_id, odd)
    assert await state_of(db, public_id) == ("pending", "waiting")
    assert await alerts(db) == ["unknown_status"]


async def test_late_money_gets_its_session_while_the_slot_is_free(db: Database) -> None:
    public_id = await new_order(db)
    await open_attempt(db, public_id)
    await end_of_time_to_pay(db, public_id)
    await write_expiry(db, public_id)
    assert await state_of(db, public_id) == ("cancelled", "expired")
    await actions.hear(db, public_id, said(public_id))
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await refunds(db) == []


async def test_late_money_for_a_slot_that_is_taken_goes_back(db: Database) -> None:
    seller, starts_at = await make_seller(db), await slot_in(db, days=2)
    first = await book(db, await make_user(db), seller, starts_at)
    await open_attempt(db, first)
    await end_of_time_to_pay(db, first)
    await write_expiry(db, first)
    await clock.shift(db, None)
    second = await book(db, await make_user(db, "Ani"), seller, starts_at)
    await actions.hear(db, first, said(first))
    assert await state_of(db, first) == ("cancelled", "paid_late")
    assert await state_of(db, second) == ("pending", "waiting")
    assert await refunds(db) == [("paid_late", "requested", 157_500)]
    assert await ledger.balance(db, "refund_due") == -157_500


async def test_money_after_the_session_would_have_begun_goes_back_written_down_or_not(db: Database) -> None:
    for written in (True, False):
        public_id = await new_order(db)
        await open_attempt(db, public_id)
        await clock.shift(db, timedelta(days=2, hours=1))
        if written:
            await write_expiry(db, public_id)
        await actions.hear(db, public_id, said(public_id))
        assert await state_of(db, public_id) == ("cancelled", "paid_late")
        await clock.shift(db, None)


async def test_money_after_the_user_gave_up_goes_back(db: Database) -> None:
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=2))
    await open_attempt(db, public_id)
    await bookings.cancel_unpaid(db, user, public_id)
    await actions.hear(db, public_id, said(public_id))
    assert await state_of(db, public_id) == ("cancelled", "paid_late")
    assert await alerts(db) == ["paid_late"]


async def test_a_second_payment_goes_back_and_the_first_stands(db: Database) -> None:
    public_id = await new_order(db)
    await pay(db, public_id)
    await pay(db, public_id, 2)
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await refunds(db) == [("paid_twice", "requested", 157_500)]
    assert await ledger.balance(db, "gateway") == 315_000
    assert await db.fetchval("SELECT count(*) FROM invoices") == 1


async def test_a_reversal_before_the_start_makes_it_payable_again(db: Database) -> None:
    public_id = await new_order(db)
    transaction_id = await pay(db, public_id)
    await actions.hear(db, public_id, said(public_id, "deny", transaction_id=transaction_id))
    assert await state_of(db, public_id) == ("pending", "waiting")
    assert await ledger.balance(db, "gateway") == 0
    assert await db.fetchval("SELECT last_attempt_failed FROM orders")
    await pay(db, public_id, 2)
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'paid'") == 2
    assert await db.fetchval("SELECT count(*) FROM invoices") == 2


async def test_a_reversal_without_time_to_pay_again_cancels(db: Database) -> None:
    public_id = await new_order(db)
    transaction_id = await pay(db, public_id)
    starts_at = await db.fetchval("SELECT starts_at FROM bookings")
    await clock.shift(db, starts_at - await clock.now(db) - timedelta(minutes=30))
    await actions.hear(db, public_id, said(public_id, "deny", transaction_id=transaction_id))
    assert await state_of(db, public_id) == ("cancelled", "reversed")


async def test_a_reversal_after_the_start_leaves_the_session_and_calls_the_desk(db: Database) -> None:
    public_id = await new_order(db)
    transaction_id = await pay(db, public_id)
    await clock.shift(db, timedelta(days=2, hours=1))
    await actions.hear(db, public_id, said(public_id, "deny", transaction_id=transaction_id))
    assert await state_of(db, public_id) == ("confirmed", "reversed")
    assert await alerts(db) == ["reversed_after_start"]


async def test_when_the_first_of_two_payments_is_reversed_the_second_pays(db: Database) -> None:
    public_id = await new_order(db)
    first = await pay(db, public_id)
    await pay(db, public_id, 2)
    await actions.hear(db, public_id, said(public_id, "deny", transaction_id=first))
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await refunds(db) == [("paid_twice", "rejected", 157_500)]
    assert await ledger.balance(db, "gateway") == 157_500
    assert await ledger.balance(db, "refund_due") == 0


@pytest.mark.parametrize(
    ("word", "returned", "state", "left"),
    [
        ("partial_refund", 50_000, ("confirmed", "partially_refunded"), 107_500),
        ("refund", 157_500, ("cancelled", "refunded"), 0),
        ("chargeback", 157_500, ("cancelled", "chargeback"), 0),
    ],
)
async def test_money_the_gateway_gave_back_is_written_down(
    db: Database, word: str, returned: int, state: tuple[str, str], left: int
) -> None:
    public_id = await new_order(db)
    transaction_id = await pay(db, public_id)
    news = said(public_id, word, transaction_id=transaction_id, returned=returned)
    await actions.hear(db, public_id, news)
    await actions.hear(db, public_id, news)
    assert await state_of(db, public_id) == state
    assert await ledger.balance(db, "gateway") == left
    assert len(await alerts(db)) == 1


async def test_giving_late_money_back_closes_its_refund(db: Database) -> None:
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=2))
    await bookings.cancel_unpaid(db, user, public_id)
    transaction_id = await pay(db, public_id)
    await actions.hear(
        db, public_id, said(public_id, "refund", transaction_id=transaction_id, returned=157_500)
    )
    assert await state_of(db, public_id) == ("cancelled", "refunded")
    assert await refunds(db) == [("paid_late", "done", 157_500)]
    assert await ledger.balance(db, "refund_due") == 0


async def test_a_now_session_starts_when_it_is_paid(db: Database) -> None:
    public_id = await new_order(db, now=True)
    await clock.shift(db, timedelta(minutes=5))
    await pay(db, public_id)
    row = await db.fetchrow(
        "SELECT b.starts_at, o.paid_at FROM bookings b JOIN orders o ON o.id = b.order_id"
    )
    assert row is not None
    assert row["starts_at"] == row["paid_at"]


async def test_an_order_expires_only_after_its_deadline(db: Database) -> None:
    public_id = await new_order(db)
    await expire_order(db, None, public_id, ask=False)  # type: ignore[arg-type]  # nobody is asked
    assert await state_of(db, public_id) == ("pending", "waiting")
    await end_of_time_to_pay(db, public_id)
    await expire_order(db, None, public_id, ask=False)  # type: ignore[arg-type]
    assert await state_of(db, public_id) == ("cancelled", "expired")


async def everything(db: Database) -> list[object]:
    """All that a repeated word might change."""
    tables = ("orders", "bookings", "order_events", "payment_attempts", "payment_transactions", "payment_logs",
              "refunds", "ledger_journals", "ledger_entries", "invoices", "outbox", "meeting_link_uses")  # fmt: skip
    return [await db.fetch(f"SELECT * FROM {table}") for table in tables]
