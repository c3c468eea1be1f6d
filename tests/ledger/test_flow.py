"""“Ke mana uang saya?”: whatever happened to an order, both sides see every rupiah of it."""

from itertools import pairwise

import pytest

from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries
from mentorinaja.ledger.flow import flow_from
from mentorinaja.ledger.queries import Flow
from mentorinaja.payments import actions as payments
from mentorinaja.policies.actions import change
from tests.ledger.test_debts import release, sold, withdraw
from tests.support.bookings import Seller, book, browser_of, make_seller, make_user, seller_browser, slot_in
from tests.support.desk import make_admin
from tests.support.payments import pay, said
from tests.support.site import Site

TAX = "Pajak (0%)"


async def flow_of(db: Database, public_id: str) -> Flow:
    """The order's flow, checked to be complete on both sides."""
    order_id = await db.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
    flow = await queries.where_went(db, order_id)
    for side in ("payer", "expert"):
        assert sum(amount for _, amount in flow.rows(side)) == flow.total(side)[1]
        assert all(move.words(side) and move.amount > 0 for move in flow.moves)
    assert sum(move.share for move in flow.moves) == flow.earned
    assert all(before.at <= after.at for before, after in pairwise(flow.moves))
    return flow


async def hear(db: Database, public_id: str, transaction_id: str, status: str, returned: int) -> None:
    """What Midtrans says of the payment now."""
    await payments.hear(
        db, public_id, said(public_id, status, transaction_id=transaction_id, returned=returned)
    )


async def seller_with_sale(db: Database) -> tuple[Seller, str, str]:
    seller = await make_seller(db)
    return seller, *await sold(db, seller, days=2)


async def test_a_sale_falls_into_its_parts(db: Database) -> None:
    _, public_id, paid = await seller_with_sale(db)
    flow = await flow_of(db, public_id)
    assert flow.rows("payer") == [
        ("Mentor Sari Wulandari", 126_000),
        ("Biaya admin (5%)", 7_500),
        ("Biaya platform", 24_000),
        (TAX, 0),
    ]
    assert flow.rows("expert") == [("Dibayar pengguna", 157_500), ("Platform Fee (20%)", -31_500), (TAX, 0)]
    assert (flow.total("payer"), flow.total("expert")) == (
        ("Anda membayar", 157_500),
        ("Pendapatan Anda", 126_000),
    )
    assert (flow.held, flow.free) == (126_000, 0)
    await release(db, public_id, paid)
    flow = await flow_of(db, public_id)
    assert (flow.held, flow.free) == (0, 126_000)
    assert flow.moves[0].note("expert") == "Pendapatan Anda bertambah Rp 126.000"
    assert [(move.words("expert"), move.amount) for move in flow.moves] == [
        ("Dibayar pengguna", 157_500),
        ("Bagian Anda masuk saldo", 126_000),
    ]


async def test_part_that_went_back_and_the_tax_have_lines_of_their_own(db: Database) -> None:
    await change(db, await make_admin(db), "PPN berlaku", tax_bps=1_100)
    _, public_id, paid = await seller_with_sale(db)
    await hear(db, public_id, paid, "partial_refund", 57_500)
    flow = await flow_of(db, public_id)
    assert flow.rows("payer") == [
        ("Mentor Sari Wulandari", 80_000),
        ("Biaya admin (5%)", 4_289),
        ("Biaya platform", 13_729),
        ("Pajak (11%)", 1_982),
        ("Sudah dikembalikan kepada Anda", 57_500),
    ]
    assert [name for name, _ in flow.rows("expert")] == [
        "Dibayar pengguna",
        "Dikembalikan kepada pengguna",
        "Platform Fee (20%)",
        "Pajak (11%)",
    ]
    assert flow.moves[-1].note("expert") == "Pendapatan Anda berkurang Rp 46.000"
    assert flow.moves[-1].note("payer") is None


async def test_money_that_came_twice_is_on_its_way_back(db: Database) -> None:
    _, public_id, _ = await seller_with_sale(db)
    second = await pay(db, public_id, 2)
    flow = await flow_of(db, public_id)
    assert (flow.came, flow.due, flow.earned) == (315_000, 157_500, 126_000)
    assert flow.rows("payer")[-1] == ("Akan dikembalikan kepada Anda", 157_500)
    await payments.hear(
        db, f"{public_id}-2", said(f"{public_id}-2", "refund", transaction_id=second, returned=157_500)
    )
    flow = await flow_of(db, public_id)
    assert (flow.came, flow.due, flow.returned) == (315_000, 0, 157_500)


async def test_what_is_taken_back_after_the_withdrawal_is_told_to_the_expert(db: Database) -> None:
    seller, public_id, paid = await seller_with_sale(db)
    await release(db, public_id, paid)
    await withdraw(db, seller, 100_000)
    await hear(db, public_id, paid, "chargeback", 157_500)
    flow = await flow_of(db, public_id)
    assert flow.rows("payer") == [("Sudah dikembalikan kepada Anda", 157_500)]
    assert flow.total("expert") == ("Pendapatan Anda", 0)
    assert flow.moves[-1].note("expert") == (
        "Pendapatan Anda berkurang Rp 126.000, Rp 100.000 dipotong dari pendapatan berikutnya"
    )
    second, paid = await sold(db, seller, days=3)
    await release(db, second, paid)
    flow = await flow_of(db, second)
    assert (flow.held, flow.free) == (0, 126_000)
    assert flow.moves[0].note("expert") == "Pendapatan Anda bertambah Rp 126.000"
    assert flow.moves[-1].note("expert") == "Rp 100.000 dipakai untuk menutup kekurangan saldo Anda"


async def test_a_reversal_leaves_nothing_but_the_way_back(db: Database) -> None:
    _, public_id, paid = await seller_with_sale(db)
    await hear(db, public_id, paid, "cancel", 0)
    flow = await flow_of(db, public_id)
    assert flow.rows("payer") == [("Sudah dikembalikan kepada Anda", 157_500)]
    assert [move.kind for move in flow.moves] == ["payment", "reversal"]


@pytest.mark.parametrize("what", ["transfer", "transfer and chargeback"])
def test_what_was_transferred_by_hand_counts_and_a_second_time_is_our_loss(what: str) -> None:
    names = {
        "public_id": "BE-1",
        "expert_name": "Sari",
        "admin_fee_bps": 500,
        "platform_fee_bps": 2_000,
        "tax_bps": 0,
    }
    journals = [
        (
            "payment",
            {"gateway": 157_500, "expert_held": -126_000, "admin_fee": -7_500, "platform_fee": -24_000},
        ),
        (
            "owed_back",
            {"expert_held": 126_000, "admin_fee": 7_500, "platform_fee": 24_000, "refund_due": -157_500},
        ),
        ("refund", {"refund_due": 157_500, "refunded": -157_500}),
        ("chargeback", {"gateway": -157_500, "platform_fee": 157_500}),
    ]
    told = journals if what != "transfer" else journals[:-1]
    flow = flow_from(
        names,
        [
            {"journal": n, "at": n, "kind": kind, "transaction_id": "t", "account": account, "amount": amount}
            for n, (kind, entries) in enumerate(told)
            for account, amount in entries.items()
        ],
    )
    twice = what != "transfer"
    assert (flow.returned, flow.lost) == (315_000 if twice else 157_500, 157_500 if twice else 0)
    assert sum(amount for _, amount in flow.rows("payer")) == 157_500
    assert sum(amount for _, amount in flow.rows("expert")) == 0 == flow.earned


async def test_each_side_sees_its_own_view_wherever_it_looks(site: Site) -> None:
    db = site.db
    seller, user, admin = await make_seller(db), await make_user(db), await make_admin(db)
    public_id = await book(db, user, seller, await slot_in(db, days=2))
    payer, expert = await browser_of(site, user), await seller_browser(site, seller)
    assert (await expert.get(f"/money/{public_id}")).status_code == 404
    assert "Belum ada uang yang masuk" in (await payer.get(f"/money/{public_id}")).text
    await pay(db, public_id)
    for browser, listed, total in (
        (payer, "/user/transactions", "Anda membayar"),
        (expert, "/expert/dashboard/transaksi", "Pendapatan Anda"),
        (await browser_of(site, admin), None, "Anda membayar"),
    ):
        if listed is not None:
            assert f'href="/money/{public_id}"' in (await browser.get(listed)).text
        for address in (f"/money/{public_id}", f"/invoice/{public_id}"):
            answer = await browser.get(address)
            assert answer.status_code == 200 and total in browser.page.css_first("#money-flow").text()
    stranger = await browser_of(site, await make_user(db))
    assert (await stranger.get(f"/money/{public_id}")).status_code == 404


async def test_asking_for_no_money_at_all_answers_an_empty_flow(db: Database) -> None:
    public_id = await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=2))
    flow = await flow_of(db, public_id)
    assert (flow.came, flow.rows("payer"), flow.moves) == (0, [], ())
