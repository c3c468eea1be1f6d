"""What stands behind each of the numbers on TRANSAKSI: its movements, with what it was after each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.viewer import WebRequest


@dataclass(frozen=True, slots=True)
class Balance:
    """One of the numbers: its name on the page, the accounts it is the sum of, and what it means."""

    name: str
    kinds: tuple[str, ...]
    meaning: str


BALANCES = {
    "tersedia": Balance("Saldo Tersedia", ("expert_available",), "Yang dapat Anda tarik sekarang."),
    "pendapatan": Balance(
        "Total Pendapatan", ledger.EARNED, "Semua yang Anda peroleh: tertahan, tersedia, dan yang ditarik."
    ),
    "ditarik": Balance(
        "Penarikan (Withdrawn)", ("expert_withdrawn",), "Yang sudah ditransfer ke rekening Anda."
    ),
    "tertahan": Balance(
        "Tertahan", ("expert_held",), "Yang sudah dibayar pengguna dan tersedia setelah sesi selesai."
    ),
    "sedang-ditarik": Balance(
        "Sedang ditarik", ("expert_withdrawing",), "Yang sudah Anda ajukan dan belum ditransfer."
    ),
    "dipotong": Balance(
        "Dipotong dari pendapatan berikutnya",
        ledger.OWED,
        "Yang kembali kepada pengguna setelah bagian Anda ditarik. Anda tidak perlu membayar apa-apa.",
    ),
}


@get("/expert/dashboard/transaksi/saldo/{name:str}", guards=[requires_expert])
async def show_balance(request: WebRequest, db: Database, now: datetime, name: str) -> Response[Any]:
    """The movements of one number, newest first; `sebelum` is where an older page begins."""
    balance = BALANCES.get(name)
    if balance is None:
        raise NotThere
    expert_id = expert_id_of(request)
    async with db.snapshot() as connection:
        earned = await ledger.earnings(connection, expert_id)
        found = await ledger.lines_of(connection, expert_id, balance.kinds, _before(request))
    return html.page(
        request,
        "templates/portal/balance.html",
        strip=await strip_of(db, expert_id),
        balance=balance,
        name=name,
        amount=earned.of(balance.kinds),
        found=found,
        newest="sebelum" not in request.query_params,
        now=now,
    )


def _before(request: WebRequest) -> int | None:
    """Where the page asked for begins; anything that is no number is the newest."""
    text = request.query_params.get("sebelum", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


handlers = [show_balance]
