"""Writing products and purchases: what other features and pages call, each a transaction or a step of the caller's."""

from __future__ import annotations

from mentorinaja.products.buying import Bought, buy
from mentorinaja.products.delivering import count_download, deliver, give_up, may_resume
from mentorinaja.products.managing import add, change, move, put_away, set_active, set_thumbnail

__all__ = [
    "Bought",
    "add",
    "buy",
    "change",
    "count_download",
    "deliver",
    "give_up",
    "may_resume",
    "move",
    "put_away",
    "set_active",
    "set_thumbnail",
]
