"""Who has how much of an order once more of it goes back."""

from __future__ import annotations

from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.ledger.rules import Sale, earned


def split(sale: OrderDetail, back: int) -> tuple[tuple[str, int], ...]:
    """What payer, mentor and platform have once `back` more rupiah of what stays sold go back; negative: fewer do."""
    stays = sale.kept - back
    shares = earned(Sale(sale.total, sale.admin_fee, sale.platform_fee, sale.platform_fee_bps, 0), stays)
    return (
        ("Seluruhnya kembali kepada pembayar", sale.total - stays),
        ("Bagian mentor", shares["expert_held"]),
        ("Bagian MentorinAja", stays - shares["expert_held"]),
    )
