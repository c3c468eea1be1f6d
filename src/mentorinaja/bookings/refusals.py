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


class NotReceiving(DomainError):
    """The expert is paused: what was booked stands, and nothing new is taken."""

    title = "Mentor ini sedang tidak menerima sesi"

    @classmethod
    def of(cls, expert_name: str) -> NotReceiving:
        """The refusal with its sentence and next step."""
        return cls(
            f"{expert_name} sedang tidak menerima pesanan baru. Pilih mentor lain, atau coba lagi nanti.",
            [("Cari mentor lain", "/")],
        )

    @classmethod
    def for_late_money(cls, expert_name: str, public_id: str) -> NotReceiving:
        """The same for somebody whose money came too late for the session it was for."""
        return cls(
            f"{expert_name} sedang tidak menerima sesi baru. Minta dana Anda kembali, atau coba lagi nanti.",
            [("Minta pengembalian dana", f"/user/transactions/{public_id}/cancel")],
        )


class PriceChanged(DomainError):
    """The session costs something else than the person was shown."""

    title = "Harganya baru saja berubah"


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


class CannotCancel(DomainError):
    """It is too late to call the session off."""

    title = "Sesi ini tidak bisa dibatalkan lagi"


class LessGoesBack(DomainError):
    """Less would go back than the person was shown; asked again with the new sum."""

    title = "Jumlah yang kembali sudah berubah"


class OwnCase(DomainError):
    """Nobody decides about their own session or money."""

    title = "Anda salah satu dari kedua pihak"

    @classmethod
    def now(cls) -> OwnCase:
        """The refusal with its next step."""
        return cls("Anda salah satu dari kedua pihak. Minta admin lain memutuskannya.")


class CannotStandAgain(DomainError):
    """What was called off stays called off."""

    title = "Sesi ini tidak bisa dipulihkan"


class CannotPropose(DomainError):
    """No other time can be proposed for the session."""

    title = "Jadwal baru tidak bisa diusulkan"

    @classmethod
    def now(cls) -> CannotPropose:
        """The refusal with its sentence and next step."""
        return cls(
            "Usulan dapat dikirim untuk sesi yang sudah dibayar, sampai sesinya mulai.",
            [("Lihat Transaksi", "/expert/dashboard/transaksi")],
        )


class ProposalGone(DomainError):
    """The proposal was answered, replaced or taken back, or its time is over."""

    title = "Usulan ini sudah tidak berlaku"

    @classmethod
    def now(cls) -> ProposalGone:
        """The refusal with its sentence and next step."""
        return cls(
            "Lihat jadwal sesi Anda yang berlaku di Riwayat.", [("Lihat Riwayat", "/user/transactions")]
        )


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

    @classmethod
    def meanwhile(cls) -> AlreadyPaid:
        """The refusal for a question that was asked before the money came."""
        return cls(
            "Pembayarannya baru saja kami terima. Lihat dulu yang kembali bila Anda tetap membatalkan."
        )
