"""What stands on the desk about orders, in the desk's words."""

from __future__ import annotations

from collections.abc import Iterable

from mentorinaja.admin.listing import Cell

KINDS = {"booking": "Sesi", "extension": "Tambahan waktu", "product": "Produk"}
CATEGORIES = {"online_chat": "Chat", "online_video": "Video", "offline_event": "Tatap muka"}
ACTORS = {
    "user": "Pengguna",
    "expert": "Mentor",
    "admin": "Admin",
    "system": "Sistem",
    "midtrans": "Midtrans",
    "timeout": "Jam sesi",
}
BOOKING = {
    "pending": ("Menunggu", "warn"),
    "confirmed": ("Terkonfirmasi", "ok"),
    "completed": ("Selesai", "plain"),
    "cancelled": ("Dibatalkan", "mute"),
}
PAYMENT = {
    "waiting": ("Belum dibayar", "warn"),
    "paid": ("Dibayar", "ok"),
    "failed": ("Gagal", "mute"),
    "expired": ("Kedaluwarsa", "mute"),
    "cancelled": ("Tidak dibayar", "mute"),
    "paid_late": ("Dibayar terlambat", "bad"),
    "refund_pending": ("Dana belum kembali", "warn"),
    "refunded": ("Dana kembali", "mute"),
    "partially_refunded": ("Sebagian kembali", "plain"),
    "reversed": ("Ditarik bank", "bad"),
    "chargeback": ("Chargeback", "bad"),
}
REASONS = {
    "user": "Pembayar, sebelum dibayar",
    "admin": "Admin, sebelum dibayar",
    "expired": "Batas waktu bayar lewat",
    "failed": "Pembayaran gagal sampai batas waktunya",
    "cancelled_by_user": "Pengguna",
    "cancelled_by_expert": "Mentor",
    "cancelled_by_admin": "Admin",
    "expert_absent": "Mentor tidak hadir",
    "both_absent": "Keduanya tidak hadir",
    "undelivered": "Tidak ada jawaban sampai batas waktunya",
    "disputed": "Keberatan diterima",
    "reversed": "Bank menarik pembayarannya",
    "refunded": "Dananya dikembalikan di Midtrans",
    "chargeback": "Chargeback",
}
EVENTS = {
    "created": "Order dibuat",
    "confirmed": "Terkonfirmasi",
    "cancelled": "Dibatalkan",
    "expired": "Batas waktu bayar lewat",
    "failed": "Batas waktu bayar lewat setelah percobaan yang gagal",
    "taken_again": "Uang terlambat, waktunya masih kosong",
    "time_chosen": "Jadwal baru dipilih untuk uang yang terlambat",
    "money_chosen": "Uang yang terlambat diminta kembali",
    "reopened": "Pembayaran ditarik, menunggu bayar lagi",
    "reversed": "Pembayaran ditarik kembali",
    "chargeback": "Chargeback",
    "refunded": "Semua dana kembali",
    "partially_refunded": "Sebagian dana kembali",
    "paid": "Tetap dibayar",
    "refund_pending": "Dana harus kembali sekali lagi",
    "paid_late": "Uang masuk terlambat",
    "paid_twice": "Terbayar dua kali",
    "extension_unused": "Uang tambahan waktu masuk terlambat",
    "completed": "Selesai",
    "moved": "Jadwal dipindah",
    "link_changed": "Tautan meeting diberikan atau diganti",
    "proposed": "Mentor mengusulkan jadwal lain",
    "proposal_declined": "Usulan jadwal ditolak",
    "proposal_withdrawn": "Usulan jadwal ditarik",
    "finished": "Mentor menyatakan jawabannya lengkap",
    "accepted": "Jawaban diterima",
    "objected": "Keberatan diajukan",
    "problem_reported": "Masalah dilaporkan",
    "report_decided": "Laporan diputuskan",
    "report_reopened": "Laporan dibuka lagi",
    "refund_requested": "Pengembalian dana dicatat",
    "refund_approved": "Pengembalian dana disetujui",
    "refund_rejected": "Pengembalian dana dihentikan",
    "refund_resumed": "Pengembalian dana dilanjutkan lagi",
    "refund_account_asked": "Rekening diminta lagi kepada pembayar",
    "refund_retried": "Midtrans diminta mencoba lagi",
    "refund_sent": "Pengembalian dana dikirim",
    "refund_failed": "Pengembalian dana gagal",
    "refund_refused": "Midtrans menolak pengembalian dana",
    "refund_account_given": "Rekening untuk dana kembali diisi",
    "downloaded": "Produk diunduh",
    "payment_waiting": "Cara bayar dipilih",
    "payment_review": "Pembayaran diperiksa",
    "payment_failed": "Pembayaran gagal",
    "payment_expired": "Cara bayar kedaluwarsa",
    "closed": "Tidak dapat dibayar lagi",
}
TRANSACTIONS = {
    "waiting": "menunggu",
    "review": "diperiksa",
    "expired": "kedaluwarsa",
    "failed": "gagal",
    "paid": "dibayar",
    "quarantined": "jumlahnya tidak sesuai",
    "partially_refunded": "sebagian kembali",
    "refunded": "dana kembali",
    "chargeback": "chargeback",
    "reversed": "ditarik kembali",
    "unknown": "tidak dikenal",
}
# How Midtrans calls the ways to pay: when it opens a payment, and when it tells of a transaction.
METHODS = {
    "credit_card": "kartu",
    "bank_transfer": "transfer bank",
    "bca_va": "VA BCA",
    "bni_va": "VA BNI",
    "bri_va": "VA BRI",
    "cimb_va": "VA CIMB",
    "permata_va": "VA Permata",
    "permata": "VA Permata",
    "other_va": "VA bank lain",
    "echannel": "Mandiri Bill",
    "gopay": "GoPay",
    "shopeepay": "ShopeePay",
    "ovo": "OVO",
    "dana": "Dana",
    "qris": "QRIS",
    "other_qris": "QRIS",
    "cstore": "gerai",
    "indomaret": "Indomaret",
    "alfamart": "Alfamart",
}
ATTEMPTS = {
    "creating": "sedang dibuka",
    "unknown": "hasilnya belum diketahui",
    "open": "dapat dibayar",
    "refused": "ditolak Midtrans",
    "closed": "ditutup",
}
JOURNALS = {
    "payment": "Pembayaran dibukukan",
    "refund_due": "Uang yang harus kembali dibukukan",
    "release": "Bagian mentor dilepas",
    "owed_back": "Dana yang akan kembali dibukukan",
    "refund": "Dana kembali dibukukan",
    "refund_bounced": "Transfer balik dibukukan",
    "refund_rejected": "Dana tidak jadi kembali",
    "refund_resumed": "Dana jadi kembali lagi",
    "reversal": "Penarikan oleh bank dibukukan",
    "chargeback": "Chargeback dibukukan",
}
ACCOUNTS = {
    "gateway": "Di Midtrans",
    "refund_due": "Akan kembali ke pembayar",
    "refunded": "Ditransfer ke pembayar",
    "expert_held": "Mentor, tertahan",
    "expert_available": "Mentor, tersedia",
    "expert_owed": "Utang mentor",
    "admin_fee": "Biaya admin",
    "platform_fee": "Biaya platform",
    "tax": "Pajak",
}
ROOM = {
    "started": "Sesi mulai",
    "paused": "Waktu dijeda",
    "resumed": "Waktu berjalan lagi",
    "extended": "Waktu ditambah",
    "finished": "Mentor menekan Selesai",
    "objected": "Pengguna mengajukan keberatan",
    "ended": "Sesi berakhir",
    "user_joined": "Pengguna masuk ke ruang sesi",
    "expert_joined": "Mentor masuk ke ruang sesi",
    "user_link": "Pengguna membuka tautan meeting",
    "expert_link": "Mentor membuka tautan meeting",
    "user_code": "Kode kedatangan dipakai pengguna",
    "expert_code": "Kode kedatangan dipakai",
}
ROOM_CAUSES = {
    "schedule": "sesuai jadwal",
    "paid": "sudah dibayar",
    "paid_late": "dibayar terlambat",
    "expert_gone": "mentor tidak terhubung",
    "expert_back": "mentor terhubung lagi",
    "expert_arrived": "mentor hadir",
    "user": "diakhiri pengguna",
    "expert": "diakhiri mentor",
    "timeout": "waktu habis",
    "user_absent": "pengguna tidak hadir",
    "next_booking": "sesi mentor berikutnya dimulai",
    "pause_limit": "mentor terlalu lama tidak terhubung",
    "silence": "diterima otomatis setelah 72 jam",
    "accepted": "hasil diterima",
    "objection_kept": "keberatan diputuskan, pembayaran tetap",
    "objection_partly": "keberatan diputuskan, sebagian kembali",
    "disputed": "keberatan diputuskan, pembayaran kembali",
}


def methods(names: Iterable[str] | None) -> str:
    """Ways to pay, as people call them."""
    return ", ".join(dict.fromkeys(METHODS.get(name, name) for name in names or ()))


def booking_chip(status: str | None) -> Cell:
    """A booking's status as a mark; nothing for what has no booking."""
    if status is None:
        return Cell("")
    words, kind = BOOKING[status]
    return Cell(words, chip=kind)


def payment_chip(status: str) -> Cell:
    """What an order's money is, as a mark."""
    words, kind = PAYMENT[status]
    return Cell(words, chip=kind)
