"""Money that goes back as Midtrans tells it: refunds listed and confirmed, our own voids, amounts that lie."""

from typing import Any
from uuid import uuid4

import pytest

from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions, rules
from mentorinaja.payments.gateway_words import GatewayDown, GatewayRefund, read_status
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.payments import open_attempt, pay, said

BODY: dict[str, Any] = {
    "order_id": "BE-20261126-ABC234",
    "transaction_id": "9a0f7a1c-22c4-4d0e-a3a0-3f2f1e4c5b6d",
    "transaction_status": "partial_refund",
    "status_code": "200",
    "payment_type": "gopay",
    "gross_amount": "157500.00",
}
ASKED = {"refund_key": "rf-1", "refund_amount": "50000.00"}
CONFIRMED = ASKED | {"bank_confirmed_at": "2026-11-27 12:30:20"}
OTHER = {"refund_key": "rf-2", "refund_amount": "7500.00"}


@pytest.mark.parametrize(
    ("told", "returned", "confirmed"),
    [
        ({"refund_amount": "50000.00", "refunds": [ASKED]}, 50_000, 0),
        ({"refund_amount": "50000.00", "refunds": [CONFIRMED]}, 50_000, 50_000),
        # The same refund twice in the list is one; a list says more than a total of the last one alone.
        ({"refund_amount": "50000.00", "refunds": [ASKED, CONFIRMED]}, 50_000, 50_000),
        ({"refund_amount": "7500.00", "refunds": [CONFIRMED, OTHER]}, 57_500, 50_000),
        ({"refund_amount": "57500.00", "refunds": [OTHER]}, 57_500, 0),
        ({"refund_amount": "999999.00"}, 157_500, 0),
        ({"refund_amount": "50000.00", "chargeback_amount": "7500.00"}, 57_500, 0),
        ({"refunds": "none", "refund_amount": "1.00"}, 1, 0),
    ],
)
def test_what_went_back_is_read_from_the_total_and_the_list(
    told: dict[str, Any], returned: int, confirmed: int
) -> None:
    status = read_status(BODY | told)
    assert (status.returned, status.confirmed) == (returned, confirmed)


def test_a_refund_without_an_amount_is_nonsense() -> None:
    with pytest.raises(GatewayDown):
        read_status(BODY | {"refunds": [{"refund_key": "rf-1"}]})


def test_figures_decide_whether_all_of_it_went_back() -> None:
    assert rules.heard(read_status(BODY | {"refund_amount": "157500.00"}), 157_500) == "refunded"
    whole = BODY | {"transaction_status": "refund", "refund_amount": "50000.00"}
    assert rules.heard(read_status(whole), 157_500) == "partially_refunded"
    assert rules.heard(read_status(BODY | {"transaction_status": "refund"}), 157_500) == "refunded"


async def test_a_confirmation_of_the_bank_is_news_and_books_nothing_more(db: Database) -> None:
    public_id = await ordered(db)
    transaction_id = await pay(db, public_id, payment_type="gopay")
    for confirmed in (False, True):
        news = said(
            public_id,
            "partial_refund",
            transaction_id=transaction_id,
            payment_type="gopay",
            returned=50_000,
            refunds=(GatewayRefund("by-hand", 50_000, confirmed),),
        )
        assert await actions.hear(db, public_id, news)
        assert not await actions.hear(db, public_id, news)
        assert await ledger.held(db, transaction_id) == 107_500
    assert await db.fetchval("SELECT confirmed FROM payment_transactions") == 50_000
    assert await state_of(db, public_id) == ("confirmed", "partially_refunded")


async def test_a_captured_card_that_we_had_voided_reads_refunded_and_never_reversed(db: Database) -> None:
    public_id = await ordered(db)
    transaction_id = await pay(db, public_id, status="capture", fraud="accept", payment_type="credit_card")
    booking_id = await db.fetchval("SELECT id FROM bookings")
    async with db.transaction() as tx:
        await actions.cancel_and_owe(tx, booking_id, 157_500, "cancelled_by_expert", actor="expert")
    for state in ("approved", "sent"):
        await db.execute("UPDATE refunds SET way = 'cancel', state = $1", state)
    void = said(public_id, "cancel", transaction_id=transaction_id, payment_type="credit_card")
    assert await actions.hear(db, public_id, void)
    assert not await actions.hear(db, public_id, void)
    late = said(
        public_id, "capture", fraud="accept", transaction_id=transaction_id, payment_type="credit_card"
    )
    assert not await actions.hear(db, public_id, late)
    row = await db.fetchrow("SELECT state, gateway_status, returned FROM payment_transactions")
    assert row is not None and tuple(row) == ("refunded", "cancel", 157_500)
    assert await state_of(db, public_id) == ("cancelled", "refunded")
    assert await db.fetchval("SELECT state FROM refunds") == "done"
    assert await ledger.held(db, transaction_id) == 0


async def test_a_currency_that_changes_after_the_money_came_is_not_believed(db: Database) -> None:
    public_id = await ordered(db)
    transaction_id = await pay(db, public_id)
    await actions.hear(db, public_id, said(public_id, transaction_id=transaction_id, currency="USD"))
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await db.fetchval("SELECT currency FROM payment_transactions") == "IDR"


async def test_an_old_answer_never_overwrites_what_a_newer_one_said(db: Database) -> None:
    public_id = await ordered(db)
    await open_attempt(db, public_id)
    one = {"transaction_id": str(uuid4()), "payment_type": "credit_card", "fraud": "accept"}
    for word, kept in (("settlement", "settlement"), ("capture", "settlement"), ("pending", "settlement")):
        await actions.hear(db, public_id, said(public_id, word, **one))
        assert await db.fetchval("SELECT gateway_status FROM payment_transactions") == kept


async def ordered(db: Database) -> str:
    """An unpaid order some days ahead."""
    return await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=5))
