"""The ledger as Piccolo sees it: append-only, balanced by the database."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Text, Timestamptz
from piccolo.table import Table


class LedgerAccounts(Table, tablename="ledger_accounts"):
    """One account per kind and owner."""

    id = BigSerial(primary_key=True)
    kind = Text()
    expert_id = BigInt(null=True)


class LedgerJournals(Table, tablename="ledger_journals"):
    """One movement of money; `key` says which, once."""

    id = BigSerial(primary_key=True)
    key = Text()
    kind = Text()
    order_id = BigInt(null=True)
    transaction_id = Text(null=True)
    at = Timestamptz()
    memo = Text()


class LedgerEntries(Table, tablename="ledger_entries"):
    """One side of a movement in whole rupiah: positive is debit, negative is credit."""

    id = BigSerial(primary_key=True)
    journal_id = BigInt()
    account_id = BigInt()
    amount = BigInt()
