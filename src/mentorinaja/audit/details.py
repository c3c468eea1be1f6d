"""What an entry's detail says, in lines that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mentorinaja.formats import rupiah, when

# How the names in details are called on the screen; one that is missing is shown as it is.
_NAMES = {
    "admin": "Admin",
    "after": "Sesudah",
    "again": "Dimasukkan lagi",
    "amount": "Jumlah",
    "answered": "Jawaban",
    "attempts": "Percobaan",
    "bank": "Bank",
    "before": "Sebelum",
    "count": "Banyaknya",
    "expires_at": "Berlaku sampai",
    "filters": "Saringan",
    "first": "Yang pertama",
    "from": "Dari",
    "ids": "Nomor",
    "kind": "Jenis",
    "last": "Yang terakhir",
    "minutes": "Menit",
    "name": "Nama",
    "order": "Order",
    "orders": "Order",
    "query": "Alamat daftar",
    "reason": "Alasan",
    "reference": "Nomor referensi",
    "refund_id": "Pengembalian dana",
    "replaced": "Diganti",
    "reusable": "Dapat dipakai lagi",
    "role": "Peran",
    "share": "Bagian yang kembali",
    "since": "Mulai",
    "stars": "Bintang",
    "starts_at": "Waktu sesi",
    "state": "Keadaan",
    "to": "Menjadi",
    "together": "Diputuskan bersama",
    "total": "Total",
    "transaction_id": "Transaksi Midtrans",
    "until": "Sampai",
    "url": "Tautan",
    "waiting": "Menunggu",
    "why": "Sebab",
    "words": "Kata",
}
_IN_RUPIAH = {"amount", "total"}


def lines_of(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values, what lies inside another one with both names."""
    return list(_lines(detail, ""))


def _lines(detail: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in detail.items():
        called = above + _NAMES.get(name, name.replace("_", " "))
        if isinstance(value, Mapping):
            yield from _lines(value, f"{called} · ")
        else:
            yield called, _said(name, value)


def _said(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, int):
        return rupiah(value) if name in _IN_RUPIAH else str(value)
    if isinstance(value, list):
        return ", ".join(_said(name, one) for one in value)
    return _time(value) if isinstance(value, str) else str(value)


def _time(text: str) -> str:
    """A time on the desk's clock where the text is one, else the text."""
    if len(text) < len("2026-01-01T00:00+00:00"):
        return text
    try:
        at = datetime.fromisoformat(text)
        return when(at) if at.tzinfo else text
    except (ValueError, OverflowError):  # a browser may call itself a time that no clock shows
        return text
