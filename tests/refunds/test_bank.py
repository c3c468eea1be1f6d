"""Refunds by hand: the payer's account, transfers that arrive or come back, what an admin decides, and the ledger."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.accounts.passwords import hash_password
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.payments import jobs
from mentorinaja.payments import queries as paid
from mentorinaja.payments import refunds as intents
from mentorinaja.refunds import actions, queries, sending
from mentorinaja.refunds.actions import BY_BANK
from mentorinaja.refunds.rules import NoAccountNeeded, Undecidable
from mentorinaja.transfers import actions as transfers
from mentorinaja.transfers.rules import AlreadyInBatch, Unbatchable, Unmarkable, references_in
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions as withdrawals
from tests.refunds.sales import TOTAL, Sale, next_sweep, sell, sweep
from tests.support.bookings import make_user, settings_of
from tests.support.desk import make_admin
from tests.support.payments import said
from tests.support.races import Meet
from tests.support.withdrawals import PASSWORD, ask, wish

NUMBER = "1234567890"
WHY = "Rekening tidak ditemukan oleh bank."


async def give(sale: Sale, user: Viewer | None = None, number: str = NUMBER) -> None:
    vault = Vault(settings_of(sale.db))
    await actions.give_account(
        sale.db, vault, user or sale.user, sale.public_id, "014", number, "Budi Santoso"
    )


async def to_bank(db: Database, refund_id: int) -> None:
    """As after the gateway was found unable."""
    await sweep(db)
    async with db.transaction() as tx:
        found = await queries.lock(tx, refund_id)
        assert found is not None
        await sending._go_by_bank(tx, *found)


async def owed_by_bank(db: Database, amount: int = TOTAL, reason: str = "ended_early") -> tuple[Sale, int]:
    sale = await sell(db)
    refund_id = await sale.owe(amount, reason)
    await to_bank(db, refund_id)
    return sale, refund_id


async def test_a_transfer_by_hand_from_the_account_to_its_arrival(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db, 100_000)
    held = await ledger.balance(db, "gateway")
    with pytest.raises(Undecidable, match="belum memberi"):
        await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    await give(sale)
    refund = await sale.refund()
    assert (refund.account, refund.needs_account, refund.to_transfer) == ("BCA •••• 7890", False, True)
    await give(sale, number="5555666677")  # another account, as long as nothing was sent
    assert (await sale.refund()).account == "BCA •••• 6677"
    await actions.mark_transferred(db, admin, refund_id, " TRX-1 ")
    with pytest.raises(Undecidable):
        await actions.mark_transferred(db, admin, refund_id, "TRX-2")
    assert (await sale.refund()).reference == "TRX-1"
    assert await sale.due() == 0
    # The money went out of our own account: the gateway has what it had.
    assert await ledger.balance(db, "gateway") == held
    assert await ledger.balance(db, "refunded") == -100_000
    assert await sale.status() == "refund_pending"
    with pytest.raises(NoAccountNeeded):
        await give(sale)
    await next_sweep(db, days=4)
    assert (await sale.refund()).state == "sent"
    await next_sweep(db, days=1)
    assert await sale.steps() == ["requested", "approved", "sent", "done"]
    assert await sale.status() == "partially_refunded"
    assert (await sale.order()).kept == TOTAL - 100_000


async def test_a_transfer_that_comes_back_asks_for_another_account(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db)
    await give(sale)
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    await actions.mark_bounced(db, admin, refund_id, WHY)
    refund = await sale.refund()
    assert (refund.state, refund.needs_account, await sale.due()) == ("failed", True, TOTAL)
    with pytest.raises(Undecidable):
        await actions.mark_bounced(db, admin, refund_id, WHY)
    await give(sale, number="9999888877")
    await actions.mark_transferred(db, admin, refund_id, "TRX-2")
    await next_sweep(db, days=6)
    assert await sale.steps() == ["requested", "approved", "sent", "failed", "approved", "sent", "done"]
    assert await sale.status() == "refunded"
    assert await ledger.balance(db, "refunded") == -TOTAL
    rows = await db.fetch("SELECT kind, version FROM outbox WHERE kind LIKE 'refund%' ORDER BY id")
    told = [(row["kind"], row["version"]) for row in rows]
    assert told.count(("refund_account", 0)) == told.count(("refund_account", 1)) == 1
    assert told.count(("refund_sent", 0)) == told.count(("refund_sent", 1)) == 1


async def test_by_hand_and_by_the_gateway_make_one_whole(db: Database) -> None:
    admin = await make_admin(db)
    sale = await sell(db, payment_type="gopay")
    by_hand = await sale.owe(57_500)
    await to_bank(db, by_hand)
    await give(sale)
    await actions.mark_transferred(db, admin, by_hand, "TRX-1")
    await next_sweep(db, days=5)
    assert await sale.status() == "partially_refunded"
    await sale.owe(100_000, "interrupted")
    news = said(
        sale.public_id,
        "partial_refund",
        transaction_id=sale.transaction_id,
        payment_type="gopay",
        returned=100_000,
    )
    await payments.hear(db, sale.public_id, news)
    assert await sale.status() == "refunded"
    # A bank that takes the card payment back as well takes it from us, and from nobody else.
    assert (await ledger.earnings(db, sale.seller.id)).total == 0
    await payments.hear(
        db,
        sale.public_id,
        said(sale.public_id, "chargeback", transaction_id=sale.transaction_id, returned=TOTAL),
    )
    assert await sale.status() == "chargeback"
    assert (await ledger.earnings(db, sale.seller.id)).total == 0


async def test_only_the_payer_gives_an_account_and_only_admins_decide(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db)
    stranger = await make_user(db)
    with pytest.raises(NotThere):
        await give(sale, stranger)
    for act in (actions.approve, actions.reject, actions.mark_transferred, actions.mark_bounced):
        for nobody in (stranger, sale.user):
            with pytest.raises(NotThere):
                await act(db, nobody, refund_id, "alasan yang cukup panjang")
        with pytest.raises(NotThere):
            await act(db, admin, refund_id + 100, "alasan yang cukup panjang")
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", sale.user.id)
    own = Viewer(sale.user.id, "Budi", sale.user.email, "admin", "Asia/Jakarta", session_id=0)
    with pytest.raises(Undecidable, match="salah satu"):
        await actions.mark_transferred(db, own, refund_id, "TRX-1")
    await give(sale)
    for reference in ("", "TRX\x1b[2J", "TRX\n1"):
        with pytest.raises(Unmarkable, match="referensi"):
            await actions.mark_transferred(db, admin, refund_id, reference)
    for reason in ("", "pendek", "x" * 1001):
        with pytest.raises(Undecidable, match="alasan"):
            await actions.reject(db, admin, refund_id, reason)


async def test_the_number_is_sealed_and_only_the_file_for_the_bank_says_it(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db)
    await give(sale)
    row = await db.fetchrow("SELECT * FROM refund_accounts")
    assert row is not None
    assert NUMBER not in str(dict(row)) and NUMBER.encode() not in bytes(row["number_sealed"])
    file = await transfers.make_file(db, Vault(settings_of(db)), admin, BY_BANK, [f"RF-{refund_id}"])
    assert f"RF-{refund_id},014,BCA,{NUMBER},Budi Santoso,{TOTAL}" in file.content.decode()


async def test_a_wrong_amount_goes_back_once_an_admin_has_looked(db: Database) -> None:
    admin = await make_admin(db)
    sale = await sell(db)
    news = said(sale.public_id, amount=99_000, payment_type="gopay")
    await payments.hear(db, sale.public_id, news)
    refund = (await sale.order()).refunds[0]
    await next_sweep(db, days=30)
    assert refund.reason == "quarantined" and await sale.steps() == ["requested"]
    with pytest.raises(Undecidable, match="bukan pembayaran"):
        await actions.reject(db, admin, refund.id, WHY)
    await actions.approve(db, admin, refund.id, "Pembayaran diperiksa, dikembalikan.")
    with pytest.raises(Undecidable, match="sudah disetujui"):
        await actions.approve(db, admin, refund.id, "Pembayaran diperiksa, dikembalikan.")
    assert (await sale.refund()).decision == "Pembayaran diperiksa, dikembalikan."
    assert await sale.steps() == ["requested", "approved"]


async def test_what_a_rule_owes_cannot_be_kept(db: Database) -> None:
    sale, admin = await sell(db), await make_admin(db)
    owed_by_rules = ("cancelled_by_expert", "cancelled_by_user", "cancelled_by_admin", "expert_absent", "both_absent",
                     "undelivered", "ended_early", "interrupted")  # fmt: skip
    for reason in owed_by_rules:
        refund_id = await sale.owe(10_000, reason)
        with pytest.raises(Undecidable, match="Menurut aturan"):
            await actions.reject(db, admin, refund_id, WHY)
    assert {refund.state for refund in (await sale.order()).refunds} == {"requested"}


@pytest.mark.parametrize("released", [False, True])
async def test_a_refund_that_is_stopped_leaves_the_money_where_it_was(db: Database, released: bool) -> None:
    admin = await make_admin(db)
    sale = await sell(db)
    before = await ledger.earnings(db, sale.seller.id)
    if released:
        await clock.shift(db, timedelta(hours=25))
        for public_id in await paid.earnings_due(db):
            await jobs._release(db, public_id)
    refund_id = await sale.owe(100_000, "granted")
    assert (await ledger.earnings(db, sale.seller.id)).total < before.total
    with pytest.raises(Undecidable, match="dengan sendirinya"):
        await actions.approve(db, admin, refund_id, WHY)
    await actions.reject(db, admin, refund_id, "Laporan terbukti keliru.")
    assert (await ledger.earnings(db, sale.seller.id)).total == before.total
    assert (await sale.status(), await sale.due(), await sale.steps()) == (
        "paid",
        0,
        ["requested", "rejected"],
    )
    with pytest.raises(Undecidable):
        await actions.reject(db, admin, refund_id, "Laporan terbukti keliru.")
    await clock.shift(db, timedelta(hours=25))
    for public_id in await paid.earnings_due(db):
        await jobs._release(db, public_id)
    assert (await ledger.earnings(db, sale.seller.id)).available == before.total


@pytest.mark.parametrize("where", ["held", "available", "withdrawn"])
async def test_what_was_stopped_is_owed_again_wherever_the_money_is_by_then(db: Database, where: str) -> None:
    admin = await make_admin(db)
    sale = await sell(db, payment_type="gopay")
    before = await ledger.earnings(db, sale.seller.id)
    refund_id = await sale.owe(100_000, "granted")
    after = await ledger.earnings(db, sale.seller.id)
    with pytest.raises(Undecidable, match="Hanya"):
        await actions.resume(db, admin, refund_id, WHY)
    await actions.reject(db, admin, refund_id, "Laporan terbukti keliru.")
    if where != "held":
        await clock.shift(db, timedelta(hours=25))
        for public_id in await paid.earnings_due(db):
            await jobs._release(db, public_id)
    if where == "withdrawn":
        mentor = Viewer(sale.seller.user_id, "Sari", "", "expert", "Asia/Jakarta", 0, sale.seller.id)
        await db.execute(
            "UPDATE users SET password_hash = $2, email_verified_at = app_now() WHERE id = $1",
            sale.seller.user_id,
            await hash_password(PASSWORD),
        )
        withdrawal = await ask(db, mentor, wish(before.total))
        await withdrawals.approve(db, admin, withdrawal)
        await withdrawals.mark_sent(db, admin, withdrawal, "TRX-100")
    await actions.resume(db, admin, refund_id, "Bukti baru dari pengguna.")
    earned = await ledger.earnings(db, sale.seller.id)
    assert (await sale.due(), await sale.status()) == (100_000, "refund_pending")
    if where == "withdrawn":
        assert (earned.withdrawn, earned.owed) == (before.total, before.total - after.total)
    else:
        assert earned.total == after.total and earned.owed == 0
        # Stopped and resumed once more: each has its own entry.
        await actions.reject(db, admin, refund_id, "Bukti itu ternyata palsu.")
        assert (await ledger.earnings(db, sale.seller.id)).total == before.total
        await actions.resume(db, admin, refund_id, "Bukti itu ternyata benar.")
        assert (await ledger.earnings(db, sale.seller.id)).total == after.total
    await sweep(db)
    assert (await sale.steps())[-2:] == ["requested", "approved"]
    with pytest.raises(Undecidable):
        await actions.resume(db, admin, refund_id, WHY)
    told = await db.fetch(
        "SELECT action, amount, reason FROM audit_log WHERE kind = 'refund' AND subject = $1 ORDER BY id",
        str(refund_id),
    )
    assert [row["action"] for row in told][:2] == ["refund.rejected", "refund.resumed"]
    assert told[1]["reason"] == "Bukti baru dari pengguna." and told[1]["amount"] == 100_000


async def test_what_went_back_otherwise_since_cannot_be_owed_again(db: Database) -> None:
    admin = await make_admin(db)
    sale = await sell(db, payment_type="gopay")
    refund_id = await sale.owe(100_000, "granted")
    await actions.reject(db, admin, refund_id, "Laporan terbukti keliru.")
    told = said(
        sale.public_id,
        "partial_chargeback",
        transaction_id=sale.transaction_id,
        payment_type="gopay",
        returned=100_000,
    )
    await payments.hear(db, sale.public_id, told)
    with pytest.raises(Undecidable, match=r"hanya tersisa Rp 57\.500"):
        await actions.resume(db, admin, refund_id, WHY)


async def test_several_transfers_stand_in_one_file_and_are_written_down_line_by_line(db: Database) -> None:
    admin, vault = await make_admin(db), Vault(settings_of(db))
    (first, one), (second, two), (_, three) = [await owed_by_bank(db) for _ in range(3)]
    for sale in (first, second):
        await give(sale)

    async def make(*ids: int) -> transfers.BankFile:
        return await transfers.make_file(db, vault, admin, BY_BANK, [f"RF-{number}" for number in ids])

    async def mark(*lines: str) -> list[str]:
        sent = references_in("\n".join(lines))
        return [one.problem for one in await transfers.mark_many_sent(db, admin, BY_BANK, sent)]

    with pytest.raises(Unbatchable) as refused:
        await make(one, two, three, 999)
    assert refused.value.problems == {
        f"RF-{three}": "Pembayar belum memberi nomor rekening.",
        "RF-999": "Tidak ada pengembalian dana dengan id ini.",
    }
    assert await mark(f"RF-{one} TRX-1") == ["Belum ada di berkas bank."]
    file = await make(one, two)
    with pytest.raises(AlreadyInBatch):
        await make(two)
    lines = f"RF-{one} TRX-1", f"RF-{two} x", f"RF-{three} TRX-3", "RF-999 TRX-4", f"{two} TRX-5"
    for _ in range(2):
        assert [bool(problem) for problem in await mark(*lines)] == [False, True, True, True, True]
        assert [(await sale.refund()).state for sale in (first, second)] == ["sent", "approved"]
    assert await mark(f"RF-{two} TRX-2", f"RF-{one} TRX-9") == [
        "",
        "Sudah ditransfer dengan referensi TRX-1.",
    ]
    with pytest.raises(Unbatchable):
        await transfers.make_file_again(db, vault, admin, BY_BANK, file.batch_id)
    # What came back may stand in a new file, without a word; what the bank took meanwhile is not in it.
    await actions.mark_bounced(db, admin, two, WHY)
    await give(second, number="9999888877")
    assert await mark(f"RF-{two} TRX-2") == ["Belum ada di berkas bank."], "the new transfer is in none"
    with pytest.raises(Unbatchable):  # its account is the one that sent it back
        await transfers.make_file_again(db, vault, admin, BY_BANK, file.batch_id)
    again = await make(two)
    assert f"RF-{two},014,BCA,9999888877" in again.content.decode()
    once_more = await transfers.make_file_again(db, vault, admin, BY_BANK, again.batch_id)
    assert once_more.content == again.content
    told = said(second.public_id, "partial_chargeback", transaction_id=second.transaction_id, returned=60_000)
    await payments.hear(db, second.public_id, told)
    with pytest.raises(Unbatchable):  # it says more than is due
        await transfers.make_file_again(db, vault, admin, BY_BANK, again.batch_id)
    [problem] = await mark(f"RF-{two} TRX-4")
    assert "memuat Rp 157.500, tetapi yang harus kembali kini Rp 97.500" in problem
    await actions.mark_transferred(db, admin, two, "TRX-4", "8877")
    log = await db.fetch("SELECT subject FROM audit_log WHERE kind = 'batch' ORDER BY id")
    assert [row["subject"] for row in log] == [str(one.batch_id) for one in (file, again, again)]
    assert NUMBER not in str([dict(row) for row in await db.fetch("SELECT * FROM audit_log")])


async def test_the_payer_is_asked_again_for_an_account(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await owed_by_bank(db)
    with pytest.raises(Undecidable, match="24 jam"):
        await actions.ask_again(db, admin, refund_id)
    await clock.shift(db, timedelta(hours=25))
    await actions.ask_again(db, admin, refund_id)
    await give(sale)
    # The bank does not take it: it is used no longer, and the payer is asked at once.
    await actions.ask_again(db, admin, refund_id)
    assert (await sale.refund()).needs_account
    asked = await db.fetch("SELECT version FROM outbox WHERE kind = 'refund_account' ORDER BY id")
    assert [row["version"] for row in asked] == [0, 1, 2]
    row = await db.fetchrow("SELECT detail FROM audit_log ORDER BY id DESC LIMIT 1")
    assert row is not None and row["detail"]["unusable"] == "•••• 7890"
    await give(sale, number="9999888877")
    await actions.mark_transferred(db, admin, refund_id, "TRX-1", "8877")
    with pytest.raises(Undecidable):
        await actions.ask_again(db, admin, refund_id)


async def test_nothing_is_sent_before_its_payer_has_chosen(db: Database) -> None:
    sale = await sell(db)
    at = await clock.now(db) + timedelta(days=2)
    async with db.transaction() as tx:
        owed = await payments.owe_back(tx, sale.booking_id, 10_000, "ended_early", actor="system")
        await tx.execute("UPDATE refunds SET not_before = $1", at)
    assert owed == 10_000
    await next_sweep(db, days=1, hours=23)
    assert await sale.steps() == ["requested"]
    await next_sweep(db, hours=2)
    assert (await sale.steps())[:2] == ["requested", "approved"]


async def call_off_or_send(db: Database, gate: Meet | None, monkeypatch: Any) -> tuple[bool, str]:
    """The payer's last word and the worker meet; answers whether it was called off, and the refund's state."""
    sale = await sell(db, payment_type="gopay")
    refund_id = await sale.owe(TOTAL)
    await sweep(db)
    if gate is not None:
        monkeypatch.setattr(queries, "payment_of", waiting(gate, queries.payment_of))

    async def call_off(tx: Connection) -> bool:
        if gate is None:
            await tx.execute("SELECT FROM orders WHERE public_id = $1 FOR NO KEY UPDATE", sale.public_id)
            return await intents.call_off(tx, sale.transaction_id)
        state = await tx.fetchval("SELECT state FROM refunds WHERE id = $1", refund_id)
        await gate.wait()
        return bool(state == "approved")

    async def calling_off() -> bool:
        async with db.transaction() as tx:
            return await call_off(tx)

    called_off, _ = await asyncio.gather(calling_off(), sending._begin(db, refund_id))
    state: str = await db.fetchval("SELECT state FROM refunds WHERE id = $1", refund_id)
    return called_off, state


def waiting(gate: Meet, then: Any) -> Any:
    async def wait(*given: Any) -> Any:
        await gate.wait()
        return await then(*given)

    return wait


async def test_money_is_called_off_or_sent_never_both(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    called_off, state = await call_off_or_send(unchecked_db, None, monkeypatch)
    assert called_off == (state == "rejected")


async def test_without_the_lock_it_is_both(unchecked_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    called_off, state = await call_off_or_send(unchecked_db, Meet(2), monkeypatch)
    assert called_off and state == "sent"
