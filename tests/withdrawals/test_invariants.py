"""What the checker of the database must find when somebody meddles with withdrawals past every guard."""

from mentorinaja.db.invariants import broken
from mentorinaja.db.invariants.withdrawals import WITHDRAWALS
from mentorinaja.db.pool import Database
from mentorinaja.withdrawals import actions
from tests.support.desk import make_admin
from tests.support.withdrawals import ask, make_earner

# Which promise each breaks; one after the other, on the same rows.
DAMAGE = {
    "M8_guarded": "ALTER TABLE withdrawals DISABLE TRIGGER withdrawal_moves",
    "M8_withdrawals_are_booked": "UPDATE withdrawals SET amount = amount + 1",
    "M8_asked_when_it_says": "UPDATE withdrawals SET asked_at = asked_at - interval '1 day'",
    "M8_two_admins": """
        INSERT INTO withdrawal_steps (withdrawal_id, state, actor_id, note)
          SELECT w.id, into_state, (SELECT min(id) FROM users), 'x'
          FROM withdrawals w, unnest(ARRAY['checked', 'processing', 'paid']) AS steps (into_state)""",
    "M8_withdrawal_steps": "UPDATE withdrawals SET state = 'processing' WHERE state = 'paid'",
    "M10_account_numbers_are_sealed": "UPDATE withdrawals SET account_sealed = repeat('1234567890', 7)::bytea",
    "M8_only_withdrawals_are_withdrawn": """
        WITH journal AS (INSERT INTO ledger_journals (key, kind) VALUES ('withdrawal:WD-0', 'withdrawal') RETURNING id)
        INSERT INTO ledger_entries (journal_id, account_id, amount)
          SELECT journal.id, a.id, CASE a.kind WHEN 'expert_available' THEN 1 ELSE -1 END
          FROM journal, ledger_accounts a WHERE a.kind IN ('expert_available', 'expert_withdrawing')""",
    "M8_one_open_withdrawal": """
        INSERT INTO withdrawals (public_id, expert_id, form_key, amount, bank, bank_name, account_sealed, account_tail,
            account_holder)
          SELECT 'WD-20260101-AAAAA' || letter, expert_id, gen_random_uuid(), amount, bank, bank_name, account_sealed,
            account_tail, account_holder
          FROM withdrawals, (VALUES ('A'), ('B')) AS letters (letter)""",
}


async def test_meddling_with_withdrawals_is_found(unchecked_db: Database) -> None:
    db = unchecked_db
    assert set(DAMAGE) == set(WITHDRAWALS)
    admin, sari = await make_admin(db), await make_earner(db)
    public_id = await ask(db, sari)
    await actions.approve(db, admin, public_id)
    await actions.mark_sent(db, admin, public_id, "TRX-1")
    for name, damage in DAMAGE.items():
        found = await broken(db)
        assert not found[name], "not damaged yet"
        if name == "M8_one_open_withdrawal":
            await db.execute("DROP INDEX withdrawals_one_open")
        await db.execute(damage)
        assert (await broken(db))[name], name
