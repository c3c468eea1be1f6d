"""All that ever happened to an order, from every table that knows something of it, in the order of time.

The words of a session's conversation are in none of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mentorinaja.admin.gateway.words import alert_words, said
from mentorinaja.admin.orders import words
from mentorinaja.admin.upkeep import words as mail_words
from mentorinaja.audit.rules import ACTIONS
from mentorinaja.bookings.queries import why_refunded
from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah, when

# So much stands on an order's page, and so much at most on the page of its whole history.
SHOWN = 60
ALL = 2_000

Data = Mapping[str, Any]

# Each source: its name, and SELECT at, n (its own order within a moment), data.
_SOURCES = {
    "event": """SELECT e.at, e.id AS n, jsonb_build_object('event', e.event, 'actor', e.actor, 'name', u.full_name,
          'detail', e.detail) AS data
        FROM order_events e LEFT JOIN users u ON u.id = e.actor_id WHERE e.order_id = $1""",
    "opened": """SELECT a.created_at, a.id, jsonb_build_object('id', a.gateway_order_id, 'state', a.state,
          'amount', a.amount, 'methods', a.enabled_payments, 'until', a.expires_at, 'checks', a.checks)
        FROM payment_attempts a WHERE a.order_id = $1""",
    "closed": """SELECT a.closed_at, a.id, jsonb_build_object('id', a.gateway_order_id, 'state', a.state)
        FROM payment_attempts a WHERE a.order_id = $1 AND a.closed_at IS NOT NULL""",
    "transaction": """SELECT t.first_seen_at, a.id, jsonb_build_object('id', t.transaction_id, 'state', t.state,
          'type', t.payment_type, 'amount', t.amount, 'returned', t.returned, 'changed', t.changed_at)
        FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id WHERE a.order_id = $1""",
    "log": """SELECT l.at, l.id, jsonb_build_object('id', l.id, 'source', l.source, 'attempt', l.gateway_order_id,
          'status', l.transaction_status, 'alert', l.alert, 'body', l.body)
        FROM payment_attempts a JOIN payment_logs l ON l.gateway_order_id = a.gateway_order_id
        WHERE a.order_id = $1""",
    "journal": """SELECT j.at, j.id, jsonb_build_object('kind', j.kind, 'entries', (
          SELECT jsonb_agg(jsonb_build_array(c.kind, y.amount) ORDER BY y.amount DESC, c.kind)
          FROM ledger_entries y JOIN ledger_accounts c ON c.id = y.account_id WHERE y.journal_id = j.id))
        FROM ledger_journals j WHERE j.order_id = $1""",
    "refund": """SELECT s.at, s.id, jsonb_build_object('id', r.id, 'state', s.state, 'amount', r.amount,
          'reason', r.reason, 'way', r.way)
        FROM refunds r JOIN refund_steps s ON s.refund_id = r.id WHERE r.order_id = $1""",
    "mail": """SELECT coalesce(m.due_at, m.created_at), m.id, jsonb_build_object('id', m.id, 'kind', m.kind,
          'name', u.full_name,
          'status', m.status, 'sent', m.sent_at, 'problem', m.problem)
        FROM outbox m JOIN users u ON u.id = m.user_id WHERE m.order_id = $1""",
    "room": """SELECT x.at, x.seq, jsonb_build_object('kind', x.kind, 'cause', x.cause)
        FROM bookings b JOIN session_events x ON x.booking_id = b.id
        WHERE b.order_id = $1 AND x.kind NOT IN ('arrived', 'moved')""",
    "joined": """SELECT came.at, 0, jsonb_build_object('kind', came.kind)
        FROM bookings b JOIN active_sessions s ON s.booking_id = b.id CROSS JOIN LATERAL (VALUES
          ('user_joined', s.user_joined_at), ('expert_joined', s.expert_joined_at)) came (kind, at)
        WHERE b.order_id = $1 AND came.at IS NOT NULL""",
    "arrival": """SELECT v.at, 0, jsonb_build_object('kind', v.side || '_' || v.kind)
        FROM bookings b JOIN session_arrivals v ON v.booking_id = b.id WHERE b.order_id = $1""",
    "report": """SELECT r.at, r.id, jsonb_build_object('id', r.id, 'side', r.side, 'kind', r.kind, 'words', r.words,
          'decision', r.decision)
        FROM bookings b JOIN session_reports r ON r.booking_id = b.id WHERE b.order_id = $1""",
    "invoice": """SELECT i.issued_at, i.id, jsonb_build_object('name',
          'INV-' || i.year || '-' || lpad(i.number::text, 6, '0'), 'order', o.public_id)
        FROM invoices i JOIN orders o ON o.id = i.order_id WHERE i.order_id = $1""",
    "note": """SELECT i.issued_at, i.id, jsonb_build_object('name',
          'CN-' || i.year || '-' || lpad(i.number::text, 6, '0'), 'order', o.public_id, 'amount', i.amount)
        FROM credit_notes i JOIN orders o ON o.id = i.order_id WHERE i.order_id = $1""",
    "audit": """SELECT l.at, l.id, jsonb_build_object('action', l.action, 'name', u.full_name, 'amount', l.amount,
          'reason', l.reason, 'detail', l.detail)
        FROM (SELECT 'order' AS kind, public_id AS subject FROM orders WHERE id = $1
          UNION ALL SELECT 'refund', id::text FROM refunds WHERE order_id = $1
          UNION ALL SELECT 'report', r.id::text FROM bookings b JOIN session_reports r ON r.booking_id = b.id
            WHERE b.order_id = $1) named
          JOIN audit_log l USING (kind, subject) JOIN users u ON u.id = l.actor_id""",
}


def _part(place: int, name: str, sql: str) -> str:
    """The latest moments of one source; at the same moment sources follow each other by their place."""
    return f"""SELECT at, {place} AS place, n, '{name}' AS source, data
               FROM ({sql} ORDER BY 1 DESC, 2 DESC LIMIT $2) AS {name}_moments (at, n, data)"""


_SQL = f"""
    SELECT at, source, data FROM ({" UNION ALL ".join(_part(place, *one) for place, one in enumerate(_SOURCES.items()))})
      told ORDER BY at DESC, place DESC, n DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; `entries` are accounts with their rupiah, positive is debit; `raw` is as it came.

    `kind` is "", "bad" or "done" as the timeline draws it.
    """

    at: datetime
    text: str
    by: str = ""
    note: str = ""
    href: str = ""
    raw: str = ""
    entries: tuple[tuple[str, int], ...] = ()
    kind: str = "done"


@dataclass(frozen=True, slots=True)
class Told:
    """An order's history, oldest first; `more`: there is more before it."""

    moments: tuple[Moment, ...]
    more: bool


async def latest(db: Database, order_id: int, most: int = SHOWN) -> Told:
    """The latest moments of an order, at most so many, in the order of time."""
    rows = await db.fetch(_SQL, order_id, most + 1)
    told = [_MOMENTS[row["source"]](row["at"], row["data"]) for row in rows[:most]]
    return Told(tuple(reversed(told)), len(rows) > most)


def _event(at: datetime, data: Data) -> Moment:
    detail = data["detail"]
    note = [_time_of(detail, name, label) for name, label in (("from", "dari"), ("to", "ke"))]
    note += [rupiah(detail["amount"])] if isinstance(detail.get("amount"), int) else []
    note += [str(detail["words"])] if detail.get("words") else []
    return Moment(
        at,
        _word(words.EVENTS, data["event"]),
        by=data["name"] or _word(words.ACTORS, data["actor"]),
        note=", ".join(filter(None, note)),
        raw=_raw(detail),
        kind="bad" if data["event"] in ("reversed", "chargeback", "refund_failed") else "done",
    )


def _opened(at: datetime, data: Data) -> Moment:
    methods = words.methods(data["methods"]) or "semua cara bayar"
    until = when(datetime.fromisoformat(data["until"]))
    note = f"Sekarang {words.ATTEMPTS[data['state']]}; {methods}; sampai {until}; ditanyakan {data['checks']} kali"
    return Moment(at, f"Pembayaran {data['id']} dibuka, {rupiah(data['amount'])}", by="Midtrans", note=note)


def _closed(at: datetime, data: Data) -> Moment:
    return Moment(at, f"Pembayaran {data['id']} {words.ATTEMPTS[data['state']]}", by="Midtrans")


def _transaction(at: datetime, data: Data) -> Moment:
    back = f", {rupiah(data['returned'])} kembali" if data["returned"] else ""
    note = f"Sekarang {words.TRANSACTIONS[data['state']]}{back}, sejak {when(datetime.fromisoformat(data['changed']))}"
    note += f"; {data['id']}"
    return Moment(
        at,
        f"Transaksi {_word(words.METHODS, data['type'])}, {rupiah(data['amount'])}",
        by="Midtrans",
        note=note,
        kind="bad" if data["state"] in ("quarantined", "reversed", "chargeback", "unknown") else "done",
    )


def _log(at: datetime, data: Data) -> Moment:
    alert = f"Perlu dilihat: {alert_words(data['alert'])}" if data["alert"] else ""
    return Moment(
        at,
        said(data["source"], data["status"]),
        by=f"Midtrans {data['attempt']}",
        note=alert,
        href=f"/admin/payments/{data['id']}",
        raw=_raw(data["body"]),
        kind="bad" if alert else "done",
    )


def _journal(at: datetime, data: Data) -> Moment:
    entries = tuple((_word(words.ACCOUNTS, account), amount) for account, amount in data["entries"])
    bad = data["kind"] in ("reversal", "chargeback", "refund_bounced")
    return Moment(
        at,
        _word(words.JOURNALS, data["kind"]),
        by="Buku besar",
        entries=entries,
        kind="bad" if bad else "done",
    )


_REFUND_STATES = {
    "requested": "diajukan",
    "approved": "disetujui",
    "rejected": "tidak dilanjutkan",
    "sent": "dikirim",
    "done": "selesai",
    "failed": "gagal",
}
_WAYS = {"gateway": "lewat Midtrans", "cancel": "pembayaran kartu dibatalkan", "bank": "transfer bank"}


def _refund(at: datetime, data: Data) -> Moment:
    return Moment(
        at,
        f"Pengembalian {rupiah(data['amount'])} {_REFUND_STATES[data['state']]}",
        by=_WAYS.get(data["way"], "cara belum ditentukan"),
        note=why_refunded(data["reason"]),
        href=f"/admin/refunds/{data['id']}",
        kind="bad" if data["state"] in ("rejected", "failed") else "done",
    )


def _mail(at: datetime, data: Data) -> Moment:
    state = mail_words.state_of(data["status"]).text.lower()
    if data["sent"]:
        state += f" {when(datetime.fromisoformat(data['sent']))}"
    problem = "" if data["sent"] or not data["problem"] else mail_words.problem_of(data["problem"])
    return Moment(
        at,
        f"Email “{mail_words.kind_of(data['kind'])}” untuk {data['name']}",
        note=f"{state}: {problem}" if problem else state,
        href=f"/admin/mails/{data['id']}",
        kind="bad" if data["status"] == "failed" else "done",
    )


def _room(at: datetime, data: Data) -> Moment:
    cause = data.get("cause", "")
    return Moment(
        at,
        _word(words.ROOM, data["kind"]),
        by="Ruang sesi",
        note=words.ROOM_CAUSES.get(cause) or _word(words.REASONS, cause),
    )


def _report(at: datetime, data: Data) -> Moment:
    what = "Keberatan" if data["kind"] == "objection" else "Laporan masalah"
    state = {"refunded": ", dana dikembalikan", "kept": ", dana tetap"}.get(
        data["decision"], ", belum diputuskan"
    )
    return Moment(at, what + state, by=words.ACTORS[data["side"]], note=data["words"])


def _invoice(at: datetime, data: Data) -> Moment:
    return Moment(at, f"Invoice {data['name']} terbit", href=f"/invoice/{data['order']}")


def _note(at: datetime, data: Data) -> Moment:
    text = f"Nota kredit {data['name']}, {rupiah(data['amount'])}"
    return Moment(at, text, href=f"/invoice/{data['order']}/nota/{data['name']}")


def _audit(at: datetime, data: Data) -> Moment:
    amount = f", {rupiah(data['amount'])}" if data["amount"] is not None else ""
    text = f"Catatan admin: {ACTIONS.get(data['action'], data['action'])}{amount}"
    return Moment(at, text, by=data["name"], note=data["reason"], raw=_raw(data["detail"]))


def _word(known: Mapping[str, str], name: str) -> str:
    """What a name is called on the screen; itself, where nobody has thought of it."""
    return known.get(name, name)


def _time_of(detail: Data, name: str, label: str) -> str:
    try:
        return f"{label} {when(datetime.fromisoformat(detail[name]))}"
    except (KeyError, TypeError, ValueError):
        return ""


def _raw(body: object) -> str:
    return json.dumps(body, indent=1, ensure_ascii=False, sort_keys=True) if body else ""


_MOMENTS: dict[str, Callable[[datetime, Data], Moment]] = {
    "event": _event,
    "opened": _opened,
    "closed": _closed,
    "transaction": _transaction,
    "log": _log,
    "journal": _journal,
    "refund": _refund,
    "mail": _mail,
    "room": _room,
    "joined": _room,
    "arrival": _room,
    "report": _report,
    "invoice": _invoice,
    "note": _note,
    "audit": _audit,
}
