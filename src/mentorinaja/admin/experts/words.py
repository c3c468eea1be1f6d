"""How the desk says where a mentor's profile stands."""

from __future__ import annotations

# By `experts.status`; the kind of the mark beside it.
STATES = {
    "submitted": "Menunggu",
    "published": "Tampil",
    "paused": "Dijeda",
    "rejected": "Dikembalikan",
    "draft": "Draf",
    "suspended": "Ditangguhkan",
}
STATE_CHIPS = {
    "submitted": "warn",
    "published": "ok",
    "paused": "mute",
    "rejected": "bad",
    "draft": "plain",
    "suspended": "bad",
}
EVENTS = {
    "submitted": "Lamaran dikirim",
    "withdrawn": "Lamaran ditarik",
    "verified": "Lamaran diterima",
    "rejected": "Lamaran dikembalikan",
}
PAUSES = {
    "missed": "Dijeda: dua sesi berlalu tanpa mentor",
    "silent": "Dijeda: tidak membalas selama 14 hari",
    "admin": "Diturunkan dari daftar oleh admin",
}
