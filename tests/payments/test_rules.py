"""What Midtrans's words mean, in any order and however often they are heard; what Snap is asked for."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.payments import rules
from mentorinaja.payments.gateway_words import GatewayDown, read_created, read_status, rupiah
from mentorinaja.payments.rules import Known, TransactionState
from mentorinaja.payments.snap import CHANNELS, Payable, enabled_payments, page_parameters
from tests.support.payments import said

STATES = get_args(TransactionState)
states = st.sampled_from(STATES)
NOW = datetime(2026, 11, 26, 2, 0, 30, tzinfo=UTC)


def after(heard: list[TransactionState]) -> TransactionState | None:
    known: TransactionState | None = None
    for state in heard:
        known = rules.next_state(known, state)
    return known


@given(st.lists(states, min_size=1, max_size=5), st.randoms())
def test_news_of_a_transaction_lead_to_one_state_in_any_order_and_number(
    heard: list[TransactionState], random: object
) -> None:
    shuffled = [*heard, *heard]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(shuffled) == after(heard)


def test_every_permutation_of_a_life_ends_the_same() -> None:
    lives: list[list[TransactionState]] = [
        ["waiting", "paid"],
        ["waiting", "review", "paid"],
        ["waiting", "review", "failed"],
        ["waiting", "paid", "failed"],
        ["waiting", "paid", "partially_refunded", "refunded"],
        ["waiting", "paid", "chargeback"],
        ["waiting", "expired"],
        ["waiting", "expired", "paid"],
    ]
    for life in lives:
        ends = {after(list(order)) for order in itertools.permutations(life)}
        assert len(ends) == 1, (life, ends)


def test_money_taken_back_is_reversed_whichever_was_heard_first() -> None:
    assert rules.next_state("paid", "failed") == "reversed"
    assert rules.next_state("failed", "paid") == "reversed"
    assert rules.next_state("reversed", "paid") == "reversed"


def test_late_money_beats_expiry() -> None:
    assert rules.next_state("expired", "paid") == "paid"
    assert rules.next_state("paid", "expired") == "paid"


@pytest.mark.parametrize(
    ("word", "fraud", "code", "state"),
    [
        ("settlement", None, "200", "paid"),
        ("settlement", "accept", "200", "paid"),
        ("capture", "accept", "200", "paid"),
        ("capture", None, "200", "paid"),
        ("capture", "challenge", "201", "review"),
        ("capture", "deny", "202", "failed"),
        ("capture", "odd", "200", "unknown"),
        ("settlement", None, "500", "unknown"),
        ("pending", "accept", "201", "waiting"),
        ("deny", "deny", "202", "failed"),
        ("failure", None, "202", "failed"),
        ("cancel", None, "200", "failed"),
        ("expire", None, "407", "expired"),
        ("refund", None, "200", "refunded"),
        ("partial_refund", None, "200", "partially_refunded"),
        ("chargeback", None, "200", "chargeback"),
        ("partial_chargeback", None, "200", "chargeback"),
        ("authorize", None, "200", "unknown"),
        ("something_new", None, "200", "unknown"),
    ],
)
def test_each_word_of_midtrans_has_one_meaning(word: str, fraud: str | None, code: str, state: str) -> None:
    assert rules.heard(said("BE-1", word, fraud=fraud, status_code=code), 157_500) == state


@pytest.mark.parametrize("changes", [{"amount": 157_501}, {"amount": 1}, {"currency": "USD"}])
def test_money_that_was_not_asked_for_is_quarantined(changes: dict[str, object]) -> None:
    assert rules.heard(said("BE-1", **changes), 157_500) == "quarantined"
    assert rules.heard(said("BE-1", "pending", **changes), 157_500) == "waiting"


def test_amounts_are_whole_rupiah_and_fractions_never_match() -> None:
    assert rupiah("157500.00") == 157_500
    assert rupiah("157500.01") == 157_501
    for nonsense in ("", "abc", "-1.00", "1e40", "NaN", "Infinity"):
        with pytest.raises(GatewayDown):
            rupiah(nonsense)


@pytest.mark.parametrize("missing", ["order_id", "transaction_id", "transaction_status", "gross_amount"])
def test_an_answer_without_what_it_always_has_is_nonsense(missing: str) -> None:
    body = {
        "order_id": "BE-20261126-ABC234",
        "transaction_id": "9a0f7a1c-22c4-4d0e-a3a0-3f2f1e4c5b6d",
        "transaction_status": "PENDING",
        "gross_amount": "157500.00",
        "status_code": "201",
        "payment_type": "dana",
        "transaction_time": "2026-11-26 09:00:00",
    }
    status = read_status(body)
    assert (status.status, status.began_at) == ("pending", datetime(2026, 11, 26, 2, tzinfo=UTC))
    with pytest.raises(GatewayDown):
        read_status(body | {missing: None})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token": "x" * 200, "redirect_url": "https://a.test/"},
        {"token": "../../v2", "redirect_url": "https://a.test/"},
        {"token": "0c2f3f0e-6c0d", "redirect_url": "javascript:alert(1)"},
    ],
)
def test_a_page_without_a_sound_token_and_address_is_nonsense(body: dict[str, str]) -> None:
    with pytest.raises(GatewayDown):
        read_created(body)


def test_checks_come_after_1_5_15_60_minutes_then_hourly() -> None:
    minutes = []
    at = NOW
    for _ in range(6):
        planned = rules.next_check("open", [], NOW, at)
        assert planned is not None
        minutes.append((planned - NOW) / timedelta(minutes=1))
        at = planned
    assert minutes == [1, 5, 15, 60, 120, 180]


def test_nothing_more_is_asked_once_all_is_decided() -> None:
    assert rules.next_check("closed", [Known("expired", "qris", "settlement", NOW)], NOW, NOW) is None
    assert rules.next_check("closed", [Known("paid", "qris", "settlement", NOW)], NOW, NOW) is None
    assert rules.next_check("closed", [Known("waiting", "qris", "settlement", NOW)], NOW, NOW) is not None


def test_payments_that_may_be_reversed_are_asked_about_a_little_longer() -> None:
    paid = [Known("paid", "bank_transfer", "settlement", NOW)]
    assert rules.next_check("closed", paid, NOW, NOW) == NOW + timedelta(minutes=15)
    assert rules.next_check("closed", paid, NOW, NOW + timedelta(minutes=16)) is None


def test_methods_are_narrowed_to_the_chosen_one_and_its_limits() -> None:
    assert enabled_payments("card", 157_500, at_once=False) == ["credit_card"]
    assert enabled_payments("ewallet", 20_000_001, at_once=False) == []
    assert "indomaret" not in enabled_payments(None, 5_000_001, at_once=False)
    assert enabled_payments("cstore", 157_500, at_once=True) == ["alfamart"]
    everything = {channel.name for group in CHANNELS.values() for channel in group}
    assert set(enabled_payments(None, 157_500, at_once=False)) == everything
    now = set(enabled_payments(None, 157_500, at_once=True))
    assert everything - now == {"permata_va", "echannel", "indomaret"}


def payable(**changes: object) -> Payable:
    values: dict[str, object] = {
        "gateway_order_id": "BE-20261126-ABC234-2",
        "item_id": "svc-17",
        "item_name": "Chat | Konsultasi " + "panjang " * 9,
        "subtotal": 150_000,
        "admin_fee": 7_500,
        "total": 157_500,
        "payer_name": "Budi " + "Santoso" * 9,
        "email": "budi@example.com",
        "phone": "+628123456789",
        "deadline": NOW + timedelta(minutes=15, seconds=20),
    }
    return Payable(**(values | changes))  # type: ignore[arg-type]


def test_a_page_asks_for_the_total_in_items_and_ends_at_the_deadline() -> None:
    asked = page_parameters(payable(), ["qris"], "https://m.test/payment/finish", NOW)
    items = asked["item_details"]
    assert (
        sum(item["price"] * item["quantity"] for item in items)
        == asked["transaction_details"]["gross_amount"]
    )
    assert [item["name"][:10] for item in items] == ["Chat / Kon", "Biaya admi"]
    assert all(len(item["name"]) <= 50 for item in items)
    start = datetime.strptime(asked["expiry"]["start_time"], "%Y-%m-%d %H:%M:%S %z")
    assert start + timedelta(minutes=asked["expiry"]["duration"]) == payable().deadline
    assert NOW + timedelta(minutes=asked["page_expiry"]["duration"]) <= payable().deadline
    assert asked["credit_card"] == {"secure": True}


def test_customers_are_told_of_as_banks_accept_them() -> None:
    customer = page_parameters(payable(phone="+6581234567"), [], "https://m.test", NOW)["customer_details"]
    assert len(customer["first_name"]) <= 30 and len(customer["last_name"]) <= 30
    assert "phone" not in customer
