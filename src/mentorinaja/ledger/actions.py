"""Writing the ledger: balanced journals, each keyed so that it applies once however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mentorinaja.db.pool import Connection
from mentorinaja.ledger import rules
from mentorinaja.ledger.rules import Entries, Sale


async def record_payment(tx: Connection, order_id: int, transaction_id: str) -> bool:
    """The order's total came through `transaction_id`: earnings are held, fees ours. False: known."""
    expert_id, sale = await _sale(tx, order_id)
    key = f"paid:{transaction_id}"
    return await _post(tx, key, "payment", order_id, transaction_id, expert_id, rules.payment(sale))


async def record_refund_due(tx: Connection, order_id: int, transaction_id: str, amount: int) -> bool:
    """`amount` rupiah came that nobody earns (late, twice, wrong): to go back. False: known."""
    entries = rules.money_to_return(amount)
    return await _post(tx, f"due:{transaction_id}", "refund_due", order_id, transaction_id, None, entries)


async def record_reversal(tx: Connection, order_id: int, transaction_id: str) -> bool:
    """The bank took the transaction's money back: all that is booked of it is undone. False: nothing was."""
    expert_id, _ = await _sale(tx, order_id)
    purse = await lock_balances(tx, expert_id)
    entries = rules.reversal(await _booked(tx, transaction_id), purse.available)
    if not entries:
        return False
    key = f"reversed:{transaction_id}"
    if await _post(tx, key, "reversal", order_id, transaction_id, expert_id, entries):
        return True
    # It had been taken back before, and was there after all.
    return await _post(tx, f"{key}:2", "reversal", order_id, transaction_id, expert_id, entries)


async def record_release(tx: Connection, order_id: int, transaction_id: str) -> bool:
    """What the expert earned with the transaction becomes available, debts first. False: nothing of it is held."""
    expert_id, _ = await _sale(tx, order_id)
    purse = await lock_balances(tx, expert_id)
    entries = rules.release(await _booked(tx, transaction_id), purse.owed)
    if not entries:
        return False
    key = f"released:{transaction_id}"
    return await _post(tx, key, "release", order_id, transaction_id, expert_id, entries)


async def record_returned(
    tx: Connection, order_id: int, transaction_id: str, returned: int, *, chargeback: bool = False
) -> bool:
    """Altogether `returned` rupiah of the transaction have gone back to the payer; books what is new of it.

    False: all of it is known already, or nothing is there to go back.
    """
    expert_id, sale = await _sale(tx, order_id)
    purse = await lock_balances(tx, expert_id)
    booked = await _booked(tx, transaction_id)
    came: int = await tx.fetchval(
        """SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 AND a.kind = 'gateway' AND e.amount > 0""",
        transaction_id,
    )
    amount = min(booked.get("gateway", 0), booked.get("gateway", 0) - (came - returned))
    if amount <= 0:
        return False
    kind = "chargeback" if chargeback else "refund"
    entries = rules.give_back(sale, booked, amount, purse.available)
    return await _post(
        tx, f"{kind}:{transaction_id}:{returned}", kind, order_id, transaction_id, expert_id, entries
    )


async def record_owed_back(
    tx: Connection, order_id: int, transaction_id: str, refund_key: str, amount: int
) -> bool:
    """`amount` rupiah of a sale are to go back, for the refund of this key. False: known.

    Raises ValueError for more than `owable` says. The order is locked by the caller.
    """
    expert_id, sale = await _sale(tx, order_id)
    if await tx.fetchval("SELECT true FROM ledger_journals WHERE key = $1", f"owed:{refund_key}"):
        return False
    purse = await lock_balances(tx, expert_id)
    entries = rules.owe_back(sale, await _booked(tx, transaction_id), amount, purse.available)
    return await _post(tx, f"owed:{refund_key}", "owed_back", order_id, transaction_id, expert_id, entries)


async def owable(tx: Connection, transaction_id: str) -> int:
    """Rupiah of a transaction that can still be promised back to its payer."""
    return rules.owable(await _booked(tx, transaction_id))


async def record_transferred(
    tx: Connection, order_id: int, transaction_id: str, refund_key: str, amount: int, number: int
) -> bool:
    """What was due for the refund of this key went to the payer's bank account, for the `number`th time. False: known."""
    key = f"transferred:{refund_key}:{number}"
    return await _post(tx, key, "refund", order_id, transaction_id, None, rules.transfer(amount))


async def record_bounced(
    tx: Connection, order_id: int, transaction_id: str, refund_key: str, amount: int, number: int
) -> bool:
    """The `number`th transfer for the refund of this key came back: it is due again, less what a bank took since.

    False: known.
    """
    key, entries = f"bounced:{refund_key}:{number}", rules.bounce(await _booked(tx, transaction_id), amount)
    return await _post(tx, key, "refund_bounced", order_id, transaction_id, None, entries)


async def record_kept(
    tx: Connection, order_id: int, transaction_id: str, refund_key: str, amount: int, number: int = 1
) -> bool:
    """What was owed back for the refund of this key stays, for the `number`th time, with those who had earned it.

    False: known.
    """
    expert_id, sale = await _sale(tx, order_id)
    purse = await lock_balances(tx, expert_id)
    released: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM ledger_journals WHERE key = $1)", f"released:{transaction_id}"
    )
    entries = rules.keep(sale, await _booked(tx, transaction_id), amount, purse.owed, released=released)
    key = f"kept:{refund_key}" if number == 1 else f"kept:{refund_key}:{number}"
    return await _post(tx, key, "refund_rejected", order_id, transaction_id, expert_id, entries)


async def record_resumed(
    tx: Connection, order_id: int, transaction_id: str, refund_key: str, amount: int, number: int
) -> bool:
    """What was kept for the `number`th time of the refund of this key is owed back after all. False: known.

    Raises ValueError for more than `owable` says. The order is locked by the caller.
    """
    expert_id, sale = await _sale(tx, order_id)
    purse = await lock_balances(tx, expert_id)
    entries = rules.owe_back(sale, await _booked(tx, transaction_id), amount, purse.available)
    key = f"resumed:{refund_key}:{number}"
    return await _post(tx, key, "refund_resumed", order_id, transaction_id, expert_id, entries)


async def move_to_sale(tx: Connection, order_id: int, transaction_id: str) -> bool:
    """Money that was to go back pays the order after all. False: done already."""
    expert_id, sale = await _sale(tx, order_id)
    entries = {"refund_due": sale.total} | {
        kind: amount for kind, amount in rules.payment(sale).items() if kind != "gateway"
    }
    key = f"sold:{transaction_id}"
    return await _post(tx, key, "payment", order_id, transaction_id, expert_id, entries)


@dataclass(frozen=True, slots=True)
class Purse:
    """What an expert may ask for and what the expert owes the platform, in rupiah: never both."""

    available: int
    owed: int


async def lock_balances(tx: Connection, expert_id: int) -> Purse:
    """Let nobody else change or promise what this expert has until the transaction ends; answers what it is."""
    await tx.execute("SELECT FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    # A statement of its own: it sees what was committed while the lock was waited for.
    row = await tx.fetchrow(
        """SELECT coalesce(-sum(e.amount) FILTER (WHERE a.kind = 'expert_available'), 0)::bigint AS available,
             coalesce(sum(e.amount) FILTER (WHERE a.kind = 'expert_owed'), 0)::bigint AS owed
           FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
           WHERE a.expert_id = $1 AND a.kind IN ('expert_available', 'expert_owed')""",
        expert_id,
    )
    assert row is not None, "sums have a row"
    return Purse(**dict(row))


async def record_withdrawal(
    tx: Connection, expert_id: int, withdrawal: str, amount: int, *, step: int = 1
) -> bool:
    """`amount` rupiah are reserved for the withdrawal with this public id. False: known.

    `step` counts the states it was in: the same decision can come back. The balances are locked by the caller, who
    knows that so much is available.
    """
    key = _withdrawal_key("withdrawal", withdrawal, step)
    return await _post(tx, key, "withdrawal", None, None, expert_id, rules.reserve(amount))


async def record_withdrawal_paid(
    tx: Connection, expert_id: int, withdrawal: str, amount: int, *, step: int
) -> bool:
    """The bank has what was reserved; `step` as in `record_withdrawal`. False: known."""
    key = _withdrawal_key("withdrawal_paid", withdrawal, step)
    return await _post(tx, key, "withdrawal_paid", None, None, expert_id, rules.pay_out(amount))


async def record_withdrawal_unsent(
    tx: Connection, expert_id: int, withdrawal: str, amount: int, *, step: int
) -> bool:
    """What was booked as paid had not been sent: it is reserved as before. False: known.

    `step` as in `record_withdrawal`.
    """
    key = _withdrawal_key("withdrawal_unsent", withdrawal, step)
    return await _post(tx, key, "withdrawal_unsent", None, None, expert_id, rules.unsend(amount))


async def record_withdrawal_returned(
    tx: Connection, expert_id: int, withdrawal: str, amount: int, *, paid: bool, step: int
) -> bool:
    """What was reserved, or even `paid`, is the expert's again, less what the expert owes. False: known.

    `step` as in `record_withdrawal`.
    """
    purse = await lock_balances(tx, expert_id)
    key = _withdrawal_key("withdrawal_returned", withdrawal, step)
    entries = rules.take_in(amount, purse.owed, paid=paid)
    return await _post(tx, key, "withdrawal_returned", None, None, expert_id, entries)


def _withdrawal_key(kind: str, withdrawal: str, step: int) -> str:
    return f"{kind}:{withdrawal}" if step == 1 else f"{kind}:{withdrawal}:{step}"


async def _post(
    tx: Connection,
    key: str,
    kind: str,
    order_id: int | None,
    transaction_id: str | None,
    expert_id: int | None,
    entries: Entries,
) -> bool:
    journal_id = await tx.fetchval(
        """INSERT INTO ledger_journals (key, kind, order_id, transaction_id) VALUES ($1, $2, $3, $4)
           ON CONFLICT (key) DO NOTHING RETURNING id""",
        key,
        kind,
        order_id,
        transaction_id,
    )
    if journal_id is None:
        return False
    kinds = sorted(entries)  # accounts are always made in the same order: no deadlock
    owners = [expert_id if kind.startswith("expert") else None for kind in kinds]
    await tx.execute(
        """INSERT INTO ledger_accounts (kind, expert_id) SELECT * FROM unnest($1::text[], $2::bigint[])
           ON CONFLICT ON CONSTRAINT ledger_accounts_owner DO NOTHING""",
        kinds,
        owners,
    )
    await tx.execute(
        """INSERT INTO ledger_entries (journal_id, account_id, amount)
           SELECT $1, a.id, e.amount
           FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS e (kind, owner, amount)
           JOIN ledger_accounts a ON a.kind = e.kind AND a.expert_id IS NOT DISTINCT FROM e.owner""",
        journal_id,
        kinds,
        owners,
        [entries[kind] for kind in kinds],
    )
    return True


async def _booked(tx: Connection, transaction_id: str) -> Mapping[str, int]:
    """The balance of each account kind in what is booked of a transaction."""
    rows = await tx.fetch(
        """SELECT a.kind, sum(e.amount)::bigint AS amount FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 GROUP BY a.kind""",
        transaction_id,
    )
    return {row["kind"]: row["amount"] for row in rows}


async def _sale(tx: Connection, order_id: int) -> tuple[int, Sale]:
    row = await tx.fetchrow(
        """SELECT expert_id, total, admin_fee, platform_fee, platform_fee_bps, tax_bps
           FROM orders WHERE id = $1""",
        order_id,
    )
    assert row is not None, "the ledger is written for orders that exist"
    amounts = dict(row)
    return amounts.pop("expert_id"), Sale(**amounts)
