"""Where an order's money went, told to each side to the last rupiah. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mentorinaja.formats import percent, rupiah

Side = Literal["payer", "expert"]

_TO_PAYER = {
    "payment": "Pembayaran Anda masuk",
    "refund_due": "Pembayaran masuk dan akan dikembalikan",
    "release": "Bagian mentor dilepas",
    "owed_back": "Pengembalian dana dicatat",
    "refund": "Dana dikembalikan kepada Anda",
    "refund_bounced": "Transfer ke rekening Anda gagal",
    "refund_rejected": "Pengembalian dana tidak dilanjutkan",
    "refund_resumed": "Pengembalian dana dilanjutkan lagi",
    "reversal": "Pembayaran ditarik kembali oleh bank",
    "chargeback": "Bank mengembalikan dana kepada Anda",
}
TO_EXPERT = {
    "payment": "Dibayar pengguna",
    "refund_due": "Pembayaran masuk dan akan dikembalikan kepada pengguna",
    "release": "Bagian Anda masuk saldo",
    "owed_back": "Pengembalian dana kepada pengguna dicatat",
    "refund": "Dana dikembalikan kepada pengguna",
    "refund_bounced": "Transfer kepada pengguna gagal",
    "refund_rejected": "Pengembalian dana tidak dilanjutkan",
    "refund_resumed": "Pengembalian dana dilanjutkan lagi",
    "reversal": "Pembayaran ditarik kembali oleh bank",
    "chargeback": "Bank mengembalikan dana kepada pengguna",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """One journal of the order; `amounts` by kind of account as the ledger has them: positive is debit."""

    at: datetime
    kind: str
    amounts: Mapping[str, int]

    @property
    def amount(self) -> int:
        """How many rupiah moved: what came or left, else what is due, else what was released."""
        for account in ("gateway", "refunded", "refund_due", "expert_held"):
            if moved := self.amounts.get(account, 0):
                return abs(moved)
        return 0

    @property
    def share(self) -> int:
        """What the expert has more because of it, in rupiah; negative for less."""
        return -sum(amount for account, amount in self.amounts.items() if account.startswith("expert"))

    def words(self, side: Side) -> str:
        """What happened, as this side reads it."""
        if self.kind == "payment" and not self.amounts.get("gateway"):
            return "Dana yang akan dikembalikan dipakai untuk order ini"
        return (_TO_PAYER if side == "payer" else TO_EXPERT)[self.kind]

    def note(self, side: Side) -> str | None:
        """What it did to the expert's balance, for the expert."""
        if side == "payer":
            return None
        owed = self.amounts.get("expert_owed", 0)
        if owed < 0:
            return f"{rupiah(-owed)} dipakai untuk menutup kekurangan saldo Anda"
        if owed > 0:
            return f"Pendapatan Anda berkurang {rupiah(-self.share)}, {rupiah(owed)} dipotong dari pendapatan berikutnya"
        if self.share:
            return (
                f"Pendapatan Anda {'bertambah' if self.share > 0 else 'berkurang'} {rupiah(abs(self.share))}"
            )
        return None


@dataclass(frozen=True, slots=True)
class Flow:
    """All that came for an order and where every rupiah of it is, in whole rupiah.

    `came` is the sum of the rest: `returned` to the payer and `due` to go back; the expert's part, `held` or
    `free` (released: it may be withdrawn since, or have covered a debt); the platform's `admin_fee` and
    `platform_fee`, without the `tax` in them; less `lost`, which the platform gave back beyond what came.
    """

    public_id: str
    expert_name: str
    admin_fee_bps: int
    platform_fee_bps: int
    tax_bps: int
    came: int
    returned: int
    due: int
    held: int
    free: int
    admin_fee: int
    platform_fee: int
    tax: int
    lost: int
    moves: tuple[Movement, ...]

    @property
    def earned(self) -> int:
        """The expert's part."""
        return self.held + self.free

    def rows(self, side: Side) -> list[tuple[str, int]]:
        """The parts by name: for the payer what was paid falls into them, for the expert they leave what is earned."""
        return self._payers_rows() if side == "payer" else self._experts_rows()

    def total(self, side: Side) -> tuple[str, int]:
        """What the rows come to, by name."""
        return ("Anda membayar", self.came) if side == "payer" else ("Pendapatan Anda", self.earned)

    def _payers_rows(self) -> list[tuple[str, int]]:
        sold = [
            (f"Mentor {self.expert_name}", self.earned),
            (f"Biaya admin ({percent(self.admin_fee_bps)})", self.admin_fee),
            ("Biaya platform", self.platform_fee),
            (f"Pajak ({percent(self.tax_bps)})", self.tax),
        ]
        back = [
            ("Sudah dikembalikan kepada Anda", self.returned),
            ("Akan dikembalikan kepada Anda", self.due),
            ("Ditanggung MentorinAja", -self.lost),
        ]
        return [*(sold if self._sold else ()), *((name, amount) for name, amount in back if amount)]

    def _experts_rows(self) -> list[tuple[str, int]]:
        back = [
            ("Dikembalikan kepada pengguna", -self.returned),
            ("Akan dikembalikan kepada pengguna", -self.due),
            ("Ditanggung MentorinAja", self.lost),
        ]
        fees = [
            (f"Platform Fee ({percent(self.platform_fee_bps)})", -self.admin_fee - self.platform_fee),
            (f"Pajak ({percent(self.tax_bps)})", -self.tax),
        ]
        return [
            ("Dibayar pengguna", self.came),
            *((name, amount) for name, amount in back if amount),
            *(fees if self._sold else ()),
        ]

    @property
    def _sold(self) -> bool:
        return bool(self.earned or self.admin_fee or self.platform_fee or self.tax)


def flow_from(order: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> Flow:
    """Put together from an order's names and rates and from its entries, oldest first.

    An entry says its `journal`, `at`, `kind`, `transaction_id`, `account` and `amount`.
    """
    journals: dict[int, tuple[datetime, str, dict[str, int]]] = {}
    booked: dict[str, int] = {}
    with_us: dict[str, int] = {}
    came = 0
    for entry in entries:
        account, amount = entry["account"], entry["amount"]
        _, _, amounts = journals.setdefault(entry["journal"], (entry["at"], entry["kind"], {}))
        amounts[account] = amounts.get(account, 0) + amount
        booked[account] = booked.get(account, 0) + amount
        if account in ("gateway", "refunded"):
            with_us[entry["transaction_id"]] = with_us.get(entry["transaction_id"], 0) + amount
        if account == "gateway" and amount > 0:
            came += amount
    lost = sum(-left for left in with_us.values() if left < 0)
    return Flow(
        **order,
        came=came,
        returned=came - sum(with_us.values()),
        due=-booked.get("refund_due", 0),
        held=-booked.get("expert_held", 0),
        free=-booked.get("expert_available", 0) - booked.get("expert_owed", 0),
        admin_fee=-booked.get("admin_fee", 0),
        platform_fee=-booked.get("platform_fee", 0) + lost,
        tax=-booked.get("tax", 0),
        lost=lost,
        moves=tuple(Movement(*journal) for journal in journals.values()),
    )
