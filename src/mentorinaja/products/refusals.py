"""Why a product cannot be bought or fetched, in words for the person who tried."""

from __future__ import annotations

from mentorinaja.errors import DomainError, Unavailable


class ProductGone(DomainError):
    """The product is not on sale."""

    status = 422
    title = "Produk ini tidak tersedia"

    @classmethod
    def from_the_shelf_of(cls, slug: str | None) -> ProductGone:
        """The refusal with its next step: the page of the expert with this slug, where there is one."""
        return cls(
            "Produk ini tidak lagi dijual. Lihat produk lain dari mentor yang sama.",
            [("Lihat mentor", f"/expert/{slug}#produk")] if slug else [],
        )


class SellerPauses(DomainError):
    """The expert is paused: what was bought stays, and nothing new is sold."""

    title = "Mentor ini sedang tidak menerima pesanan"

    @classmethod
    def of(cls, expert_name: str) -> SellerPauses:
        """The refusal with its sentence and next step."""
        return cls(
            f"{expert_name} sedang tidak menerima pesanan baru. Pilih mentor lain, atau coba lagi nanti.",
            [("Cari mentor lain", "/")],
        )


class OwnProduct(DomainError):
    """Nobody buys their own."""

    title = "Ini produk Anda sendiri"


class UnpaidPurchases(DomainError):
    """Too many orders of products wait for this person's money; `actions` lead to one of them."""

    status = 422
    title = "Masih ada pembelian yang belum dibayar"


class MethodTooSmall(DomainError):
    """The total does not fit the payment method."""

    status = 422
    title = "Metode ini tidak bisa dipakai"


class NoDownloadsLeft(DomainError):
    """Fetched as often as it may be."""

    title = "Batas unduhan sudah tercapai"


class NotYours(DomainError):
    """Bought once, and given back or taken back since."""

    title = "Produk ini tidak lagi di library Anda"


class NotReturnable(DomainError):
    """The money stays with the seller: it was fetched, or was never here."""

    title = "Pembelian ini tidak dapat dibatalkan"


class ProductFull(DomainError):
    """The expert has as many products as one may have."""

    title = "Produk Anda sudah terlalu banyak"


class Stale(DomainError):
    """What was on the screen has been changed elsewhere since."""

    title = "Produk ini baru saja diubah"


class PriceChanged(DomainError):
    """The product costs something else than the buyer was shown."""

    title = "Harganya baru saja berubah"


class BadFile(DomainError):
    """The file itself cannot be sold; what was typed stays with its writer."""

    status = 422
    title = "Berkas belum tersimpan"


class LargeFile(BadFile):
    """More bytes than a product's file, or its picture, may have."""

    status = 413


class FileUnkept(Unavailable):
    """Nothing is wrong with the file: it can be sent again as it is."""

    title = "Berkas belum bisa disimpan"
