"""Reading products: what is on sale, what an expert has, what somebody bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mentorinaja.bookings.queries import OrderDetail, owned_by
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import DomainError
from mentorinaja.experts.rules import PRODUCT_TYPES
from mentorinaja.products.refusals import ProductGone, SellerPauses
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Product:
    """A product as its expert sees it; `price` in whole rupiah, `sold` counts those who have it.

    `ordered`: somebody ever ordered it. Every change makes another `version`.
    """

    id: int
    expert_id: int
    type: str
    name: str
    price: int
    description: str
    link: str | None
    file_id: UUID | None
    file_name: str | None
    file_bytes: int | None
    thumbnail_id: UUID | None
    active: bool
    version: int
    sold: int
    ordered: bool

    @property
    def type_name(self) -> str:
        """Its type as people read it."""
        return PRODUCT_TYPES[self.type][0]

    @property
    def icon(self) -> str:
        """The icon of its type."""
        return PRODUCT_TYPES[self.type][1]


@dataclass(frozen=True, slots=True)
class Offer:
    """A product on sale, as somebody sees it who is about to buy it; `price` in whole rupiah."""

    id: int
    expert_id: int
    expert_user_id: int
    expert_name: str
    expert_photo: UUID | None
    expert_slug: str
    type: str
    name: str
    price: int
    description: str

    @property
    def full_name(self) -> str:
        """`eBook: PM Interview Guide`."""
        return f"{PRODUCT_TYPES[self.type][0]}: {self.name}"

    @property
    def icon(self) -> str:
        """The icon of its type."""
        return PRODUCT_TYPES[self.type][1]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a buyer is to get: our own file, or an address outside."""

    order_id: int
    public_id: str
    file_id: UUID | None
    file_name: str | None
    kind: str | None
    link: str | None


@dataclass(frozen=True, slots=True)
class Shelved:
    """A product in its buyer's library: the order that bought it, and what it looks like today."""

    order: OrderDetail
    description: str
    outside: bool
    file_name: str | None
    file_bytes: int | None
    thumbnail_id: UUID | None
    last_at: datetime | None


_PRODUCTS = """
    SELECT p.id, p.expert_id, p.type, p.name, p.price, p.description, p.link, p.file_id, f.name AS file_name,
      f.size_bytes AS file_bytes, p.thumbnail_id, p.active, p.version,
      (SELECT count(*) FROM purchases b WHERE b.product_id = p.id AND b.state = 'owned') AS sold,
      EXISTS (SELECT FROM purchases b WHERE b.product_id = p.id) AS ordered
    FROM products p LEFT JOIN product_files f ON f.id = p.file_id
    WHERE p.expert_id = $1 AND p.archived_at IS NULL
"""


async def products_of(db: Connection | Database, expert_id: int) -> list[Product]:
    """All of an expert's products, on sale or not, in the expert's order."""
    return [Product(**row) for row in await db.fetch(f"{_PRODUCTS} ORDER BY p.place, p.id", expert_id)]


async def product_of(db: Connection | Database, expert_id: int, product_id: int) -> Product | None:
    """One of an expert's products, or None."""
    row = await db.fetchrow(f"{_PRODUCTS} AND p.id = $2", expert_id, product_id)
    return Product(**row) if row else None


async def offer(db: Connection | Database, product_id: int) -> Offer | None:
    """A product that everybody can buy now, or None."""
    row = await db.fetchrow(
        """SELECT p.id, p.expert_id, e.user_id AS expert_user_id, e.display_name AS expert_name,
             e.photo_id AS expert_photo, e.slug AS expert_slug, p.type, p.name, p.price, p.description
           FROM products p JOIN experts e ON e.id = p.expert_id JOIN users u ON u.id = e.user_id
           WHERE p.id = $1 AND p.active AND p.archived_at IS NULL AND e.status = 'published'
             AND u.suspended_at IS NULL""",
        product_id,
    )
    return Offer(**row) if row else None


async def why_not_on_sale(db: Connection | Database, product_id: int) -> DomainError | None:
    """Why a product that is not on sale is not: its expert pauses, or took it off; None where nobody is to know of it."""
    row = await db.fetchrow(
        """SELECT e.slug, e.display_name, e.status = 'paused' AND p.active AND p.archived_at IS NULL AS paused
           FROM products p JOIN experts e ON e.id = p.expert_id
           WHERE p.id = $1 AND e.status IN ('published', 'paused')""",
        product_id,
    )
    if row is None:
        return None
    return (
        SellerPauses.of(row["display_name"]) if row["paused"] else ProductGone.from_the_shelf_of(row["slug"])
    )


async def live_purchase(db: Connection | Database, user_id: int, product_id: int) -> tuple[str, str] | None:
    """(order's public id, state) of the purchase that is the user's, or waits to be paid in time; else None."""
    row = await db.fetchrow(
        """SELECT o.public_id, b.state FROM purchases b JOIN orders o ON o.id = b.order_id
           WHERE b.user_id = $1 AND b.product_id = $2
             AND (b.state = 'owned' OR (b.state = 'waiting' AND o.pay_deadline > app_now()))""",
        user_id,
        product_id,
    )
    return (row["public_id"], row["state"]) if row else None


async def library_of(db: Connection | Database, user: Viewer) -> list[Shelved]:
    """What somebody bought and has, the newest first."""
    orders = await owned_by(db, user.id)
    rows = await db.fetch(
        """SELECT b.order_id, p.description, p.link IS NOT NULL AS outside, f.name AS file_name,
             f.size_bytes AS file_bytes, p.thumbnail_id,
             (SELECT max(at) FROM downloads d WHERE d.order_id = b.order_id) AS last_at
           FROM purchases b JOIN products p ON p.id = b.product_id LEFT JOIN product_files f ON f.id = p.file_id
           WHERE b.order_id = ANY ($1)""",
        [order.id for order in orders],
    )
    told = {row["order_id"]: {k: v for k, v in row.items() if k != "order_id"} for row in rows}
    return [Shelved(order, **told[order.id]) for order in orders]


async def delivery_for(db: Connection | Database, user: Viewer, public_id: str) -> Delivery | None:
    """What an order's buyer gets, whether or not it may be fetched now; None for anybody else."""
    row = await db.fetchrow(
        """SELECT o.id AS order_id, o.public_id, p.file_id, f.name AS file_name, f.kind, p.link
           FROM purchases b JOIN orders o ON o.id = b.order_id JOIN products p ON p.id = b.product_id
             LEFT JOIN product_files f ON f.id = p.file_id
           WHERE o.public_id = $1 AND o.user_id = $2""",
        public_id,
        user.id,
    )
    return Delivery(**row) if row else None


async def is_thumbnail(db: Connection | Database, file_id: UUID) -> bool:
    """Whether a product that was not put away has this picture."""
    found: bool = await db.fetchval("SELECT EXISTS (SELECT FROM products WHERE thumbnail_id = $1)", file_id)
    return found
