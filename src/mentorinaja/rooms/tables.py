"""Rooms, their messages and their notices as Piccolo sees them."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class ActiveSessions(Table, tablename="active_sessions"):
    """One room: who meets, and its clock. `ends_at` is set when the clock starts."""

    booking_id = UUID(primary_key=True)
    user_id = BigInt()
    expert_user_id = BigInt()
    timed = Boolean()
    duration_seconds = Integer()
    scheduled_at = Timestamptz()
    status = Text()
    user_joined_at = Timestamptz(null=True)
    expert_joined_at = Timestamptz(null=True)
    started_at = Timestamptz(null=True)
    ends_at = Timestamptz(null=True)
    ended_at = Timestamptz(null=True)
    ended_by = Text(null=True)
    last_seq = BigInt()
    sent_minute = Timestamptz(null=True)
    user_sent = Integer()
    expert_sent = Integer()
    created_at = Timestamptz()


class ChatMessages(Table, tablename="chat_messages"):
    """What one of the two wrote; the key is (booking_id, seq)."""

    booking_id = UUID(primary_key=True)
    seq = BigInt()
    sender_id = BigInt()
    sender_type = Text()
    client_id = UUID()
    text = Text()
    created_at = Timestamptz()


class SessionEvents(Table, tablename="session_events"):
    """A notice of the room, numbered in the same order as the messages."""

    booking_id = UUID(primary_key=True)
    seq = BigInt()
    kind = Text()
    cause = Text()
    at = Timestamptz()
