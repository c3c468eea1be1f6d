"""The payment log on the desk: everything Midtrans told, as it came, what became of it, and telling it once more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mentorinaja.admin.cases import Case, Decision, Means, Part, Plan
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.forms import PlainForm
from mentorinaja.admin.gateway.words import SOURCES, STATUSES, alert_words, status
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.orders.words import ATTEMPTS, METHODS, PAYMENT, TRANSACTIONS
from mentorinaja.admin.words import moment, money, order, time
from mentorinaja.payments import actions, log_queries
from mentorinaja.payments.gateway_words import GatewayDown, rupiah
from mentorinaja.payments.log_queries import LogEntry
from mentorinaja.typed import whole_in


def _search(words: str) -> Where:
    """An order, an id that Midtrans knows an attempt by, or a transaction: each found by its own index."""
    return Where(
        """p.id = ANY (ARRAY(SELECT x.id FROM payment_logs x WHERE x.gateway_order_id = upper({})
             UNION ALL SELECT x.id FROM payment_logs x WHERE x.transaction_id = {}
             UNION ALL SELECT x.id FROM orders o JOIN payment_attempts a ON a.order_id = o.id
               JOIN payment_logs x ON x.gateway_order_id = a.gateway_order_id WHERE o.public_id = upper({})))""",
        (words, words, words),
    )


def _attempt(row: Row) -> Cell:
    """The order, and under it the attempt's own id where it has another one."""
    told = row["gateway_order_id"]
    return replace(order(row["public_id"]), note="" if told == row["public_id"] else told)


LISTING = Listing(
    fields="""p.at, p.source, p.gateway_order_id, p.transaction_id, p.transaction_status, p.alert,
              (SELECT o.public_id FROM payment_attempts a JOIN orders o ON o.id = a.order_id
               WHERE a.gateway_order_id = p.gateway_order_id) AS public_id""",
    source="payment_logs p",
    key="p.id",
    at="p.at",
    columns=(
        Column("Waktu", lambda row: moment(row["at"], href=f"/admin/payments/{row['key']}")),
        Column("Sumber", lambda row: Cell(SOURCES[row["source"]])),
        Column("Order", _attempt),
        Column("Status", lambda row: status(row["transaction_status"])),
        Column("Transaksi", lambda row: Cell(row["transaction_id"] or "")),
        Column(
            "Peringatan",
            lambda row: Cell(alert_words(row["alert"]), chip="warn") if row["alert"] else Cell(""),
        ),
    ),
    exports=(
        ("id", lambda row: row["key"]),
        ("waktu", lambda row: row["at"]),
        ("sumber", lambda row: row["source"]),
        ("order", lambda row: row["public_id"]),
        ("id_midtrans", lambda row: row["gateway_order_id"]),
        ("transaksi", lambda row: row["transaction_id"]),
        ("status", lambda row: row["transaction_status"]),
        ("peringatan", lambda row: row["alert"]),
    ),
    search=_search,
    search_hint="Id order, id di Midtrans, atau id transaksi",
    # Values stand in the SQL itself, so that it is seen which index has them.
    filters=(
        Filter(
            "source",
            "Sumber",
            tuple(Choice(name, words, Where(f"p.source = '{name}'")) for name, words in SOURCES.items()),
        ),
        Filter(
            "status",
            "Status",
            tuple(
                Choice(name, words, Where(f"p.transaction_status = '{name}'"))
                for name, words in STATUSES.items()
            ),
        ),
        Filter("alert", "Peringatan", (Choice("yes", "dengan peringatan", Where("p.alert IS NOT NULL")),)),
    ),
)


async def load(means: Means, log_id: str) -> Case[LogEntry] | None:
    """What was told, as it came, beside what is true of it here now."""
    number = whole_in(log_id)
    entry = await log_queries.log_entry(means.db, number) if number is not None else None
    if entry is None:
        return None
    return Case(
        subject=str(entry.id),
        title=f"{SOURCES[entry.source]} {entry.gateway_order_id}",
        version=":".join([entry.payment_status or "", *(t.state for t in entry.transactions)]),
        data=entry,
        chips=(Cell(alert_words(entry.alert), chip="warn"),) if entry.alert else (),
        facts=_facts(entry),
        parts=(
            Part("midtrans", "Yang tercatat di sini", "partials/admin/gateway/outcome.html", _outcome(entry)),
            Part(
                "mentah",
                "Yang dikirim Midtrans",
                "partials/admin/gateway/body.html",
                {"body": _pretty(entry)},
            ),
        ),
    )


def _facts(entry: LogEntry) -> tuple[tuple[str, Cell], ...]:
    signed = (
        "sah, diperiksa saat diterima"
        if entry.source == "notification"
        else "tidak perlu: ditulis admin di sini"
        if entry.source == "desk"
        else "tidak perlu: jawaban atas pertanyaan kami sendiri"
    )
    told = _told_amount(entry)
    return (
        ("Waktu", time(entry.at)),
        ("Sumber", Cell(SOURCES[entry.source])),
        ("Tanda tangan", Cell(signed)),
        ("Order", order(entry.public_id) if entry.public_id else Cell("bukan milik order mana pun")),
        ("Id di Midtrans", Cell(entry.gateway_order_id)),
        ("Transaksi", Cell(entry.transaction_id or "–")),
        ("Status", status(entry.transaction_status)),
        ("Jumlah", Cell(money(told).text or "–", note=_beside(told, entry.asked))),
    )


def _told_amount(entry: LogEntry) -> int | None:
    try:
        return rupiah(entry.body["gross_amount"])
    except (GatewayDown, KeyError):
        return None


def _beside(told: int | None, asked: int | None) -> str:
    if told is None or asked is None:
        return ""
    return "sama dengan tagihan" if told == asked else f"tagihannya {money(asked).text}"


def _outcome(entry: LogEntry) -> Mapping[str, Any]:
    return {
        "entry": entry,
        "attempt": ATTEMPTS.get(entry.attempt_state or "", entry.attempt_state),
        "states": TRANSACTIONS,
        "methods": METHODS,
        "payment": PAYMENT[entry.payment_status][0] if entry.payment_status else "",
    }


def _pretty(entry: LogEntry) -> str:
    return json.dumps(entry.body, indent=2, ensure_ascii=False, sort_keys=True)


def _plan_replay(entry: LogEntry) -> Plan:
    return Plan(
        happens=(
            f"Midtrans ditanya lagi tentang {entry.gateway_order_id}, seperti bila pemberitahuan ini datang sekarang.",
            "Yang sudah tercatat tidak dicatat dua kali.",
        ),
        tells=("Yang baru diketahui, misalnya pembayaran yang masuk, diberitahukan seperti biasa.",),
        undo="Tidak perlu: hanya yang benar menurut Midtrans yang dicatat.",
    )


async def _replay(means: Means, entry: LogEntry, _form: PlainForm) -> str:
    heard = await actions.replay(means.db, means.gateway, means.admin, entry.id)
    if not heard.changed:
        return "Tidak ada yang berubah: semuanya sudah tercatat."
    said = []
    if heard.before.payment_status != heard.after.payment_status:
        was, became = (PAYMENT[one.payment_status][0] for one in (heard.before, heard.after))
        said.append(f"order dari “{was}” menjadi “{became}”")
    for id_, (state, _) in heard.after.transactions.items():
        before = heard.before.transactions.get(id_)
        if before is None:
            said.append(f"transaksi baru {id_}, {TRANSACTIONS[state]}")
        elif before[0] != state:
            said.append(f"transaksi {id_} dari {TRANSACTIONS[before[0]]} menjadi {TRANSACTIONS[state]}")
    return f"Berubah: {'; '.join(said) or 'jumlah yang kembali'}."


async def _above(means: Means) -> Mapping[str, Any]:
    return {"forged": await log_queries.forged_lately(means.db)}


DESK = Desk(
    name="payments",
    title="Log pembayaran",
    word="catatan",
    kind="payment",
    about="Semua yang pernah dikatakan Midtrans, apa adanya.",
    listing=LISTING,
    load=load,
    above="partials/admin/gateway/above.html",
    above_context=_above,
    decisions=(
        Decision(
            "replay",
            "Putar ulang",
            lambda entry: entry.public_id is not None,
            _plan_replay,
            _replay,
            form=PlainForm,
        ),
    ),
)
