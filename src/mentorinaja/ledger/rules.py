"""How money is split into entries: pure, whole rupiah, debit positive and credit negative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mentorinaja.money import share, tax_within

Entries = dict[str, int]  # account kind → amount; an expert's accounts are those of the order's expert
_PLATFORM = ("admin_fee", "platform_fee", "tax")
_EXPERT = ("expert_held", "expert_available", "expert_owed")


@dataclass(frozen=True, slots=True)
class Sale:
    """The amounts copied onto an order. `platform_fee` is all that the platform keeps, `admin_fee` in it.

    Of what the platform keeps, so much is tax as `tax_bps` says.
    """

    total: int
    admin_fee: int
    platform_fee: int
    platform_fee_bps: int
    tax_bps: int


def payment(sale: Sale) -> Entries:
    """A payment came: who it belongs to. The sum is zero."""
    return {"gateway": sale.total} | _negative(earned(sale, sale.total))


def money_to_return(amount: int) -> Entries:
    """Money came that nobody earns: late, twice, or not the amount asked for."""
    return {"gateway": amount, "refund_due": -amount}


def reversal(booked: Mapping[str, int], available: int) -> Entries:
    """Take back all that is booked of a transaction; `available` as in `give_back`.

    What we had transferred to the payer by hand is not with us any more: our loss.
    """
    others = {kind: -amount for kind, amount in booked.items() if kind not in (*_EXPERT, "refunded")}
    lost = {"platform_fee": others.get("platform_fee", 0) - booked.get("refunded", 0)}
    return _moved(others | lost | _from_expert(booked, _had(booked), available))


def give_back(sale: Sale, booked: Mapping[str, int], amount: int, available: int) -> Entries:
    """`amount` rupiah of a transaction left the gateway: what was due to go back first, then what was earned.

    What stays of a sale is split as the sale itself would be. `available` is what the expert has to ask for, of
    all sales: what is not there any more is owed. What we had transferred to the payer by hand before goes
    back a second time then: our loss. Raises ValueError for more than is there.
    """
    if not 0 < amount <= booked.get("gateway", 0):
        raise ValueError(f"{amount} of {booked.get('gateway', 0)} cannot go back")
    due = min(amount, -booked.get("refund_due", 0))
    entries = {"gateway": -amount, "refund_due": due}
    unearned = min(amount - due, _had(booked) - sum(booked.get(kind, 0) for kind in _PLATFORM))
    if unearned > 0:
        entries |= _unearned(sale, booked, unearned, available)
    entries["platform_fee"] = entries.get("platform_fee", 0) + amount - due - max(unearned, 0)
    return _moved(entries)


def owe_back(sale: Sale, booked: Mapping[str, int], amount: int, available: int) -> Entries:
    """`amount` rupiah of a sale are to go back: whoever had earned them has them no longer.

    What stays is split as in `give_back`, `available` is the same. Raises ValueError for more than `owable`.
    """
    if not 0 < amount <= owable(booked):
        raise ValueError(f"{amount} of {owable(booked)} cannot be owed back")
    return _moved(_unearned(sale, booked, amount, available) | {"refund_due": -amount})


def owable(booked: Mapping[str, int]) -> int:
    """How much of a transaction can still be promised back: what came and nobody was paid back or is owed already."""
    return max(0, sum(booked.get(kind, 0) for kind in ("gateway", "refund_due", "refunded")))


def keep(sale: Sale, booked: Mapping[str, int], amount: int, owed: int, *, released: bool) -> Entries:
    """`amount` rupiah of a sale that were to go back do not: they are those's who had earned them.

    `released`: what the expert earned with it may be asked for already; `owed` as in `release`. Raises
    ValueError for more than is due.
    """
    if not 0 < amount <= -booked.get("refund_due", 0):
        raise ValueError(f"{amount} of {-booked.get('refund_due', 0)} cannot be kept")
    had = {kind: -booked.get(kind, 0) for kind in _PLATFORM}
    stays = earned(sale, _had(booked) + sum(had.values()) + amount)
    gained = stays["expert_held"] - _had(booked)
    expert = _to_expert(gained, owed) if released else {"expert_held": -gained}
    return _moved({"refund_due": amount} | expert | {kind: had[kind] - stays[kind] for kind in had})


def transfer(amount: int) -> Entries:
    """`amount` rupiah that were due went to the payer's bank account, out of ours: the gateway holds as much as before."""
    return {"refund_due": amount, "refunded": -amount}


def bounce(booked: Mapping[str, int], amount: int) -> Entries:
    """`amount` rupiah of a transaction that we had transferred to its payer came back: they are due again.

    Only what the payer has not got from the bank since: that had been our loss, and is none any more.
    """
    lost = max(0, -booked.get("gateway", 0) - booked.get("refunded", 0))
    regained = min(amount, lost)
    return _moved({"refunded": amount, "refund_due": regained - amount, "platform_fee": -regained})


def release(booked: Mapping[str, int], owed: int) -> Entries:
    """What the expert earned with a transaction may be asked for from now on; empty when nothing is held.

    What the expert owes the platform, `owed` rupiah, is taken from it first.
    """
    held = -booked.get("expert_held", 0)
    return _moved({"expert_held": held} | _to_expert(held, owed))


def reserve(amount: int) -> Entries:
    """An expert asked for `amount` rupiah to be paid out: nobody can ask for them again."""
    return {"expert_available": amount, "expert_withdrawing": -amount}


def pay_out(amount: int) -> Entries:
    """The bank has `amount` rupiah that were reserved."""
    return {"expert_withdrawing": amount, "expert_withdrawn": -amount}


def unsend(amount: int) -> Entries:
    """`amount` rupiah that were booked as paid out had not been sent: they are reserved as before."""
    return {"expert_withdrawn": amount, "expert_withdrawing": -amount}


def take_in(amount: int, owed: int, *, paid: bool) -> Entries:
    """`amount` rupiah are not paid out, or came back after they were (`paid`): they are the expert's again.

    What the expert owes the platform, `owed` rupiah, is taken from them first.
    """
    return _moved({"expert_withdrawn" if paid else "expert_withdrawing": amount} | _to_expert(amount, owed))


def earned(sale: Sale, kept: int) -> Entries:
    """Who gets how much of `kept` rupiah; the sale's whole total gives the order's own amounts."""
    if kept == sale.total:
        platform, admin = sale.platform_fee, sale.admin_fee
    else:
        platform = share(kept, sale.platform_fee_bps)
        admin = sale.admin_fee * kept // sale.total
    admin = min(admin, platform)
    tax, of_admin = tax_within(platform, sale.tax_bps), tax_within(admin, sale.tax_bps)
    return {
        "expert_held": kept - platform,
        "admin_fee": admin - of_admin,
        "platform_fee": platform - admin - (tax - of_admin),
        "tax": tax,
    }


def _unearned(sale: Sale, booked: Mapping[str, int], amount: int, available: int) -> Entries:
    """Take `amount` from those who earned it, so that what stays is split as the sale itself would be."""
    had = {kind: -booked.get(kind, 0) for kind in _PLATFORM}
    stays = earned(sale, _had(booked) + sum(had.values()) - amount)
    taken = _from_expert(booked, _had(booked) - stays["expert_held"], available)
    return taken | {kind: had[kind] - stays[kind] for kind in had}


def _had(booked: Mapping[str, int]) -> int:
    """What the expert earned with a transaction, wherever it is now: part of it may have paid a debt."""
    return -sum(booked.get(kind, 0) for kind in _EXPERT)


def _from_expert(booked: Mapping[str, int], amount: int, available: int) -> Entries:
    """Take from the expert what is still held of the transaction, then what is there to ask for; the rest is owed."""
    held = min(amount, -booked.get("expert_held", 0))
    there = min(amount - held, available)
    return {"expert_held": held, "expert_available": there, "expert_owed": amount - held - there}


def _to_expert(amount: int, owed: int) -> Entries:
    """Give to the expert what nobody has a claim on: debts first."""
    settled = min(amount, owed)
    return {"expert_owed": -settled, "expert_available": settled - amount}


def _negative(entries: Mapping[str, int]) -> Entries:
    return {kind: -amount for kind, amount in entries.items() if amount}


def _moved(entries: Mapping[str, int]) -> Entries:
    return {kind: amount for kind, amount in entries.items() if amount}
