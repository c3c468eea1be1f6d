"""Asking and deciding: what the ledger, the steps and the mails say after each."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere, TooMany
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.policies import actions as policies
from mentorinaja.transfers.actions import make_file, make_file_again, mark_many_sent
from mentorinaja.transfers.rules import AlreadyInBatch, Unbatchable, Unmarkable, references_in
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions, queries
from mentorinaja.withdrawals.actions import BY_BANK
from mentorinaja.withdrawals.rules import (
    AlreadySent,
    EmailUnconfirmed,
    StillOpen,
    Undecidable,
    WrongAmount,
    WrongPassword,
    due_day,
)
from tests.support.bookings import Seller, make_user, settings_of
from tests.support.desk import make_admin
from tests.support.payments import said
from tests.support.withdrawals import NUMBER, PASSWORD, ask, balances, earn, make_earner, wish

REASON = "Nama pemilik rekening berbeda."


async def numbers(db: Database, expert: Viewer) -> tuple[int, int, int, int]:
    """Held, available, being withdrawn, withdrawn."""
    earned = await balances(db, expert)
    return earned.held, earned.available, earned.withdrawing, earned.withdrawn


async def told(db: Database, user: Viewer) -> list[tuple[str, str, int]]:
    rows = await db.fetch(
        "SELECT kind, about, version FROM outbox WHERE user_id = $1 AND kind LIKE 'withdrawal%' ORDER BY id",
        user.id,
    )
    return [tuple(row) for row in rows]


async def states(db: Database, public_id: str) -> list[tuple[str, str]]:
    withdrawal = await queries.withdrawal_by_id(db, public_id)
    assert withdrawal is not None
    assert withdrawal.state == withdrawal.steps[-1].state
    return [(step.state, step.note) for step in withdrawal.steps]


async def test_a_request_reserves_its_money_and_tells_both(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db, 2)
    assert await numbers(db, sari) == (0, 252_000, 0, 0)
    public_id = await ask(db, sari, wish(200_000))
    assert public_id.startswith("WD-")
    assert await numbers(db, sari) == (0, 52_000, 200_000, 0)
    assert await told(db, sari) == [("withdrawal", public_id, 1)]
    assert await told(db, admin) == [("withdrawal_asked", public_id, 0)]
    row = await db.fetchrow("SELECT * FROM withdrawals")
    assert row is not None and NUMBER.encode() not in row["account_sealed"]
    assert (row["bank"], row["bank_name"], row["account_tail"]) == ("014", "BCA", "7890")
    assert Vault(settings_of(db)).open(row["account_sealed"]) == NUMBER


async def test_a_paid_withdrawal_goes_through_its_states(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    public_id = await ask(db, sari)
    await actions.approve(db, admin, public_id)
    assert await numbers(db, sari) == (0, 26_000, 100_000, 0)
    await actions.mark_sent(db, admin, public_id, " TRX-2026-0001 ")
    assert await numbers(db, sari) == (0, 26_000, 0, 100_000)
    assert (await balances(db, sari)).total == 126_000
    assert await states(db, public_id) == [("requested", ""), ("processing", ""), ("paid", "TRX-2026-0001")]
    assert await told(db, sari) == [("withdrawal", public_id, number) for number in (1, 2, 3)]


async def test_rejected_failed_and_bounced_money_is_the_experts_again(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    rejected = await ask(db, sari)
    await actions.reject(db, admin, rejected, REASON)
    assert await numbers(db, sari) == (0, 126_000, 0, 0)
    failed = await ask(db, sari)
    await actions.approve(db, admin, failed)
    await actions.mark_failed(db, admin, failed, "Rekening sudah ditutup.")
    assert await numbers(db, sari) == (0, 126_000, 0, 0)
    bounced = await ask(db, sari, wish(126_000))
    await actions.approve(db, admin, bounced)
    await actions.mark_sent(db, admin, bounced, "TRX-1")
    assert await numbers(db, sari) == (0, 0, 0, 126_000)
    await actions.mark_failed(db, admin, bounced, "Bank mengembalikan uangnya.")
    assert await numbers(db, sari) == (0, 126_000, 0, 0)
    assert await states(db, rejected) == [("requested", ""), ("rejected", REASON)]
    assert [state for state, _ in await states(db, bounced)] == ["requested", "processing", "paid", "failed"]
    page = await queries.withdrawals_of(db, sari.expert_id or 0, 1)
    assert [one.public_id for one in page.withdrawals] == [bounced, failed, rejected]


async def test_the_same_decision_twice_is_once_and_another_is_refused(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    public_id = await ask(db, sari)
    with pytest.raises(Undecidable):
        await actions.mark_sent(db, admin, public_id, "TRX-1")
    for _ in range(2):
        await actions.approve(db, admin, public_id)
    with pytest.raises(Undecidable):
        await actions.reject(db, admin, public_id, REASON)
    for _ in range(2):
        await actions.mark_sent(db, admin, public_id, "TRX-1")
    with pytest.raises(Undecidable):
        await actions.mark_sent(db, admin, public_id, "TRX-2")
    with pytest.raises(Undecidable):
        await actions.approve(db, admin, public_id)
    assert await numbers(db, sari) == (0, 26_000, 0, 100_000)
    assert len(await told(db, sari)) == 3


async def test_a_decision_needs_an_admin_a_reason_and_a_reference(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    public_id = await ask(db, sari)
    with pytest.raises(NotThere):
        await actions.approve(db, sari, public_id)
    with pytest.raises(NotThere):
        await actions.approve(db, await make_user(db), public_id)
    with pytest.raises(NotThere):
        await actions.approve(db, admin, "WD-20260101-ABCDEF")
    own = Viewer(sari.id, sari.full_name, "", "admin", "Asia/Jakarta", 0, sari.expert_id)
    with pytest.raises(Undecidable, match="Anda sendiri"):
        await actions.approve(db, own, public_id)
    for reason in ("", "Tidak.", " " * 30, "x" * 1001):
        with pytest.raises(Undecidable):
            await actions.reject(db, admin, public_id, reason)
    await actions.approve(db, admin, public_id)
    for reference in ("", "1", "x" * 61, "TRX\n1234"):
        with pytest.raises(Unmarkable):
            await actions.mark_sent(db, admin, public_id, reference)
    assert await states(db, public_id) == [("requested", ""), ("processing", "")]


async def test_one_request_at_a_time(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db, 2)
    first = await ask(db, sari)
    for _ in range(2):
        with pytest.raises(StillOpen, match=first):
            await ask(db, sari)
        await actions.approve(db, admin, first)
    await actions.mark_sent(db, admin, first, "TRX-1")
    assert await ask(db, sari) != first


async def test_the_same_form_sent_again_is_the_same_request(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db, 2)
    wanted = wish()
    public_id = await ask(db, sari, wanted)
    assert await ask(db, sari, wanted) == public_id
    await actions.reject(db, admin, public_id, REASON)
    assert await ask(db, sari, wanted) == public_id, "however late the repetition comes"
    with pytest.raises(AlreadySent):
        await ask(db, sari, wish(150_000, form_key=wanted.form_key))
    # Another expert's form may carry the same key: it is another request.
    dimas = await make_earner(db)
    assert await ask(db, dimas, wish(form_key=wanted.form_key)) != public_id
    assert await db.fetchval("SELECT count(*) FROM withdrawals") == 2


async def test_only_what_is_available_can_be_asked_for(db: Database) -> None:
    sari = await make_earner(db, 1)
    assert sari.expert_id is not None
    held = Seller(sari.expert_id, sari.id, "", await db.fetchval("SELECT id FROM services"))
    await earn(db, held, released=False)
    assert await numbers(db, sari) == (126_000, 126_000, 0, 0)
    for amount in (126_001, 10**18, 49_999):
        with pytest.raises(WrongAmount):
            await ask(db, sari, wish(amount))
    await ask(db, sari, wish(126_000))
    assert await numbers(db, sari) == (126_000, 0, 126_000, 0)


async def test_the_minimum_is_the_policy_of_the_day(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    await policies.change(db, admin, "Biaya transfer naik.", least_withdrawal=110_000)
    with pytest.raises(WrongAmount, match=r"Rp 110\.000"):
        await ask(db, sari)


async def test_the_password_and_a_confirmed_address_are_needed(db: Database) -> None:
    sari = await make_earner(db)
    with pytest.raises(WrongPassword):
        await ask(db, sari, password="bukan ini sandinya")
    assert await db.fetchval("SELECT count(*) FROM withdrawals") == 0
    for _ in range(9):
        with pytest.raises(WrongPassword):
            await ask(db, sari, password="bukan ini sandinya")
    with pytest.raises(TooMany):
        await ask(db, sari)
    await db.execute("DELETE FROM rate_limits")
    await db.execute("UPDATE users SET email_verified_at = NULL WHERE id = $1", sari.id)
    with pytest.raises(EmailUnconfirmed):
        await ask(db, sari)
    await db.execute("UPDATE users SET email_verified_at = app_now() WHERE id = $1", sari.id)
    await ask(db, sari, password=PASSWORD)
    with pytest.raises(NotThere):
        await ask(db, await make_user(db))


async def test_money_that_comes_back_pays_debts_first(db: Database) -> None:
    """A chargeback while all is being withdrawn is owed; what the rejected request gives back settles it."""
    admin, sari = await make_admin(db), await make_earner(db, 2)
    public_id = await ask(db, sari, wish(252_000))
    await charge_back(db)
    assert (await balances(db, sari)).available == 0 and await owed(db) == 126_000
    await actions.reject(db, admin, public_id, REASON)
    assert (await balances(db, sari)).available == 126_000 and await owed(db) == 0


async def test_the_database_keeps_requests_as_they_are(db: Database) -> None:
    sari = await make_earner(db)
    public_id = await ask(db, sari)
    for statement in (
        "UPDATE withdrawals SET amount = 1",
        "UPDATE withdrawals SET account_tail = '0000'",
        "UPDATE withdrawals SET state = 'paid'",
        "UPDATE withdrawals SET state = 'failed'",
        "DELETE FROM withdrawals",
        "TRUNCATE withdrawals CASCADE",
        "UPDATE withdrawal_steps SET note = 'x'",
        "DELETE FROM withdrawal_steps",
        "TRUNCATE withdrawal_steps",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError):
        await insert_again(db, public_id, form_key=uuid4())


async def insert_again(db: Database, public_id: str, **changes: Any) -> None:
    """A second open request of the same expert, past every check of ours."""
    await db.execute(
        """INSERT INTO withdrawals (public_id, expert_id, form_key, amount, bank, bank_name, account_sealed,
             account_tail, account_holder)
           SELECT 'WD-20260101-ABCDEF', expert_id, $2, amount, bank, bank_name, account_sealed, account_tail,
             account_holder FROM withdrawals WHERE public_id = $1""",
        public_id,
        changes["form_key"],
    )


async def charge_back(db: Database) -> None:
    """The card's bank takes the money of one session, after all was earned."""
    row = await db.fetchrow(
        """SELECT t.transaction_id, a.gateway_order_id FROM payment_transactions t
             JOIN payment_attempts a ON a.id = t.attempt_id ORDER BY a.id LIMIT 1"""
    )
    assert row is not None
    status = said(
        row["gateway_order_id"], "chargeback", transaction_id=row["transaction_id"], returned=157_500
    )
    await payments.hear(db, row["gateway_order_id"], status)


async def owed(db: Database) -> int:
    return await ledger.balance(db, "expert_owed")


async def test_more_than_ten_million_is_approved_by_two_different_admins(db: Database) -> None:
    first, second = await make_admin(db, "Admin Satu"), await make_admin(db, "Admin Dua")
    sari = await make_earner(db, 2, price=9_000_000)
    at_limit = await ask(db, sari, wish(10_000_000))
    await actions.approve(db, first, at_limit)
    assert (await states(db, at_limit))[-1][0] == "processing", "exactly at the limit is not above it"
    await actions.mark_failed(db, first, at_limit, REASON)

    public_id = await ask(db, sari, wish(10_000_001))
    with pytest.raises(asyncpg.RestrictViolationError):
        await db.execute("UPDATE withdrawals SET state = 'processing' WHERE public_id = $1", public_id)
    await actions.approve(db, first, public_id)
    with pytest.raises(Undecidable, match="Anda sudah menyetujuinya"):
        await actions.approve(db, first, public_id)
    with pytest.raises(Undecidable):
        await actions.mark_sent(db, first, public_id, "TRX-1")
    assert [row for row in await told(db, second) if row[0] == "withdrawal_checked"] == [
        ("withdrawal_checked", public_id, 2)
    ]
    assert not [row for row in await told(db, first) if row[0] == "withdrawal_checked"]
    # The first approval is taken back, and given anew: another time, another mail.
    await actions.take_back(db, first, public_id, REASON)
    await actions.approve(db, second, public_id)
    await actions.approve(db, first, public_id)
    assert [state for state, _ in await states(db, public_id)] == [
        "requested", "checked", "requested", "checked", "processing",
    ]  # fmt: skip
    # The mentor hears of the request and of its approval, and of nothing between them.
    assert [row[2] for row in await told(db, sari) if row[1] == public_id] == [1, 5]
    found = await queries.withdrawal_by_id(db, public_id)
    assert found is not None and [step.state for step in found.told_steps] == ["requested", "processing"]
    assert [step.actor for step in found.steps][1:] == ["Admin Satu", "Admin Satu", "Admin Dua", "Admin Satu"]
    log = await db.fetch("SELECT action, amount FROM audit_log WHERE subject = $1 ORDER BY id", public_id)
    assert [row["action"].split(".")[1] for row in log] == ["checked", "taken_back", "checked", "approved"]
    assert {row["amount"] for row in log} == {10_000_001}


async def test_what_was_decided_is_taken_back_by_further_steps_and_journals(db: Database) -> None:
    admin, other, sari = await make_admin(db), await make_admin(db, "Admin Dua"), await make_earner(db)
    public_id = await ask(db, sari)
    for _ in range(2):  # each journal is one of its own, however often the same thing happens
        await actions.approve(db, admin, public_id)
        await actions.take_back(db, admin, public_id, REASON)
        await actions.reject(db, admin, public_id, REASON)
        assert await numbers(db, sari) == (0, 126_000, 0, 0)
        await actions.restore(db, admin, public_id, "Ternyata datanya benar.")
        assert await numbers(db, sari) == (0, 26_000, 100_000, 0)
        await actions.approve(db, admin, public_id)
        await actions.mark_sent(db, admin, public_id, "TRX-1")
        await actions.unsend(db, admin, public_id, "Salah baris di berkas.")
        assert await numbers(db, sari) == (0, 26_000, 100_000, 0)
        await actions.mark_sent(db, admin, public_id, "TRX-2")
        await actions.mark_failed(db, admin, public_id, REASON)
        assert await numbers(db, sari) == (0, 126_000, 0, 0)
        await actions.restore(db, admin, public_id, "Bank mengirimnya juga.")
    with pytest.raises(Undecidable, match="sudah berstatus “Diajukan” oleh Admin MentorinAja"):
        await actions.restore(db, other, public_id, "Bank mengirimnya juga.")
    await actions.restore(db, admin, public_id, "Bank mengirimnya juga.")  # the same again is nothing new
    words = await db.fetch(
        "SELECT kind, count(*) FROM ledger_journals WHERE kind LIKE 'withdrawal%' GROUP BY 1"
    )
    assert dict(words) == {  # type: ignore[arg-type]  # rows of two
        "withdrawal": 5,
        "withdrawal_paid": 4,
        "withdrawal_unsent": 2,
        "withdrawal_returned": 4,
    }
    found = await queries.withdrawal_by_id(db, public_id)
    assert found is not None and {step.words for step in found.steps if step.is_back} == {
        "Diperiksa lagi", "Dibuka lagi", "Ternyata belum terkirim",
    }  # fmt: skip


async def test_what_was_rejected_waits_again_only_while_its_money_is_there(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    first = await ask(db, sari)
    await actions.reject(db, admin, first, REASON)
    second = await ask(db, sari, wish(60_000))
    with pytest.raises(Undecidable, match=second):
        await actions.restore(db, admin, first, REASON)
    await actions.approve(db, admin, second)
    await actions.mark_sent(db, admin, second, "TRX-1")
    with pytest.raises(Undecidable, match=r"tinggal Rp 66\.000"):
        await actions.restore(db, admin, first, REASON)
    assert await numbers(db, sari) == (0, 66_000, 0, 60_000)


async def test_nothing_of_a_suspended_mentor_is_approved_or_sent(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db, 2)
    public_id = await ask(db, sari)
    suspend = "UPDATE users SET suspended_at = {} WHERE id = $1"
    await db.execute(suspend.format("app_now()"), sari.id)
    with pytest.raises(Undecidable, match="ditangguhkan"):
        await actions.approve(db, admin, public_id)
    await db.execute(suspend.format("NULL"), sari.id)
    await actions.approve(db, admin, public_id)
    await db.execute(suspend.format("app_now()"), sari.id)
    with pytest.raises(Unbatchable) as refused:
        await make_file(db, Vault(settings_of(db)), admin, BY_BANK, [public_id])
    assert refused.value.problems == {public_id: "Akun mentornya ditangguhkan."}
    await actions.take_back(db, admin, public_id, REASON)
    await actions.reject(db, admin, public_id, REASON)


async def test_a_file_for_the_bank_is_made_once_and_holds_what_is_approved(db: Database) -> None:
    admin, sari, dimas = await make_admin(db), await make_earner(db), await make_earner(db)
    vault = Vault(settings_of(db))
    public_id = await ask(db, sari, wish(account_holder="=HYPERLINK(1)"))
    with pytest.raises(Unbatchable) as refused:
        await make_file(db, vault, admin, BY_BANK, [public_id])
    assert refused.value.problems == {public_id: "Berstatus “Diajukan”."}
    with pytest.raises(NotThere):
        await make_file(db, vault, sari, BY_BANK, [public_id])
    await actions.approve(db, admin, public_id)
    with pytest.raises(Unbatchable, match="BANK_KEY"):
        other = settings_of(db, bank_key="another-key-0123456789abcdefghijkl")
        await make_file(db, Vault(other), admin, BY_BANK, [public_id])
    made = await make_file(db, vault, admin, BY_BANK, [public_id, public_id])
    rows = list(csv.reader(io.StringIO(made.content.decode())))
    assert rows == [
        ["id", "bank_code", "bank_name", "account_number", "account_holder", "amount"],
        [public_id, "014", "BCA", NUMBER, "'=HYPERLINK(1)", "100000"],
    ]
    with pytest.raises(AlreadyInBatch):
        await make_file(db, vault, admin, BY_BANK, [public_id])
    # What the bank may have already is not taken back; it is sent, or has failed.
    with pytest.raises(Undecidable, match=f"berkas bank {made.batch_id}"):
        await actions.take_back(db, admin, public_id, REASON)
    assert (await make_file_again(db, vault, admin, BY_BANK, made.batch_id)).content == made.content
    late = await ask(db, dimas)
    await actions.approve(db, admin, late)
    sent = references_in(f"{public_id} TRX-1\n{late}\nWD-20260101-ABCDEF TRX-3\n{late} TRX-4")
    for _ in range(2):
        outcomes = await mark_many_sent(db, admin, BY_BANK, sent)
        assert [bool(outcome.problem) for outcome in outcomes] == [False, True, True, True]
        assert "Belum ada di berkas bank" in outcomes[3].problem
    with pytest.raises(Unbatchable):
        await make_file_again(db, vault, admin, BY_BANK, made.batch_id)
    # A transfer that failed and is tried once more is another one: it stands in a file of its own.
    await actions.mark_failed(db, admin, public_id, REASON)
    await actions.restore(db, admin, public_id, REASON)
    await actions.approve(db, admin, public_id)
    with pytest.raises(Unbatchable):
        await make_file_again(db, vault, admin, BY_BANK, made.batch_id)
    assert (await make_file(db, vault, admin, BY_BANK, [public_id])).batch_id != made.batch_id
    log = await db.fetch("SELECT detail::text FROM audit_log WHERE kind = 'batch'")
    assert len(log) == 3 and all(public_id in row[0] and NUMBER not in row[0] for row in log)


async def test_the_day_money_is_due_is_the_same_in_the_database(db: Database) -> None:
    for hours in range(0, 24 * 8, 5):
        asked = datetime(2026, 11, 22, 16, 30, tzinfo=UTC) + timedelta(hours=hours)
        assert await db.fetchval("SELECT withdrawal_due($1)", asked) == due_day(asked), asked
