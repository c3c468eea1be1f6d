"""What an order of a product bought, as both sides' lists and pages show it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mentorinaja.experts.rules import PRODUCT_TYPES

PurchaseState = Literal["waiting", "owned", "ended"]


@dataclass(frozen=True, slots=True)
class Purchase:
    """The product and what its buyer did with it.

    `downloads` of `allowed` were counted, the first one at `first_at`; `cancelled`: the buyer took the money back
    before that; `back_bps`: the share of the total (basis points) that goes back until then.
    """

    product_id: int
    type: str
    state: PurchaseState
    cancelled: bool
    downloads: int
    allowed: int
    first_at: datetime | None
    back_bps: int

    @property
    def type_name(self) -> str:
        """Its type as people read it."""
        return PRODUCT_TYPES[self.type][0]

    @property
    def icon(self) -> str:
        """The icon of its type."""
        return PRODUCT_TYPES[self.type][1]

    @property
    def left(self) -> int:
        """How many downloads are left."""
        return max(0, self.allowed - self.downloads)

    @property
    def can_be_returned(self) -> bool:
        """Whether the buyer may still have money back: nothing was downloaded."""
        return self.state == "owned" and self.first_at is None and self.back_bps > 0


def purchase_from(row: Mapping[str, Any] | None) -> Purchase | None:
    """A purchase as the database tells it in JSON; None for what is no product's order."""
    if row is None:
        return None
    first = row["first_at"]
    return Purchase(**dict(row) | {"first_at": datetime.fromisoformat(first) if first else None})
