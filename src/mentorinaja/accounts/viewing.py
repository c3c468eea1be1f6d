"""Looking as somebody: an admin sees the pages a person sees, for half an hour, and can do nothing on them."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from mentorinaja.accounts import rules, sessions
from mentorinaja.accounts.problems import NotViewable, OnlyLooking
from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.web.auth import Guarded
from mentorinaja.web.viewer import Viewer

# On the two handlers that end it (`opt={ENDS_VIEWING: True}`), and nowhere else.
ENDS_VIEWING = "ends_viewing"
_SAFE = ("GET", "HEAD", "OPTIONS")

# What may be looked at. Whatever stands here neither records that it was opened nor shows what is between two people
# or opens something by itself: rooms, transcripts, downloads, private calendars, passwords are closed, and so is
# every address nobody has thought of yet.
OPEN = frozenset(
    {
        "/",
        "/expert/apply",
        "/expert/dashboard",
        "/expert/dashboard/jadwal",
        "/expert/dashboard/jadwal/aturan",
        "/expert/dashboard/jadwal/jam/{weekday}",
        "/expert/dashboard/jadwal/libur/baru",
        "/expert/dashboard/jadwal/tambahan/baru",
        "/expert/dashboard/layanan",
        "/expert/dashboard/layanan/baru",
        "/expert/dashboard/layanan/harga",
        "/expert/dashboard/layanan/produk/baru",
        "/expert/dashboard/layanan/produk/{product_id}",
        "/expert/dashboard/layanan/produk/{product_id}/hapus",
        "/expert/dashboard/layanan/{service_id}",
        "/expert/dashboard/layanan/{service_id}/hapus",
        "/expert/dashboard/profil/data",
        "/expert/dashboard/profil/foto",
        "/expert/dashboard/profil/keahlian",
        "/expert/dashboard/profil/keahlian/saran",
        "/expert/dashboard/profil/pratinjau",
        "/expert/dashboard/profil/slug",
        "/expert/dashboard/profil/{part}",
        "/expert/dashboard/profil/{part}/baru",
        "/expert/dashboard/profil/{part}/{entry_id}",
        "/expert/dashboard/profil/{part}/{entry_id}/hapus",
        "/expert/dashboard/transaksi",
        "/expert/dashboard/transaksi/laporan",
        "/expert/dashboard/transaksi/laporan/{name}",
        "/expert/dashboard/transaksi/saldo/{name}",
        "/expert/dashboard/transaksi/{order_id}/balas",
        "/expert/dashboard/transaksi/{public_id}/cancel",
        "/expert/dashboard/transaksi/{public_id}/propose",
        "/expert/dashboard/withdrawals",
        "/expert/{slug}",
        "/expert/{slug}/booking",
        "/expert/{slug}/kabari",
        "/foto/{photo_id}/{name}",
        "/invoice/{name}",
        "/invoice/{public_id}/nota/{name}",
        "/money/{public_id}",
        "/payment/{order_id}",
        "/payment/{order_id}/events",
        "/products/gambar/{file_id}",
        "/products/{product_id}/buy",
        "/static/{path}",
        "/user/favorites",
        "/user/library",
        "/user/profile",
        "/user/transactions",
        "/user/transactions/{order_id}/review",
        "/user/transactions/{public_id}/cancel",
        "/user/transactions/{public_id}/move",
        "/user/transactions/{public_id}/proposal",
        "/user/transactions/{public_id}/refund-account",
    }
)
# Not there for who is no admin, and an admin who looks as somebody is none.
_DESK = "/admin"


async def only_looks(connection: Guarded, handler: BaseRouteHandler) -> None:
    """Guard of the whole application, before every other: who looks as somebody only looks. Raises OnlyLooking."""
    viewer: Viewer | None = connection.scope.get("user")
    if viewer is None or viewer.seen_by is None:
        return
    template: str = connection.scope["path_template"]
    if template == _DESK or template.startswith(_DESK + "/"):
        raise NotThere
    if connection.scope.get("method") not in _SAFE:
        if not handler.opt.get(ENDS_VIEWING):
            raise OnlyLooking(
                f"Selama melihat sebagai {viewer.full_name}, tidak ada yang bisa diubah. Tekan “Berhenti” lebih dulu."
            )
    elif template not in OPEN:
        raise OnlyLooking(f"Halaman ini hanya untuk {viewer.full_name} sendiri.")


@atomic
async def view_as(tx: Connection, admin: Viewer, user_id: int, reason: str) -> str:
    """Look as this person from now on, in the admin's present session, for `rules.VIEWING_FOR`.

    Answers the session's new token, for the cookie: no process takes the next request for the admin's own. Raises
    NotThere, and NotViewable for admins, the suspended and oneself.
    """
    await _check(tx, admin, user_id)
    started = await tx.fetchval(
        """UPDATE login_sessions SET viewing_as = $3, viewing_since = app_now(), viewing_reason = $4
           WHERE id = $1 AND user_id = $2 AND ended_at IS NULL RETURNING id""",
        admin.session_id,
        admin.id,
        user_id,
        reason,
    )
    if started is None:  # from the command line there is nothing to look at
        raise NotThere
    minutes = int(rules.VIEWING_FOR.total_seconds()) // 60
    await audit.record(
        tx, admin, "user.viewed_as", "user", str(user_id), reason=reason, detail={"minutes": minutes}
    )
    return await sessions.renew_token(tx, admin.session_id)


@atomic
async def stop(tx: Connection, session_id: int) -> str | None:
    """Be oneself again: answers the session's new token, None when nobody was looked at."""
    stopped = await tx.fetchval(
        """UPDATE login_sessions SET viewing_as = NULL, viewing_since = NULL, viewing_reason = NULL
           WHERE id = $1 AND viewing_as IS NOT NULL RETURNING id""",
        session_id,
    )
    return await sessions.renew_token(tx, session_id) if stopped else None


async def _check(tx: Connection, admin: Viewer, user_id: int) -> None:
    if admin.role != "admin":
        raise NotThere
    person = await tx.fetchrow(
        "SELECT role, suspended_at IS NOT NULL AS suspended FROM users WHERE id = $1", user_id
    )
    if person is None:
        raise NotThere
    if user_id == admin.id:
        raise NotViewable("Ini akun Anda sendiri.")
    if person["role"] == "admin":
        raise NotViewable("Orang ini admin. Melihat sebagai admin lain tidak bisa.")
    if person["suspended"]:
        raise NotViewable("Akun ini sedang ditangguhkan, jadi tidak ada yang bisa dilihatnya.")
