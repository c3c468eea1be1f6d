"""What Midtrans says as the desk calls it: where it was said, a transaction's status, why somebody should look."""

from __future__ import annotations

from collections.abc import Mapping

from mentorinaja.admin.listing import Cell

SOURCES: Mapping[str, str] = {
    "notification": "Pemberitahuan",
    "status": "Jawaban status",
    "create": "Membuka pembayaran",
    "cancel": "Membatalkan",
    "expire": "Menutup",
    "refund": "Mengembalikan",
    "desk": "Keputusan admin",
}
STATUSES: Mapping[str, str] = {
    "settlement": "Dibayar",
    "capture": "Dibayar dengan kartu",
    "pending": "Menunggu dibayar",
    "deny": "Ditolak",
    "cancel": "Dibatalkan",
    "expire": "Kedaluwarsa",
    "failure": "Gagal",
    "refund": "Dana kembali",
    "partial_refund": "Sebagian dana kembali",
    "chargeback": "Chargeback",
    "partial_chargeback": "Sebagian chargeback",
}
_ALERTS = {
    "unknown_order": "Order tidak dikenal",
    "create_refused": "Midtrans menolak membuka pembayaran",
    "notified_amount": "Jumlah di pemberitahuan tidak cocok",
    "amount": "Jumlah atau mata uang tidak cocok",
    "unknown_status": "Status tidak dikenal",
    "paid_late": "Uang datang terlambat",
    "paid_twice": "Dibayar dua kali",
    "extension_unused": "Tambahan waktu dibayar terlambat",
    "money_after_failure": "Uang datang setelah gagal",
    "reversed": "Ditarik kembali oleh bank",
    "reversed_after_start": "Ditarik kembali setelah sesi mulai",
    "chargeback": "Disengketakan pemegang kartu",
    "refunded": "Dikembalikan dari dasbor Midtrans",
    "partially_refunded": "Dikembalikan sebagian dari dasbor Midtrans",
}


def alert_words(word: str) -> str:
    """Why somebody should look at a line of the log."""
    return _ALERTS.get(word, word)


def status_words(name: str | None) -> str:
    """A status in our words; Midtrans's own word where it is a new one, a dash for none."""
    return STATUSES.get(name, name) if name else "–"


def status(name: str | None) -> Cell:
    """A status in our words, with Midtrans's own beside it."""
    return Cell(status_words(name), note=(name or "") if name in STATUSES else "")


def said(source: str, name: str | None) -> str:
    """What was said and where, in a line of a history."""
    return f"{SOURCES[source]}: {status_words(name).lower()}" if name else SOURCES[source]
