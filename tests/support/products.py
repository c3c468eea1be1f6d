"""Products of a seller, and purchases of them, made through the product's actions."""

from typing import Any
from uuid import UUID

from mentorinaja.db.pool import Database
from mentorinaja.products import actions, files
from mentorinaja.products.rules import NewProduct
from mentorinaja.storage import Storage
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import Seller
from tests.support.payments import pay

LINK = "https://drive.example.com/berkas-rahasia"


async def make_product(
    db: Database,
    seller: Seller,
    name: str = "PM Interview Guide",
    *,
    file_id: UUID | None = None,
    **changes: Any,
) -> int:
    """A product at Rp 150.000 behind a link, or with a stored file; answers its id."""
    values: dict[str, Any] = {
        "type": "ebook",
        "name": name,
        "price": 150_000,
        "link": None if file_id else LINK,
    }
    return await actions.add(db, seller.id, NewProduct(**(values | changes)), file_id)


async def store_file(db: Database, storage: Storage, seller: Seller, data: bytes, kind: str = "pdf") -> UUID:
    """A stored file of the seller's."""
    return await files.store(db, storage, seller.id, kind, f"panduan.{kind}", data)


async def purchase(db: Database, user: Viewer, product_id: int, **said: Any) -> str:
    """Buy and pay a product as Midtrans's word does; answers the order's public id."""
    public_id = (await actions.buy(db, user, product_id)).public_id
    await pay(db, public_id, **said)
    return public_id
