"""Who may open what: every address the application has, asked for by six people.

What somebody gets follows from the route's guards; the table only says whom an id belongs to and what the
right person gets. A route that is not in the table fails the first test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from mentorinaja import clock
from mentorinaja.app import FEATURES
from mentorinaja.contents.kinds import Document
from mentorinaja.experts import services
from mentorinaja.experts.actions import add_service
from mentorinaja.experts.details import PARTS, Achievement
from mentorinaja.experts.editing import add_entry
from mentorinaja.experts.rules import NewService
from mentorinaja.invoices.rules import month_of, note_name
from mentorinaja.payments.actions import hear
from mentorinaja.products.tokens import download_path
from mentorinaja.reviews import actions as reviews
from mentorinaja.rooms.actions import enter
from mentorinaja.rooms.sending import send
from mentorinaja.threads import actions as threads
from mentorinaja.web.auth import requires_admin, requires_expert
from mentorinaja.web.showcase import showcase
from mentorinaja.web.viewer import Viewer
from tests.support import payments
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    due_in,
    finish,
    make_seller,
    make_user,
    pay,
    slot_in,
)
from tests.support.busy import make_source
from tests.support.files import pdf
from tests.support.products import make_product, purchase
from tests.support.rooms import Meeting, meet_now
from tests.support.site import Browser, Site

Who = Literal["nobody", "stranger", "other expert", "admin", "payer", "mentor"]
Route = tuple[str, str]  # method and path, as the application names them
EXPERTS: tuple[Who, ...] = ("other expert", "mentor")


@dataclass(frozen=True)
class Entry:
    """How a route is asked for, and what its right people get; `{unpaid}` and the like stand for ids.

    `anybody` is what everybody who passes the guards gets: the address names no one's things.
    """

    address: str
    payer: int = 404
    mentor: int = 404
    anybody: int | None = None
    form: dict[str, str] = field(default_factory=dict)

    def right(self, who: Who) -> int:
        """What the guards' and the id's right people get; 404 for the others."""
        if self.anybody is not None:
            return self.anybody
        return {"payer": self.payer, "mentor": self.mentor}.get(who, 404)


# What changes things for good stands at the end of its group: the entries are asked for in this order.
TABLE: dict[Route, Entry] = {
    ("GET", "/"): Entry("/", anybody=200),
    ("GET", "/register"): Entry("/register", anybody=303),
    ("POST", "/register"): Entry("/register", anybody=422),
    ("GET", "/login"): Entry("/login", anybody=303),
    ("POST", "/login"): Entry("/login", anybody=422),
    ("GET", "/expert/apply"): Entry("/expert/apply", anybody=200),
    ("POST", "/expert/apply"): Entry("/expert/apply", anybody=404, form={"step": "lain"}),
    ("POST", "/expert/apply/draft"): Entry("/expert/apply/draft", anybody=204),
    # Who was accepted has nothing to take back, who never applied neither.
    ("POST", "/expert/apply/withdraw"): Entry("/expert/apply/withdraw", mentor=409),
    ("GET", "/expert/login"): Entry("/expert/login", anybody=200),
    ("POST", "/expert/login"): Entry("/expert/login", anybody=422),
    ("GET", "/forgot-password"): Entry("/forgot-password", anybody=200),
    ("POST", "/forgot-password"): Entry("/forgot-password", anybody=422),
    ("GET", "/reset-password/{token:str}"): Entry("/reset-password/WzEsMSwiYSJd.x", anybody=404),
    ("POST", "/reset-password/{token:str}"): Entry("/reset-password/WzEsMSwiYSJd.x", anybody=404),
    ("GET", "/verify-email/{token:str}"): Entry("/verify-email/WzEsMSwiYSJd.x", anybody=404),
    ("POST", "/verify-email/{token:str}"): Entry("/verify-email/WzEsMSwiYSJd.x", anybody=404),
    ("GET", "/admin"): Entry("/admin", anybody=200),
    ("GET", "/admin/{name:str}"): Entry("/admin/withdrawals", anybody=200),
    ("POST", "/admin/{name:str}/export"): Entry("/admin/withdrawals/export", anybody=200),
    ("POST", "/admin/{name:str}/filters"): Entry("/admin/withdrawals/filters", anybody=303),
    ("POST", "/admin/{name:str}/filters/{filter_id:int}/delete"): Entry(
        "/admin/withdrawals/filters/1/delete", anybody=303
    ),
    ("GET", "/admin/experts/pratinjau"): Entry("/admin/experts/pratinjau?id=0", anybody=404),
    ("POST", "/admin/users/perangkat"): Entry("/admin/users/perangkat", anybody=404),
    ("GET", "/admin/orders/history"): Entry("/admin/orders/history?order=BE", anybody=404),
    ("GET", "/admin/links/tempel"): Entry("/admin/links/tempel", anybody=200),
    ("POST", "/admin/links/tempel"): Entry("/admin/links/tempel", anybody=422),
    ("GET", "/admin/{name:str}/batch"): Entry("/admin/refunds/batch", anybody=200),
    ("POST", "/admin/{name:str}/batch/file"): Entry("/admin/withdrawals/batch/file", anybody=409),
    ("POST", "/admin/{name:str}/batch/again"): Entry("/admin/refunds/batch/again", anybody=409),
    ("POST", "/admin/{name:str}/batch/sent"): Entry("/admin/withdrawals/batch/sent", anybody=422),
    ("GET", "/admin/settings/ubah"): Entry("/admin/settings/ubah", anybody=200),
    ("POST", "/admin/settings/ubah"): Entry("/admin/settings/ubah", anybody=409),
    ("GET", "/admin/{name:str}/{case_id:str}"): Entry("/admin/withdrawals/WD", anybody=404),
    ("GET", "/admin/{name:str}/{case_id:str}/{decision_name:str}"): Entry(
        "/admin/withdrawals/WD/approve", anybody=404
    ),
    ("POST", "/admin/{name:str}/{case_id:str}/{decision_name:str}"): Entry(
        "/admin/withdrawals/WD/approve", anybody=404
    ),
    ("GET", "/user/profile"): Entry("/user/profile", anybody=200),
    ("POST", "/user/profile"): Entry("/user/profile", anybody=422),
    ("GET", "/user/profile/email"): Entry("/user/profile/email", anybody=200),
    ("POST", "/user/profile/email"): Entry("/user/profile/email", anybody=422),
    # No challenge waits for a code; no second factor is set up in these tests' sign-ins.
    ("GET", "/login/kode"): Entry("/login/kode", anybody=303),
    ("POST", "/login/kode"): Entry("/login/kode", anybody=303),
    ("GET", "/user/profile/verifikasi"): Entry("/user/profile/verifikasi", anybody=404),
    ("POST", "/user/profile/verifikasi"): Entry("/user/profile/verifikasi", anybody=404),
    ("GET", "/user/profile/verifikasi/perangkat"): Entry("/user/profile/verifikasi/perangkat", anybody=303),
    ("POST", "/user/profile/verifikasi/perangkat"): Entry("/user/profile/verifikasi/perangkat", anybody=303),
    ("GET", "/lihat-sebagai/{user_id:int}"): Entry("/lihat-sebagai/999999999", anybody=404),
    ("POST", "/lihat-sebagai/{user_id:int}"): Entry("/lihat-sebagai/999999999", anybody=404),
    ("POST", "/user/profile/email/batal"): Entry("/user/profile/email/batal", anybody=303),
    ("GET", "/change-email/{token:str}"): Entry("/change-email/WzEsMSwiYSJd.x", anybody=404),
    ("POST", "/change-email/{token:str}"): Entry("/change-email/WzEsMSwiYSJd.x", anybody=404),
    ("GET", "/expert/{slug:str}"): Entry("/expert/{slug}", anybody=200),
    ("GET", "/user/favorites"): Entry("/user/favorites", anybody=200),
    ("POST", "/expert/{slug:str}/favorit"): Entry("/expert/{slug}/favorit", anybody=303, form={"on": "1"}),
    ("GET", "/expert/{slug:str}/kabari"): Entry("/expert/{slug}/kabari", anybody=200),
    ("POST", "/expert/{slug:str}/kabari"): Entry("/expert/{slug}/kabari", anybody=303, form={"on": "0"}),
    ("POST", "/user/profile/pemberitahuan"): Entry("/user/profile/pemberitahuan", anybody=303),
    ("GET", "/berhenti/{token:str}"): Entry("/berhenti/WzEsIm92ZXIiXQ.x", anybody=404),
    ("POST", "/berhenti/{token:str}"): Entry("/berhenti/WzEsIm92ZXIiXQ.x", anybody=404),
    ("GET", "/expert/{slug:str}/booking"): Entry("/expert/{slug}/booking", anybody=200),
    ("POST", "/expert/{slug:str}/booking"): Entry("/expert/{slug}/booking", anybody=422),
    ("GET", "/user/transactions"): Entry("/user/transactions", anybody=200),
    ("GET", "/payment/{order_id:str}"): Entry("/payment/{unpaid}", payer=200),
    ("GET", "/payment/{order_id:str}/events"): Entry("/payment/{unpaid}/events", payer=200),
    ("GET", "/payment/success"): Entry("/payment/success?orderId={unpaid}", payer=200),
    ("GET", "/payment/pending"): Entry("/payment/pending?orderId={unpaid}", payer=200),
    ("GET", "/payment/error"): Entry("/payment/error?orderId={unpaid}", payer=200),
    ("GET", "/payment/finish"): Entry("/payment/finish?order_id={unpaid}-2", payer=200),
    ("POST", "/payment/{order_id:str}/pay"): Entry("/payment/{unpaid}/pay", payer=303),
    ("GET", "/user/transactions/{public_id:str}/cancel"): Entry(
        "/user/transactions/{unpaid}/cancel", payer=200
    ),
    ("POST", "/user/transactions/{public_id:str}/cancel"): Entry(
        "/user/transactions/{unpaid}/cancel", payer=303
    ),
    # What is over keeps its time, and is called off by nobody.
    ("GET", "/user/transactions/{public_id:str}/move"): Entry("/user/transactions/{done}/move", payer=409),
    ("POST", "/user/transactions/{public_id:str}/move"): Entry("/user/transactions/{done}/move", payer=409),
    ("GET", "/user/transactions/{public_id:str}/proposal"): Entry(
        "/user/transactions/{done}/proposal", payer=409
    ),
    ("POST", "/user/transactions/{public_id:str}/proposal"): Entry(
        "/user/transactions/{done}/proposal", payer=409, form={"answer": "accept"}
    ),
    ("GET", "/expert/dashboard/transaksi/{public_id:str}/propose"): Entry(
        "/expert/dashboard/transaksi/{done}/propose", mentor=409
    ),
    ("POST", "/expert/dashboard/transaksi/{public_id:str}/propose"): Entry(
        "/expert/dashboard/transaksi/{done}/propose", mentor=409
    ),
    ("GET", "/expert/dashboard/transaksi/{public_id:str}/cancel"): Entry(
        "/expert/dashboard/transaksi/{done}/cancel", mentor=409
    ),
    ("POST", "/expert/dashboard/transaksi/{public_id:str}/cancel"): Entry(
        "/expert/dashboard/transaksi/{done}/cancel", mentor=409
    ),
    # Nothing of it is to be transferred by hand.
    ("GET", "/user/transactions/{public_id:str}/refund-account"): Entry(
        "/user/transactions/{done}/refund-account", payer=409
    ),
    ("POST", "/user/transactions/{public_id:str}/refund-account"): Entry(
        "/user/transactions/{done}/refund-account", payer=409
    ),
    ("GET", "/invoice/{name:str}"): Entry("/invoice/{done}", payer=200, mentor=200),
    ("GET", "/invoice/{public_id:str}/nota/{name:str}"): Entry("/invoice/{returned}/nota/{note}", payer=200),
    ("GET", "/expert/dashboard/transaksi/laporan"): Entry("/expert/dashboard/transaksi/laporan", anybody=303),
    ("GET", "/expert/dashboard/transaksi/laporan/{name:str}"): Entry(
        "/expert/dashboard/transaksi/laporan/{month}", anybody=200
    ),
    ("GET", "/money/{public_id:str}"): Entry("/money/{done}", payer=200, mentor=200),
    ("GET", "/user/transactions/{order_id:str}/review"): Entry("/user/transactions/{done}/review", payer=200),
    ("POST", "/user/transactions/{order_id:str}/review"): Entry(
        "/user/transactions/{done}/review", payer=303, form={"rating": "5", "display_name": "first"}
    ),
    ("GET", "/expert/dashboard/transaksi/{order_id:str}/balas"): Entry(
        "/expert/dashboard/transaksi/{done}/balas", mentor=200
    ),
    ("POST", "/expert/dashboard/transaksi/{order_id:str}/balas"): Entry(
        "/expert/dashboard/transaksi/{done}/balas", mentor=303, form={"reply": "Terima kasih banyak."}
    ),
    ("GET", "/expert/dashboard/transaksi/saldo/{name:str}"): Entry(
        "/expert/dashboard/transaksi/saldo/tersedia", anybody=200
    ),
    # Nobody is paused: nothing happens.
    ("POST", "/expert/dashboard/aktifkan"): Entry("/expert/dashboard/aktifkan", anybody=303),
    ("GET", "/session"): Entry("/session?bookingId={room}", payer=200, mentor=200),
    ("GET", "/session/{booking_id:str}/thread"): Entry("/session/{room}/thread", payer=200, mentor=200),
    ("GET", "/session/{booking_id:str}/events"): Entry("/session/{room}/events", payer=200, mentor=200),
    # The room of this table is still open: there is no transcript yet.
    ("GET", "/session/{booking_id:str}/transcript"): Entry(
        "/session/{room}/transcript", payer=409, mentor=409
    ),
    ("GET", "/session/{booking_id:str}/transcript.txt"): Entry(
        "/session/{room}/transcript.txt", payer=409, mentor=409
    ),
    ("GET", "/session/{booking_id:str}/transcript.json"): Entry(
        "/session/{room}/transcript.json", payer=409, mentor=409
    ),
    ("GET", "/session/{booking_id:str}/files/{attachment_id:str}"): Entry(
        "/session/{room}/files/{file}", payer=200, mentor=200
    ),
    ("GET", "/session/{booking_id:str}/end"): Entry("/session/{room}/end", payer=200, mentor=200),
    ("POST", "/session/{booking_id:str}/messages"): Entry(
        "/session/{room}/messages", payer=303, mentor=303, form={"text": "Halo", "client_id": str(uuid4())}
    ),
    # More time is asked for in the last minutes only.
    ("POST", "/session/{booking_id:str}/here"): Entry(
        "/session/{room}/here", payer=204, mentor=204, form={"read": "1"}
    ),
    ("POST", "/session/{booking_id:str}/extend"): Entry(
        "/session/{room}/extend", payer=409, mentor=409, form={"answer": "yes"}
    ),
    # Both are there: nobody has to choose what to do about an absent expert.
    ("POST", "/session/{booking_id:str}/absence"): Entry(
        "/session/{room}/absence", payer=409, form={"choice": "refund"}
    ),
    ("POST", "/session/{booking_id:str}/end"): Entry("/session/{room}/end", payer=303, mentor=303),
    # Not open yet: said to the two, and to nobody else.
    ("GET", "/session/{booking_id:str}/link"): Entry("/session/{video}/link", payer=409, mentor=409),
    ("GET", "/session/{booking_id:str}/arrival"): Entry("/session/{offline}/arrival", mentor=200),
    ("POST", "/session/{booking_id:str}/arrival"): Entry(
        "/session/{offline}/arrival", mentor=409, form={"code": "123456"}
    ),
    ("GET", "/session/{booking_id:str}/report"): Entry("/session/{video}/report", payer=409, mentor=409),
    ("POST", "/session/{booking_id:str}/report"): Entry(
        "/session/{video}/report", payer=409, mentor=409, form={"words": "Mentor tidak datang."}
    ),
    ("POST", "/session/{booking_id:str}/finish"): Entry("/session/{thread}/finish", mentor=303),
    ("GET", "/session/{booking_id:str}/objection"): Entry("/session/{thread}/objection", payer=200),
    ("POST", "/session/{booking_id:str}/objection"): Entry("/session/{thread}/objection", payer=422),
    ("POST", "/session/{booking_id:str}/accept"): Entry("/session/{thread}/accept", payer=303),
    ("GET", "/expert/dashboard"): Entry("/expert/dashboard", anybody=200),
    ("GET", "/expert/dashboard/transaksi"): Entry("/expert/dashboard/transaksi", anybody=200),
    ("POST", "/expert/dashboard/ready"): Entry("/expert/dashboard/ready", anybody=303),
    ("GET", "/expert/dashboard/profil/pratinjau"): Entry("/expert/dashboard/profil/pratinjau", anybody=200),
    ("GET", "/expert/dashboard/profil/data"): Entry("/expert/dashboard/profil/data", anybody=200),
    ("POST", "/expert/dashboard/profil/data"): Entry("/expert/dashboard/profil/data", anybody=422),
    ("GET", "/expert/dashboard/profil/slug"): Entry("/expert/dashboard/profil/slug?slug=sari", anybody=200),
    ("GET", "/expert/dashboard/profil/keahlian"): Entry("/expert/dashboard/profil/keahlian", anybody=200),
    ("POST", "/expert/dashboard/profil/keahlian"): Entry(
        "/expert/dashboard/profil/keahlian", anybody=422, form={"kind": "skill", "name": "<b>"}
    ),
    ("POST", "/expert/dashboard/profil/keahlian/hapus"): Entry(
        "/expert/dashboard/profil/keahlian/hapus", anybody=303, form={"kind": "skill", "name": "Tidak ada"}
    ),
    ("GET", "/expert/dashboard/profil/keahlian/saran"): Entry(
        "/expert/dashboard/profil/keahlian/saran?kind=skill", anybody=200
    ),
    ("GET", "/expert/dashboard/profil/{part:str}"): Entry("/expert/dashboard/profil/pendidikan", anybody=200),
    ("GET", "/expert/dashboard/profil/{part:str}/baru"): Entry(
        "/expert/dashboard/profil/pendidikan/baru", anybody=200
    ),
    ("POST", "/expert/dashboard/profil/{part:str}/baru"): Entry(
        "/expert/dashboard/profil/pendidikan/baru", anybody=422
    ),
    ("GET", "/expert/dashboard/profil/{part:str}/{entry_id:int}"): Entry(
        "/expert/dashboard/profil/pencapaian/{pride}", mentor=200
    ),
    ("POST", "/expert/dashboard/profil/{part:str}/{entry_id:int}"): Entry(
        "/expert/dashboard/profil/pencapaian/{pride}", mentor=422
    ),
    ("POST", "/expert/dashboard/profil/{part:str}/{entry_id:int}/urutan"): Entry(
        "/expert/dashboard/profil/pencapaian/{pride}/urutan", mentor=303, form={"to": "up"}
    ),
    ("GET", "/expert/dashboard/profil/{part:str}/{entry_id:int}/hapus"): Entry(
        "/expert/dashboard/profil/pencapaian/{pride}/hapus", mentor=200
    ),
    # Taking away what is not there is nothing.
    ("POST", "/expert/dashboard/profil/{part:str}/{entry_id:int}/hapus"): Entry(
        "/expert/dashboard/profil/pencapaian/999999/hapus", anybody=303
    ),
    ("GET", "/expert/dashboard/profil/foto"): Entry("/expert/dashboard/profil/foto", anybody=200),
    ("POST", "/expert/dashboard/profil/foto"): Entry("/expert/dashboard/profil/foto", anybody=422),
    ("POST", "/expert/dashboard/profil/foto/hapus"): Entry(
        "/expert/dashboard/profil/foto/hapus", anybody=303
    ),
    ("GET", "/foto/{photo_id:uuid}/{name:str}"): Entry(f"/foto/{uuid4()}/160.webp", anybody=404),
    ("GET", "/expert/dashboard/withdrawals"): Entry("/expert/dashboard/withdrawals", anybody=200),
    ("POST", "/expert/dashboard/withdrawals"): Entry("/expert/dashboard/withdrawals", anybody=422),
    ("GET", "/products/{product_id:int}/buy"): Entry("/products/{product}/buy", anybody=200),
    ("POST", "/products/{product_id:int}/buy"): Entry(
        "/products/{product}/buy", anybody=422, form={"payment_method": "salah"}
    ),
    ("GET", "/products/gambar/{file_id:uuid}"): Entry(f"/products/gambar/{uuid4()}", anybody=404),
    ("GET", "/user/library"): Entry("/user/library", anybody=200),
    ("GET", "/unduh/{token:str}"): Entry("{download}", payer=303),
    ("GET", "/expert/dashboard/jadwal"): Entry("/expert/dashboard/jadwal", anybody=200),
    ("GET", "/expert/dashboard/jadwal/jam/{weekday:int}"): Entry(
        "/expert/dashboard/jadwal/jam/1", anybody=200
    ),
    ("POST", "/expert/dashboard/jadwal/jam/{weekday:int}"): Entry(
        "/expert/dashboard/jadwal/jam/1", anybody=409
    ),
    ("GET", "/expert/dashboard/jadwal/libur/baru"): Entry("/expert/dashboard/jadwal/libur/baru", anybody=200),
    ("POST", "/expert/dashboard/jadwal/libur/baru"): Entry(
        "/expert/dashboard/jadwal/libur/baru", anybody=422
    ),
    ("POST", "/expert/dashboard/jadwal/libur/hapus"): Entry(
        "/expert/dashboard/jadwal/libur/hapus", anybody=404
    ),
    ("POST", "/expert/dashboard/jadwal/libur/nasional"): Entry(
        "/expert/dashboard/jadwal/libur/nasional", anybody=303
    ),
    ("GET", "/expert/dashboard/jadwal/tambahan/baru"): Entry(
        "/expert/dashboard/jadwal/tambahan/baru", anybody=200
    ),
    ("POST", "/expert/dashboard/jadwal/tambahan/baru"): Entry(
        "/expert/dashboard/jadwal/tambahan/baru", anybody=422
    ),
    ("POST", "/expert/dashboard/jadwal/tambahan/hapus"): Entry(
        "/expert/dashboard/jadwal/tambahan/hapus", anybody=404
    ),
    ("GET", "/kalender/{name:str}"): Entry("/kalender/tidak-ada.ics", anybody=404),
    ("GET", "/user/calendar"): Entry("/user/calendar", anybody=200),
    ("POST", "/user/calendar"): Entry("/user/calendar", anybody=303),
    ("POST", "/user/calendar/off"): Entry("/user/calendar/off", anybody=303),
    ("GET", "/expert/dashboard/jadwal/kalender"): Entry("/expert/dashboard/jadwal/kalender", anybody=200),
    ("POST", "/expert/dashboard/jadwal/kalender"): Entry("/expert/dashboard/jadwal/kalender", anybody=422),
    ("POST", "/expert/dashboard/jadwal/kalender/{source_id:int}/refresh"): Entry(
        "/expert/dashboard/jadwal/kalender/{source}/refresh", mentor=303
    ),
    ("POST", "/expert/dashboard/jadwal/kalender/{source_id:int}/delete"): Entry(
        "/expert/dashboard/jadwal/kalender/{source}/delete", mentor=303
    ),
    ("GET", "/expert/dashboard/jadwal/aturan"): Entry("/expert/dashboard/jadwal/aturan", anybody=200),
    ("POST", "/expert/dashboard/jadwal/aturan"): Entry("/expert/dashboard/jadwal/aturan", anybody=422),
    ("GET", "/expert/dashboard/layanan"): Entry("/expert/dashboard/layanan", anybody=200),
    ("GET", "/expert/dashboard/layanan/harga"): Entry("/expert/dashboard/layanan/harga?price=1", anybody=200),
    ("GET", "/expert/dashboard/layanan/baru"): Entry("/expert/dashboard/layanan/baru", anybody=200),
    ("POST", "/expert/dashboard/layanan/baru"): Entry("/expert/dashboard/layanan/baru", anybody=422),
    ("GET", "/expert/dashboard/layanan/{service_id:int}"): Entry(
        "/expert/dashboard/layanan/{service}", mentor=200
    ),
    ("POST", "/expert/dashboard/layanan/{service_id:int}"): Entry(
        "/expert/dashboard/layanan/{service}", mentor=422
    ),
    ("POST", "/expert/dashboard/layanan/{service_id:int}/aktif"): Entry(
        "/expert/dashboard/layanan/{service}/aktif", mentor=303, form={"active": "1"}
    ),
    ("POST", "/expert/dashboard/layanan/{service_id:int}/urutan"): Entry(
        "/expert/dashboard/layanan/{service}/urutan", mentor=303, form={"to": "up"}
    ),
    ("GET", "/expert/dashboard/layanan/{service_id:int}/hapus"): Entry(
        "/expert/dashboard/layanan/{service}/hapus", mentor=200
    ),
    ("POST", "/expert/dashboard/layanan/{service_id:int}/hapus"): Entry(
        "/expert/dashboard/layanan/{service}/hapus", mentor=303
    ),
    ("POST", "/expert/dashboard/layanan/produk/{product_id:int}/aktif"): Entry(
        "/expert/dashboard/layanan/produk/{product}/aktif", mentor=303, form={"active": "1"}
    ),
    ("POST", "/expert/dashboard/layanan/produk/{product_id:int}/urutan"): Entry(
        "/expert/dashboard/layanan/produk/{product}/urutan", mentor=303, form={"to": "up"}
    ),
    ("GET", "/expert/dashboard/layanan/produk/baru"): Entry(
        "/expert/dashboard/layanan/produk/baru", anybody=200
    ),
    ("POST", "/expert/dashboard/layanan/produk/baru"): Entry(
        "/expert/dashboard/layanan/produk/baru", anybody=422
    ),
    ("GET", "/expert/dashboard/layanan/produk/{product_id:int}"): Entry(
        "/expert/dashboard/layanan/produk/{product}", mentor=200
    ),
    ("POST", "/expert/dashboard/layanan/produk/{product_id:int}"): Entry(
        "/expert/dashboard/layanan/produk/{product}", mentor=422
    ),
    ("POST", "/expert/dashboard/layanan/produk/{product_id:int}/gambar"): Entry(
        "/expert/dashboard/layanan/produk/{product}/gambar", mentor=422
    ),
    ("GET", "/expert/dashboard/layanan/produk/{product_id:int}/hapus"): Entry(
        "/expert/dashboard/layanan/produk/{product}/hapus", mentor=200
    ),
    ("POST", "/expert/dashboard/layanan/produk/{product_id:int}/hapus"): Entry(
        "/expert/dashboard/layanan/produk/{product}/hapus", mentor=303
    ),
    ("POST", "/payment/midtrans/notification"): Entry("/payment/midtrans/notification", anybody=400),
    ("GET", "/healthz"): Entry("/healthz", anybody=200),
    ("GET", "/readyz"): Entry("/readyz", anybody=200),
    ("GET", "/metrics"): Entry("/metrics", anybody=200),  # the tests ask from loopback
    ("GET", "/static/{path:path}"): Entry("/static/css/none.css", anybody=404),
    ("GET", "/dev/ui"): Entry("/dev/ui", anybody=200),
    # Nobody looks as anybody: an admin goes back to the desk.
    ("POST", "/lihat-sebagai/berhenti"): Entry("/lihat-sebagai/berhenti", anybody=404),
    ("POST", "/logout"): Entry("/logout", anybody=303),
}
# Pages for people who are not signed in yet, and what differs for some; everything else follows from the guards.
EXCEPTIONS: dict[tuple[Who, Route], int] = {
    ("admin", ("POST", "/lihat-sebagai/berhenti")): 303,
    # Admins read where an order's money went.
    ("admin", ("GET", "/money/{public_id:str}")): 200,
    ("nobody", ("GET", "/register")): 200,
    ("nobody", ("GET", "/login")): 200,
    ("mentor", ("GET", "/expert/login")): 303,
    ("other expert", ("GET", "/expert/login")): 303,
    ("other expert", ("POST", "/expert/apply/withdraw")): 409,
    # Nobody books themselves: said to whoever it is about, and to nobody else.
    ("mentor", ("GET", "/expert/{slug:str}/booking")): 409,
    # Admins read every invoice.
    ("admin", ("GET", "/invoice/{name:str}")): 200,
    ("admin", ("GET", "/invoice/{public_id:str}/nota/{name:str}")): 200,
    ("mentor", ("POST", "/expert/{slug:str}/booking")): 409,
    ("mentor", ("GET", "/products/{product_id:int}/buy")): 409,
    ("mentor", ("POST", "/products/{product_id:int}/buy")): 409,
}
# What must be as before after everybody who has no business here has tried everything.
WATCHED = (
    "SELECT public_id, payment_status, paid_at FROM orders ORDER BY id",
    "SELECT id, status FROM bookings ORDER BY id",
    "SELECT booking_id, status, user_joined_at, expert_joined_at, last_seq FROM active_sessions ORDER BY 1",
    "SELECT count(*) FROM chat_messages",
    "SELECT order_id, rating, reply FROM reviews ORDER BY 1",
    "SELECT count(*) FROM session_arrivals",
    "SELECT count(*) FROM session_reports",
    "SELECT count(*) FROM order_events",
    "SELECT count(*) FROM refunds",
    "SELECT id, state FROM proposals ORDER BY id",
    "SELECT id, name, active, archived_at FROM products ORDER BY id",
    "SELECT order_id, state, downloads FROM purchases ORDER BY 1",
    "SELECT count(*) FROM withdrawals",
    "SELECT count(*) FROM payment_attempts",
    "SELECT count(*) FROM payment_logs",
    "SELECT id, ready_until FROM experts ORDER BY id",
    "SELECT expert_id, weekday, starts::text, ends::text FROM weekly_hours ORDER BY 1, 2, 3",
    "SELECT expert_id, day, kind FROM schedule_exceptions ORDER BY id",
    "SELECT expert_id, time_zone, horizon_days FROM schedules ORDER BY 1",
    "SELECT id, problem FROM calendar_sources ORDER BY id",
)
_MASK = re.compile(r'value="[A-Za-z0-9_=-]{80,}"')


@dataclass
class World:
    """One payer's bookings with one mentor, and browsers of six people."""

    ids: dict[str, str]
    browsers: dict[Who, Browser]
    tokens: dict[Who, str]


@cache
def routes() -> dict[Route, HTTPRouteHandler]:
    """Every handler the application has, by method and path."""
    app = Litestar(route_handlers=[*FEATURES, showcase], openapi_config=None)
    return {
        (method, route.path): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods
        if method not in ("OPTIONS", "HEAD")
    }


async def a_world(site: Site) -> World:
    """The bookings: one runs, one is over, one waits for its money, one is a thread that was answered."""
    meeting = await meet_now(site.db)
    seller = await _seller(meeting)
    done = await book(site.db, meeting.user, seller, await slot_in(site.db, days=1))
    await finish(site.db, (await pay(site.db, done)).booking_id)
    await reviews.write(site.db, meeting.user, done, rating=4, comment="", anonymous=True)
    thread = await _answered(site, meeting, seller)
    await meeting.begin()
    video = await _elsewhere(site, meeting, seller, "online_video", 3)
    offline = await _elsewhere(site, meeting, seller, "offline_event", 4)
    bought = await purchase(site.db, meeting.user, await make_product(site.db, seller, "Sudah dibeli"))
    returned = await book(site.db, meeting.user, seller, await slot_in(site.db, days=5))
    await payments.pay(site.db, returned)
    # The last: nobody books anew with a mentor while a booking waits for its money.
    unpaid = await book(site.db, meeting.user, seller, await slot_in(site.db, days=2))
    ids = {
        "room": str(meeting.booking_id),
        "file": str((await meeting.give(site.resources.storage, meeting.user, Document(pdf()))).id),
        "thread": str(thread),
        "video": str(video),
        "offline": str(offline),
        "done": done,
        "unpaid": unpaid,
        "returned": returned,
        "note": await _note(site, returned),
        "month": f"{month_of(await clock.now(site.db)):%Y-%m}",
        "slug": seller.slug,
        "product": str(await make_product(site.db, seller)),
        "pride": str(await add_entry(site.db, seller.id, PARTS["pencapaian"], Achievement("Juara"))),
        "service": str(await services.add(site.db, seller.id, NewService("Sisa", "online_chat", 30, 50_000))),
        "download": download_path(site.settings, bought),
        "source": str(await make_source(site.db, seller.id)),
    }
    return World(ids, *await _people(site, meeting))


async def _note(site: Site, public_id: str) -> str:
    """Part of a payment went back: its credit note."""
    transaction_id = await site.db.fetchval(
        """SELECT t.transaction_id FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
           WHERE a.gateway_order_id = $1""",
        public_id,
    )
    said = payments.said(public_id, "partial_refund", transaction_id=transaction_id, returned=10_000)
    await hear(site.db, public_id, said)
    row = await site.db.fetchrow("SELECT year, number FROM credit_notes")
    assert row is not None
    return note_name(row["year"], row["number"])


async def _answered(site: Site, meeting: Meeting, seller: Seller) -> UUID:
    """A thread of the two that waits for its acceptance."""
    async with site.db.transaction() as tx:
        service_id = await add_service(tx, seller.id, NewService("Tinjau CV", "online_chat", None, 50_000))
    due = await due_in(site.db, days=3)
    order = await book(site.db, meeting.user, replace(seller, service_id=service_id), due)
    booking_id = (await pay(site.db, order)).booking_id
    assert booking_id is not None
    await enter(site.db, meeting.expert, booking_id)
    await send(site.db, meeting.expert, booking_id, uuid4(), "Ini catatan saya.")
    await threads.finish(site.db, meeting.expert, booking_id)
    return booking_id


async def _elsewhere(site: Site, meeting: Meeting, seller: Seller, category: str, days: int) -> UUID:
    """A session of the two that takes place by video or in person, in so many days."""
    service = NewService("Tatap muka", category, 60, 50_000, address="Jl. Melati 1")
    async with site.db.transaction() as tx:
        service_id = await add_service(tx, seller.id, service)
    starts = await slot_in(site.db, days=days)
    order_id = await book(site.db, meeting.user, replace(seller, service_id=service_id), starts)
    booking_id = (await pay(site.db, order_id)).booking_id
    assert booking_id is not None
    return booking_id


async def _seller(meeting: Meeting) -> Seller:
    row = await meeting.db.fetchrow(
        """SELECT e.id, e.user_id, e.slug, s.id AS service_id FROM experts e JOIN services s ON s.expert_id = e.id
           WHERE e.id = $1""",
        meeting.expert.expert_id,
    )
    assert row is not None
    return Seller(**dict(row))


async def _people(site: Site, meeting: Meeting) -> tuple[dict[Who, Browser], dict[Who, str]]:
    other = await make_seller(site.db, "Dimas Prakoso")
    admin = await make_user(site.db, "Admin")
    await site.db.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.id)
    people: dict[Who, Viewer | None] = {
        "nobody": None,
        "stranger": await make_user(site.db, "Ani Lestari"),
        "other expert": Viewer(other.user_id, "", "", "user", "Asia/Jakarta", 0, other.id),
        "admin": admin,
        "payer": meeting.user,
        "mentor": meeting.expert,
    }
    browsers = {who: await browser_of(site, person) for who, person in people.items()}
    tokens: dict[Who, str] = {}
    for who, browser in browsers.items():
        await browser.get("/login" if who == "nobody" else "/user/profile")
        field_ = browser.page.css_first("input[name=_csrf]")
        assert field_ is not None
        tokens[who] = field_.attributes.get("value") or ""
    return browsers, tokens


async def ask(world: World, who: Who, route: Route, address: str | None = None) -> tuple[int, str, str]:
    """Ask as this person does, with a good form token: status, where it leads, and the page (none of streams)."""
    entry, client = TABLE[route], world.browsers[who].client
    form = {**entry.form, "_csrf": world.tokens[who]} if route[0] == "POST" else None
    url = address or entry.address.format(**world.ids)
    async with client.stream(route[0], url, data=form, follow_redirects=False) as answer:
        page = ""
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            page = (await answer.aread()).decode(errors="replace")  # files, too
        return answer.status_code, answer.headers.get("location", ""), page


def expected(who: Who, route: Route) -> int:
    """What the guards of a route, and whose id it names, let this person have."""
    handler, entry = routes()[route], TABLE[route]
    if (who, route) in EXCEPTIONS:
        return EXCEPTIONS[who, route]
    if handler.opt.get("public"):
        return entry.right(who)
    guards = set(handler.resolve_guards())
    if who == "nobody":
        return 404 if requires_admin in guards else 303
    if (requires_expert in guards and who not in EXPERTS) or (requires_admin in guards and who != "admin"):
        return 404
    return entry.right(who)


def test_every_route_stands_in_the_table() -> None:
    assert set(TABLE) == set(routes())


@pytest.mark.parametrize("who", get_args(Who))
async def test_everybody_gets_what_is_theirs_and_nothing_else(site: Site, who: Who) -> None:
    world = await a_world(site)
    before = await watched(site)
    wrong: list[Any] = []
    for route in TABLE:
        status, leads_to, _ = await ask(world, who, route)
        if status != expected(who, route):
            wrong.append((route, status, expected(who, route)))
        if who == "nobody" and status == 303 and not re.match(r"/(expert/)?login(\?|$)", leads_to):
            wrong.append((route, "leads to", leads_to))
    assert not wrong
    if who not in ("payer", "mentor"):
        assert await watched(site) == before


@pytest.mark.parametrize("who", ["stranger", "other expert", "admin"])
async def test_what_belongs_to_others_looks_like_what_is_not_there(site: Site, who: Who) -> None:
    world = await a_world(site)
    missing = {
        "room": str(uuid4()),
        "file": str(uuid4()),
        "thread": str(uuid4()),
        "video": str(uuid4()),
        "offline": str(uuid4()),
        "done": "BE-20260101-NPQRST",
        "unpaid": "BE-20260101-GHJKLM",
        "product": "999999",
        "pride": "999999",
        "service": "999999",
        "source": "999999",
        "download": "/unduh/tidak-ada",
        "returned": "BE-20260101-ABCDEF",
        "note": "CN-2026-999999",
    }
    for route, entry in TABLE.items():
        if entry.anybody is not None or EXCEPTIONS.get((who, route)) == 200:
            continue
        there = await ask(world, who, route)
        nowhere = await ask(world, who, route, entry.address.format(**(world.ids | missing)))
        assert _same(there) == _same(nowhere), route


async def test_an_unpaid_booking_is_not_the_mentors_yet(site: Site) -> None:
    world = await a_world(site)
    browser = world.browsers["mentor"]
    for address in ("/invoice/{unpaid}", "/payment/{unpaid}", "/user/transactions/{unpaid}/cancel"):
        assert (await browser.get(address.format(**world.ids))).status_code == 404, address
    await browser.get("/expert/dashboard/transaksi")
    assert world.ids["unpaid"] not in browser.text


async def watched(site: Site) -> list[list[tuple[Any, ...]]]:
    """The rows nobody without business here may change."""
    return [[tuple(row) for row in await site.db.fetch(sql)] for sql in WATCHED]


def _same(answer: tuple[int, str, str]) -> tuple[int, str, str]:
    status, leads_to, page = answer
    return status, leads_to, _MASK.sub("", page)
