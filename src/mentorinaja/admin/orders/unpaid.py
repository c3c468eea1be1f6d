"""Orders on the desk that nobody paid and nobody closed although their deadline passed."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.admin.cases import Case, Decision, Means, Plan
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.forms import PlainForm
from mentorinaja.admin.health.numbers import OVERDUE
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Where
from mentorinaja.admin.words import moment, money, order, person, time
from mentorinaja.payments import actions
from mentorinaja.payments.rules import OVERDUE_AFTER

_FIELDS = """o.public_id, o.user_id, o.payer_name, o.item_name, o.total, o.pay_deadline, o.under_review,
  (SELECT a.state FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.number DESC LIMIT 1) AS attempt,
  (SELECT a.next_check_at FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.number DESC LIMIT 1)
    AS next_check_at"""
# Written out, not passed as values: so that the planner knows which of the partial indexes it is for.
PAST_DEADLINE = "o.payment_status = 'waiting' AND o.pay_deadline <= app_now()"

LISTING = Listing(
    fields=_FIELDS,
    source="orders o",
    key="o.id",
    at="o.pay_deadline",
    columns=(
        Column("Order", lambda row: Cell(row["public_id"], href=f"/admin/unpaid/{row['public_id']}")),
        Column("Pembayar", lambda row: person(row["payer_name"], "", row["user_id"])),
        Column("Yang dipesan", lambda row: Cell(row["item_name"]), long=True),
        Column("Batas bayar", lambda row: moment(row["pay_deadline"])),
        Column("Total", lambda row: money(row["total"]), number=True),
    ),
    exports=(
        ("order", lambda row: row["public_id"]),
        ("pembayar", lambda row: row["payer_name"]),
        ("batas bayar", lambda row: row["pay_deadline"]),
        ("total", lambda row: row["total"]),
    ),
    filters=(
        Filter(
            "state",
            "Terlambat",
            (Choice("late", "Lebih lama dari biasa", Where(OVERDUE.format(after="{}"), (OVERDUE_AFTER,))),),
        ),
    ),
    search=lambda words: Where("o.public_id = upper({})", (words,)),
    search_hint="Nomor order",
    amount="o.total",
    fixed=(Where(PAST_DEADLINE),),
)


@dataclass(frozen=True, slots=True)
class UnpaidCase:
    """What closing an order rests on: whether it still waits for its payment."""

    public_id: str
    waits: bool


async def load(means: Means, public_id: str) -> Case[UnpaidCase] | None:
    """An order that was to be paid by now; one that was closed meanwhile is still shown, with nothing to decide."""
    row = await means.db.fetchrow(
        f"SELECT {_FIELDS}, {PAST_DEADLINE} AS waits, o.payment_status FROM orders o WHERE o.public_id = $1",
        public_id,
    )
    if row is None:
        return None
    return Case(
        subject=public_id,
        title=public_id,
        version=f"{row['payment_status']}:{row['pay_deadline']}",
        data=UnpaidCase(public_id, row["waits"]),
        chips=(Cell("Lewat batas bayar", chip="bad") if row["waits"] else Cell("Sudah ditutup", chip="ok"),),
        facts=(
            ("Order", order(public_id)),
            ("Pembayar", person(row["payer_name"], "", row["user_id"])),
            ("Yang dipesan", Cell(row["item_name"])),
            ("Total", money(row["total"])),
            ("Batas bayar", time(row["pay_deadline"])),
            ("Percobaan bayar", Cell(row["attempt"] or "belum ada")),
            ("Ditanyakan lagi", time(row["next_check_at"])),
        ),
    )


def _plan_close(_one: UnpaidCase) -> Plan:
    return Plan(
        happens=(
            "Midtrans ditanya sekali lagi, dan halaman bayarnya ditutup.",
            "Jika sudah dibayar, ordernya dikonfirmasi. Jika belum, order berakhir dan jadwalnya bebas.",
        ),
        tells=(
            "Jika sudah dibayar, keduanya diberi tahu lewat email. Jika belum, pembayar membacanya di Riwayat.",
        ),
        undo="Pembayaran yang masuk sesudahnya diperlakukan sebagai pembayaran terlambat.",
    )


async def _close(means: Means, one: UnpaidCase, _form: PlainForm) -> str:
    await actions.close_overdue(means.db, means.gateway, means.admin, one.public_id)
    return f"{one.public_id} diselesaikan."


DESK = Desk(
    name="unpaid",
    title="Lewat batas bayar",
    word="order",
    kind="order",
    about="Order yang menunggu pembayaran walaupun batasnya lewat. Biasanya ditutup otomatis dalam satu menit.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision("close", "Tutup sekarang", lambda one: one.waits, _plan_close, _close, form=PlainForm),
    ),
)
