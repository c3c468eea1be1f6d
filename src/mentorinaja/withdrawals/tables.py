"""Withdrawals as Piccolo sees them: the request, and every state it was in."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, BigSerial, Bytea, Text, Timestamptz
from piccolo.table import Table


class Withdrawals(Table, tablename="withdrawals"):
    """A request for whole rupiah; nothing of it changes but its state."""

    id = BigSerial(primary_key=True)
    public_id = Text()
    expert_id = BigInt()
    form_key = UUID()
    amount = BigInt()
    bank = Text()
    bank_name = Text()
    account_sealed = Bytea()
    account_tail = Text()
    account_holder = Text()
    state = Text()
    asked_at = Timestamptz()


class WithdrawalSteps(Table, tablename="withdrawal_steps"):
    """A state of a request, by whom, and the reason or the bank's reference."""

    id = BigSerial(primary_key=True)
    withdrawal_id = BigInt()
    state = Text()
    at = Timestamptz()
    actor_id = BigInt()
    note = Text()
