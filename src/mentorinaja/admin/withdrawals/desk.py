"""Withdrawals on the desk: what mentors asked for, and what was decided on it."""

from __future__ import annotations

from mentorinaja.admin.desk import Desk
from mentorinaja.admin.health.numbers import LATE_WITHDRAWAL
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.withdrawals.batch import TRANSFERS
from mentorinaja.admin.withdrawals.case import CHIPS, load
from mentorinaja.admin.withdrawals.decisions import DECISIONS
from mentorinaja.admin.words import inside, moment, money, person
from mentorinaja.banks.rules import BANKS
from mentorinaja.formats import day
from mentorinaja.withdrawals.rules import WORDS

_OPEN = "w.state IN ('requested', 'checked', 'processing')"


def _search(words: str) -> Where:
    if words.upper().startswith("WD-"):
        return Where("w.public_id = upper({})", (words,))
    return Where(
        """w.id = ANY (ARRAY(SELECT x.id FROM users p JOIN experts m ON m.user_id = p.id
               JOIN withdrawals x ON x.expert_id = m.id WHERE p.full_name ILIKE {}
             UNION ALL SELECT s.withdrawal_id FROM withdrawal_steps s WHERE s.state = 'paid' AND s.note = {}))""",
        (inside(words), words),
    )


def _id(row: Row) -> Cell:
    return Cell(row["public_id"], href=f"/admin/withdrawals/{row['public_id']}")


def _state(row: Row) -> Cell:
    return Cell(WORDS[row["state"]], chip=CHIPS[row["state"]])


def _due(row: Row) -> Cell:
    return Cell(day(row["due"]), note="Terlambat" if row["late"] else "")


_STATES = Filter(
    "state",
    "Status",
    (
        Choice("open", "Belum selesai", Where(_OPEN)),
        Choice("undecided", "Menunggu izin", Where("w.state IN ('requested', 'checked')")),
        *(Choice(state, words, Where("w.state = {}", (state,))) for state, words in WORDS.items()),
    ),
)
_DUE = Filter("due", "Tenggat", (Choice("late", "Terlambat", Where(LATE_WITHDRAWAL)),))
_BANKS = Filter(
    "bank",
    "Bank",
    tuple(Choice(code, bank.name, Where("w.bank = {}", (code,))) for code, bank in BANKS.items()),
)

LISTING = Listing(
    fields=f"""w.public_id, w.state, w.amount, w.bank_name, w.account_tail, w.account_holder, e.user_id, u.full_name,
              w.asked_at, withdrawal_due(w.asked_at) AS due, {LATE_WITHDRAWAL} AS late""",
    source="withdrawals w",
    beside="LEFT JOIN experts e ON e.id = w.expert_id LEFT JOIN users u ON u.id = e.user_id",
    key="w.id",
    at="w.asked_at",
    columns=(
        Column("Penarikan", _id),
        Column("Status", _state),
        Column("Mentor", lambda row: person(row["full_name"], row["account_holder"], row["user_id"])),
        Column("Rekening", lambda row: Cell(row["bank_name"], note=f"•••• {row['account_tail']}")),
        Column("Diajukan", lambda row: moment(row["asked_at"])),
        Column("Paling lambat", _due),
        Column("Jumlah", lambda row: money(row["amount"]), number=True),
    ),
    exports=(
        ("id", lambda row: row["public_id"]),
        ("status", lambda row: WORDS[row["state"]]),
        ("mentor", lambda row: row["full_name"]),
        ("bank", lambda row: row["bank_name"]),
        ("pemilik_rekening", lambda row: row["account_holder"]),
        ("diajukan", lambda row: row["asked_at"]),
        ("paling_lambat", lambda row: row["due"].isoformat()),
        ("terlambat", lambda row: "ya" if row["late"] else "tidak"),
        ("jumlah", lambda row: row["amount"]),
    ),
    search=_search,
    search_hint="Id penarikan, nama mentor, atau referensi bank",
    filters=(_STATES, _DUE, _BANKS),
    amount="w.amount",
)


DESK = Desk(
    name="withdrawals",
    title="Penarikan",
    word="penarikan",
    kind="withdrawal",
    about="Permintaan mentor atas penghasilannya: disetujui, dikirim lewat bank, lalu ditandai terkirim.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
    above="partials/admin/batch/above.html",
    above_context=TRANSFERS.above,
    transfers=TRANSFERS,
)
