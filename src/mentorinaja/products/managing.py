"""An expert's products: offered, changed, ordered by hand, put away. What was ever ordered stays for those who bought it."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.experts.ordering import Way, moved
from mentorinaja.products import queries
from mentorinaja.products.refusals import ProductFull, Stale
from mentorinaja.products.rules import MOST_PRODUCTS, NewProduct


@atomic
async def add(tx: Connection, expert_id: int, product: NewProduct, file_id: UUID | None = None) -> int:
    """Offer a product, after those there are; answers its id. `file_id` is a stored file, unless it has a link.

    Raises `ProductFull`.
    """
    await tx.execute("SELECT FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    there: int = await tx.fetchval(
        "SELECT count(*) FROM products WHERE expert_id = $1 AND archived_at IS NULL", expert_id
    )
    if there >= MOST_PRODUCTS:
        raise ProductFull(f"Paling banyak {MOST_PRODUCTS} produk. Hapus dulu yang tidak lagi dijual.")
    product_id: int = await tx.fetchval(
        """INSERT INTO products (expert_id, type, name, price, description, link, file_id, active, place)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(place), 0) + 1 FROM products WHERE expert_id = $1
           RETURNING id""",
        expert_id,
        product.type,
        product.name,
        product.price,
        product.description,
        product.link,
        file_id,
        product.active,
    )
    return product_id


@atomic
async def change(
    tx: Connection,
    expert_id: int,
    product_id: int,
    product: NewProduct,
    file_id: UUID | None = None,
    version: int | None = None,
) -> None:
    """Write a product anew; what was ordered keeps its name and price.

    A link takes the place of the file, a new file that of the link or the old file; with neither the file stays.
    Raises `NotThere`, and `Stale` when `version` is not what there is (None: whatever there is).
    """
    there = await tx.fetchval(
        "SELECT version FROM products WHERE id = $2 AND expert_id = $1 AND archived_at IS NULL FOR NO KEY UPDATE",
        expert_id,
        product_id,
    )
    if there is None:
        raise NotThere
    if version not in (None, there):
        raise Stale("Produk ini sudah diubah di tempat lain. Bandingkan dulu, lalu simpan lagi bila perlu.")
    await tx.execute(
        """UPDATE products SET type = $2, name = $3, price = $4, description = $5, active = $6, link = $7,
             file_id = CASE WHEN $7::text IS NULL THEN coalesce($8::uuid, file_id) END, version = version + 1
           WHERE id = $1""",
        product_id,
        product.type,
        product.name,
        product.price,
        product.description,
        product.active,
        product.link,
        file_id,
    )


@atomic
async def set_active(tx: Connection, expert_id: int, product_id: int, active: bool) -> None:
    """Show a product, or hide it: then it cannot be bought; who has it keeps it. Raises `NotThere`."""
    changed = await tx.execute(
        """UPDATE products SET active = $3, version = version + CASE WHEN active = $3 THEN 0 ELSE 1 END
           WHERE id = $2 AND expert_id = $1 AND archived_at IS NULL""",
        expert_id,
        product_id,
        active,
    )
    if changed != "UPDATE 1":
        raise NotThere


@atomic
async def move(tx: Connection, expert_id: int, product_id: int, way: Way) -> bool:
    """Change places with the product before or after; False at either end. Raises `NotThere`."""
    rows = await tx.fetch(
        "SELECT id FROM products WHERE expert_id = $1 AND archived_at IS NULL ORDER BY id FOR NO KEY UPDATE",
        expert_id,
    )
    if product_id not in {row["id"] for row in rows}:
        raise NotThere
    ids = [product.id for product in await queries.products_of(tx, expert_id)]
    wanted = moved(ids, product_id, way)
    await tx.execute(
        """UPDATE products SET place = n FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (product_id, n)
           WHERE id = product_id AND place <> n""",
        wanted,
    )
    return wanted != ids


@atomic
async def set_thumbnail(tx: Connection, expert_id: int, product_id: int, file_id: UUID | None) -> None:
    """Show this stored picture with a product, or none. Raises `NotThere`."""
    changed = await tx.execute(
        "UPDATE products SET thumbnail_id = $3 WHERE id = $2 AND expert_id = $1 AND archived_at IS NULL",
        expert_id,
        product_id,
        file_id,
    )
    if changed != "UPDATE 1":
        raise NotThere


@atomic
async def put_away(tx: Connection, expert_id: int, product_id: int) -> None:
    """Take a product off for good: archived when it was ever ordered, else deleted. Twice is once."""
    # Whoever orders it meanwhile holds a lock on it that keeps it from going.
    found = await tx.fetchval(
        "SELECT true FROM products WHERE id = $2 AND expert_id = $1 FOR UPDATE", expert_id, product_id
    )
    if not found:
        return
    ordered = await tx.fetchval("SELECT EXISTS (SELECT FROM purchases WHERE product_id = $1)", product_id)
    if ordered:
        await tx.execute(
            "UPDATE products SET active = false, archived_at = coalesce(archived_at, app_now()) WHERE id = $1",
            product_id,
        )
    else:
        await tx.execute("DELETE FROM products WHERE id = $1", product_id)
