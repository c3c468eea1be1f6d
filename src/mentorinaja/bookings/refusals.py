"""Why a booking cannot be made or changed, in words for the person who tried."""

from __future__ import annotations

from mentorinaja.errors import DomainError


class SlotTaken(DomainError):
    """Somebody else holds this time."""

    title = "Slot ini baru saja diambil"


class OwnOverlap(DomainError):
    """The person has another booking at this time."""

    title = "Waktunya bertabrakan"


class NotASlot(DomainError):
    """The expert does not offer this time (any more)."""

    status = 422
    title = "Waktu ini tidak tersedia"


class ServiceGone(DomainError):
    """The service is not on sale."""

    status = 422
    title = "Layanan ini tidak tersedia"


class UnpaidLimit(DomainError):
    """Too many bookings wait for this person's money; `actions` lead to one of them."""

    status = 422
    title = "Masih ada booking yang belum dibayar"


class MethodLimit(DomainError):
    """The total is more than the payment method takes."""

    status = 422
    title = "Metode ini tidak bisa dipakai"


class OwnService(DomainError):
    """Nobody books themselves."""

    title = "Ini layanan Anda sendiri"


class CannotMove(DomainError):
    """The session keeps its time."""

    title = "Jadwal ini tidak bisa dipindah"


class AlreadyPaid(DomainError):
    """The order is paid: it can no longer be cancelled as an unpaid one."""

    title = "Booking ini sudah dibayar"

    @classmethod
    def now(cls) -> AlreadyPaid:
        """The refusal with its sentence and next step."""
        return cls(
            "Pembayarannya sudah kami terima, jadi booking ini tidak dapat dibatalkan dari sini.",
            [("Lihat Riwayat", "/user/transactions")],
        )
