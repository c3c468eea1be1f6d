"""An expert's photo: drawn anew in three sizes, stored, shown; and taken away when no expert shows it.

The row comes first, then the files, then the expert shows it. Whatever ends in between leaves a photo that nobody
shows, and the sweep takes away such a one together with what is stored of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from mentorinaja.contents.checking import portrait
from mentorinaja.contents.kinds import Picture, Reason, Unacceptable
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere, Unavailable
from mentorinaja.storage import Reading, Storage, StorageDown
from mentorinaja.web.limits import limit
from mentorinaja.web.parts import SentFile

log = structlog.get_logger(__name__)

# In pixels: a name beside a line, a card, an expert's own page; twice what is shown, for dense screens.
SIDES = (64, 160, 480)
MEDIA_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
# As the addresses end, in the order in which the pictures are drawn.
NAMES = [f"{side}.{ending}" for side in SIDES for ending in MEDIA_TYPES]
MOST_BYTES = 10 * 1024 * 1024
# Each costs a process of its own.
_MOST_IN_TEN_MINUTES = 20
# Far longer than saving takes: what no expert shows by then is not needed.
_UNUSED_FOR = timedelta(hours=1)
_AT_ONCE = 500

_KINDS = "Berkas ini bukan foto JPEG, PNG, atau WebP. Pilih foto lain."
_WHY: dict[Reason, str] = {
    "broken": "Foto ini rusak atau tidak lengkap. Buka dulu di perangkat Anda, simpan ulang, lalu unggah lagi.",
    "pixels": "Foto ini terlalu besar: paling banyak 32 megapiksel, JPEG 64. Perkecil dulu, lalu unggah lagi.",
    "heavy": "Foto ini terlalu rumit untuk dibaca. Simpan sebagai JPEG, lalu unggah lagi.",
    "small": "Foto ini terlalu kecil. Pilih foto dengan lebar dan tinggi paling sedikit 160 piksel.",
    "animated": "Gambar bergerak tidak dapat menjadi foto profil. Pilih foto JPEG, PNG, atau WebP biasa.",
    "heic": "Foto HEIC belum dapat kami baca. Simpan sebagai JPEG, lalu unggah lagi. Di iPhone: Pengaturan, Kamera, "
    "Format, lalu “Paling Kompatibel”.",
}


class BadPhoto(DomainError):
    """The file cannot be an expert's photo; `text` says why and what can."""

    status = 422
    title = "Foto belum tersimpan"


class LargePhoto(BadPhoto):
    """More bytes than a photo may have."""

    status = 413


@dataclass
class PhotoUnkept(Unavailable):
    """Nothing is wrong with the photo: it can be sent again as it is."""

    text: str = "Foto belum bisa disimpan. Tidak ada yang hilang: coba unggah lagi sebentar lagi."

    title = "Foto belum tersimpan"


async def change_photo(
    db: Database, storage: Storage, expert_id: int, person: int, file: SentFile | None
) -> None:
    """Show the square in the middle of a sent photo with the expert; `person` is the user who sent it.

    Raises `BadPhoto`, `PhotoUnkept`, and `TooMany` when it is the twentieth in ten minutes; then the old one stays.
    """
    if file is None:
        raise BadPhoto("Pilih fotonya dulu.")
    if file.too_large:
        raise LargePhoto("Foto paling besar 10 MB. Perkecil dulu, lalu unggah lagi.")
    if not file.size:
        raise BadPhoto("Berkas ini kosong. Pilih foto lain.")
    await limit(db, "photo", str(person), most=_MOST_IN_TEN_MINUTES, seconds=600)
    try:
        pictures = await portrait(file.content, sides=SIDES, person=person)
    except Unacceptable as refusal:
        if refusal.reason == "busy":
            raise PhotoUnkept from refusal
        raise BadPhoto(_WHY.get(refusal.reason, _KINDS)) from refusal
    await show_photo(db, storage, expert_id, pictures)


async def show_photo(db: Database, storage: Storage, expert_id: int, pictures: Sequence[Picture]) -> UUID:
    """Store a photo as it was drawn (`contents.checking.portrait` for `SIDES`) and show it; answers its id.

    Raises `PhotoUnkept`; then the old one stays.
    """
    photo_id: UUID = await db.fetchval(
        "INSERT INTO expert_photos (expert_id) VALUES ($1) RETURNING id", expert_id
    )
    try:
        for name, drawn in zip(NAMES, pictures, strict=True):
            await storage.put(_key(photo_id, name), drawn.data)
    except StorageDown as problem:
        raise PhotoUnkept from problem
    await _let_go(db, storage, await _set(db, expert_id, photo_id))
    return photo_id


async def remove_photo(db: Database, storage: Storage, expert_id: int) -> None:
    """Show the expert's initials again, and keep nothing of the photo. Twice is once."""
    await _let_go(db, storage, await _set(db, expert_id, None))


async def read_photo(db: Database, storage: Storage, photo_id: UUID, name: str) -> Reading | None:
    """One of the `NAMES` of a photo that an expert shows, or None. Raises `StorageDown`."""
    if name not in NAMES or not await db.fetchval("SELECT true FROM experts WHERE photo_id = $1", photo_id):
        return None
    return await storage.read(_key(photo_id, name))


async def unused_photos(db: Database) -> list[UUID]:
    """Photos that no expert shows, some time after they came."""
    rows = await db.fetch(
        """SELECT p.id FROM expert_photos p
           WHERE p.created_at < app_now() - $1::interval
             AND NOT EXISTS (SELECT FROM experts e WHERE e.photo_id = p.id)
           ORDER BY p.created_at LIMIT $2""",
        _UNUSED_FOR,
        _AT_ONCE,
    )
    return [row["id"] for row in rows]


@atomic
async def take_photo_away(tx: Connection, storage: Storage, photo_id: UUID) -> None:
    """Remove a photo that no expert shows, then its row. Raises `StorageDown`; then all stays.

    The row is locked first: no expert can come to show the photo while it goes.
    """
    locked = await tx.fetchval(
        "SELECT true FROM expert_photos WHERE id = $1 FOR UPDATE SKIP LOCKED", photo_id
    )
    if not locked or await tx.fetchval("SELECT EXISTS (SELECT FROM experts WHERE photo_id = $1)", photo_id):
        return
    await storage.remove(*(_key(photo_id, name) for name in NAMES))
    await tx.execute("DELETE FROM expert_photos WHERE id = $1", photo_id)


@atomic
async def _set(tx: Connection, expert_id: int, photo_id: UUID | None) -> UUID | None:
    """The expert shows this photo from now on; answers the one shown before. Raises `NotThere`."""
    row = await tx.fetchrow("SELECT photo_id FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    if row is None:
        raise NotThere
    await tx.execute("UPDATE experts SET photo_id = $2 WHERE id = $1", expert_id, photo_id)
    before: UUID | None = row["photo_id"]
    return before


async def _let_go(db: Database, storage: Storage, photo_id: UUID | None) -> None:
    if photo_id is None:
        return
    try:
        await take_photo_away(db, storage, photo_id)
    except StorageDown:
        log.warning("photos.left", photo_id=str(photo_id))  # for the sweep


def _key(photo_id: UUID, name: str) -> str:
    return f"photos/{photo_id}/{name}"
