"""What Snap is asked for: the methods that are offered, and the parameters of a page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mentorinaja.formats import WIB


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to pay at Midtrans; limits in whole rupiah, both included."""

    name: str
    least: int = 1
    most: int = 999_999_999
    reversible: bool = False


# Names and limits as Midtrans documents them, by the method a person picks with us.
CHANNELS: dict[str, tuple[Channel, ...]] = {
    "card": (Channel("credit_card", 10_000),),
    "bank_transfer": (
        Channel("bca_va", 10_000),
        Channel("bni_va"),
        Channel("bri_va"),
        Channel("cimb_va"),
        Channel("permata_va", reversible=True),
        Channel("echannel", reversible=True),
    ),
    "ewallet": (
        Channel("gopay", most=20_000_000),
        Channel("shopeepay", most=20_000_000),
        Channel("ovo", most=20_000_000),
        Channel("dana", most=20_000_000),
    ),
    "qris": (Channel("other_qris", most=10_000_000),),
    "cstore": (
        Channel("indomaret", 10_000, 5_000_000, reversible=True),
        Channel("alfamart", 1, 2_500_000),
    ),
}
_NAME = 50
_BCA_NAME = 30


@dataclass(frozen=True, slots=True)
class Payable:
    """An order as Snap is told of it; amounts in whole rupiah."""

    gateway_order_id: str
    item_id: str
    item_name: str
    subtotal: int
    admin_fee: int
    total: int
    payer_name: str
    email: str
    phone: str
    deadline: datetime


def enabled_payments(method: str | None, total: int, *, at_once: bool) -> list[str]:
    """What Snap offers for `method` (None: every one) and this total.

    For what begins at the payment nothing that the bank may still take back.
    """
    channels = CHANNELS[method] if method else [channel for group in CHANNELS.values() for channel in group]
    return [
        channel.name
        for channel in channels
        if channel.least <= total <= channel.most and not (at_once and channel.reversible)
    ]


def page_parameters(order: Payable, enabled: list[str], finish_url: str, now: datetime) -> dict[str, Any]:
    """The body of "create a Snap transaction". The page and every payment on it end at the order's deadline."""
    minutes = -(-int((order.deadline - now).total_seconds()) // 60)
    start = order.deadline - timedelta(minutes=minutes)
    items = [_item(order.item_id, order.item_name, order.subtotal)]
    if order.admin_fee:
        items.append(_item("fee-admin", "Biaya admin", order.admin_fee))
    return {
        "transaction_details": {"order_id": order.gateway_order_id, "gross_amount": order.total},
        "item_details": items,
        "customer_details": _customer(order),
        "enabled_payments": enabled,
        "credit_card": {"secure": True},
        "callbacks": {"finish": finish_url, "error": finish_url},
        # Without a start the time would run from when a method is picked.
        "expiry": {"start_time": _moment(start), "unit": "minutes", "duration": minutes},
        "page_expiry": {"unit": "minutes", "duration": max(1, minutes - 1)},
    }


def _item(id_: str, name: str, price: int) -> dict[str, Any]:
    # Alfamart refuses a vertical bar.
    clean = " ".join(name.replace("|", "/").split())[:_NAME].strip()
    return {"id": id_, "name": clean, "price": price, "quantity": 1}


def _customer(order: Payable) -> dict[str, str]:
    first, _, last = " ".join(order.payer_name.split()).partition(" ")
    customer = {"first_name": first[:_BCA_NAME], "last_name": last[:_BCA_NAME].strip(), "email": order.email}
    if order.phone.startswith("+62"):  # BNI refuses others
        customer["phone"] = order.phone
    return {name: value for name, value in customer.items() if value}


def _moment(at: datetime) -> str:
    return at.astimezone(ZoneInfo(WIB)).strftime("%Y-%m-%d %H:%M:%S %z")
