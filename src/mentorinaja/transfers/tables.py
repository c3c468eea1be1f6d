"""Files for the bank as Piccolo sees them; nothing of them ever changes."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table


class TransferBatches(Table, tablename="transfer_batches"):
    """A file for the bank, all of one kind."""

    id = BigSerial(primary_key=True)
    kind = Text()
    made_by = BigInt()
    made_at = Timestamptz()


class TransferItems(Table, tablename="transfer_items"):
    """A line of it: whole rupiah, and the account they go to, its number sealed."""

    id = BigSerial(primary_key=True)
    batch_id = BigInt()
    kind = Text()
    subject = Text()
    round = Integer()
    amount = BigInt()
    bank = Text()
    number_sealed = Bytea()
    tail = Text()
    holder = Text()
    again = Boolean()
