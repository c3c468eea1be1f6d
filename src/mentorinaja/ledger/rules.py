"""How money is split into entries: pure, whole rupiah, debit positive and credit negative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mentorinaja.money import share

Entries = dict[str, int]  # account kind → amount; an expert's accounts are those of the order's expert
_FEES = ("admin_fee", "platform_fee")


@dataclass(frozen=True, slots=True)
class Sale:
    """The amounts copied onto an order. `platform_fee` is all that the platform keeps, `admin_fee` in it."""

    total: int
    admin_fee: int
    platform_fee: int
    platform_fee_bps: int


def payment(sale: Sale) -> Entries:
    """A payment came: who it belongs to. The sum is zero."""
    return {"gateway": sale.total} | _negative(earned(sale, sale.total))


def money_to_return(amount: int) -> Entries:
    """Money came that nobody earns: late, twice, or not the amount asked for."""
    return {"gateway": amount, "refund_due": -amount}


def reversal(booked: Mapping[str, int]) -> Entries:
    """Take back all that is booked of a transaction."""
    return _negative({kind: amount for kind, amount in booked.items() if amount})


def give_back(sale: Sale, booked: Mapping[str, int], amount: int) -> Entries:
    """`amount` rupiah of a transaction left the gateway: what was due to go back first, then what was earned.

    What stays of a sale is split as the sale itself would be. Raises ValueError for more than is there.
    """
    if not 0 < amount <= booked.get("gateway", 0):
        raise ValueError(f"{amount} of {booked.get('gateway', 0)} cannot go back")
    due = min(amount, -booked.get("refund_due", 0))
    entries = {"gateway": -amount, "refund_due": due}
    if amount > due:
        entries |= _unearned(sale, booked, amount - due)
    return {kind: value for kind, value in entries.items() if value}


def owe_back(sale: Sale, booked: Mapping[str, int], amount: int) -> Entries:
    """`amount` rupiah of a sale are to go back: whoever had earned them has them no longer.

    What stays is split as in `give_back`. Raises ValueError for more than `owable`.
    """
    if not 0 < amount <= owable(booked):
        raise ValueError(f"{amount} of {owable(booked)} cannot be owed back")
    entries = _unearned(sale, booked, amount) | {"refund_due": -amount}
    return {kind: value for kind, value in entries.items() if value}


def owable(booked: Mapping[str, int]) -> int:
    """How much of a transaction can still be promised back: what the gateway holds and nobody is owed already."""
    return max(0, booked.get("gateway", 0) + booked.get("refund_due", 0))


def release(booked: Mapping[str, int]) -> Entries:
    """What the expert earned with a transaction may be asked for from now on; empty when nothing is held."""
    held = -booked.get("expert_held", 0)
    return {"expert_held": held, "expert_available": -held} if held else {}


def reserve(amount: int) -> Entries:
    """An expert asked for `amount` rupiah to be paid out: nobody can ask for them again."""
    return {"expert_available": amount, "expert_withdrawing": -amount}


def pay_out(amount: int) -> Entries:
    """The bank has `amount` rupiah that were reserved."""
    return {"expert_withdrawing": amount, "expert_withdrawn": -amount}


def take_in(amount: int, owed: int, *, paid: bool) -> Entries:
    """`amount` rupiah are not paid out, or came back after they were (`paid`): they are the expert's again.

    What the expert owes the platform, `owed` rupiah, is taken from them first.
    """
    settled = min(amount, owed)
    back = {"expert_owed": -settled, "expert_available": settled - amount}
    taken = {"expert_withdrawn" if paid else "expert_withdrawing": amount}
    return taken | {kind: value for kind, value in back.items() if value}


def earned(sale: Sale, kept: int) -> Entries:
    """Who gets how much of `kept` rupiah; the sale's whole total gives the order's own amounts."""
    if kept == sale.total:
        platform, admin = sale.platform_fee, sale.admin_fee
    else:
        platform = share(kept, sale.platform_fee_bps)
        admin = sale.admin_fee * kept // sale.total
    admin = min(admin, platform)
    return {"expert_held": kept - platform, "admin_fee": admin, "platform_fee": platform - admin}


def _unearned(sale: Sale, booked: Mapping[str, int], amount: int) -> Entries:
    """Take `amount` from those who earned it, so that what stays is split as the sale itself would be."""
    expert = "expert_available" if booked.get("expert_available") else "expert_held"
    had = {kind: -booked.get(kind, 0) for kind in (expert, *_FEES)}
    stays = earned(sale, sum(had.values()) - amount)
    stays[expert] = stays.pop("expert_held")
    return {kind: had[kind] - stays[kind] for kind in had}


def _negative(entries: Mapping[str, int]) -> Entries:
    return {kind: -amount for kind, amount in entries.items() if amount}
