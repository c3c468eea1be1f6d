"""Mails and jobs as the desk calls them: what each does, how far a mail is, and why it was not sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mentorinaja.admin.listing import Cell

KINDS: Mapping[str, str] = {
    "verify": "Konfirmasi email",
    "reset": "Password baru",
    "email_change": "Konfirmasi email baru",
    "email_asked": "Email akan diganti",
    "email_changed": "Email diganti",
    "factor_set": "Verifikasi dua langkah aktif",
    "factor_moved": "Verifikasi dua langkah dipindah",
    "codes_renewed": "Kode cadangan diganti",
    "code_used": "Kode cadangan dipakai",
    "factor_reset": "Verifikasi dua langkah diatur ulang",
    "suspended": "Akun ditangguhkan",
    "unsuspended": "Akun dibuka lagi",
    "role_asked": "Perubahan peran menunggu admin lain",
    "role_changed": "Peran berubah",
    "booked": "Booking dibuat",
    "pay_soon": "Batas bayar hampir lewat",
    "given_up": "Booking dibatalkan admin",
    "reminder_24h": "Pengingat 24 jam",
    "reminder_1h": "Pengingat 1 jam",
    "reminder_10m": "Pengingat 10 menit",
    "purchased": "Produk dibeli",
    "sold": "Produk terjual",
    "paid": "Pembayaran diterima",
    "new_booking": "Booking baru untuk mentor",
    "changed": "Jadwal berubah",
    "cancelled": "Sesi dibatalkan",
    "restored": "Sesi dipulihkan",
    "reopened": "Pembayaran diambil kembali",
    "proposed": "Usulan waktu lain",
    "proposal_declined": "Usulan ditolak",
    "late_choice": "Uang terlambat, pilih waktu",
    "link_changed": "Tautan meeting diganti",
    "links_low": "Tautan meeting hampir habis",
    "refund_requested": "Pengembalian dana dibuat",
    "refund_account": "Rekening untuk pengembalian",
    "refund_sent": "Pengembalian dana dikirim",
    "refund_done": "Pengembalian dana selesai",
    "refund_rejected": "Pengembalian dana ditolak",
    "refund_transfer": "Pengembalian menunggu transfer",
    "withdrawal": "Langkah penarikan",
    "withdrawal_asked": "Penarikan menunggu keputusan",
    "withdrawal_checked": "Penarikan menunggu admin kedua",
    "over": "Sesi selesai",
    "absent": "Tidak hadir",
    "absent_choice": "Mentor tidak hadir, pilih",
    "report": "Laporan sesi",
    "report_decided": "Laporan diputuskan",
    "report_reopened": "Laporan dibuka lagi",
    "finished": "Mentor selesai menjawab",
    "undelivered": "Jawaban tidak datang",
    "calendar_failing": "Kalender tidak terbaca",
    "slot_open": "Slot kosong",
    "review_reply": "Balasan ulasan",
    "review_hidden": "Ulasan disembunyikan",
    "review_shown": "Ulasan ditampilkan lagi",
    "reply_hidden": "Balasan ulasan disembunyikan",
    "reply_shown": "Balasan ulasan ditampilkan lagi",
    "paused": "Mentor dijeda",
    "relisted": "Mentor tampil lagi",
    "application_submitted": "Lamaran diterima",
    "application_waiting": "Lamaran menunggu keputusan",
    "application_verified": "Lamaran disetujui",
    "application_rejected": "Lamaran dikembalikan",
    "money_alert": "Peringatan kesehatan uang",
    "fees_changed": "Biaya berubah",
}
JOBS: Mapping[str, str] = {
    "accounts.reset_asked": "Jawab permintaan password baru",
    "accounts.tidy": "Rapikan login lama",
    "admin.look": "Periksa kesehatan uang",
    "admin.count_days": "Jumlahkan uang per hari",
    "bookings.expire_due": "Tutup order yang lewat batas bayar",
    "bookings.lapse_proposals": "Akhiri usulan jadwal",
    "bookings.release_due": "Lepas pendapatan mentor",
    "calendars.read": "Baca kalender luar",
    "calendars.read_due": "Cari kalender yang perlu dibaca",
    "experts.refresh_listings": "Perbarui daftar mentor",
    "experts.sweep_photos": "Rapikan foto",
    "favourites.tell_granted": "Kabari slot kosong",
    "invoices.credit_due": "Terbitkan nota kredit",
    "notices.send": "Kirim email",
    "notices.due": "Kirim email yang sudah waktunya",
    "payments.check_due": "Tanya Midtrans",
    "payments.compare_due": "Bandingkan dengan Midtrans",
    "payments.fill_links": "Beri tautan meeting",
    "payments.tidy": "Hapus hitungan lama pemberitahuan palsu",
    "products.sweep_files": "Rapikan berkas produk",
    "refunds.carry_out": "Kirim pengembalian dana",
    "rooms.choice_due": "Tawarkan pilihan saat mentor absen",
    "rooms.files_due": "Rapikan berkas percakapan",
    "rooms.move_due": "Mulai dan akhiri sesi",
    "rooms.open_due": "Buka ruang sesi",
    "transcripts.forget_due": "Hapus percakapan lama",
    "trust.look_again": "Periksa mentor yang dijeda",
}
STATES: Mapping[str, tuple[str, str]] = {
    "waiting": ("Menunggu", "warn"),
    "sending": ("Sedang dikirim", "warn"),
    "sent": ("Terkirim", "ok"),
    "failed": ("Gagal", "bad"),
    "dropped": ("Tidak dikirim", "mute"),
}
_KNOWN = re.compile(r"[A-Z]{2}-")
_PROBLEMS = {
    "no longer true": "Sudah tidak berlaku",
    "not wanted": "Dimatikan oleh penerimanya",
    "called off": "Dibatalkan admin",
    "of the demo's past": "Sebelum demo ini dimulai",
}


def kind_of(kind: str) -> str:
    """What a mail tells; its own name where nobody gave it words."""
    return KINDS.get(kind, kind)


def job_of(name: str) -> str:
    """What a job does; its own name where nobody gave it words."""
    return JOBS.get(name, name)


def about_of(about: str) -> str:
    """What a mail is about when it is no order: an id that people know, as "WD-…"; nothing for a key of our own."""
    return about if _KNOWN.match(about) else ""


def state_of(status: str) -> Cell:
    """How far a mail is."""
    words, chip = STATES[status]
    return Cell(words, chip=chip)


def problem_of(problem: str | None) -> str:
    """Why a mail was not sent: our own reasons in words, the mail server's as it gave them."""
    return _PROBLEMS.get(problem or "", problem or "")
