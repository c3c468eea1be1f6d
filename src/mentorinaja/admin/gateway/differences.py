"""Differences on the desk: where Midtrans and the ledger do not say the same of a transaction."""

from __future__ import annotations

from mentorinaja.admin.cases import Case, Decision, Means, Plan
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.forms import PlainForm, ReasonForm
from mentorinaja.admin.gateway.queries import Difference, difference_by_id, journals_of, words_of
from mentorinaja.admin.gateway.words import status_words
from mentorinaja.admin.health.numbers import MORE_HERE, MORE_THERE, OPEN_DIFFERENCE
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.orders.words import ATTEMPTS, TRANSACTIONS
from mentorinaja.admin.words import moment, money, order, time
from mentorinaja.formats import rupiah
from mentorinaja.payments import actions
from mentorinaja.payments.rules import UNHEARD_AFTER
from mentorinaja.typed import whole_in

_OPEN = Where(OPEN_DIFFERENCE.format(after="{}"), (UNHEARD_AFTER,))


def _search(words: str) -> Where:
    return Where(
        "o.public_id = upper({}) OR a.gateway_order_id = upper({}) OR d.transaction_id = {}", (words,) * 3
    )


def _there(row: Row | Difference) -> Cell:
    there, status, told = (
        (row.there, row.there_status, row.told)
        if isinstance(row, Difference)
        else (row["there"], row["there_status"], row["told"])
    )
    if there is None:
        return Cell("Tidak dikenal")
    words = status_words(status) if status else ""
    return Cell(rupiah(there), note=f"{words}, hanya dari pemberitahuan" if told else words)


def _state(resolved: bool) -> Cell:
    return Cell("Selesai", chip="ok") if resolved else Cell("Terbuka", chip="bad")


LISTING = Listing(
    fields="""d.id, o.public_id, a.gateway_order_id, d.transaction_id, d.there, d.there_status, d.here, d.told,
              d.found_at, d.seen_at, d.resolved_at""",
    source="""gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
              JOIN orders o ON o.id = a.order_id""",
    key="d.id",
    at="d.found_at",
    columns=(
        Column(
            "Selisih",
            lambda row: Cell(
                f"#{row['id']}", href=f"/admin/differences/{row['id']}", note=row["transaction_id"]
            ),
        ),
        Column("Status", lambda row: _state(row["resolved_at"] is not None)),
        Column("Order", lambda row: order(row["public_id"])),
        Column("Di Midtrans", _there, number=True),
        Column("Di sini", lambda row: money(row["here"]), number=True),
        Column("Ditemukan", lambda row: moment(row["found_at"])),
        Column("Selesai", lambda row: moment(row["resolved_at"])),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("order", lambda row: row["public_id"]),
        ("transaksi", lambda row: row["transaction_id"]),
        ("di midtrans", lambda row: row["there"]),
        ("status midtrans", lambda row: row["there_status"]),
        ("di sini", lambda row: row["here"]),
        ("ditemukan", lambda row: row["found_at"]),
        ("selesai", lambda row: row["resolved_at"]),
    ),
    search=_search,
    search_hint="Nomor order atau id transaksi",
    filters=(
        Filter(
            "state",
            "Status",
            (
                Choice("open", "Terbuka", _OPEN),
                Choice("resolved", "Selesai", Where("d.resolved_at IS NOT NULL")),
            ),
        ),
        Filter(
            "side",
            "Kelebihan",
            (
                Choice("there", "Di Midtrans, belum di sini", Where(MORE_THERE)),
                Choice("here", "Di sini, tidak di Midtrans", Where(MORE_HERE)),
            ),
        ),
    ),
    amount="abs(coalesce(d.there, 0) - d.here)",
    amount_label="Selisih",
    # A notification that Midtrans confirms within minutes is no difference.
    fixed=(Where(f"d.resolved_at IS NOT NULL OR {_OPEN.sql}", _OPEN.values),),
)


async def load(means: Means, case_id: str) -> Case[Difference] | None:
    """A difference with everything Midtrans ever said of its attempt, and what the ledger has of its transaction."""
    number = whole_in(case_id)
    found = await difference_by_id(means.db, number) if number is not None else None
    if found is None:
        return None
    return Case(
        subject=str(found.id),
        title=f"Selisih #{found.id}",
        version=f"{found.there}:{found.here}:{found.resolved_at}:{found.seen_at}",
        data=found,
        chips=(_state(found.resolved_at is not None),),
        facts=(
            ("Order", order(found.public_id)),
            ("Percobaan bayar", Cell(found.gateway_order_id, note=ATTEMPTS.get(found.attempt_state, ""))),
            (
                "Transaksi",
                Cell(
                    found.transaction_id, note=TRANSACTIONS.get(found.state or "", "belum tercatat di sini")
                ),
            ),
            ("Di Midtrans", _there(found)),
            ("Di sini", money(found.here)),
            ("Selisih", money((found.there or 0) - found.here)),
            ("Ditemukan", time(found.found_at)),
            ("Terakhir dilihat", time(found.seen_at)),
            ("Terakhir dibandingkan", time(found.compared_at)),
        ),
        parts=(await journals_of(means.db, found),),
        events=await words_of(means.db, found),
    )


def _is_open(one: Difference) -> bool:
    return one.resolved_at is None


def _is_missing_there(one: Difference) -> bool:
    return _is_open(one) and not one.told and not one.there and one.here > 0


def _is_written_off_here(one: Difference) -> bool:
    return _is_open(one) and not one.told and bool(one.there) and not one.here and one.state == "reversed"


def _plan_compare(_one: Difference) -> Plan:
    return Plan(
        happens=(
            "Midtrans ditanya sekarang tentang percobaan bayar ini.",
            "Yang dikatakannya langsung diterapkan: pembayaran, pengembalian, atau penarikan oleh bank.",
        ),
        tells=("Jika pembayarannya ternyata masuk, pembayar dan mentor diberi tahu seperti biasa.",),
        undo="Tidak ada yang ditulis jika Midtrans tidak menjawab.",
    )


async def _compare(means: Means, one: Difference, _form: PlainForm) -> str:
    if await actions.compare_again(means.db, means.gateway, means.admin, one.id):
        return "Midtrans dan buku besar sekarang sama."
    return "Midtrans sudah ditanya, dan keduanya masih berbeda."


def _plan_write_off(one: Difference) -> Plan:
    return Plan(
        happens=(
            "Midtrans ditanya sekali lagi; jika uangnya ternyata ada, tidak ada yang dicatat.",
            "Jika tidak, pembayaran ini dicatat sudah diambil kembali oleh bank, dengan jurnal balik.",
            "Order yang belum dimulai menunggu pembayaran lagi, atau batal jika batasnya lewat.",
            "Yang sudah dibayarkan kepada mentor menjadi utangnya.",
        ),
        money=(("Keluar dari buku besar", one.here),),
        tells=("Pembayar dan mentor diberi tahu jika ordernya berubah.",),
        undo="Tidak dapat dibatalkan di sini. Jika uangnya kemudian muncul di Midtrans, selisihnya tampil lagi.",
    )


async def _write_off(means: Means, one: Difference, form: ReasonForm) -> str:
    said = await actions.write_off(means.db, means.gateway, means.admin, one.id, form.why)
    if said == "agrees":
        return "Midtrans ternyata mengenal uang ini: tidak ada yang dicatat, dan keduanya sekarang sama."
    return f"{rupiah(one.here)} dicatat sudah diambil kembali."


def _plan_take_in(one: Difference) -> Plan:
    return Plan(
        happens=(
            "Midtrans ditanya sekali lagi.",
            "Uangnya dicatat sebagai uang yang harus kembali kepada pembayar; ordernya tidak berubah.",
            "Pengembaliannya menunggu persetujuan di Pengembalian dana.",
        ),
        money=(("Masuk, untuk dikembalikan", one.there or 0),),
        tells=("Pembayar diberi tahu bahwa dananya akan kembali.",),
        undo="Jika bank mengambilnya lagi, pengembaliannya batal dengan sendirinya.",
    )


async def _take_in(means: Means, one: Difference, form: ReasonForm) -> str:
    said = await actions.take_in(means.db, means.gateway, means.admin, one.id, form.why)
    if said == "agrees":
        return "Midtrans dan buku besar sekarang sama: tidak ada yang dicatat."
    return f"{rupiah(one.there or 0)} dicatat untuk dikembalikan."


DESK = Desk(
    name="differences",
    title="Selisih Midtrans",
    word="selisih",
    kind="difference",
    about="Uang yang menurut Midtrans dan menurut buku besar tidak sama. Dibandingkan setiap malam.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision("compare", "Bandingkan lagi", _is_open, _plan_compare, _compare, form=PlainForm),
        Decision(
            "take-in",
            "Catat untuk dikembalikan",
            _is_written_off_here,
            _plan_take_in,
            _take_in,
            sensitive=True,
        ),
        Decision(
            "write-off",
            "Catat sudah diambil kembali",
            _is_missing_there,
            _plan_write_off,
            _write_off,
            bad=True,
            sensitive=True,
        ),
    ),
)
