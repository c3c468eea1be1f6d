"""What stays of deleted conversations, as Piccolo sees it."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Bytea, Timestamptz
from piccolo.table import Table


class ForgottenRooms(Table, tablename="forgotten_rooms"):
    """A conversation that was deleted when its time had come: its last number and seal."""

    booking_id = UUID(primary_key=True)
    last_seq = BigInt()
    last_seal = Bytea()
    messages = BigInt()
    forgotten_at = Timestamptz()
