"""What admins do, by its names in the log, and how it is said on the screen."""

from __future__ import annotations

# One line each, by what it is done to. A name stays for good: old rows carry it.
ACTIONS: dict[str, str] = {
    "list.exported": "Mengunduh daftar",
    "batch.made": "Membuat berkas bank",
    "batch.downloaded": "Mengunduh lagi berkas bank",
    "user.viewed_as": "Melihat sebagai pengguna",
    "user.totp_reset": "Mengatur ulang verifikasi dua langkah",
}

# What an action is done to, as it is said on the screen.
KINDS: dict[str, str] = {
    "list": "Daftar",
    "order": "Order",
    "refund": "Pengembalian dana",
    "report": "Laporan sesi",
    "withdrawal": "Penarikan",
    "batch": "Berkas bank",
    "expert": "Mentor",
    "user": "Pengguna",
    "link": "Tautan meeting",
    "payment": "Log pembayaran",
    "review": "Ulasan",
    "policy": "Biaya dan aturan",
    "job": "Pekerjaan",
    "mail": "Email",
    "difference": "Selisih dengan Midtrans",
}
