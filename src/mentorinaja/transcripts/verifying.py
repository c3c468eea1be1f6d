"""What the command `verify` says of conversations, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from mentorinaja.db.pool import Database
from mentorinaja.transcripts.checking import ReadDigest, RoomCheck, check_rooms

Say = Callable[[str], None]


async def verify(
    db: Database,
    say: Say,
    booking_id: UUID | None = None,
    *,
    kept: bytes | None = None,
    read_digest: ReadDigest | None = None,
) -> bool:
    """Check every conversation, or one, and `say` each that does not fit; answers whether all do.

    `kept` is the last seal as somebody kept it of the one conversation.
    """
    seen: Counter[str] = Counter()
    async for check in check_rooms(db, booking_id, kept=kept, read_digest=read_digest):
        seen.update(rooms=1, items=check.items, files=check.files, deleted=check.forgotten)
        trouble = _trouble(check) or (_unlike(check) if kept is not None else None)
        if trouble:
            seen["broken"] += 1
            say(f"room {check.booking_id}: {trouble}")
    if booking_id is not None and not seen["rooms"]:
        say(f"There is no room of booking {booking_id}.")
        return False
    say(_sum(seen, with_files=read_digest is not None))
    return not seen["broken"]


def _trouble(check: RoomCheck) -> str | None:
    if check.problem is None or check.number is None:
        return check.problem
    return f"number {check.number} is {check.problem}"


def _unlike(check: RoomCheck) -> str | None:
    """How the conversation differs from the seal that was kept of it."""
    if check.kept_at == check.last_seq:
        return None
    if check.kept_at is None:
        return f"its last seal is {check.last_seal.hex()}, and the one you kept was never one of its seals"
    return (
        f"the seal you kept belongs to number {check.kept_at}; {check.last_seq - check.kept_at} came after it"
    )


def _sum(seen: Counter[str], *, with_files: bool) -> str:
    names = {
        "rooms": "rooms",
        "items": "items",
        "files": "files",
        "deleted": "deleted when their time had come",
    }
    told = [
        name for name in names if name in ("rooms", "items") or seen[name] or (name == "files" and with_files)
    ]
    counts = ", ".join(f"{names[name]}: {seen[name]}" for name in told)
    return f"Checked {counts}. " + (f"Do not fit: {seen['broken']}." if seen["broken"] else "All fit.")
