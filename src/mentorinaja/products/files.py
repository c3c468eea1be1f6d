"""Files of products: looked at, written down, stored; and taken away when no product has them.

The row comes first, then the file, then the product. Whatever ends in between leaves a row without a product, and
the sweep takes away such a row together with what is stored of it; also what a newer file took the place of.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from mentorinaja.contents.checking import checked
from mentorinaja.contents.kinds import EPUB, PDF, ZIP, Document, Reason, Unacceptable
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.products.refusals import BadFile, FileUnkept, LargeFile
from mentorinaja.products.rules import THUMBNAIL_SIDE
from mentorinaja.storage import Reading, Storage, StorageDown
from mentorinaja.web.file_names import kept_name
from mentorinaja.web.parts import SentFile

log = structlog.get_logger(__name__)

_KINDS = {PDF: "pdf", EPUB: "epub", ZIP: "zip"}
MEDIA_TYPES = {kind: media_type for media_type, kind in _KINDS.items()}
THUMBNAIL = "thumbnail"
# Far longer than saving takes, or fetching what was just replaced: whatever no product has by then is not needed.
_UNUSED_FOR = timedelta(days=1)
_AT_ONCE = 500

_WHY: dict[Reason, str] = {
    "unknown": "Berkas ini bukan PDF, EPUB, atau ZIP. Pilih berkas lain.",
    "broken": "Berkas ini rusak atau tidak lengkap. Buka dulu di perangkat Anda, simpan ulang, lalu unggah lagi.",
    "locked": "Berkas ini dikunci dengan kata sandi. Simpan salinan tanpa kata sandi, lalu unggah lagi.",
    "active": "Berkas ini berisi program atau nama berkas yang berbahaya. Hapus bagian itu, lalu unggah lagi.",
    "heavy": "Isi berkas ini terlalu banyak untuk diperiksa. Pecah menjadi beberapa produk.",
}
_WHY_NO_PICTURE: dict[Reason, str] = {
    "pixels": "Gambar ini terlalu besar, paling banyak 32 megapiksel. Perkecil dulu, lalu unggah lagi.",
    "bytes": "Gambar ini terlalu besar. Simpan sebagai JPEG, lalu unggah lagi.",
    "broken": "Gambar ini rusak atau tidak lengkap. Pilih gambar lain.",
}
_NO_PICTURE = "Berkas ini bukan PNG, JPEG, atau WebP. Pilih gambar lain."
_AGAIN = "Tidak ada yang hilang: coba simpan lagi sebentar lagi."


async def keep_goods(db: Database, storage: Storage, expert_id: int, person: int, file: SentFile) -> UUID:
    """Store what buyers are to get; answers the file's id. Raises `BadFile` or `FileUnkept`; then nothing is kept."""
    _check_size(file, "Berkas paling besar 50 MB. Perkecil dulu, atau jual lewat tautan.")
    try:
        contents = await checked(file.content, small=THUMBNAIL_SIDE, person=person, archives=True)
    except Unacceptable as refusal:
        if refusal.reason == "busy":
            raise FileUnkept(_AGAIN) from refusal
        raise BadFile(_WHY.get(refusal.reason, _WHY["unknown"])) from refusal
    if not isinstance(contents, Document):
        raise BadFile(_WHY["unknown"])
    name = kept_name(file.name, contents.media_type)
    return await store(db, storage, expert_id, _KINDS[contents.media_type], name, contents.data)


async def keep_thumbnail(db: Database, storage: Storage, expert_id: int, person: int, file: SentFile) -> UUID:
    """Store a picture, drawn anew and small; answers the file's id. Raises as `keep_goods`."""
    _check_size(file, "Gambar paling besar 5 MB. Perkecil dulu, lalu unggah lagi.")
    try:
        contents = await checked(file.content, small=THUMBNAIL_SIDE, person=person)
    except Unacceptable as refusal:
        if refusal.reason == "busy":
            raise FileUnkept(_AGAIN) from refusal
        raise BadFile(_WHY_NO_PICTURE.get(refusal.reason, _NO_PICTURE)) from refusal
    if isinstance(contents, Document):
        raise BadFile(_NO_PICTURE)
    return await store(db, storage, expert_id, THUMBNAIL, "gambar.webp", contents.small.data)


async def store(db: Database, storage: Storage, expert_id: int, kind: str, name: str, data: bytes) -> UUID:
    """Write down and store bytes that were looked at; answers the file's id. Raises `FileUnkept`."""
    file_id: UUID = await db.fetchval(
        "INSERT INTO product_files (expert_id, kind, name, size_bytes) VALUES ($1, $2, $3, $4) RETURNING id",
        expert_id,
        kind,
        name,
        len(data),
    )
    try:
        await storage.put(_key(file_id), data)
    except StorageDown as problem:
        raise FileUnkept(_AGAIN) from problem
    return file_id


async def read(storage: Storage, file_id: UUID, start: int = 0) -> Reading | None:
    """What is stored of a file, from the byte `start` on, or None when nothing is. Raises `StorageDown`."""
    return await storage.read(_key(file_id), start)


async def unused(db: Database) -> list[UUID]:
    """Files that no product has, some time after they came or were replaced."""
    rows = await db.fetch(
        """SELECT f.id FROM product_files f
           WHERE f.left_at < app_now() - $1::interval
             AND NOT EXISTS (SELECT FROM products p WHERE f.id IN (p.file_id, p.thumbnail_id))
           ORDER BY f.left_at LIMIT $2""",
        _UNUSED_FOR,
        _AT_ONCE,
    )
    return [row["id"] for row in rows]


@atomic
async def take_away(tx: Connection, storage: Storage, file_id: UUID) -> None:
    """Remove a file that no product has, then its row. Raises `StorageDown`; then all stays.

    The row is locked first: no product can take the file while it goes.
    """
    locked = await tx.fetchval("SELECT true FROM product_files WHERE id = $1 FOR UPDATE SKIP LOCKED", file_id)
    if not locked or await tx.fetchval(
        "SELECT EXISTS (SELECT FROM products WHERE $1 IN (file_id, thumbnail_id))", file_id
    ):
        return
    await storage.remove(_key(file_id))
    await tx.execute("DELETE FROM product_files WHERE id = $1", file_id)


def _check_size(file: SentFile, too_large: str) -> None:
    if file.too_large:
        raise LargeFile(too_large)
    if not file.size:
        raise BadFile("Berkas ini kosong. Pilih berkas lain.")


def _key(file_id: UUID) -> str:
    return f"products/{file_id}"
