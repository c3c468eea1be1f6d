"""Why an order cannot be paid now, in words for the person who tried."""

from __future__ import annotations

from mentorinaja.errors import DomainError, Unavailable


class NothingToPay(DomainError):
    """The order is paid, cancelled or over: its page says what is true."""

    title = "Tidak ada yang perlu dibayar"


class PayingClosed(DomainError):
    """Too short before the deadline, or a payment is being looked at."""

    title = "Pembayaran sudah ditutup"


class MidtransAway(Unavailable):
    """Midtrans does not answer: the booking stays, the person tries again."""

    title = "Midtrans belum menjawab"
