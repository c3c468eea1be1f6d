"""Rooms, their presence, messages, notices and files as Piccolo sees them."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Integer, Interval, Text, Timestamptz
from piccolo.table import Table


class ActiveSessions(Table, tablename="active_sessions"):
    """One room: who meets, and its clock. `ends_at` is set when the clock starts."""

    booking_id = UUID(primary_key=True)
    user_id = BigInt()
    expert_user_id = BigInt()
    timed = Boolean()
    duration_seconds = Integer(null=True)
    scheduled_at = Timestamptz()
    status = Text()
    user_joined_at = Timestamptz(null=True)
    expert_joined_at = Timestamptz(null=True)
    started_at = Timestamptz(null=True)
    ends_at = Timestamptz(null=True)
    ended_at = Timestamptz(null=True)
    ended_by = Text(null=True)
    paused_at = Timestamptz(null=True)
    paused_for = Interval()
    user_waits_until = Timestamptz(null=True)
    finished_at = Timestamptz(null=True)
    last_seq = BigInt()
    last_seal = Bytea()
    sent_minute = Timestamptz(null=True)
    user_sent = Integer()
    expert_sent = Integer()
    created_at = Timestamptz()
    kept_until = Timestamptz(null=True)


class RoomPresence(Table, tablename="room_presence"):
    """The last sign of life of one side; the key is (booking_id, side)."""

    booking_id = UUID(primary_key=True)
    side = Text()
    seen_at = Timestamptz()
    streaming = Boolean()
    read_seq = BigInt()


class ChatMessages(Table, tablename="chat_messages"):
    """What one of the two wrote; the key is (booking_id, seq)."""

    booking_id = UUID(primary_key=True)
    seq = BigInt()
    sender_id = BigInt()
    sender_type = Text()
    client_id = UUID()
    text = Text()
    attachment_id = UUID(null=True)
    created_at = Timestamptz()
    seal = Bytea()


class SessionEvents(Table, tablename="session_events"):
    """A notice of the room, numbered and sealed in the same order as the messages."""

    booking_id = UUID(primary_key=True)
    seq = BigInt()
    kind = Text()
    cause = Text()
    at = Timestamptz()
    seal = Bytea()


class Attachments(Table, tablename="attachments"):
    """A file that was stored for a message of a room."""

    id = UUID(primary_key=True)
    booking_id = UUID()
    sender_id = BigInt()
    media_type = Text()
    name = Text()
    size_bytes = Integer()
    sha256 = Bytea()
    small_sha256 = Bytea(null=True)
    width = Integer(null=True)
    height = Integer(null=True)
    small_width = Integer(null=True)
    small_height = Integer(null=True)
    created_at = Timestamptz()
