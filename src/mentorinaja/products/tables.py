"""Products, purchases and downloads as Piccolo sees them."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class ProductFiles(Table, tablename="product_files"):
    """A stored file of an expert: what buyers get, or a thumbnail."""

    id = UUID(primary_key=True)
    expert_id = BigInt()
    kind = Text()
    name = Text()
    size_bytes = Integer()
    left_at = Timestamptz()


class Products(Table, tablename="products"):
    """Something an expert sells besides sessions: our own file or an address outside; `price` in whole rupiah."""

    id = BigSerial(primary_key=True)
    expert_id = BigInt()
    type = Text()
    name = Text()
    price = BigInt()
    description = Text()
    file_id = UUID(null=True, default=None)
    link = Text(null=True, default=None)
    thumbnail_id = UUID(null=True, default=None)
    active = Boolean()
    archived_at = Timestamptz(null=True, default=None)
    place = Integer()


class Purchases(Table, tablename="purchases"):
    """Beside each order of a product: whose it is, and how often it was fetched of how often it may be."""

    order_id = BigInt(primary_key=True)
    product_id = BigInt()
    user_id = BigInt()
    state = Text()
    cancelled = Boolean()
    downloads = Integer()
    allowed = Integer()
    first_downloaded_at = Timestamptz(null=True, default=None)


class Downloads(Table, tablename="downloads"):
    """A download that was counted, the first of a purchase with the number 1."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    at = Timestamptz()
    number = Integer()
