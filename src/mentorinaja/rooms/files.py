"""Files in a conversation: looked at, given their place, stored, sent; and taken away when no message has them.

The row comes first, then the file, then the message. Whatever ends in between leaves a row without a message,
and the sweep takes away such a row together with what is stored of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from mentorinaja.contents.checking import checked
from mentorinaja.contents.kinds import PDF, Contents, Document, MediaType, Picture, Reason, Unacceptable
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere, Unavailable
from mentorinaja.rooms import queries, sending
from mentorinaja.rooms.rules import Flood, Refused, may_write, why_closed
from mentorinaja.rooms.sending import Sent
from mentorinaja.storage import Reading, Storage, StorageDown
from mentorinaja.web.file_names import kept_name
from mentorinaja.web.limits import count_hit
from mentorinaja.web.parts import SentFile
from mentorinaja.web.viewer import Viewer

log = structlog.get_logger(__name__)

MOST_BYTES = 5 * 1024 * 1024
MOST_IN_A_ROOM = 30
MOST_BYTES_IN_A_ROOM = 60 * 1024 * 1024
# Of one person, whatever came of them: each costs a process of its own.
MOST_IN_TEN_MINUTES = 20
SMALL_SIDE = 480
# Far longer than sending takes: whatever has no message by then never gets one.
_UNSENT_FOR = timedelta(hours=1)
# Files under way count for the room, too, for as long as sending may take.
_UNDER_WAY = timedelta(minutes=2)
_AT_ONCE = 500

_LOCK = """SELECT true FROM active_sessions
    WHERE booking_id = $1 AND $2 IN (user_id, expert_user_id) FOR NO KEY UPDATE"""
_WHY: dict[Reason, str] = {
    "unknown": "Berkas ini bukan PDF, PNG, JPEG, atau WebP. Pilih berkas lain, atau ubah dulu menjadi PDF.",
    "broken": "Berkas ini rusak atau tidak lengkap. Buka dulu di perangkat Anda, simpan ulang, lalu kirim lagi.",
    "pixels": "Gambar ini terlalu besar, paling banyak 32 megapiksel. Perkecil dulu, lalu kirim lagi.",
    "bytes": "Gambar ini terlalu besar. Perkecil dulu atau simpan sebagai JPEG, lalu kirim lagi.",
    "locked": "PDF ini dikunci dengan kata sandi. Simpan salinan tanpa kata sandi, lalu kirim lagi.",
    "active": "PDF ini berisi program atau berkas lain. Cetak menjadi PDF baru, lalu kirim lagi.",
    "heavy": "Berkas ini terlalu rumit untuk diperiksa. Cetak menjadi PDF baru, lalu kirim lagi.",
}


class BadFile(Refused):
    """The file itself cannot be sent; the text stays with its writer."""

    status = 422
    title = "Berkas belum terkirim"


@dataclass
class LargeFile(BadFile):
    """More bytes than a message carries."""

    text: str = (
        "Berkas paling besar 5 MB. Perkecil dulu atau pilih yang lain; teks Anda masih di kotak pesan."
    )

    status = 413


class RoomFull(BadFile):
    """The room has as many files as it may."""

    status = 409


@dataclass
class FileUnsent(BadFile, Unavailable):
    """Nothing is wrong with the file: it can be sent again as it is."""

    text: str = "Berkas belum bisa disimpan. Tidak ada yang hilang: coba kirim lagi sebentar lagi."

    status = 503


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored file as one of the two may read it; `digest` is the SHA-256 of its bytes."""

    id: UUID
    booking_id: UUID
    name: str
    media_type: MediaType
    digest: bytes
    has_small: bool


async def send(
    db: Database, storage: Storage, user: Viewer, booking_id: UUID, client_id: UUID, text: str, file: SentFile
) -> Sent:
    """Put a message with a file into the room; one with a known `client_id` answers as the first time did.

    `text` may be empty. Raises `NotThere`, or a `Refused` that says what to do; then nothing is kept.
    """
    if known := await queries.sent_before(db, booking_id, user.id, client_id):
        return Sent(known, again=True)
    await _welcome(db, user, booking_id)
    if not await count_hit(db, "file", str(user.id), most=MOST_IN_TEN_MINUTES, seconds=600):
        raise Flood("Terlalu banyak berkas dalam waktu singkat. Tunggu beberapa menit, lalu kirim lagi.")
    contents = await _looked_at(file, user)
    attachment_id = await take_place(db, user, booking_id, file.name, contents)
    try:
        await store(storage, booking_id, attachment_id, contents)
    except StorageDown as problem:
        raise FileUnsent from problem
    try:
        sent = await sending.send(db, user, booking_id, client_id, text, attachment_id)
    except (Refused, NotThere):
        await _let_go(db, storage, attachment_id)
        raise
    if sent.again:  # the same message came twice at once, and the other one was first
        await _let_go(db, storage, attachment_id)
    return sent


async def belongs_to(db: Database, user_id: int, booking_id: UUID) -> bool:
    """Whether somebody is one of the two of this booking."""
    found: bool = await db.fetchval(
        """SELECT EXISTS (SELECT FROM bookings b JOIN experts e ON e.id = b.expert_id
             WHERE b.id = $1 AND $2 IN (b.user_id, e.user_id))""",
        booking_id,
        user_id,
    )
    return found


@atomic
async def take_place(
    tx: Connection, user: Viewer, booking_id: UUID, given_name: str, contents: Contents
) -> UUID:
    """Write down what is about to be stored; answers its id. Raises `RoomFull` and `NotThere`.

    The room's row is locked so that two files at once do not both take its last place.
    """
    found = await tx.fetchval(_LOCK, booking_id, user.id)
    if not found:
        raise NotThere
    data, media_type = _bytes_of(contents)
    await _refuse_when_full(tx, booking_id, len(data))
    large, small = (None, None) if isinstance(contents, Document) else (contents.large, contents.small)
    attachment_id: UUID = await tx.fetchval(
        """INSERT INTO attachments (booking_id, sender_id, media_type, name, size_bytes, sha256,
             width, height, small_width, small_height, small_sha256)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id""",
        booking_id, user.id, media_type, kept_name(given_name, media_type), len(data),
        hashlib.sha256(data).digest(), *_size_of(large), *_size_of(small),
        small and hashlib.sha256(small.data).digest(),
    )  # fmt: skip
    return attachment_id


async def store(storage: Storage, booking_id: UUID, attachment_id: UUID, contents: Contents) -> None:
    """Store a file and its small picture where their row says. Raises `StorageDown`."""
    key, small_key = _keys(booking_id, attachment_id)
    if not isinstance(contents, Document):
        await storage.put(small_key, contents.small.data)
    await storage.put(key, _bytes_of(contents)[0])


async def kept_for(db: Database, user: Viewer, booking_id: UUID, attachment_id: UUID) -> Kept | None:
    """A file of a room, or None when it is not there, not theirs, or the conversation's time is over."""
    row = await db.fetchrow(
        """SELECT a.id, a.booking_id, a.name, a.media_type, a.sha256 AS digest, a.small_width IS NOT NULL AS has_small
           FROM attachments a
           JOIN chat_messages m ON m.attachment_id = a.id
           JOIN active_sessions s ON s.booking_id = a.booking_id
           WHERE a.id = $3 AND a.booking_id = $2 AND $1 IN (s.user_id, s.expert_user_id)
             AND (s.kept_until IS NULL OR app_now() < s.kept_until)""",
        user.id,
        booking_id,
        attachment_id,
    )
    return Kept(**dict(row)) if row else None


async def read(
    storage: Storage, booking_id: UUID, attachment_id: UUID, *, small: bool = False
) -> Reading | None:
    """What is stored of a file, or None when nothing is. Raises `StorageDown`."""
    key, small_key = _keys(booking_id, attachment_id)
    return await storage.read(small_key if small else key)


async def stored_digest(
    storage: Storage, booking_id: UUID, attachment_id: UUID, *, small: bool = False
) -> bytes | None:
    """The SHA-256 of what is stored of a file, or of its small picture; None when nothing is. Raises `StorageDown`."""
    reading = await read(storage, booking_id, attachment_id, small=small)
    if reading is None:
        return None
    digest = hashlib.sha256()
    async for piece in reading.pieces:
        digest.update(piece)
    return digest.digest()


async def unsent(db: Database) -> list[UUID]:
    """Files that no message has: sending them ended in between, or their conversation was deleted."""
    rows = await db.fetch(
        """SELECT a.id FROM attachments a
           WHERE a.created_at < app_now() - $1::interval
             AND NOT EXISTS (SELECT FROM chat_messages m WHERE m.attachment_id = a.id)
           ORDER BY a.created_at LIMIT $2""",
        _UNSENT_FOR,
        _AT_ONCE,
    )
    return [row["id"] for row in rows]


@atomic
async def take_away(tx: Connection, storage: Storage, attachment_id: UUID) -> None:
    """Remove a file that no message has, then its row; one that got its message meanwhile stays.

    The row is locked first: no message can take the file while it goes. Raises `StorageDown`; then all stays.
    """
    booking_id = await tx.fetchval(
        "SELECT booking_id FROM attachments WHERE id = $1 FOR UPDATE SKIP LOCKED", attachment_id
    )
    if booking_id is None or await tx.fetchval(
        "SELECT EXISTS (SELECT FROM chat_messages WHERE attachment_id = $1)", attachment_id
    ):
        return
    await storage.remove(*_keys(booking_id, attachment_id))
    await tx.execute("DELETE FROM attachments WHERE id = $1", attachment_id)


async def _welcome(db: Database, user: Viewer, booking_id: UUID) -> None:
    """Ask before the work is done; sending itself decides."""
    room = await queries.room_for(db, user, booking_id)
    if room is None:
        raise NotThere
    phase = room.phase(room.read_at)
    if not may_write(room, phase):
        raise why_closed(room, phase)


async def _looked_at(file: SentFile, user: Viewer) -> Contents:
    if file.too_large:
        raise LargeFile
    if not file.size:
        raise BadFile("Berkas ini kosong. Pilih berkas lain.")
    try:
        return await checked(file.content, small=SMALL_SIDE, person=user.id)
    except Unacceptable as refusal:
        if refusal.reason == "busy":
            raise FileUnsent from refusal
        raise BadFile(_WHY[refusal.reason]) from refusal


async def _refuse_when_full(tx: Connection, booking_id: UUID, size: int) -> None:
    row = await tx.fetchrow(
        """SELECT count(*) AS files, coalesce(sum(a.size_bytes), 0) AS bytes FROM attachments a
           WHERE a.booking_id = $1 AND (a.created_at > app_now() - $2::interval
             OR EXISTS (SELECT FROM chat_messages m WHERE m.attachment_id = a.id))""",
        booking_id,
        _UNDER_WAY,
    )
    assert row is not None, "an aggregate has a row"
    if row["files"] >= MOST_IN_A_ROOM:
        raise RoomFull(
            f"Satu sesi memuat paling banyak {MOST_IN_A_ROOM} berkas. Kirim tautan atau tulis sebagai teks."
        )
    if row["bytes"] + size > MOST_BYTES_IN_A_ROOM:
        raise RoomFull(
            "Berkas satu sesi bersama-sama paling besar 60 MB. Perkecil dulu, atau kirim tautannya."
        )


async def _let_go(db: Database, storage: Storage, attachment_id: UUID) -> None:
    try:
        await take_away(db, storage, attachment_id)
    except StorageDown:
        log.warning("files.left", attachment_id=str(attachment_id))  # for the sweep


def _keys(booking_id: UUID, attachment_id: UUID) -> tuple[str, str]:
    """Where a file and its small picture are stored."""
    key = f"rooms/{booking_id}/{attachment_id}"
    return key, f"{key}.small"


def _bytes_of(contents: Contents) -> tuple[bytes, MediaType]:
    if isinstance(contents, Document):
        return contents.data, PDF
    return contents.large.data, contents.large.media_type


def _size_of(picture: Picture | None) -> tuple[int, int] | tuple[None, None]:
    return (None, None) if picture is None else (picture.width, picture.height)
